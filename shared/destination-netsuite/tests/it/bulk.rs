//! Orders that nobody waits for, in asynchronous batches, over the sandbox: what they cost, and what
//! becomes of them when a job is refused, lost, late, or answered to nobody.

use crate::support::{
    in_time,
    planned::{mapping, order_of},
    speaking,
};
use destination::{Call, Destination, Outcome};
use destination_netsuite::NetSuite;
use mapping::Plan;
use ports::{Checkpoints, Clock, SystemClock, memory::MemoryCheckpoints};
use sandbox::{
    Barrier, Keeps,
    netsuite::{Effect, Fault, Kind, NetSuite as Sandbox, Options},
};
use std::{collections::BTreeSet, sync::Arc, time::Duration};

/// The items of the sandbox.
const VARS: &str =
    "shipping_item = '1503'\ntax_item = '1503'\nfee_item = '1503'\nitems = { EXAMPLE = '1501' }";

/// An account, and what its workers keep.
struct Account {
    sandbox: Sandbox,
    notes: Arc<dyn Checkpoints>,
}

impl Account {
    async fn start(per_record: u64) -> Self {
        let options = Options {
            auto_number: true,
            per_record: Duration::from_millis(per_record),
            ..Options::default()
        };
        Self {
            sandbox: Sandbox::start(options).await.unwrap(),
            notes: Arc::new(MemoryCheckpoints::default()),
        }
    }

    /// Creates a worker that remembers nothing but the notes.
    fn worker(&self) -> NetSuite {
        let secret = self.sandbox.credentials().token("1234567_SB1");
        let secret: Vec<(&str, &str)> = secret
            .as_object()
            .unwrap()
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str().unwrap()))
            .collect();
        speaking(self.sandbox.url(), &secret, None).with_notes(Arc::clone(&self.notes))
    }

    fn calls(&self) -> u64 {
        self.sandbox.calls().total
    }

    /// Checks that the account has these orders, each once.
    fn assert_each_once(&self, orders: usize) {
        let all = self.sandbox.records("salesOrder");
        let keys: BTreeSet<String> = all
            .iter()
            .map(|order| order["externalId"].to_string())
            .collect();
        assert_eq!((all.len(), keys.len()), (orders, orders));
    }
}

/// Returns plans of orders, each of a customer of its own.
fn plans(numbers: std::ops::Range<u32>) -> Vec<Plan> {
    let mapping = mapping("woocommerce-netsuite", VARS);
    let one = |number: u32| {
        let (customer, email) = (number.to_string(), format!("c{number}@example.com"));
        mapping
            .plan(&order_of(number, Some(&customer), &email))
            .unwrap()
    };
    numbers.map(one).collect()
}

async fn deliver(worker: &NetSuite, plans: &[Plan], call: &Call) -> Vec<Outcome> {
    let plans: Vec<&Plan> = plans.iter().collect();
    worker.deliver_in_bulk(call, &plans).await
}

fn delivered(outcomes: &[Outcome]) -> usize {
    let is_delivered = |outcome: &&Outcome| matches!(outcome, Outcome::Delivered { .. });
    outcomes.iter().filter(is_delivered).count()
}

fn seconds(seconds: i64) -> Call {
    Call::until(SystemClock.now() + jiff::SignedDuration::from_secs(seconds))
}

#[tokio::test]
async fn a_hundred_orders_of_new_customers_take_a_handful_of_calls() {
    let account = Account::start(10).await;
    let worker = account.worker();
    let mut before = 0;
    for (hundred, most) in [(0, 8), (1, 6), (2, 6)] {
        let outcomes = deliver(
            &worker,
            &plans(hundred * 100..hundred * 100 + 100),
            &in_time(),
        )
        .await;
        assert_eq!(delivered(&outcomes), 100);
        let calls = account.calls() - before;
        println!("{calls} calls for a hundred orders");
        assert!(
            calls <= most,
            "{calls} calls: {:?}",
            account.sandbox.calls()
        );
        before = account.calls();
        for outcome in &outcomes {
            let Outcome::Delivered { records, .. } = outcome else {
                panic!("{outcome:?}")
            };
            assert!(
                records
                    .iter()
                    .all(|record| record.id.parse::<u64>().is_ok())
            );
        }
    }
    account.assert_each_once(300);
    assert_eq!(account.sandbox.calls().of(Kind::Create), 0);
}

#[tokio::test]
async fn customers_that_are_there_are_not_made_again_and_orders_that_are_there_are_changed() {
    let account = Account::start(0).await;
    let worker = account.worker();
    let first = plans(0..40);
    assert_eq!(delivered(&deliver(&worker, &first, &in_time()).await), 40);
    let mapping = mapping("woocommerce-netsuite", VARS);
    let changed: Vec<Plan> = (0..40)
        .map(|number| {
            let mut order = order_of(
                number,
                Some(&number.to_string()),
                &format!("c{number}@example.com"),
            );
            order.lines[0].name = "Another name".to_owned();
            mapping.plan(&order).unwrap()
        })
        .collect();
    // The ledger may know nothing of them.
    let outcomes = deliver(&account.worker(), &changed, &in_time()).await;
    assert_eq!(delivered(&outcomes), 40);
    account.assert_each_once(40);
    assert_eq!(account.sandbox.records("customer").len(), 40);
    for order in account.sandbox.records("salesOrder") {
        assert!(
            order["item"].to_string().contains("Another name"),
            "{order:?}"
        );
    }
}

#[tokio::test]
async fn a_few_orders_go_the_usual_way() {
    let account = Account::start(0).await;
    let outcomes = deliver(&account.worker(), &plans(0..10), &in_time()).await;
    assert_eq!(delivered(&outcomes), 10);
    assert_eq!(account.sandbox.calls().of(Kind::Batch), 0);
}

#[tokio::test]
async fn a_batch_whose_answer_is_lost_is_not_made_twice() {
    let account = Account::start(5).await;
    account
        .sandbox
        .fault(Fault::new(Effect::DropAfterCommit).on(Kind::Batch).times(2));
    let outcomes = deliver(&account.worker(), &plans(0..30), &in_time()).await;
    assert_eq!(delivered(&outcomes), 30);
    account.assert_each_once(30);
    assert_eq!(account.sandbox.records("customer").len(), 30);
}

#[tokio::test]
async fn a_refused_order_is_told_and_hurts_no_other() {
    let account = Account::start(0).await;
    account.sandbox.put_up(Barrier {
        kind: "salesOrder".to_owned(),
        field: "memo".to_owned(),
        text: "Order #7".to_owned(),
        keeps: Keeps::Refused {
            code: "USER_ERROR",
            text: "Error while accessing a resource. The warehouse says no.",
        },
    });
    let outcomes = deliver(&account.worker(), &plans(0..30), &in_time()).await;
    assert_eq!(delivered(&outcomes), 29);
    assert!(
        matches!(&outcomes[7], Outcome::Rejected(failure) if failure.message.contains("order 7")),
        "{:?}",
        outcomes[7]
    );
    account.assert_each_once(29);
}

#[tokio::test]
async fn what_a_lost_job_has_not_made_goes_the_usual_way() {
    let account = Arc::new(Account::start(50).await);
    let losing = Arc::clone(&account);
    let loss = tokio::spawn(async move {
        while losing.sandbox.records("customer").len() < 5 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        losing.sandbox.lose_jobs();
    });
    let outcomes = deliver(&account.worker(), &plans(0..30), &in_time()).await;
    loss.await.unwrap();
    assert_eq!(delivered(&outcomes), 30);
    account.assert_each_once(30);
    assert_eq!(account.sandbox.records("customer").len(), 30);
}

#[tokio::test]
async fn a_job_that_is_not_done_in_time_is_waited_for_by_whoever_comes_next() {
    let account = Account::start(40).await;
    let outcomes = deliver(&account.worker(), &plans(0..50), &seconds(2)).await;
    assert_eq!(delivered(&outcomes), 0, "the customers take two seconds");
    let again: Vec<Plan> = plans(0..50)
        .into_iter()
        .map(|plan| Plan {
            in_doubt: true,
            ..plan
        })
        .collect();
    let outcomes = deliver(&account.worker(), &again, &in_time()).await;
    assert_eq!(delivered(&outcomes), 50);
    account.assert_each_once(50);
    assert_eq!(account.sandbox.records("customer").len(), 50);
}

#[tokio::test]
async fn a_job_that_stands_still_keeps_no_order_for_ever() {
    let account = Account::start(0).await;
    account.sandbox.stall_jobs(true);
    let outcomes = deliver(&account.worker(), &plans(0..30), &seconds(2)).await;
    assert!(
        outcomes
            .iter()
            .all(|outcome| matches!(outcome, Outcome::Retry(_))),
        "{outcomes:?}"
    );
    account.sandbox.lose_jobs();
    account.sandbox.stall_jobs(false);
    let outcomes = deliver(&account.worker(), &plans(0..30), &in_time()).await;
    assert_eq!(delivered(&outcomes), 30);
    account.assert_each_once(30);
}

#[tokio::test]
async fn an_account_that_takes_no_batches_is_asked_once() {
    let account = Account::start(0).await;
    let worker = account.worker();
    assert_eq!(worker.bulk().map(|bulk| bulk.most), Some(100));
    account
        .sandbox
        .fault(Fault::new(Effect::Status(403)).on(Kind::Batch));
    let outcomes = deliver(&worker, &plans(0..25), &in_time()).await;
    assert_eq!(delivered(&outcomes), 25);
    assert_eq!(worker.bulk(), None);
    let outcomes = deliver(&worker, &plans(25..50), &in_time()).await;
    assert_eq!(delivered(&outcomes), 25);
    assert_eq!(account.sandbox.calls().of(Kind::Batch), 1);
    account.assert_each_once(50);
}

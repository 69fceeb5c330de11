//! Tests of requests about personal data.

use crate::support::{LEASE, Setup, TestCrm, away};
use deliver::Report;
use destination::{Class, Failure, Outcome};
use ports::{
    Clock, DeadLetterFilter, DeadLetters, Disposition, Enqueue, Ledger, LedgerFilter, Message,
    PrivacyLog, Queue, Redaction, Revision, Secret, Settlement, State, Subject, SubjectRequest,
    group_id,
};
use std::{collections::BTreeMap, time::Duration};
use tokio::sync::Semaphore;

const LONG: Duration = Duration::from_secs(300);
const EMAIL: &str = "jane@example.com";

fn group(customer: &str) -> String {
    group_id("crm", "shop", customer)
}

impl Setup {
    async fn keep(&self, messages: Vec<Message>) {
        self.kept.enqueue(messages).await.unwrap();
    }

    /// Receives from the real queue, delivers and settles there.
    async fn work_kept(&self) -> Report {
        let batch = self.kept.receive("crm", 10, LONG).await.unwrap();
        let report = self.engine.deliver(batch, self.lease()).await;
        self.kept.settle(report.settlements.clone()).await.unwrap();
        report
    }

    async fn dead(&self) -> usize {
        self.kept
            .list(&DeadLetterFilter::default())
            .await
            .unwrap()
            .len()
    }

    /// Makes the store's secret say that the store belongs to this shop.
    pub(crate) fn belongs_to(&self, shop: &str) {
        let texts = BTreeMap::from([("store_domain".to_owned(), vec![shop.to_owned()])]);
        self.secrets.put("shop", Secret::new(texts));
    }

    /// Adds two dead letters: an order, and something that is no order.
    async fn with_two_dead(self) -> Self {
        self.crm.will("1", [refusal()]);
        self.keep(vec![
            self.message("a", "1,x,1"),
            self.message("b", "no order at all"),
        ])
        .await;
        self.work_kept().await;
        assert_eq!(self.dead().await, 2);
        self
    }

    async fn requests(&self) -> Vec<SubjectRequest> {
        self.privacy.requests().await.unwrap()
    }
}

fn refusal() -> Outcome {
    Outcome::Rejected(Failure::permanent(
        Class::Validation,
        "write",
        "jane@example.com is no e-mail",
    ))
}

#[tokio::test]
async fn a_customers_data_goes_from_queue_dead_letters_and_ledger() {
    let setup = Setup::new();
    setup.crm.will("1", [refusal()]);
    setup.crm.will("2", [away()]);
    // Order 1 is a dead letter, order 2 backs off, order 3 was delivered, all of Jane; order 4 is
    // somebody else's, and waits for a later time too.
    setup
        .keep(vec![setup.message(&group(EMAIL), "1,x,1")])
        .await;
    setup.work_kept().await;
    setup
        .keep(vec![setup.message(&group("another@example.com"), "3,x,1")])
        .await;
    setup.work_kept().await;
    setup
        .keep(vec![setup.message(&group(EMAIL), "2,x,1")])
        .await;
    setup.work_kept().await;
    setup.crm.will("4", [away()]);
    setup
        .keep(vec![setup.message(&group("other@example.com"), "4,x,1")])
        .await;
    setup.work_kept().await;

    setup
        .keep(vec![setup.message("privacy", &format!("3,redact,{EMAIL}"))])
        .await;
    let report = setup.work_kept().await;
    assert_eq!(report.events[0].result.word(), "privacy");
    assert_eq!(setup.dead().await, 0);
    assert_eq!(
        setup.kept.depth("crm").await.unwrap(),
        1,
        "order 4 is still there"
    );
    let [request] = &setup.requests().await[..] else {
        panic!("one request")
    };
    assert_eq!(
        (request.kind.as_str(), request.customer.as_deref()),
        ("redact_customer", Some("77"))
    );
    assert_eq!(
        (
            request.waiting_removed,
            request.dead_removed,
            request.ledger_redacted
        ),
        (1, 1, 2)
    );
    let records: Vec<(&str, &str, &str)> = request
        .records
        .iter()
        .map(|held| {
            (
                held.destination.as_str(),
                held.order.as_str(),
                held.record.id.as_str(),
            )
        })
        .collect();
    assert_eq!(records, [("crm", "3", "006-3")]);
    for (order, state, notes) in [
        ("1", State::Skipped, 1),
        ("2", State::Skipped, 1),
        ("3", State::Delivered, 0),
    ] {
        let entry = setup.entry(order).await;
        let texts = (entry.last_error.clone(), entry.warnings.len());
        assert_eq!((entry.state, texts), (state, (None, notes)), "{entry:?}");
    }
    assert_eq!(setup.entry("4").await.state, State::Retrying);
    assert!(
        !format!("{:?}", setup.requests().await).contains(EMAIL),
        "an e-mail is never kept"
    );
}

#[tokio::test]
async fn what_exactly_once_needs_stays() {
    let setup = Setup::new();
    setup.keep(vec![setup.message("g", "1,x,100")]).await;
    setup.work_kept().await;
    setup
        .keep(vec![setup.message("privacy", &format!("1,redact,{EMAIL}"))])
        .await;
    setup.work_kept().await;
    setup
        .keep(vec![
            setup.message("g", "1,x,100"),
            setup.message("g", "1,y,50"),
        ])
        .await;
    let told: Vec<&str> = [setup.work_kept().await, setup.work_kept().await]
        .iter()
        .flat_map(|report| report.events.iter().map(|event| event.result.word()))
        .collect();
    assert_eq!(told, ["unchanged", "stale"]);
}

#[tokio::test]
async fn each_destinations_queue_may_bring_the_request_and_a_crash_may_repeat_it() {
    let setup = Setup::new();
    setup.crm.will("1", [refusal()]);
    setup
        .keep(vec![setup.message(&group(EMAIL), "1,x,1")])
        .await;
    setup.work_kept().await;
    let request = setup.message("privacy", &format!("1,redact,{EMAIL}"));
    for _ in 0..3 {
        setup.keep(vec![request.clone()]).await;
        assert_eq!(setup.work_kept().await.events[0].result.word(), "privacy");
    }
    let [request] = &setup.requests().await[..] else {
        panic!("one request")
    };
    assert_eq!((request.dead_removed, request.ledger_redacted), (1, 1));
}

#[tokio::test]
async fn asking_what_is_kept_removes_nothing() {
    let setup = Setup::new();
    setup.crm.will("2", [refusal()]);
    for body in ["1,x,1", "2,x,1"] {
        setup.keep(vec![setup.message(&group(EMAIL), body)]).await;
        setup.work_kept().await;
    }
    let before = setup.ledger.list(&LedgerFilter::default()).await.unwrap();
    setup
        .keep(vec![
            setup.message("privacy", &format!("1+2,access,{EMAIL}")),
        ])
        .await;
    setup.work_kept().await;
    assert_eq!(setup.dead().await, 1);
    assert_eq!(
        setup.ledger.list(&LedgerFilter::default()).await.unwrap(),
        before
    );
    let [request] = &setup.requests().await[..] else {
        panic!("one request")
    };
    assert_eq!(
        (request.kind.as_str(), request.records.len()),
        ("access", 1)
    );
}

#[tokio::test]
async fn when_a_shop_leaves_everything_of_it_goes() {
    let setup = Setup::new().with_two_dead().await;
    setup.belongs_to("Acme.myshopify.com");
    setup
        .keep(vec![setup.message("privacy", ",leave,acme.myshopify.com")])
        .await;
    setup.work_kept().await;
    assert_eq!(
        (setup.dead().await, setup.kept.depth("crm").await.unwrap()),
        (0, 0)
    );
    let [request] = &setup.requests().await[..] else {
        panic!("one request")
    };
    assert_eq!((request.dead_removed, request.ledger_redacted), (2, 1));
    assert_eq!(request.held_back, None);
}

#[tokio::test]
async fn a_shop_that_may_be_another_one_removes_nothing_until_the_stores_own_is_known() {
    let setup = Setup::new().with_two_dead().await;
    let ledger = setup.ledger.list(&LedgerFilter::default()).await.unwrap();
    let request = setup.message("privacy", ",leave,acme.myshopify.com");
    let repeated = async |reason: &str| {
        setup.keep(vec![request.clone()]).await;
        assert_eq!(setup.work_kept().await.events[0].result.word(), "privacy");
        let [noted] = &setup.requests().await[..] else {
            panic!("one request, however often it comes")
        };
        let told = noted.held_back.as_deref().unwrap_or_default();
        assert!(
            told.contains(reason) && noted.done.is_none() && noted.dead_removed == 0,
            "{noted:?}"
        );
        assert_eq!(setup.dead().await, 2);
        assert_eq!(
            setup.ledger.list(&LedgerFilter::default()).await.unwrap(),
            ledger
        );
    };
    repeated("add store_domain to the secret and send the request again").await;
    setup.belongs_to("second.myshopify.com");
    repeated("about another shop than store_domain").await;

    setup.belongs_to("acme.myshopify.com");
    setup.keep(vec![request.clone()]).await;
    setup.work_kept().await;
    let [carried_out] = &setup.requests().await[..] else {
        panic!("the same request")
    };
    assert_eq!(
        (
            setup.dead().await,
            carried_out.dead_removed,
            &carried_out.held_back
        ),
        (0, 2, &None)
    );
}

#[tokio::test]
async fn a_shop_that_does_not_say_its_name_removes_nothing() {
    let setup = Setup::new().with_two_dead().await;
    setup.belongs_to("acme.myshopify.com");
    setup.keep(vec![setup.message("privacy", ",leave,")]).await;
    setup.work_kept().await;
    assert_eq!(setup.dead().await, 2);
    assert!(
        setup.requests().await[0]
            .held_back
            .as_ref()
            .is_some_and(|reason| reason.contains("does not say which shop"))
    );
}

#[tokio::test]
async fn a_secret_that_cannot_be_read_has_the_request_wait() {
    let setup = Setup::new().with_two_dead().await;
    let engine = setup.engine_where_secrets_are_away();
    setup
        .keep(vec![setup.message("privacy", ",leave,acme.myshopify.com")])
        .await;
    let batch = setup.kept.receive("crm", 10, LONG).await.unwrap();
    let report = engine.deliver(batch, setup.lease()).await;
    assert_eq!(report.events[0].result.word(), "retry");
    assert_eq!(
        (setup.dead().await, setup.requests().await),
        (2, Vec::new())
    );
}

/// Order 1 was delivered; order 2 is a dead letter; order 3 is somebody else's.
#[tokio::test]
async fn an_anonymised_order_loses_what_is_kept_of_it_and_its_records_are_named_once() {
    let setup = Setup::new();
    setup.crm.will("2", [refusal()]);
    for (customer, body) in [
        (EMAIL, "1,x,1"),
        (EMAIL, "2,x,1"),
        ("another@example.com", "3,x,1"),
    ] {
        setup
            .keep(vec![setup.message(&group(customer), body)])
            .await;
        setup.work_kept().await;
    }
    let (untouched, delivered) = (setup.entry("3").await, setup.entry("1").await.delivered);
    let batches = setup.crm.batches().len();

    // Everything that happens to the order later says the same, in another body.
    for round in 1..=3 {
        for order in ["1", "2"] {
            setup
                .keep(vec![
                    setup.message("deleted", &format!("{order},anonymous,{round}")),
                ])
                .await;
            let report = setup.work_kept().await;
            assert!(
                report
                    .events
                    .iter()
                    .any(|event| event.result.word() == "privacy"),
                "{order} {round}"
            );
        }
    }
    assert_eq!(
        (setup.dead().await, setup.kept.depth("crm").await.unwrap()),
        (0, 0)
    );
    assert_eq!(setup.crm.batches().len(), batches, "nothing is delivered");
    assert_eq!(setup.entry("3").await, untouched);
    let entry = setup.entry("1").await;
    assert_eq!((entry.state, entry.last_error), (State::Delivered, None));
    let records =
        |delivered: Option<ports::Delivered>| delivered.map(|delivered| delivered.records);
    assert_eq!(
        records(entry.delivered),
        records(delivered),
        "exactly-once still knows the order"
    );
    assert!(
        entry
            .warnings
            .iter()
            .all(|text| text.contains("removed the customer"))
            && entry.warnings.len() == 1
    );
    assert_eq!(setup.entry("2").await.state, State::Skipped);

    let requests = setup.requests().await;
    let told = |order: &str| {
        requests
            .iter()
            .find(|request| request.orders == [order])
            .unwrap()
    };
    assert_eq!(requests.len(), 2, "one for each order: {requests:?}");
    assert_eq!(
        (
            told("1").kind.as_str(),
            told("1").waiting_removed,
            told("1").dead_removed
        ),
        ("redact_order", 0, 0)
    );
    let held: Vec<&str> = told("1")
        .records
        .iter()
        .map(|held| held.record.id.as_str())
        .collect();
    assert_eq!(held, ["006-1"]);
    assert_eq!((told("2").dead_removed, told("2").records.len()), (1, 0));
}

#[tokio::test]
async fn what_was_done_about_an_anonymised_order_stays_done() {
    let setup = Setup::new();
    setup
        .keep(vec![setup.message(&group(EMAIL), "1,x,1")])
        .await;
    setup.work_kept().await;
    for second in [1, 2] {
        setup
            .keep(vec![
                setup.message("deleted", &format!("1,anonymous,{second}")),
            ])
            .await;
        setup.work_kept().await;
        let id = setup.requests().await[0].id.clone();
        assert!(setup.privacy.done(&id, setup.clock.now()).await.unwrap());
    }
    setup
        .keep(vec![setup.message("deleted", "1,anonymous,3")])
        .await;
    setup.work_kept().await;
    assert!(setup.requests().await[0].done.is_some());
}

#[tokio::test]
async fn an_anonymised_order_that_nobody_knew_is_explained_and_leaves_no_request() {
    let setup = Setup::new();
    for second in [1, 2] {
        setup
            .keep(vec![
                setup.message("deleted", &format!("9,anonymous,{second}")),
            ])
            .await;
        setup.work_kept().await;
    }
    assert_eq!(setup.requests().await, Vec::new());
    let entry = setup.entry("9").await;
    assert_eq!(
        (entry.state, entry.revision),
        (State::Skipped, Revision::new(1)),
        "written once"
    );
    assert!(entry.warnings[0].contains("removed the customer"));
    assert!(setup.crm.batches().is_empty());
}

/// In one batch too, the messages of an order have their turn one after the other, and an order
/// that was accepted later is not concerned by the request.
#[tokio::test]
async fn what_is_newer_than_the_anonymised_state_stays() {
    let setup = Setup::new();
    let anonymous = setup.message("deleted", "1,anonymous,1");
    setup
        .keep(vec![setup.message(&group(EMAIL), "1,x,2"), anonymous])
        .await;
    setup.work_kept().await;
    assert_eq!(setup.crm.batches(), [["1:x"]]);
}

#[tokio::test]
async fn whoever_has_the_order_in_hand_cannot_write_texts_back() {
    let setup = Setup::with(TestCrm {
        gate: Some(Semaphore::new(0)),
        ..TestCrm::default()
    });
    let (records, warnings) = (Vec::new(), vec![format!("{EMAIL} was shortened")]);
    setup
        .crm
        .will("1", [Outcome::Delivered { records, warnings }]);
    setup.keep(vec![setup.message("a", "1,x,1")]).await;
    let in_hand = setup.kept.receive("crm", 1, LONG).await.unwrap();
    setup
        .keep(vec![setup.message("privacy", &format!("1,redact,{EMAIL}"))])
        .await;
    let worker = setup.engine.deliver(in_hand, setup.lease());
    let request = async {
        while setup.crm.batches().is_empty() {
            tokio::task::yield_now().await;
        }
        let report = setup.work_kept().await;
        setup.crm.gate.as_ref().unwrap().add_permits(1);
        report
    };
    let (late, report) = tokio::join!(worker, request);
    assert_eq!(report.events[0].result.word(), "privacy");
    assert_eq!(
        late.events[0].result.word(),
        "retry",
        "its write to the ledger failed"
    );
    setup.kept.settle(late.settlements).await.unwrap();
    assert_eq!(
        setup.kept.depth("crm").await.unwrap(),
        0,
        "and its message is gone"
    );
    assert!(!format!("{:?}", setup.entry("1").await).contains(EMAIL));
}

/// A worker of another process has a message in hand while it is redacted: its settlement changes
/// nothing later.
#[tokio::test]
async fn a_message_in_hand_elsewhere_does_not_come_back_as_a_dead_letter() {
    let setup = Setup::new();
    setup.crm.will("1", [refusal()]);
    setup.keep(vec![setup.message("a", "1,x,1")]).await;
    let batch = setup.kept.receive("crm", 10, LONG).await.unwrap();
    let report = setup.engine.deliver(batch, setup.lease()).await;
    assert!(matches!(
        &report.settlements[..],
        [Settlement {
            disposition: Disposition::Dead(_),
            ..
        }]
    ));
    let everyone = Redaction {
        store: "store".to_owned(),
        routes: [String::from("route")].into(),
        subject: Subject::Everyone,
        before: setup.clock.now() + LEASE,
    };
    setup.kept.redact(&everyone).await.unwrap();
    setup.kept.settle(report.settlements).await.unwrap();
    assert_eq!(setup.dead().await, 0);
}

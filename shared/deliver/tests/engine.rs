//! The delivery engine over the memory ports, with a shop and a destination that do as they are told.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may fail")]

use async_trait::async_trait;
use bytes::Bytes;
use deliver::{DeliveryRoute, Engine, Health, Policy, Report, Result as Told};
use destination::{Class, Destination, Failure, Finding, Outcome, RequestPreview};
use jiff::Timestamp;
use mapping::{Mapping, Overrides, Plan};
use order::{Order, Status, StatusKind};
use ports::{
    Clock, Ledger, LedgerEntry, LedgerFilter, LedgerKey, Message, PortError, Received, RecordRef, Settlement, State, Stored, Verdict,
    memory::{ManualClock, MemoryLedger},
};
use source::{Normalized, PayloadError, Peek, Source, Verified, VerifyError, Webhook, WebhookSecrets};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::Semaphore;

const MAPPING: &str = r#"
system = "salesforce"
[[record]]
name = "opportunity"
object = "Opportunity"
key = "Order__c"
[record.fields]
Order__c = "{{ order.id }}"
StageName = "{{ order.status }}"
"#;

/// Bodies are `id,status,modified second or -`; anything else is no order, and the status `draft` is skipped.
struct TestShop;

impl Source for TestShop {
    fn platform(&self) -> &'static str {
        "test"
    }
    fn order_topics(&self) -> &'static [&'static str] {
        &["order"]
    }
    fn verify(&self, _: Webhook<'_>, _: &WebhookSecrets) -> std::result::Result<Verified, VerifyError> {
        Ok(Verified::Delivery)
    }
    fn topic(&self, _: Webhook<'_>) -> String {
        "order".to_owned()
    }
    fn peek(&self, _: &[u8]) -> Peek {
        Peek::default()
    }
    fn normalize(&self, _: &str, body: &[u8]) -> std::result::Result<Normalized, PayloadError> {
        let text = String::from_utf8_lossy(body);
        let parts: Vec<&str> = text.split(',').collect();
        let [id, status, modified] = parts[..] else {
            return Err(PayloadError::NotAnOrder {
                platform: "test",
                reason: "it has not three parts".to_owned(),
            });
        };
        if status == "draft" {
            return Ok(Normalized::Skip("a draft".to_owned()));
        }
        let modified = modified.parse().ok().map(|second| Timestamp::from_second(second).unwrap());
        let status = Status {
            kind: StatusKind::Processing,
            name: status.to_owned(),
        };
        Ok(Normalized::Order(Box::new(Order {
            id: id.to_owned(),
            status,
            modified,
            ..Order::example()
        })))
    }
    fn sign(&self, _: &str, _: &[u8], _: &WebhookSecrets) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

/// Answers what is scripted for an order, else delivers; remembers every batch as `id:status`.
#[derive(Default)]
struct TestCrm {
    script: Mutex<BTreeMap<String, VecDeque<Outcome>>>,
    batches: Mutex<Vec<Vec<String>>>,
    /// Calls wait for this many permits where it is set.
    gate: Option<Semaphore>,
}

impl TestCrm {
    fn will(&self, order: &str, outcomes: impl IntoIterator<Item = Outcome>) {
        self.script.lock().unwrap().entry(order.to_owned()).or_default().extend(outcomes);
    }
    fn batches(&self) -> Vec<Vec<String>> {
        self.batches.lock().unwrap().clone()
    }
}

#[async_trait]
impl Destination for TestCrm {
    fn system(&self) -> &'static str {
        "salesforce"
    }
    async fn deliver(&self, plans: &[Plan]) -> Vec<Outcome> {
        let stage = |plan: &Plan| {
            serde_json::to_value(&plan.records[0].fields["StageName"]).unwrap()["literal"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        self.batches
            .lock()
            .unwrap()
            .push(plans.iter().map(|plan| format!("{}:{}", plan.order, stage(plan))).collect());
        if let Some(gate) = &self.gate {
            gate.acquire().await.unwrap().forget();
        }
        let delivered = |plan: &Plan| Outcome::Delivered {
            records: vec![RecordRef {
                name: "opportunity".to_owned(),
                object: "Opportunity".to_owned(),
                id: format!("006-{}", plan.order),
            }],
            warnings: Vec::new(),
        };
        let mut script = self.script.lock().unwrap();
        plans
            .iter()
            .map(|plan| {
                script
                    .get_mut(&plan.order)
                    .and_then(VecDeque::pop_front)
                    .unwrap_or_else(|| delivered(plan))
            })
            .collect()
    }
    fn preview(&self, _: &Plan) -> Vec<RequestPreview> {
        Vec::new()
    }
    async fn check(&self, _: &Plan) -> Vec<Finding> {
        Vec::new()
    }
}

/// A queue as SQS FIFO is one: it may hand out several messages of one group at once, in order, and a hidden message holds its group back.
#[derive(Default)]
struct Fifo {
    waiting: Mutex<Vec<(Received, Timestamp)>>,
}

impl Fifo {
    fn push(&self, message: Message) {
        let receipt = message.accepted.to_string();
        self.waiting.lock().unwrap().push((
            Received {
                message,
                receipt,
                attempts: 0,
            },
            Timestamp::MIN,
        ));
    }

    fn receive(&self, now: Timestamp) -> Vec<Received> {
        let waiting = self.waiting.lock().unwrap();
        let hidden: BTreeSet<&str> = waiting
            .iter()
            .filter(|(_, visible)| *visible > now)
            .map(|(one, _)| one.message.group.as_str())
            .collect();
        waiting
            .iter()
            .map(|(one, _)| one)
            .filter(|one| !hidden.contains(one.message.group.as_str()))
            .take(10)
            .cloned()
            .collect()
    }

    fn settle(&self, settlements: &[Settlement], now: Timestamp) {
        let mut waiting = self.waiting.lock().unwrap();
        for settlement in settlements {
            match settlement.verdict {
                Verdict::Done | Verdict::Dead(_) => waiting.retain(|(one, _)| one.receipt != settlement.receipt),
                Verdict::Retry(after) => waiting
                    .iter_mut()
                    .filter(|(one, _)| one.receipt == settlement.receipt)
                    .for_each(|(_, visible)| *visible = now + after),
                Verdict::Release => {}
            }
        }
    }
}

struct Setup {
    clock: Arc<ManualClock>,
    queue: Fifo,
    ledger: Arc<MemoryLedger>,
    crm: Arc<TestCrm>,
    engine: Engine,
}

const TIME: Duration = Duration::from_secs(60);

impl Setup {
    fn new() -> Self {
        Self::with(TestCrm::default())
    }

    fn with(crm: TestCrm) -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::from_second(1_700_000_000).unwrap()));
        let shared: Arc<dyn Clock> = clock.clone();
        let (queue, ledger) = (Fifo::default(), Arc::new(MemoryLedger::default()));
        let crm = Arc::new(crm);
        let engine = Self::engine(&crm, ledger.clone(), shared);
        Self {
            clock,
            queue,
            ledger,
            crm,
            engine,
        }
    }

    fn engine(crm: &Arc<TestCrm>, ledger: Arc<dyn Ledger>, clock: Arc<dyn Clock>) -> Engine {
        let route = DeliveryRoute {
            source: Arc::new(TestShop),
            mapping: Mapping::parse("test", MAPPING, &Overrides::default()).unwrap(),
            destination: crm.clone(),
            policy: Policy {
                retry_base: Duration::from_secs(5),
                retry_cap: Duration::from_secs(900),
                give_up_after: Duration::from_secs(3 * 86_400),
            },
        };
        Engine::new(BTreeMap::from([("route".to_owned(), route)]), ledger, clock)
    }

    fn enqueue(&self, group: &str, body: &str) {
        self.clock.advance(Duration::from_secs(1));
        let message = Message {
            route: "route".to_owned(),
            destination: "crm".to_owned(),
            store: "store".to_owned(),
            topic: "order".to_owned(),
            event: format!("event of {body}"),
            order: body.contains(',').then(|| body.split(',').next().unwrap_or_default().to_owned()),
            modified: None,
            accepted: self.clock.now(),
            group: group.to_owned(),
            dedupe: None,
            replays: 0,
            body: Bytes::copy_from_slice(body.as_bytes()),
        };
        self.queue.push(message);
    }

    /// Receives and delivers one batch, settles it, and tells what became of each message.
    async fn work(&self) -> Vec<Told> {
        let report = self.deliver(&self.engine).await;
        self.queue.settle(&report.settlements, self.clock.now());
        report.events.into_iter().map(|event| event.result).collect()
    }

    async fn deliver(&self, engine: &Engine) -> Report {
        engine.deliver(self.queue.receive(self.clock.now()), self.clock.now() + TIME).await
    }

    async fn entry(&self, order: &str) -> LedgerEntry {
        let key = LedgerKey {
            route: "route".to_owned(),
            order: order.to_owned(),
        };
        self.ledger.load(&[key]).await.unwrap().remove(0).unwrap()
    }
}

fn words(results: &[Told]) -> Vec<&'static str> {
    results.iter().map(Told::word).collect()
}

fn away() -> Outcome {
    Outcome::Retry(Failure::transient(Class::Unavailable, "write", "the CRM is away"))
}

#[tokio::test]
async fn delivers_and_remembers_where() {
    let setup = Setup::new();
    setup.enqueue("a", "1,paid,100");
    assert_eq!(words(&setup.work().await), ["delivered"]);
    let entry = setup.entry("1").await;
    assert_eq!((entry.state, entry.attempts, entry.revision), (State::Delivered, 0, 1));
    assert_eq!(entry.delivered.unwrap().records[0].id, "006-1");
    assert!(setup.queue.receive(setup.clock.now()).is_empty());
}

#[tokio::test]
async fn the_same_state_again_is_unchanged_and_makes_no_call() {
    let setup = Setup::new();
    for body in ["1,paid,100", "1,paid,100", "1,paid,101"] {
        setup.enqueue("a", body);
    }
    let first = setup.work().await;
    assert_eq!(words(&first), ["delivered", "unchanged", "unchanged"]);
    assert_eq!(setup.crm.batches().len(), 1);
}

#[tokio::test]
async fn an_older_state_is_stale_even_after_an_unchanged_newer_one() {
    let setup = Setup::new();
    for (body, told) in [
        ("1,paid,100", "delivered"),
        ("1,paid,300", "unchanged"),
        ("1,open,200", "stale"),
        ("1,done,300", "delivered"),
    ] {
        setup.enqueue("a", body);
        assert_eq!(words(&setup.work().await), [told], "{body}");
    }
    assert_eq!(setup.crm.batches().concat(), ["1:paid", "1:done"]);
}

#[tokio::test]
async fn without_a_modification_time_the_last_arrival_wins() {
    let setup = Setup::new();
    for body in ["1,a,-", "1,b,-", "1,a,-"] {
        setup.enqueue("a", body);
        assert_eq!(words(&setup.work().await), ["delivered"]);
    }
    assert_eq!(setup.crm.batches().concat(), ["1:a", "1:b", "1:a"]);
}

#[tokio::test]
async fn one_group_goes_one_by_one_and_others_go_together() {
    let setup = Setup::new();
    for (group, body) in [("a", "1,x,1"), ("a", "2,x,1"), ("b", "3,x,1"), ("c", "4,x,1")] {
        setup.enqueue(group, body);
    }
    setup.work().await;
    assert_eq!(setup.crm.batches(), [vec!["1:x", "3:x", "4:x"], vec!["2:x"]]);
}

#[tokio::test]
async fn an_order_that_changed_its_customer_is_never_twice_in_one_call() {
    let setup = Setup::new();
    setup.enqueue("old customer", "1,x,1");
    setup.enqueue("new customer", "1,y,2");
    assert_eq!(words(&setup.work().await), ["delivered", "delivered"]);
    assert_eq!(setup.crm.batches(), [vec!["1:x"], vec!["1:y"]]);
}

#[tokio::test]
async fn two_workers_never_have_one_order_in_hand_at_once() {
    let setup = Setup::with(TestCrm {
        gate: Some(Semaphore::new(0)),
        ..TestCrm::default()
    });
    let deadline = setup.clock.now() + TIME;
    setup.enqueue("old customer", "1,older,1");
    let older = setup.queue.receive(setup.clock.now());
    setup.enqueue("new customer", "1,newer,2");
    let newer = setup.queue.receive(setup.clock.now()).split_off(1);
    let first = setup.engine.deliver(older, deadline);
    let second = async {
        // The first worker's call is under way and waits for its answer.
        while setup.crm.batches().is_empty() {
            tokio::task::yield_now().await;
        }
        let report = setup.engine.deliver(newer.clone(), deadline).await;
        setup.crm.gate.as_ref().unwrap().add_permits(2);
        report
    };
    let (first, second) = tokio::join!(first, second);
    assert_eq!(first.events[0].result.word(), "delivered");
    assert!(matches!(second.settlements[0].verdict, Verdict::Retry(_)), "{second:?}");
    assert_eq!(setup.crm.batches().concat(), ["1:older"]);
    let third = setup.engine.deliver(newer, deadline).await;
    assert_eq!(third.events[0].result.word(), "delivered", "the first worker let go of it");
}

#[tokio::test]
async fn what_an_outcome_says_about_the_destination() {
    let setup = Setup::new();
    let refused = Outcome::Rejected(Failure::permanent(Class::Validation, "write", "no"));
    let locked = Outcome::Retry(Failure::transient(Class::Conflict, "write", "locked"));
    let out = Outcome::Retry(Failure::transient(Class::Authentication, "token", "no"));
    for (order, outcome) in [("1", away()), ("2", refused), ("3", locked), ("4", out)] {
        setup.crm.will(order, [outcome]);
        setup.enqueue(order, &format!("{order},x,1"));
    }
    setup.enqueue("5", "no order at all");
    let report = setup.deliver(&setup.engine).await;
    let of = |order: Option<&str>| report.events.iter().find(|event| event.order.as_deref() == order).unwrap().health;
    assert_eq!(
        [Some("1"), Some("2"), Some("3"), Some("4"), None].map(of),
        [
            Health::Outage,
            Health::Answered,
            Health::Answered,
            Health::Locked,
            Health::Untouched
        ]
    );
}

#[tokio::test]
async fn after_a_failure_the_rest_of_the_group_waits_untried_and_others_go_on() {
    let setup = Setup::new();
    setup.crm.will("1", [away()]);
    for (group, body) in [("a", "1,x,1"), ("a", "2,x,1"), ("b", "3,x,1")] {
        setup.enqueue(group, body);
    }
    assert_eq!(words(&setup.work().await), ["retry", "delivered"]);
    assert_eq!(setup.crm.batches(), [vec!["1:x", "3:x"]]);
    setup.clock.advance(Duration::from_secs(6));
    assert_eq!(words(&setup.work().await), ["delivered", "delivered"]);
    assert_eq!(setup.crm.batches().concat(), ["1:x", "3:x", "1:x", "2:x"]);
}

#[tokio::test]
async fn a_rejected_order_dies_with_its_story_and_its_group_goes_on() {
    let setup = Setup::new();
    let mut failure = Failure::permanent(Class::Validation, "write", "the name is too long");
    (failure.request, failure.response) = (Some("the request".to_owned()), Some("the answer".to_owned()));
    setup.crm.will("1", [Outcome::Rejected(failure)]);
    setup.enqueue("a", "1,x,1");
    setup.enqueue("a", "2,x,1");
    let report = setup.deliver(&setup.engine).await;
    let Verdict::Dead(letter) = &report.settlements[0].verdict else {
        panic!("{report:?}")
    };
    assert_eq!(
        (letter.class.as_str(), letter.reason.as_str()),
        ("validation", "the name is too long")
    );
    assert_eq!(
        (letter.request.as_deref(), letter.response.as_deref()),
        (Some("the request"), Some("the answer"))
    );
    assert_eq!(report.events[1].result.word(), "delivered");
    assert_eq!(setup.entry("1").await.state, State::Rejected);
}

#[tokio::test]
async fn what_is_no_order_dies_and_drafts_are_skipped() {
    let setup = Setup::new();
    setup.enqueue("a", "no order at all");
    setup.enqueue("b", "7,draft,1");
    assert_eq!(words(&setup.work().await), ["rejected", "skipped"]);
    assert_eq!(setup.entry("7").await.state, State::Skipped);
    assert!(setup.crm.batches().is_empty());
}

#[tokio::test]
async fn gives_up_by_age_and_not_by_count() {
    let setup = Setup::new();
    setup.crm.will("1", std::iter::repeat_with(away).take(2000));
    setup.enqueue("a", "1,x,1");
    let mut tries = 0;
    loop {
        setup.clock.advance(Duration::from_secs(901));
        let told = setup.work().await;
        tries += 1;
        match told.first() {
            Some(Told::Retry { .. }) => {}
            Some(Told::Rejected { class, reason }) => {
                assert_eq!(class, "unavailable");
                assert!(reason.contains("3 days"), "{reason}");
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(
        (280..=290).contains(&tries),
        "three days of tries every quarter of an hour, not {tries}"
    );
}

#[tokio::test]
async fn refused_credentials_spend_nothing() {
    let setup = Setup::new();
    let refused = || Outcome::Retry(Failure::transient(Class::Authentication, "token", "the credentials are refused"));
    setup.crm.will("1", std::iter::repeat_with(refused).take(600));
    setup.enqueue("a", "1,x,1");
    for _ in 0..600 {
        setup.clock.advance(Duration::from_secs(901));
        assert_eq!(words(&setup.work().await), ["retry"]);
    }
    assert_eq!(setup.entry("1").await.attempts, 0);
    setup.clock.advance(Duration::from_secs(901));
    assert_eq!(words(&setup.work().await), ["delivered"]);
}

#[tokio::test]
async fn after_a_failed_call_nothing_counts_as_unchanged() {
    let setup = Setup::new();
    setup.crm.will("1", [delivered_as("006"), away()]);
    for (body, told) in [("1,a,1", "delivered"), ("1,b,2", "retry")] {
        setup.enqueue("a", body);
        assert_eq!(words(&setup.work().await), [told]);
    }
    // The second state may have been written although the answer was lost; it dies, and the first one comes again as a newer event.
    let entry = setup.entry("1").await;
    assert_eq!(entry.delivered.unwrap().content, "");
}

fn delivered_as(id: &str) -> Outcome {
    let record = RecordRef {
        name: "opportunity".to_owned(),
        object: "Opportunity".to_owned(),
        id: id.to_owned(),
    };
    Outcome::Delivered {
        records: vec![record],
        warnings: Vec::new(),
    }
}

#[tokio::test]
async fn nothing_new_is_begun_after_the_deadline() {
    let setup = Setup::new();
    setup.enqueue("a", "1,x,1");
    let report = setup
        .engine
        .deliver(setup.queue.receive(setup.clock.now()), setup.clock.now())
        .await;
    assert_eq!(report.settlements[0].verdict, Verdict::Release);
    assert!(report.events.is_empty() && setup.crm.batches().is_empty());
}

#[tokio::test]
async fn a_message_of_a_route_that_is_gone_dies_and_says_so() {
    let setup = Setup::new();
    let engine = Engine::new(BTreeMap::new(), setup.ledger.clone(), setup.clock.clone());
    setup.enqueue("a", "1,x,1");
    let report = setup.deliver(&engine).await;
    let Verdict::Dead(letter) = &report.settlements[0].verdict else {
        panic!("{report:?}")
    };
    assert!(letter.reason.contains("no route named route"), "{}", letter.reason);
}

/// A ledger that another worker writes to between our read and our write, or that is away.
struct Contested {
    inner: Arc<MemoryLedger>,
    away: bool,
}

#[async_trait]
impl Ledger for Contested {
    async fn load(&self, keys: &[LedgerKey]) -> std::result::Result<Vec<Option<LedgerEntry>>, PortError> {
        if self.away {
            return Err(PortError::new("ledger: load", "the disk is gone"));
        }
        self.inner.load(keys).await
    }
    async fn store(&self, entries: Vec<LedgerEntry>) -> std::result::Result<Vec<Stored>, PortError> {
        self.inner.store(entries.clone()).await?;
        self.inner.store(entries).await
    }
    async fn list(&self, filter: &LedgerFilter) -> std::result::Result<Vec<LedgerEntry>, PortError> {
        self.inner.list(filter).await
    }
}

#[tokio::test]
async fn a_message_is_settled_only_after_its_ledger_entry_is_stored() {
    let setup = Setup::new();
    let contested = Contested {
        inner: setup.ledger.clone(),
        away: false,
    };
    let engine = Setup::engine(&setup.crm, Arc::new(contested), setup.clock.clone());
    setup.enqueue("a", "1,x,1");
    let report = setup.deliver(&engine).await;
    assert!(matches!(report.settlements[0].verdict, Verdict::Retry(_)), "{report:?}");
}

#[tokio::test]
async fn while_the_ledger_is_away_nothing_is_called_and_everything_waits() {
    let setup = Setup::new();
    let engine = Setup::engine(
        &setup.crm,
        Arc::new(Contested {
            inner: setup.ledger.clone(),
            away: true,
        }),
        setup.clock.clone(),
    );
    setup.enqueue("a", "1,x,1");
    setup.enqueue("b", "2,x,1");
    let report = setup.deliver(&engine).await;
    assert!(
        report
            .settlements
            .iter()
            .all(|settlement| matches!(settlement.verdict, Verdict::Retry(_))),
        "{report:?}"
    );
    assert!(setup.crm.batches().is_empty());
}

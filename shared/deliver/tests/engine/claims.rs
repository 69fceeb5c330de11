//! Tests of orders whose customer changed: they are in two message groups, and so with two workers
//! at once.

use crate::support::{LEASE, Setup, TestCrm, away, words};
use async_trait::async_trait;
use deliver::{Engine, Ports, Report, Result as Told};
use destination::{Class, Failure, Outcome};
use jiff::Timestamp;
use ports::{
    Clock, Enqueue, Ledger, LedgerEntry, LedgerFilter, LedgerKey, Message, PortError, Queue,
    Received, Redaction, Removed, Settlement, State, Stored,
    memory::{MemoryLedger, MemoryQueue},
};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::Semaphore;

const SECOND: Duration = Duration::from_secs(1);

/// Two processes over one queue and one ledger.
struct Processes {
    setup: Setup,
    other: Engine,
}

impl Processes {
    fn new(crm: TestCrm) -> Self {
        let setup = Setup::with(crm);
        let other = setup.engine_over(setup.ledger.clone());
        Self { setup, other }
    }

    /// Creates the processes over a queue that cannot tell what is in hand.
    fn blind(crm: TestCrm) -> Self {
        let setup = Setup::with(crm);
        let ports = Ports {
            queue: Arc::new(Blind(setup.kept.clone())),
            ..setup.ports(setup.ledger.clone())
        };
        let other = setup.engine_with(ports);
        Self { setup, other }
    }

    fn queue(&self) -> &MemoryQueue {
        &self.setup.kept
    }

    async fn enqueue(&self, group: &str, body: &str) -> Message {
        let message = self.setup.message(group, body);
        self.queue().enqueue(vec![message.clone()]).await.unwrap();
        message
    }

    /// Lets one process receive, deliver and settle one message.
    async fn work(&self, engine: &Engine) -> Report {
        let lease = self.setup.lease();
        let batch = self.queue().receive("crm", 1, LEASE).await.unwrap();
        let report = engine.deliver(batch, lease).await;
        self.queue()
            .settle(report.settlements.clone())
            .await
            .unwrap();
        report
    }

    async fn told(&self) -> Vec<&'static str> {
        let report = self.work(&self.other).await;
        let results: Vec<_> = report
            .events
            .into_iter()
            .map(|event| event.result)
            .collect();
        words(&results)
    }

    /// Does `work` while the first process has a call on its way, and then lets that call be
    /// answered.
    async fn meanwhile<T>(&self, work: impl Future<Output = T>) -> (Report, T) {
        let during = async {
            while self.setup.crm.batches().is_empty() {
                tokio::task::yield_now().await;
            }
            let result = work.await;
            self.setup.crm.gate.as_ref().unwrap().add_permits(100);
            result
        };
        tokio::join!(self.work(&self.setup.engine), during)
    }
}

fn gated() -> TestCrm {
    TestCrm {
        gate: Some(Semaphore::new(0)),
        ..TestCrm::default()
    }
}

fn retried(report: &Report) -> Duration {
    let Some(after) = report.settlements[0].disposition.pause() else {
        unreachable!("a retry was expected: {report:?}")
    };
    after
}

#[tokio::test]
async fn a_newer_state_of_another_group_waits_until_the_call_under_way_has_ended() {
    for (world, pause) in [
        (Processes::new(gated()), SECOND),
        (Processes::blind(gated()), LEASE),
    ] {
        world.enqueue("old customer", "1,older,1").await;
        let (older, newer) = world
            .meanwhile(async {
                world.enqueue("new customer", "1,newer,2").await;
                world.work(&world.other).await
            })
            .await;
        assert_eq!(retried(&newer), pause);
        assert_eq!(retried(&older), SECOND, "its write to the ledger failed");
        assert_eq!(
            world.setup.crm.batches().concat(),
            ["1:older"],
            "two calls about one order never overlap"
        );

        // Whichever message comes first: the older state makes no call, and is stale once the newer
        // one is delivered.
        let mut told = Vec::new();
        for _ in 0..3 {
            world.setup.clock.advance(LEASE);
            told.extend([world.told().await, world.told().await].concat());
        }
        told.retain(|word| *word != "retry");
        assert_eq!(told, ["delivered", "stale"]);
        assert_eq!(world.setup.crm.batches().concat(), ["1:older", "1:newer"]);
        assert_eq!(world.queue().depth("crm").await.unwrap(), 0);
    }
}

/// A group that goes on with its order notes nothing before the call. Who lost the order notes it
/// afterwards; of a process that ends before, the queue knows.
#[tokio::test]
async fn who_took_an_order_writes_nothing_over_a_newer_state_that_was_tried() {
    for (world, is_killed) in [
        (Processes::new(gated()), false),
        (Processes::new(gated()), true),
        (Processes::blind(gated()), false),
    ] {
        let gate = world.setup.crm.gate.as_ref().unwrap();
        gate.add_permits(1);
        world.enqueue("old customer", "1,first,1").await;
        assert_eq!(world.told().await, ["delivered"]);
        let newest = Message {
            modified: Some(Timestamp::from_second(3).unwrap()),
            ..world.setup.message("old customer", "1,newest,3")
        };
        world.queue().enqueue(vec![newest]).await.unwrap();
        let during = async {
            while world.setup.crm.batches().len() < 2 {
                tokio::task::yield_now().await;
            }
            world.enqueue("new customer", "1,middle,2").await;
            let report = world.work(&world.other).await;
            gate.add_permits(100);
            report
        };
        let batch = world.queue().receive("crm", 1, LEASE * 2).await.unwrap();
        let newest = world.setup.engine.deliver(batch, world.setup.lease());
        let middle = if is_killed {
            tokio::select! {
                biased;
                middle = during => middle,
                _ = newest => unreachable!("its call is under way"),
            }
        } else {
            let (newest, middle) = tokio::join!(newest, during);
            assert_eq!(retried(&newest), SECOND, "its write to the ledger failed");
            middle
        };
        assert!(retried(&middle) <= LEASE, "it took the order");

        // The process ends before it settles the newest.
        world.setup.clock.advance(LEASE);
        assert_eq!(world.told().await, ["retry"]);
        let mut told = Vec::new();
        for _ in 0..4 {
            world.setup.clock.advance(LEASE);
            told.extend([world.told().await, world.told().await].concat());
        }
        told.retain(|word| *word != "retry");
        assert_eq!(told, ["delivered", "stale"]);
        let (newest, written) = ("1:newest", world.setup.crm.batches().concat());
        assert_eq!(written, ["1:first", newest, newest]);
    }
}

/// Its answer was lost: the destination may hold it, and nothing but the ledger tells of it.
#[tokio::test]
async fn what_was_tried_is_known_after_whoever_took_the_order_over_was_rejected() {
    let world = Processes::blind(TestCrm::default());
    let refused = Outcome::Rejected(Failure::permanent(Class::Validation, "write", "no"));
    world.setup.crm.will("1", [away(), refused]);
    world.enqueue("first", "1,tried,2").await;
    assert_eq!(world.told().await, ["retry"]);
    world.enqueue("second", "1,refused,3").await;
    let took = world.queue().receive("crm", 10, LEASE * 3).await.unwrap();
    let took = world.other.deliver(took, world.setup.lease()).await;
    world.queue().settle(took.settlements).await.unwrap();
    world.setup.clock.advance(LEASE);
    // The first group is in hand elsewhere.
    let mut batch = world.queue().receive("crm", 10, LEASE * 3).await.unwrap();
    batch.retain(|received| received.message.group == "second");
    let refused = world.other.deliver(batch, world.setup.lease()).await;
    assert_eq!(refused.events[0].result.word(), "rejected");
    world.queue().settle(refused.settlements).await.unwrap();
    assert_eq!(world.setup.entry("1").await.state, State::Rejected);

    world.enqueue("third", "1,older,1").await;
    let waits = world.work(&world.other).await;
    let Told::Retry { summary, .. } = &waits.events[0].result else {
        unreachable!("it waits for what was tried: {waits:?}")
    };
    let which = "conflict in claim: waits for the order's state of 1970-01-01T00:00:02Z";
    assert_eq!(summary, which);
    world.setup.clock.advance(LEASE * 4);
    let mut told = [world.told().await, world.told().await].concat();
    world.setup.clock.advance(LEASE * 4);
    told.extend(world.told().await);
    told.retain(|word| *word != "retry");
    assert_eq!(told, ["delivered", "stale"]);
    assert_eq!(
        world.setup.crm.batches().concat(),
        ["1:tried", "1:refused", "1:tried"]
    );
    assert_eq!(world.setup.entry("1").await.tried, []);
}

#[tokio::test]
async fn where_the_queue_knows_that_nothing_is_in_hand_nobody_waits() {
    let world = Processes::new(TestCrm::default());
    for (group, body, told) in [
        ("customer", "1,a,1", "delivered"),
        ("order", "1,b,2", "delivered"),
        ("customer", "1,c,3", "delivered"),
        ("order", "1,c,3", "unchanged"),
        ("customer", "1,c,4", "unchanged"),
        ("customer", "1,b,3", "stale"),
    ] {
        world.enqueue(group, body).await;
        assert_eq!(world.told().await, [told], "{body}");
    }
    assert_eq!(world.setup.crm.batches().concat(), ["1:a", "1:b", "1:c"]);
}

/// The group that took the order is not in hand itself, but the group from which it took the order
/// is.
#[tokio::test]
async fn a_third_group_waits_for_the_first_as_well() {
    let world = Processes::new(gated());
    world.enqueue("first", "1,a,1").await;
    let (_, third) = world
        .meanwhile(async {
            world.enqueue("second", "1,b,2").await;
            world.work(&world.other).await;
            world.enqueue("third", "1,c,3").await;
            world.work(&world.other).await;
            world.work(&world.other).await
        })
        .await;
    assert_eq!(retried(&third), LEASE);
    assert_eq!(world.setup.crm.batches().concat(), ["1:a"]);
}

#[tokio::test]
async fn an_older_state_of_another_group_does_not_take_the_order_and_is_stale_afterwards() {
    let world = Processes::new(gated());
    let older = world.setup.message("old customer", "1,older,1");
    world.enqueue("new customer", "1,newer,2").await;
    let (newer, older) = world
        .meanwhile(async {
            world.queue().enqueue(vec![older]).await.unwrap();
            world.work(&world.other).await
        })
        .await;
    assert_eq!(
        newer.events[0].result.word(),
        "delivered",
        "nobody wrote its entry meanwhile"
    );
    assert_eq!(retried(&older), LEASE);
    world.setup.clock.advance(LEASE);
    assert_eq!(world.told().await, ["stale"]);
}

#[tokio::test]
async fn after_the_rejection_of_the_newer_state_the_older_one_goes_on() {
    let world = Processes::new(gated());
    let refused = Outcome::Rejected(Failure::permanent(Class::Validation, "write", "no"));
    world.setup.crm.will("1", [refused]);
    let older = world.setup.message("old customer", "1,older,1");
    world.enqueue("new customer", "1,newer,2").await;
    world
        .meanwhile(async {
            world.queue().enqueue(vec![older]).await.unwrap();
            world.work(&world.other).await
        })
        .await;
    assert_eq!(world.setup.entry("1").await.holder, None);
    world.setup.clock.advance(LEASE);
    assert_eq!(world.told().await, ["delivered"]);
    assert_eq!(world.setup.crm.batches().concat(), ["1:newer", "1:older"]);
}

/// The newer state looks like the one that was delivered before the call that is under way: that
/// must not count as unchanged.
#[tokio::test]
async fn a_state_that_is_as_before_is_written_again_when_another_group_may_have_changed_it() {
    let world = Processes::new(gated());
    world.setup.crm.gate.as_ref().unwrap().add_permits(1);
    world.enqueue("old customer", "1,a,1").await;
    assert_eq!(world.told().await, ["delivered"]);
    world.setup.crm.batches.lock().unwrap().clear();

    world.enqueue("old customer", "1,b,2").await;
    let (b, a) = world
        .meanwhile(async {
            world.enqueue("new customer", "1,a,3").await;
            world.work(&world.other).await
        })
        .await;
    assert_eq!((retried(&a), retried(&b)), (SECOND, SECOND));
    world.setup.clock.advance(LEASE);
    let told = [world.told().await, world.told().await].concat();
    assert!(told.contains(&"delivered"), "{told:?}");
    assert_eq!(world.setup.crm.batches().concat(), ["1:b", "1:a"]);
}

#[tokio::test]
async fn two_processes_that_see_a_new_order_at_once_make_one_claim() {
    let world = Processes::new(gated());
    let (first, second) = (
        world.setup.message("old customer", "1,x,1"),
        world.setup.message("new customer", "1,y,2"),
    );
    world.queue().enqueue(vec![first, second]).await.unwrap();
    // Both have loaded an empty ledger before either of them writes.
    let both = Arc::new(Together::new(world.setup.ledger.clone()));
    let engines = [
        world.setup.engine_over(both.clone()),
        world.setup.engine_over(both),
    ];
    world.setup.crm.gate.as_ref().unwrap().add_permits(100);
    let reports = tokio::join!(world.work(&engines[0]), world.work(&engines[1]));
    let mut told = [&reports.0, &reports.1].map(|report| report.events[0].result.word());
    told.sort_unstable();
    assert_eq!(told, ["delivered", "retry"]);
    assert_eq!(world.setup.crm.batches().concat().len(), 1);
}

#[tokio::test]
async fn a_new_order_costs_two_writes_and_an_update_one() {
    let setup = Setup::new();
    let counting = Arc::new(Counting {
        inner: setup.ledger.clone(),
        writes: Mutex::default(),
    });
    let engine = setup.engine_over(counting.clone());
    let mut writes = Vec::new();
    for body in ["1,a,1", "1,b,2", "1,b,3", "1,a,1"] {
        setup.enqueue("g", body);
        let report = setup.deliver(&engine).await;
        setup.queue.settle(&report.settlements, setup.clock.now());
        writes.push((
            report.events[0].result.word(),
            std::mem::take(&mut *counting.writes.lock().unwrap()),
        ));
    }
    assert_eq!(
        writes,
        [
            ("delivered", 2),
            ("delivered", 1),
            ("unchanged", 1),
            ("stale", 0)
        ]
    );
}

#[tokio::test]
async fn a_claim_alone_shows_as_an_order_that_is_being_tried() {
    let setup = Setup::new();
    setup.crm.will("1", [away()]);
    setup.enqueue("g", "1,x,1");
    setup.work().await;
    let entry = setup.entry("1").await;
    assert_eq!(
        (entry.state, entry.holder.unwrap().group.as_str()),
        (State::Retrying, "g")
    );
}

/// A ledger whose first two loads are answered together.
struct Together {
    inner: Arc<MemoryLedger>,
    gate: tokio::sync::Barrier,
}

impl Together {
    fn new(inner: Arc<MemoryLedger>) -> Self {
        let gate = tokio::sync::Barrier::new(2);
        Self { inner, gate }
    }
}

#[async_trait]
impl Ledger for Together {
    async fn load(&self, keys: &[LedgerKey]) -> Result<Vec<Option<LedgerEntry>>, PortError> {
        let found = self.inner.load(keys).await;
        self.gate.wait().await;
        found
    }
    async fn store(&self, entries: Vec<LedgerEntry>) -> Result<Vec<Stored>, PortError> {
        self.inner.store(entries).await
    }
    async fn list(&self, filter: &LedgerFilter) -> Result<Vec<LedgerEntry>, PortError> {
        self.inner.list(filter).await
    }
    async fn redact(&self, redaction: &Redaction) -> Result<u64, PortError> {
        self.inner.redact(redaction).await
    }
}

/// A ledger that counts the entries that are written.
struct Counting {
    inner: Arc<MemoryLedger>,
    writes: Mutex<usize>,
}

#[async_trait]
impl Ledger for Counting {
    async fn load(&self, keys: &[LedgerKey]) -> Result<Vec<Option<LedgerEntry>>, PortError> {
        self.inner.load(keys).await
    }
    async fn store(&self, entries: Vec<LedgerEntry>) -> Result<Vec<Stored>, PortError> {
        *self.writes.lock().unwrap() += entries.len();
        self.inner.store(entries).await
    }
    async fn list(&self, filter: &LedgerFilter) -> Result<Vec<LedgerEntry>, PortError> {
        self.inner.list(filter).await
    }
    async fn redact(&self, redaction: &Redaction) -> Result<u64, PortError> {
        self.inner.redact(redaction).await
    }
}

/// A queue that cannot tell what is in hand, as SQS cannot.
struct Blind(Arc<MemoryQueue>);

#[async_trait]
impl Enqueue for Blind {
    async fn enqueue(&self, messages: Vec<Message>) -> Result<(), PortError> {
        self.0.enqueue(messages).await
    }
}

#[async_trait]
impl Queue for Blind {
    async fn receive(
        &self,
        destination: &str,
        max: usize,
        visibility: Duration,
    ) -> Result<Vec<Received>, PortError> {
        self.0.receive(destination, max, visibility).await
    }
    async fn settle(&self, settlements: Vec<Settlement>) -> Result<(), PortError> {
        self.0.settle(settlements).await
    }
    async fn wait(&self, destination: &str, limit: Duration) {
        self.0.wait(destination, limit).await;
    }
    async fn depth(&self, destination: &str) -> Result<u64, PortError> {
        self.0.depth(destination).await
    }
    async fn redact(&self, redaction: &Redaction) -> Result<Removed, PortError> {
        Queue::redact(&*self.0, redaction).await
    }
}

//! Tests that nothing jams: neither orders over which a destination fails each time, nor one that
//! its worker dies of, nor requests that need no destination.

use crate::{
    support::{REQUEST_TIMEOUT, Setup, TestCrm, away, words},
    workers::work_until,
};
use async_trait::async_trait;
use destination::{Call, Class, Destination, Failure, Finding, Outcome, RequestPreview};
use mapping::Plan;
use ports::{
    CircuitStore, Clock, DeadLetterFilter, DeadLetters, Enqueue, Kind, Message, OpenCircuit,
    PrivacyLog, Queue, State, memory::MemoryCircuits,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

const SECOND: Duration = Duration::from_secs(1);

/// A destination that fails over every call with one of these orders in it, after a while, and
/// takes all others.
struct Picky {
    bad: BTreeSet<String>,
    takes: Duration,
    calls: Mutex<Vec<Vec<String>>>,
    held: Mutex<BTreeSet<String>>,
}

impl Picky {
    fn new(bad: impl Iterator<Item = u32>, takes: Duration) -> Arc<Self> {
        Arc::new(Self {
            bad: bad.map(|order| order.to_string()).collect(),
            takes,
            calls: Mutex::default(),
            held: Mutex::default(),
        })
    }

    fn held(&self) -> usize {
        self.held.lock().unwrap().len()
    }

    /// Returns the number of calls with this order in them.
    fn tries(&self, order: &str) -> usize {
        self.calls
            .lock()
            .unwrap()
            .iter()
            .filter(|call| call.iter().any(|one| one == order))
            .count()
    }
}

#[async_trait]
impl Destination for Picky {
    fn system(&self) -> &'static str {
        "salesforce"
    }
    async fn deliver(&self, _: &Call, plans: &[&Plan]) -> Vec<Outcome> {
        let orders: Vec<String> = plans.iter().map(|plan| plan.order.clone()).collect();
        self.calls.lock().unwrap().push(orders.clone());
        if orders.iter().any(|order| self.bad.contains(order)) {
            tokio::time::sleep(self.takes).await;
            let failure = Failure::transient(Class::Unavailable, "write", "500 UNKNOWN_EXCEPTION");
            return vec![Outcome::Retry(failure); plans.len()];
        }
        self.held.lock().unwrap().extend(orders);
        let (records, warnings) = (Vec::new(), Vec::new());
        vec![Outcome::Delivered { records, warnings }; plans.len()]
    }
    fn preview(&self, _: &Plan) -> Vec<RequestPreview> {
        Vec::new()
    }
    async fn check(&self, _: &Call, _: &Plan) -> Vec<Finding> {
        Vec::new()
    }
}

async fn enqueue(setup: &Setup, orders: impl Iterator<Item = u32>) {
    for order in orders {
        let message = setup.message(&format!("g{order}"), &format!("{order},x,1"));
        setup.kept.enqueue(vec![message]).await.unwrap();
    }
}

async fn letters(setup: &Setup) -> Vec<(String, String)> {
    let dead = setup.kept.list(&DeadLetterFilter::default()).await.unwrap();
    dead.into_iter()
        .map(|letter| (letter.message.order.unwrap_or_default(), letter.reason))
        .collect()
}

/// Returns how long fifty good orders wait behind this many bad ones, over which the destination
/// fails after `takes`: at once, or too late.
async fn behind_bad_orders(bad: u32, takes: Duration) -> (Duration, Arc<Picky>) {
    let setup = Setup::new();
    enqueue(&setup, 0..bad + 50).await;
    let (crm, circuits) = (
        Picky::new(0..bad, takes),
        Arc::new(MemoryCircuits::new(setup.clock.clone())),
    );
    let begun = setup.clock.now();
    let end = begun + Duration::from_secs(7200);
    let is_over = async || crm.held() == 50 || setup.clock.now() > end;
    work_until(&setup, crm.clone(), &circuits, 5, SECOND, is_over).await;
    (setup.clock.now().duration_since(begun).unsigned_abs(), crm)
}

#[tokio::test(start_paused = true)]
async fn orders_that_always_fail_keep_no_others_from_being_delivered() {
    for (bad, takes, minutes) in [
        (16, SECOND, 3),
        (16, REQUEST_TIMEOUT, 6),
        (200, SECOND, 10),
        (200, REQUEST_TIMEOUT, 40),
    ] {
        let (time, crm) = behind_bad_orders(bad, takes).await;
        assert_eq!(crm.held(), 50, "{bad} orders that fail after {takes:?}");
        assert!(
            time <= Duration::from_secs(60 * minutes),
            "{bad} orders that fail after {takes:?}: {time:?}"
        );
    }
}

/// A shop that goes on selling while sixteen orders fail each time.
#[tokio::test(start_paused = true)]
async fn while_others_are_answered_bad_orders_open_no_circuit_and_die_of_age() {
    let setup = Setup::new();
    enqueue(&setup, 0..16).await;
    let (crm, circuits) = (
        Picky::new(0..16, SECOND),
        Arc::new(MemoryCircuits::new(setup.clock.clone())),
    );
    let (start, next, openings) = (setup.clock.now(), Mutex::new(16), Mutex::new(0));
    let is_over = async || {
        // The shop sells one order every two minutes.
        let number = *next.lock().unwrap();
        if setup.clock.now() >= start + Duration::from_secs(120) * (number - 15) {
            enqueue(&setup, number..=number).await;
            *next.lock().unwrap() += 1;
        }
        *openings.lock().unwrap() += u32::from(circuits.circuit("crm").await.unwrap().is_some());
        letters(&setup).await.len() == 16
            || setup.clock.now() >= start + Duration::from_secs(6 * 86_400)
    };
    work_until(
        &setup,
        crm.clone(),
        &circuits,
        5,
        Duration::from_secs(5),
        is_over,
    )
    .await;

    let days = setup.clock.now().duration_since(start).as_hours() / 24;
    assert!(
        letters(&setup).await.len() == 16 && days <= 4,
        "{days} days"
    );
    assert!(
        letters(&setup)
            .await
            .iter()
            .all(|(_, reason)| reason.starts_with("gave up after 3 days"))
    );
    let sold = usize::try_from(*next.lock().unwrap() - 16).unwrap();
    assert!(
        crm.held() >= sold - 2,
        "{} of {sold} were delivered",
        crm.held()
    );
    let open = *openings.lock().unwrap() * 5;
    assert!(
        open < 600,
        "the circuit was open for {open} seconds of {days} days"
    );
}

/// Orders that always fail do not make a sick destination's circuit any less open.
#[tokio::test(start_paused = true)]
async fn a_sick_destination_is_left_alone_whoever_failed_before() {
    let setup = Setup::new();
    enqueue(&setup, 0..26).await;
    let (crm, circuits) = (
        Picky::new(0..16, SECOND),
        Arc::new(MemoryCircuits::new(setup.clock.clone())),
    );
    let an_hour = setup.clock.now() + Duration::from_secs(3600);
    work_until(&setup, crm.clone(), &circuits, 5, SECOND, async || {
        setup.clock.now() > an_hour
    })
    .await;
    assert_eq!(crm.held(), 10);

    // From now on everything fails.
    let sick = Picky::new(0..1000, SECOND);
    enqueue(&setup, 26..60).await;
    let (from, until) = (
        setup.clock.now(),
        setup.clock.now() + Duration::from_secs(3600),
    );
    work_until(&setup, sick.clone(), &circuits, 5, SECOND, async || {
        setup.clock.now() > until
    })
    .await;
    let calls = sick.calls.lock().unwrap().len();
    let probes = usize::try_from(until.duration_since(from).as_secs() / 30).unwrap();
    assert!(
        calls <= probes + 30,
        "{calls} calls in an hour, {probes} probes"
    );
    assert!(
        (26..60).all(|order| sick.tries(&order.to_string()) > 0),
        "each was tried"
    );
}

#[tokio::test]
async fn the_more_often_an_order_fails_the_fewer_others_are_tried_with_it() {
    let setup = Setup::new();
    let outage = |order: u32| setup.crm.will(&order.to_string(), vec![away(); 3]);
    (0..8).for_each(outage);
    for order in 0..8 {
        setup.enqueue(&format!("g{order}"), &format!("{order},x,1"));
    }
    for _ in 0..12 {
        setup.work().await;
        setup.clock.advance(Duration::from_secs(60));
    }
    let sizes: Vec<usize> = setup.crm.batches().iter().map(Vec::len).collect();
    assert_eq!(sizes.first(), Some(&8));
    let mut tries: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for batch in setup.crm.batches() {
        for order in &batch {
            tries.entry(order.clone()).or_default().push(batch.len());
        }
    }
    for (order, sizes) in tries {
        assert!(
            sizes[0] == 8 && sizes[1] <= 5 && sizes[2] <= 2 && sizes[3] == 1,
            "{order}: {sizes:?}"
        );
        assert_eq!(
            setup
                .entry(order.split(':').next().unwrap())
                .await
                .suspicion,
            0,
            "what is delivered is above suspicion"
        );
    }
}

/// Too many calls, a locked record, and refused credentials say nothing against an order.
#[tokio::test]
async fn only_what_an_order_may_be_to_blame_for_is_held_against_it() {
    for (class, suspicion) in [
        (Class::Unavailable, 1),
        (Class::Unknown, 1),
        (Class::RateLimit, 0),
        (Class::Conflict, 0),
        (Class::Authentication, 0),
    ] {
        let setup = Setup::new();
        setup.crm.will(
            "1",
            [Outcome::Retry(Failure::transient(class, "write", "no"))],
        );
        setup.enqueue("g", "1,x,1");
        setup.work().await;
        assert_eq!(setup.entry("1").await.suspicion, suspicion, "{class:?}");
    }
}

#[tokio::test]
async fn what_its_workers_died_of_again_and_again_is_a_dead_letter_and_is_not_even_read() {
    let setup = Setup::new();
    let message = setup.message("g", "1,x,1");
    setup.kept.enqueue(vec![message]).await.unwrap();
    let lease = Duration::from_secs(60);
    for lost in 0..5 {
        let batch = setup.kept.receive("crm", 10, lease).await.unwrap();
        assert_eq!(batch[0].lost, lost, "and then the process is killed");
        setup.clock.advance(lease * 2);
    }
    let batch = setup.kept.receive("crm", 10, lease).await.unwrap();
    let report = setup.engine.deliver(batch, setup.lease()).await;
    setup.kept.settle(report.settlements).await.unwrap();
    assert_eq!(words(&[report.events[0].result.clone()]), ["rejected"]);
    assert_eq!(setup.crm.batches(), [] as [Vec<String>; 0]);
    let dead = letters(&setup).await;
    assert!(
        dead[0]
            .1
            .starts_with("it was in hand 5 times and never settled"),
        "{dead:?}"
    );
    assert_eq!(setup.entry("1").await.state, State::Rejected);
}

#[tokio::test]
async fn no_more_is_in_work_at_a_time_than_there_is_room_for() {
    let setup = Setup::new();
    for order in 0..5 {
        // A third of the room each.
        setup.enqueue(
            &format!("g{order}"),
            &format!("{order},{},1", "x".repeat(350_000)),
        );
    }
    setup.work().await;
    assert_eq!(
        setup.crm.batches().iter().map(Vec::len).collect::<Vec<_>>(),
        [2, 2, 1]
    );

    let setup = Setup::new();
    setup.enqueue("g0", &format!("0,{},1", "x".repeat(3_000_000)));
    setup.enqueue("g1", "1,x,1");
    setup.work().await;
    assert_eq!(
        setup.crm.batches().iter().map(Vec::len).collect::<Vec<_>>(),
        [1, 1],
        "what has no room beside anything goes alone"
    );
}

fn request(setup: &Setup, body: &str) -> Message {
    Message {
        kind: Kind::Request,
        order: None,
        ..setup.message("requests", body)
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_about_personal_data_waits_for_no_circuit_and_no_order() {
    let setup = Setup::with(TestCrm::default());
    let circuits = Arc::new(MemoryCircuits::new(setup.clock.clone()));
    let circuit = OpenCircuit {
        until: setup.clock.now() + Duration::from_secs(86_400),
        since: setup.clock.now(),
        why: "outage".to_owned(),
    };
    circuits.open("crm", circuit).await.unwrap();
    enqueue(&setup, 0..300).await;
    setup
        .kept
        .enqueue(vec![request(&setup, "7,redact,jane@example.com")])
        .await
        .unwrap();
    let end = setup.clock.now() + Duration::from_secs(10);
    work_until(
        &setup,
        setup.crm.clone(),
        &circuits,
        5,
        SECOND,
        async || setup.clock.now() > end,
    )
    .await;
    let noted = setup.privacy.requests().await.unwrap();
    assert_eq!(noted.len(), 1, "{noted:?}");
    assert_eq!(
        setup.crm.batches(),
        [] as [Vec<String>; 0],
        "and nothing was called"
    );
}

//! Tests of a destination that is away for days, with real workers over the memory ports.

use crate::{support::Setup, workers::endure};
use async_trait::async_trait;
use destination::{Call, Class, Destination, Failure, Finding, Outcome, RequestPreview};
use jiff::Timestamp;
use mapping::Plan;
use ports::{
    CircuitStore, Clock, DeadLetterFilter, DeadLetters, Enqueue, Ledger, LedgerFilter, State,
    memory::{ManualClock, MemoryCircuits},
};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

/// The step in which time passes.
const STEP: Duration = Duration::from_secs(15);
const DAY: Duration = Duration::from_secs(86_400);

/// A destination that is away, or refuses the credentials, until an instant, and then is well.
struct Away {
    clock: Arc<ManualClock>,
    until: Timestamp,
    class: Class,
    calls: Mutex<Vec<(Timestamp, usize)>>,
    held: Mutex<BTreeSet<String>>,
}

impl Away {
    fn held(&self) -> usize {
        self.held.lock().unwrap().len()
    }
}

#[async_trait]
impl Destination for Away {
    fn system(&self) -> &'static str {
        "salesforce"
    }
    async fn deliver(&self, _: &Call, plans: &[&Plan]) -> Vec<Outcome> {
        let now = self.clock.now();
        self.calls.lock().unwrap().push((now, plans.len()));
        if now < self.until {
            let failure = Failure::transient(self.class, "write", "nobody is there");
            return vec![Outcome::Retry(failure); plans.len()];
        }
        self.held
            .lock()
            .unwrap()
            .extend(plans.iter().map(|plan| plan.order.clone()));
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

/// A destination that answers one call of four, in a fixed sequence that looks like chance.
struct Flaky {
    chance: Mutex<u32>,
    calls: Mutex<u32>,
}

#[async_trait]
impl Destination for Flaky {
    fn system(&self) -> &'static str {
        "salesforce"
    }
    async fn deliver(&self, _: &Call, plans: &[&Plan]) -> Vec<Outcome> {
        let mut chance = self.chance.lock().unwrap();
        *chance = chance.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *self.calls.lock().unwrap() += 1;
        if *chance >> 30 != 0 {
            let failure = Failure::transient(Class::Unavailable, "write", "not this time");
            return vec![Outcome::Retry(failure); plans.len()];
        }
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

async fn outage(
    class: Class,
    orders: usize,
    length: Duration,
) -> (Setup, Arc<Away>, Arc<MemoryCircuits>) {
    let setup = Setup::new();
    for number in 0..orders {
        let message = setup.message(&format!("g{number}"), &format!("{number},x,1"));
        setup.kept.enqueue(vec![message]).await.unwrap();
    }
    let away = Arc::new(Away {
        clock: setup.clock.clone(),
        until: setup.clock.now() + length,
        class,
        calls: Mutex::default(),
        held: Mutex::default(),
    });
    let circuits = Arc::new(MemoryCircuits::new(setup.clock.clone()));
    endure(&setup, away.clone(), &circuits, 5, STEP).await;
    (setup, away, circuits)
}

async fn dead(setup: &Setup) -> usize {
    setup
        .kept
        .list(&DeadLetterFilter::default())
        .await
        .unwrap()
        .len()
}

#[tokio::test(start_paused = true)]
async fn after_three_days_every_order_is_delivered_and_none_is_dead() {
    for orders in [1, 60] {
        let (setup, away, circuits) = outage(Class::Unavailable, orders, DAY * 3).await;
        assert_eq!((away.held(), dead(&setup).await), (orders, 0));
        let entries = setup.ledger.list(&LedgerFilter::default()).await.unwrap();
        assert!(
            entries
                .iter()
                .all(|entry| entry.state == State::Delivered && entry.attempts == 0)
        );
        assert_eq!(circuits.circuit("crm").await.unwrap(), None);

        let calls = away.calls.lock().unwrap();
        let during: Vec<usize> = calls
            .iter()
            .filter(|(at, _)| *at < away.until)
            .map(|(_, plans)| *plans)
            .collect();
        let probes = during.iter().filter(|plans| **plans == 1).count();
        let three_days_of_probes = 3 * 86_400 / 30;
        assert!(
            during.len() - probes <= 8,
            "beside the probes only what opened the circuit: {during:?}"
        );
        assert!(probes <= three_days_of_probes + 8, "{probes} probes");
    }
}

#[tokio::test(start_paused = true)]
async fn a_revoked_credential_spends_nothing_is_asked_rarely_and_recovers_by_itself() {
    let (setup, away, _) = outage(Class::Authentication, 20, DAY * 3).await;
    assert_eq!((away.held(), dead(&setup).await), (20, 0));
    let calls = away.calls.lock().unwrap();
    let during = calls.iter().filter(|(at, _)| *at < away.until).count();
    assert!(
        (250..=310).contains(&during),
        "every quarter of an hour, not {during} times"
    );
    assert!(
        setup.clock.now() < away.until + Duration::from_secs(1800),
        "soon after it was restored"
    );
}

/// Returns the seconds that it takes to deliver orders to a destination that answers one call of
/// four, and the number of calls.
async fn flaky(opens_after: u32) -> (i64, u32) {
    let setup = Setup::new();
    for number in 0..400 {
        let message = setup.message(&format!("g{}", number / 4), &format!("{number},x,1"));
        setup.kept.enqueue(vec![message]).await.unwrap();
    }
    let (start, chance) = (setup.clock.now(), Mutex::new(7));
    let destination = Arc::new(Flaky {
        chance,
        calls: Mutex::default(),
    });
    let circuits = Arc::new(MemoryCircuits::new(setup.clock.clone()));
    endure(
        &setup,
        destination.clone(),
        &circuits,
        opens_after,
        Duration::from_secs(1),
    )
    .await;
    assert_eq!(dead(&setup).await, 0);
    let calls = *destination.calls.lock().unwrap();
    (setup.clock.now().duration_since(start).as_secs(), calls)
}

#[tokio::test(start_paused = true)]
async fn a_destination_that_fails_often_is_worked_off_about_as_fast_as_without_a_circuit() {
    let ((with, calls), (without, _)) = (flaky(5).await, flaky(1_000_000).await);

    assert!(
        with < without * 3 / 2,
        "{with} seconds and {calls} calls with a circuit, {without} seconds without"
    );
}

/// A queue in the cloud forgets a message after fourteen days, so that even an outage has an end.
#[tokio::test(start_paused = true)]
async fn an_outage_of_weeks_ends_in_dead_letters_that_can_be_replayed() {
    let (setup, _, _) = outage(Class::Unavailable, 1, DAY * 30).await;
    assert_eq!(dead(&setup).await, 1);
    let lived = setup
        .clock
        .now()
        .duration_since(Timestamp::from_second(1_700_000_000).unwrap());
    assert_eq!(lived.as_hours() / 24, 12);
}

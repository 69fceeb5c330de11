use super::{
    Case, CircuitSubject, cases,
    samples::{LONG, OVER, SHORT, instant},
};
use crate::{Budget, OpenCircuit};
use std::time::Duration;

/// Returns the cases for a store of circuits.
#[must_use]
pub fn circuit_cases() -> Vec<Case<CircuitSubject>> {
    cases![CircuitSubject:
        a_circuit_is_closed_at_first,
        an_open_circuit_comes_out_as_it_went_in,
        opening_again_never_shortens_and_keeps_the_beginning,
        of_many_who_open_it_one_is_told_that_it_was_closed,
        closing_forgets,
        a_closed_circuit_needs_no_probe,
        before_its_time_nobody_probes,
        one_of_many_probes,
        a_probe_that_told_nothing_lets_the_next_one_in,
        a_probe_dies_with_its_lease,
        a_failed_probe_keeps_the_circuit_open,
        destinations_are_separate,
        what_a_clock_wrote_that_was_ahead_keeps_nobody_away,
        whoever_tells_with_a_clock_that_was_ahead_opens_for_no_longer_than_he_says,
        the_last_budget_counts_if_any_is_kept,
    ]
}

/// An instant that is long ago for every adapter's clock, in seconds since 1970.
const PAST: i64 = 1_000_000_000;
/// The number of seconds by which a clock was wrong.
const MONTH: i64 = 30 * 86_400;

fn circuit(until: i64, why: &str) -> OpenCircuit {
    OpenCircuit {
        until: instant(until, 7),
        since: instant(PAST, 0),
        why: why.to_owned(),
    }
}

/// Returns the instant half a day after the adapter's now, in seconds: within the longest time for
/// which a destination may be left alone.
fn later(subject: &CircuitSubject) -> i64 {
    subject.time.now().as_second() + 43_200
}

async fn open(subject: &CircuitSubject, destination: &str, until: i64) {
    let opened = subject
        .circuits
        .open(destination, circuit(until, "outage"))
        .await;
    opened.expect("open");
}

async fn present(subject: &CircuitSubject, destination: &str) -> Option<OpenCircuit> {
    subject
        .circuits
        .circuit(destination)
        .await
        .expect("circuit")
}

async fn probe(subject: &CircuitSubject, lease: Duration) -> bool {
    subject
        .circuits
        .begin_probe("sales", lease)
        .await
        .expect("begin_probe")
}

async fn a_circuit_is_closed_at_first(subject: CircuitSubject) {
    assert_eq!(present(&subject, "sales").await, None);
}

async fn an_open_circuit_comes_out_as_it_went_in(subject: CircuitSubject) {
    let future = later(&subject);
    open(&subject, "sales", future).await;
    assert_eq!(
        present(&subject, "sales").await,
        Some(circuit(future, "outage"))
    );
}

async fn opening_again_never_shortens_and_keeps_the_beginning(subject: CircuitSubject) {
    let future = later(&subject);
    open(&subject, "sales", future).await;
    let earlier = OpenCircuit {
        since: instant(PAST + 100, 0),
        ..circuit(PAST + 200, "authentication")
    };
    subject.circuits.open("sales", earlier).await.expect("open");
    assert_eq!(
        present(&subject, "sales").await,
        Some(circuit(future, "authentication"))
    );
    open(&subject, "sales", future + 1).await;
    assert_eq!(
        present(&subject, "sales").await,
        Some(circuit(future + 1, "outage"))
    );
}

async fn of_many_who_open_it_one_is_told_that_it_was_closed(subject: CircuitSubject) {
    let future = later(&subject);
    let opening = async || {
        subject
            .circuits
            .open("sales", circuit(future, "outage"))
            .await
            .expect("open")
    };
    let all = tokio::join!(opening(), opening(), opening());
    let told = [all.0, all.1, all.2]
        .into_iter()
        .filter(|was_closed| *was_closed)
        .count();
    assert_eq!(told, 1, "{all:?}");
    subject.circuits.close("sales").await.expect("close");
    assert!(opening().await, "it was closed again");
}

async fn closing_forgets(subject: CircuitSubject) {
    let future = later(&subject);
    open(&subject, "sales", future).await;
    subject.circuits.close("sales").await.expect("close");
    subject.circuits.close("sales").await.expect("close again");
    assert_eq!(present(&subject, "sales").await, None);
}

async fn a_closed_circuit_needs_no_probe(subject: CircuitSubject) {
    assert!(!probe(&subject, LONG).await);
    subject
        .circuits
        .end_probe("sales")
        .await
        .expect("end_probe");
    assert_eq!(present(&subject, "sales").await, None);
}

async fn before_its_time_nobody_probes(subject: CircuitSubject) {
    let future = later(&subject);
    open(&subject, "sales", future).await;
    assert!(!probe(&subject, LONG).await);
}

async fn one_of_many_probes(subject: CircuitSubject) {
    open(&subject, "sales", PAST).await;
    let all = tokio::join!(
        probe(&subject, LONG),
        probe(&subject, LONG),
        probe(&subject, LONG)
    );
    let granted = [all.0, all.1, all.2]
        .into_iter()
        .filter(|granted| *granted)
        .count();
    assert_eq!(granted, 1, "{all:?}");
}

async fn a_probe_that_told_nothing_lets_the_next_one_in(subject: CircuitSubject) {
    open(&subject, "sales", PAST).await;
    assert!(probe(&subject, LONG).await);
    subject
        .circuits
        .end_probe("sales")
        .await
        .expect("end_probe");
    assert!(probe(&subject, LONG).await);
}

async fn a_probe_dies_with_its_lease(subject: CircuitSubject) {
    open(&subject, "sales", PAST).await;
    assert!(probe(&subject, SHORT).await);
    assert!(!probe(&subject, SHORT).await);
    subject.time.pass(OVER).await;
    assert!(probe(&subject, SHORT).await);
}

async fn a_failed_probe_keeps_the_circuit_open(subject: CircuitSubject) {
    open(&subject, "sales", PAST).await;
    assert!(probe(&subject, LONG).await);
    open(&subject, "sales", PAST + 1).await;
    assert_eq!(
        present(&subject, "sales").await,
        Some(circuit(PAST + 1, "outage"))
    );
    assert!(probe(&subject, LONG).await, "the failed probe is over");
}

async fn destinations_are_separate(subject: CircuitSubject) {
    open(&subject, "crm", PAST).await;
    assert!(!probe(&subject, LONG).await);
    assert_eq!(present(&subject, "sales").await, None);
    subject.circuits.close("sales").await.expect("close");
    assert!(present(&subject, "crm").await.is_some());
}

/// The clock was a month ahead while the circuit opened and somebody probed.
async fn what_a_clock_wrote_that_was_ahead_keeps_nobody_away(subject: CircuitSubject) {
    if !subject.time.step(MONTH).await {
        return;
    }
    open(&subject, "sales", PAST).await;
    assert!(probe(&subject, LONG).await);
    subject.time.step(-MONTH).await;
    assert!(
        probe(&subject, LONG).await,
        "the probe that was out is over"
    );
    assert!(!probe(&subject, LONG).await, "and this one is not");

    subject.time.step(MONTH).await;
    let future = later(&subject);
    open(&subject, "sales", future).await;
    subject.time.step(-MONTH).await;
    open(&subject, "sales", PAST).await;
    assert!(
        present(&subject, "sales")
            .await
            .is_some_and(|circuit| circuit.until < instant(future, 0)),
        "who opens it next says until when"
    );

    subject.time.step(MONTH).await;
    open(&subject, "sales", future).await;
    subject.time.step(-MONTH).await;
    assert!(
        probe(&subject, LONG).await,
        "a circuit of tomorrow is tried today"
    );
}

/// The call failed while the clock was four hours ahead, and the clock was set right before the
/// store heard of it.
async fn whoever_tells_with_a_clock_that_was_ahead_opens_for_no_longer_than_he_says(
    subject: CircuitSubject,
) {
    let ahead = subject.time.now().as_second() + 4 * 3_600;
    let told = OpenCircuit {
        since: instant(ahead, 0),
        ..circuit(ahead + 30, "outage")
    };
    for since in [None, Some(PAST)] {
        if since.is_some() {
            open(&subject, "sales", PAST).await;
        }
        let opened = subject.circuits.open("sales", told.clone()).await;
        opened.expect("open");
        let (now, found) = (subject.time.now(), present(&subject, "sales").await);
        let found = found.expect("it is open");
        let least = Duration::from_secs(30);
        assert!(found.until <= now + OVER + least, "{found:?} at {now}");
        assert!(found.until + OVER >= now + least, "{found:?} at {now}");
        let is_first = since.is_none_or(|since| found.since == instant(since, 0));
        assert!(is_first && found.since <= now + OVER, "{found:?} at {now}");
        subject.circuits.close("sales").await.expect("close");
    }
}

async fn the_last_budget_counts_if_any_is_kept(subject: CircuitSubject) {
    let resets = instant(later(&subject), 3);
    let budget = |used| Budget {
        used,
        limit: 15_000,
        resets: Some(resets),
        told: instant(PAST, 4),
    };
    for used in [10, 12_000, 9] {
        subject
            .circuits
            .note_budget("sales", budget(used))
            .await
            .expect("note_budget");
        let kept = subject.circuits.budget("sales").await.expect("budget");
        assert!(kept.is_none_or(|kept| kept == budget(used)));
    }
    assert_eq!(subject.circuits.budget("crm").await.expect("budget"), None);
}

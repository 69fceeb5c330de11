//! Tests of what the engine counts, and that its labels are from the closed list of metrics.

use crate::support::{Setup, away};
use deliver::{Breaker, CircuitSettings, Sign};
use destination::{Class, Failure, Outcome};
use jiff::Timestamp;
use metrics::{LocalRecorderGuard, set_default_local_recorder};
use ports::{Clock, memory::MemoryCircuits};
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use telemetry::{Emf, EmfRecorder, unlisted};

/// Returns what was counted since the last time: `orders_total salesforce delivered` and its
/// values. Fails for a metric that is not in the list.
fn counted(emf: &Emf) -> BTreeMap<String, Value> {
    let mut counted = BTreeMap::new();
    for line in emf.take(Timestamp::UNIX_EPOCH) {
        let document: Value = serde_json::from_str(&line).unwrap();
        for directive in document["_aws"]["CloudWatchMetrics"].as_array().unwrap() {
            let dimensions = directive["Dimensions"][0].as_array().unwrap().iter();
            let dimensions = dimensions.map(|key| key.as_str().unwrap());
            let labels: BTreeMap<&str, &str> = dimensions
                .map(|key| (key, document[key].as_str().unwrap()))
                .collect();
            for metric in directive["Metrics"].as_array().unwrap() {
                let name = metric["Name"].as_str().unwrap();
                assert_eq!(
                    unlisted(&format!("orderbridge_{name}"), labels.clone()),
                    None
                );
                let others = labels.iter().rev().filter(|(key, _)| **key != "system");
                let others: String = others.map(|(_, value)| format!(" {value}")).collect();
                counted.insert(
                    format!("{name} {}{others}", labels["system"]),
                    document[name].clone(),
                );
            }
        }
    }
    counted
}

fn recorder() -> (EmfRecorder, Emf) {
    Emf::recorder("test")
}

fn record(recorder: &EmfRecorder) -> LocalRecorderGuard<'_> {
    set_default_local_recorder(recorder)
}

#[tokio::test]
async fn every_outcome_is_counted_by_system_and_class() {
    let (recorder, emf) = recorder();
    let _recording = record(&recorder);
    let setup = Setup::new();
    let refused = Outcome::Rejected(Failure::permanent(
        Class::TooLarge,
        "write",
        "too many lines",
    ));
    setup.crm.will("3", [refused]);
    setup.crm.will("4", [away()]);
    for (group, body) in [
        ("a", "1,paid,10"),
        ("b", "2,draft,10"),
        ("c", "3,paid,10"),
        ("d", "4,paid,10"),
        ("e", "no order"),
    ] {
        setup.enqueue(group, body);
    }
    setup.work().await;
    setup.clock.advance(Duration::from_secs(600));
    setup.enqueue("a", "1,paid,10");
    setup.enqueue("f", "5,paid,10");
    setup.work().await;
    setup.enqueue("a", "1,old,9");
    setup.work().await;
    let counted = counted(&emf);
    let count = |name: &str| counted.get(name).and_then(Value::as_u64);
    let outcome = |word: &str| count(&format!("orders_total salesforce {word}"));
    assert_eq!(outcome("delivered"), Some(3), "{counted:#?}");
    assert_eq!(
        [
            outcome("skipped"),
            outcome("unchanged"),
            outcome("stale"),
            outcome("retry")
        ],
        [Some(1); 4],
        "{counted:#?}"
    );
    assert_eq!(outcome("rejected"), Some(2), "{counted:#?}");
    assert_eq!(
        count("failures_total salesforce retry unavailable"),
        Some(1),
        "{counted:#?}"
    );
    for class in ["too_large", "validation"] {
        assert_eq!(
            count(&format!("failures_total salesforce rejected {class}")),
            Some(1),
            "{counted:#?}"
        );
    }
    assert!(
        !counted.contains_key("batch_seconds salesforce"),
        "Lambda tells the duration itself: {counted:#?}"
    );
}

#[tokio::test]
async fn the_age_of_an_order_counts_from_its_acceptance_to_its_end() {
    let (recorder, emf) = recorder();
    let _recording = record(&recorder);
    let setup = Setup::new();
    setup.crm.will("1", [away()]);
    setup.enqueue("a", "1,paid,10");
    setup.work().await;
    assert!(
        !counted(&emf).contains_key("order_age_seconds salesforce"),
        "it comes back"
    );
    setup.clock.advance(Duration::from_secs(600));
    setup.work().await;
    assert_eq!(counted(&emf)["order_age_seconds salesforce"], 600.0);
    let mut replayed = setup.message("a", "1,completed,11");
    replayed.replays = 1;
    setup.queue.push(replayed);
    setup.work().await;
    let counted = counted(&emf);
    assert!(
        !counted.contains_key("order_age_seconds salesforce"),
        "a replay is as old as its dead letter: {counted:#?}"
    );
    assert_eq!(counted["orders_total salesforce delivered"], 1);
}

#[tokio::test]
async fn messages_of_a_route_that_is_gone_are_nobodys() {
    let (recorder, emf) = recorder();
    let _recording = record(&recorder);
    let setup = Setup::new();
    let mut message = setup.message("a", "1,paid,10");
    message.route = "gone".to_owned();
    setup.queue.push(message);
    setup.work().await;
    let counted = counted(&emf);
    assert_eq!(
        (&counted["orders_total unknown rejected"], counted.len()),
        (&Value::from(1), 3),
        "{counted:#?}"
    );
}

#[tokio::test]
async fn a_circuit_counts_once_for_each_time_that_it_opens() {
    let (recorder, emf) = recorder();
    let _recording = record(&recorder);
    let setup = Setup::new();
    let settings = CircuitSettings {
        opens_after: 1,
        probe_every: Duration::from_secs(30),
        probe_limit: Duration::from_secs(60),
    };
    let circuits = Arc::new(MemoryCircuits::new(setup.clock.clone()));
    let breaker = Breaker::new("crm", settings, circuits).of_system("zoho");
    breaker.permit(setup.clock.now()).await;
    assert_eq!(counted(&emf)["circuit_open zoho"], 0.0);
    breaker.record(Sign::Locked, setup.clock.now()).await;
    breaker.record(Sign::Locked, setup.clock.now()).await;
    let open = counted(&emf);
    assert_eq!(
        open["circuit_openings_total zoho authentication"], 1,
        "{open:#?}"
    );
    setup.clock.advance(Duration::from_secs(300));
    breaker.record(Sign::Well, setup.clock.now()).await;
    assert_eq!(counted(&emf)["circuit_open zoho"], 0.0);
    breaker
        .stay_away(Duration::from_secs(5), setup.clock.now())
        .await;
    let open = counted(&emf);
    assert_eq!(
        (
            &open["circuit_openings_total zoho asked_to_wait"],
            &open["circuit_open zoho"]
        ),
        (&1.into(), &1.0.into())
    );
}

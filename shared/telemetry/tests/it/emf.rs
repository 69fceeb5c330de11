//! Every document that is written keeps the rules of "Specification: Embedded metric format".

#![cfg(feature = "emf")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests may fail")]

use jiff::Timestamp;
use serde_json::{Value, json};
use telemetry::Emf;

const NAMESPACE: &str = "orderbridge/test";

/// Returns the documents of some work's metrics, and checks that they keep the rules.
fn documents_of(emf: &Emf, recorder: &telemetry::EmfRecorder, work: impl FnOnce()) -> Vec<Value> {
    metrics::with_local_recorder(recorder, work);
    let lines = emf.take(Timestamp::from_millisecond(1_700_000_000_123).unwrap());
    let documents = lines.iter().map(|line| {
        assert!(
            !line.contains('\n') && line.len() < 256_000,
            "one line each, shorter than a log event may be"
        );
        let document: Value = serde_json::from_str(line).unwrap();
        check(&document);
        document
    });
    documents.collect()
}

fn recorded(work: impl FnOnce()) -> Vec<Value> {
    let (recorder, emf) = Emf::recorder(NAMESPACE);
    documents_of(&emf, &recorder, work)
}

/// Checks the rules, in the specification's order.
fn check(document: &Value) {
    let metadata = document["_aws"].as_object().unwrap();
    let members: Vec<&String> = metadata.keys().collect();
    assert_eq!(
        members,
        ["Timestamp", "CloudWatchMetrics"],
        "no other members"
    );
    assert!(metadata["Timestamp"].is_u64());
    for directive in metadata["CloudWatchMetrics"].as_array().unwrap() {
        let namespace = directive["Namespace"].as_str().unwrap();
        assert!((1..=256).contains(&namespace.len()) && !namespace.starts_with("AWS/"));
        let dimension_sets = directive["Dimensions"].as_array().unwrap();
        assert!(
            !dimension_sets.is_empty(),
            "at least one set, which may be empty"
        );
        for dimension in dimension_sets.iter().flat_map(|set| {
            let set = set.as_array().unwrap();
            assert!(set.len() <= 30);
            set
        }) {
            let value = document[dimension.as_str().unwrap()].as_str();
            assert!(
                value.is_some_and(|value| (1..=1024).contains(&value.len())),
                "the target of a dimension is a text"
            );
        }
        let definitions = directive["Metrics"].as_array().unwrap();
        assert!((1..=100).contains(&definitions.len()));
        definitions
            .iter()
            .for_each(|definition| check_metric(document, definition));
    }
}

fn check_metric(document: &Value, definition: &Value) {
    let unit = definition.get("Unit").and_then(Value::as_str);
    assert!(
        [None, Some("Seconds"), Some("Percent")].contains(&unit),
        "{definition}"
    );
    match &document[definition["Name"].as_str().unwrap()] {
        Value::Number(_) => {}
        Value::Array(values) => {
            assert!((1..=100).contains(&values.len()) && values.iter().all(Value::is_number))
        }
        other => panic!("the target of a metric is a number or a list of numbers, not {other}"),
    }
}

#[test]
fn sets_of_labels_share_a_document_as_long_as_no_name_has_two_values() {
    let documents = recorded(|| {
        metrics::counter!("orderbridge_orders_total", "system" => "zoho", "outcome" => "delivered")
            .increment(2);
        metrics::counter!("orderbridge_orders_total", "outcome" => "delivered", "system" => "zoho")
            .increment(1);
        metrics::counter!("orderbridge_destination_requests_total", "system" => "zoho")
            .increment(4);
        metrics::histogram!("orderbridge_order_age_seconds", "system" => "zoho").record(0.25);
        // Lambda tells these itself.
        metrics::histogram!("orderbridge_batch_seconds", "system" => "zoho").record(0.5);
        metrics::histogram!("orderbridge_webhook_seconds", "platform" => "shopify").record(0.5);
        // Neither this label nor this metric may have another value in the same document.
        metrics::counter!("orderbridge_destination_requests_total", "system" => "netsuite")
            .increment(7);
        metrics::counter!("orderbridge_orders_total", "system" => "zoho", "outcome" => "stale")
            .increment(1);
    });
    let metadata =
        |sets: Value| json!({ "Timestamp": 1_700_000_000_123_u64, "CloudWatchMetrics": sets });
    let set = |dimensions: &[&str], metrics: &[Value]| json!({ "Namespace": NAMESPACE, "Dimensions": [dimensions], "Metrics": metrics });
    let requests = json!({ "Name": "destination_requests_total" });
    let age = json!({ "Name": "order_age_seconds", "Unit": "Seconds" });
    let orders = [json!({ "Name": "orders_total" })];
    assert_eq!(
        documents,
        [
            json!({
                "_aws": metadata(json!([set(&["outcome", "system"], &orders), set(&["system"], &[requests.clone(), age])])),
                "outcome": "delivered", "system": "zoho", "orders_total": 3, "destination_requests_total": 4, "order_age_seconds": 0.25,
            }),
            json!({
                "_aws": metadata(json!([set(&["outcome", "system"], &orders)])),
                "outcome": "stale", "system": "zoho", "orders_total": 1,
            }),
            json!({ "_aws": metadata(json!([set(&["system"], &[requests])])), "system": "netsuite", "destination_requests_total": 7 }),
        ],
        "labels in another order are the same labels"
    );
}

#[test]
fn a_metric_without_labels_has_an_empty_set_of_dimensions() {
    let documents =
        recorded(|| metrics::counter!("orderbridge_rejected_signatures_total").increment(1));
    assert_eq!(
        documents[0]["_aws"]["CloudWatchMetrics"][0]["Dimensions"],
        json!([[]])
    );
    assert_eq!(documents[0]["rejected_signatures_total"], json!(1));
}

#[test]
fn every_flush_tells_only_what_is_new() {
    let (recorder, emf) = Emf::recorder(NAMESPACE);
    let count = |by| {
        documents_of(&emf, &recorder, || {
            metrics::counter!("orderbridge_rejected_signatures_total").increment(by)
        })
    };
    assert_eq!(count(3)[0]["rejected_signatures_total"], json!(3));
    assert_eq!(count(2)[0]["rejected_signatures_total"], json!(2));
    let gauge = || metrics::gauge!("orderbridge_circuit_open", "system" => "netsuite").set(1);
    assert_eq!(
        documents_of(&emf, &recorder, gauge)[0]["circuit_open"],
        json!(1.0)
    );
    assert_eq!(
        documents_of(&emf, &recorder, || ()),
        Vec::<Value>::new(),
        "an old state is not told as if it were seen again"
    );
}

#[test]
fn a_gauge_keeps_every_value_so_that_an_alarm_sees_the_largest() {
    let documents = recorded(|| {
        for open in [0, 1, 0] {
            metrics::gauge!("orderbridge_circuit_open", "system" => "zoho").set(open);
        }
    });
    assert_eq!(documents[0]["circuit_open"], json!([0.0, 1.0, 0.0]));
}

#[test]
fn more_values_than_a_metric_may_hold_go_into_further_documents() {
    let documents = recorded(|| {
        for value in 0..250_u16 {
            metrics::histogram!("orderbridge_order_age_seconds", "system" => "salesforce")
                .record(value);
        }
    });
    let lengths: Vec<usize> = documents
        .iter()
        .map(|document| document["order_age_seconds"].as_array().unwrap().len())
        .collect();
    assert_eq!(lengths, [100, 100, 50]);
}

#[test]
fn what_is_no_number_for_json_is_left_out() {
    let documents = recorded(|| {
        for value in [f64::NAN, f64::INFINITY, 1.5] {
            metrics::histogram!("orderbridge_order_age_seconds", "system" => "salesforce")
                .record(value);
        }
    });
    assert_eq!(documents[0]["order_age_seconds"], json!(1.5));
}

#[test]
fn webhooks_are_not_told_apart_by_their_platform() {
    let documents = recorded(|| {
        for platform in ["shopify", "magento"] {
            metrics::counter!("orderbridge_webhooks_total", "platform" => platform, "answer" => "accepted")
                .increment(1);
        }
    });
    let [document] = documents.as_slice() else {
        panic!("{documents:?}");
    };
    assert_eq!(
        (&document["answer"], &document["webhooks_total"]),
        (&json!("accepted"), &json!(2))
    );
    assert!(document.get("platform").is_none(), "{document}");
}

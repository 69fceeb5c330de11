//! Bodies from outside this crate: the project's sample events and, where they are present beside
//! the project, payloads of real shops.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests may fail")]

use order::{Money, StatusKind};
use serde_json::Value;
use source::{Normalized, PayloadError, PrivacyKind, Source};
use source_shopify::Shopify;
use std::collections::BTreeMap;

const EVENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events/shopify/");
const PAYLOADS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/payloads/");

fn body(name: &str) -> Vec<u8> {
    std::fs::read(format!("{EVENTS}{name}.json")).unwrap()
}

fn event(name: &str) -> Result<Normalized, PayloadError> {
    Shopify.normalize("orders/updated", &body(name))
}

fn order_event(name: &str) -> order::Order {
    match event(name) {
        Ok(Normalized::Order(order)) => *order,
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn the_sample_events_tell_their_story() {
    let [first, second, updated, older] = [
        "01-new-customer",
        "02-returning-customer",
        "04-update",
        "10-older-update",
    ]
    .map(order_event);
    assert_eq!(
        (first.number.as_str(), first.customer.company.as_str()),
        ("#1001", "Kim Studio")
    );
    assert_eq!(second.customer.key, first.customer.key);
    assert_eq!(second.customer.email, first.customer.email);
    assert!(updated.id == first.id && older.id == first.id);
    assert!(first.modified < older.modified && older.modified < updated.modified);
    assert_eq!(
        (first.status.kind, updated.status.kind),
        (StatusKind::Processing, StatusKind::Completed)
    );

    let till = order_event("03-no-customer");
    assert_eq!(till.id, "9007199254740993");
    assert_eq!(till.customer.key, "order-9007199254740993");
    assert_eq!(
        (till.lines.len(), till.fee_total),
        (1, Money::new(200, 2)),
        "the tip is a fee and no line"
    );

    let abroad = order_event("05-discounts-and-tax-included");
    assert_eq!(
        (
            abroad.currency.as_str(),
            abroad.lines[0].total,
            abroad.lines[0].tax
        ),
        ("GBP", Money::new(3500, 2), Money::new(700, 2))
    );
    assert_eq!(abroad.created.unwrap().date().to_string(), "2026-03-07");

    let refunded = order_event("06-partially-refunded");
    assert_eq!(
        (refunded.status.kind, refunded.total, refunded.refund_total),
        (
            StatusKind::PartiallyRefunded,
            Money::new(4820, 2),
            Money::ZERO
        )
    );
    let Ok(Normalized::Reference { order, .. }) = event("07-refund") else {
        panic!("a refund")
    };
    assert_eq!(order, refunded.id);

    let cancelled = order_event("08-cancelled");
    assert_eq!(
        (
            cancelled.status.kind,
            cancelled.total,
            cancelled.lines.len()
        ),
        (StatusKind::Cancelled, Money::new(2444, 2), 1)
    );
    let Ok(Normalized::Privacy(request)) = event("09-customer-redact") else {
        panic!("a request")
    };
    assert_eq!(
        (request.kind, request.email.unwrap()),
        (PrivacyKind::RedactCustomer, first.customer.email)
    );
    assert!(request.orders.contains(&first.id) && request.orders.contains(&cancelled.id));
}

#[test]
fn the_sample_events_add_up() {
    let names = std::fs::read_dir(EVENTS)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut orders = 0;
    for path in names {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if let Ok(Normalized::Order(order)) = event(&name) {
            assert_eq!(order.difference(), Some(Money::ZERO), "{name}");
            assert!(!order.test, "{name}");
            orders += 1;
        }
    }
    assert_eq!(orders, 8);
}

#[test]
fn payloads_of_real_shops_are_what_they_are() {
    let Ok(folder) = std::fs::read_dir(PAYLOADS) else {
        println!("skipped: {PAYLOADS} is not there");
        return;
    };
    let files = folder.map(|entry| entry.unwrap().path());
    let mut outcomes = BTreeMap::new();
    for path in files.filter(|path| {
        path.file_name()
            .unwrap()
            .to_string_lossy()
            .starts_with("shopify_")
    }) {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        for (index, payload) in
            bodies_in(serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap())
                .iter()
                .enumerate()
        {
            let topic = topic_of(&name);
            let result = Shopify.normalize(&topic, payload.to_string().as_bytes());
            outcomes.insert(
                format!("{name}[{index}]"),
                outcome(&result.unwrap_or_else(|error| panic!("{name}: {error}"))),
            );
        }
    }
    outcomes
        .iter()
        .for_each(|(name, outcome)| println!("{name:<58} {outcome}"));
    let with = |word: &str| {
        outcomes
            .values()
            .filter(|outcome| outcome.starts_with(word))
            .count()
    };
    assert!(
        with("order") >= 9,
        "only {} orders were found in {PAYLOADS}",
        with("order")
    );
    assert_eq!(
        (with("reference"), with("privacy"), with("gone")),
        (3, 3, 1)
    );
}

fn outcome(normalized: &Normalized) -> String {
    match normalized {
        Normalized::Order(order) => format!(
            "order {} {} {} {} of {}, off by {}{}",
            order.number,
            order.status.name,
            order.total,
            order.currency,
            order.customer.key,
            order.difference().unwrap(),
            if order.test { ", test" } else { "" }
        ),
        Normalized::Skip(reason) => format!("skip: {reason}"),
        Normalized::Gone { order, how } => format!("gone: order {order} was {how}"),
        Normalized::Reference { order, .. } => format!("reference to order {order}"),
        Normalized::Privacy(request) => format!("privacy: {}", request.kind.as_str()),
    }
}

/// Returns the topic of a file: `shopify_docs_2026-04_shop.redact` is of the topic `shop/redact`.
fn topic_of(name: &str) -> String {
    let topic = name.rsplit('_').next().unwrap_or_default();
    if name.ends_with("data_request") {
        "customers/data_request".to_owned()
    } else {
        topic.replace('.', "/")
    }
}

/// Removes the envelope, if there is one.
fn bodies_in(payload: Value) -> Vec<Value> {
    let inner = ["response", "body"]
        .iter()
        .find_map(|key| payload.get(*key).cloned())
        .unwrap_or(payload);
    match inner.get("orders") {
        Some(Value::Array(orders)) => orders.clone(),
        _ => vec![inner],
    }
}

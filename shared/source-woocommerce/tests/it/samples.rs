//! Bodies from outside this crate: the project's sample events and, where they are present beside
//! the project, payloads of real shops.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests may fail")]

use order::{Money, StatusKind};
use serde_json::Value;
use source::{Normalized, PayloadError, Source};
use source_woocommerce::WooCommerce;

const EVENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events/woocommerce/");
const PAYLOADS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/payloads/");

fn event(name: &str) -> Result<Normalized, PayloadError> {
    let body = std::fs::read(format!("{EVENTS}{name}.json")).unwrap();
    WooCommerce.normalize("order.updated", &body)
}

fn order_event(name: &str) -> order::Order {
    match event(name) {
        Ok(Normalized::Order(order)) => *order,
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn the_sample_events_tell_their_story() {
    let first = order_event("01-new-customer");
    assert_eq!(
        (
            first.id.as_str(),
            first.customer.key.as_str(),
            first.created.unwrap().date().to_string().as_str()
        ),
        ("12345", "6789", "2023-10-26")
    );
    assert_eq!(
        first
            .lines
            .iter()
            .map(|line| (line.code.as_str(), line.unit_price))
            .collect::<Vec<_>>(),
        [
            ("101", Some(Money::new(4999, 2))),
            ("102", Some(Money::new(2500, 2))),
        ]
    );

    let [second, updated, older] =
        ["02-returning-customer", "05-update", "10-older-update"].map(order_event);
    assert_eq!(second.customer.key, first.customer.key);
    assert!(updated.id == second.id && older.id == second.id);
    assert!(second.modified < older.modified && older.modified < updated.modified);
    assert_eq!(updated.status.kind, StatusKind::Completed);
    assert_ne!(updated.lines, second.lines);

    let [guest, again] = ["03-guest", "04-guest-again"].map(order_event);
    assert!(guest.customer.is_guest && guest.id != again.id);
    assert_eq!(guest.customer.key, again.customer.key);

    let uneven = order_event("06-does-not-divide");
    assert_eq!(
        (uneven.total, uneven.lines[0].unit_price),
        (Money::new(1000, 2), None)
    );
    assert_eq!(
        order_event("07-refunded-in-part").status.kind,
        StatusKind::PartiallyRefunded
    );
    assert!(
        order_event("08-unknown-product")
            .lines
            .iter()
            .any(|line| line.code == "NO-SUCH-SKU")
    );
    assert!(matches!(
        event("09-not-an-order"),
        Err(PayloadError::ShopError { .. })
    ));
}

#[test]
fn the_sample_events_add_up() {
    let names = [
        "01-new-customer",
        "02-returning-customer",
        "03-guest",
        "04-guest-again",
        "05-update",
        "06-does-not-divide",
    ];
    for name in names.into_iter().chain([
        "07-refunded-in-part",
        "08-unknown-product",
        "10-older-update",
    ]) {
        assert_eq!(order_event(name).difference(), Some(Money::ZERO), "{name}");
    }
}

#[test]
fn payloads_of_real_shops_are_orders_or_drafts() {
    let Ok(folder) = std::fs::read_dir(PAYLOADS) else {
        println!("skipped: {PAYLOADS} is not there");
        return;
    };
    let files = folder.map(|entry| entry.unwrap().path());
    let names = files.filter(|path| {
        path.file_name()
            .unwrap()
            .to_string_lossy()
            .starts_with("woo_")
    });
    let mut orders = 0;
    for path in names {
        for payload in orders_in(serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap()) {
            let result = WooCommerce.normalize("order.updated", payload.to_string().as_bytes());
            assert!(result.is_ok(), "{}: {result:?}", path.display());
            orders += 1;
        }
    }
    assert!(orders > 8, "only {orders} orders were found in {PAYLOADS}");
}

/// Removes the envelope, if there is one; coupons and refunds are not orders.
fn orders_in(payload: Value) -> Vec<Value> {
    let inner = payload.get("data").cloned().unwrap_or(payload);
    let all = if let Value::Array(orders) = inner {
        orders
    } else {
        vec![inner]
    };
    all.into_iter()
        .filter(|order| order.get("line_items").is_some() && order.get("total").is_some())
        .collect()
}

//! Bodies from outside this crate: the project's sample events and, where they are present beside
//! the project, payloads of real shops.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests may fail")]

use order::{Money, Order, StatusKind};
use source::{Normalized, PayloadError, Source};
use source_magento::Magento;

const EVENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events/magento/");
const PAYLOADS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/payloads/");

fn event(name: &str) -> Result<Normalized, PayloadError> {
    let body = std::fs::read(format!("{EVENTS}{name}.json")).unwrap();
    Magento.normalize("sales_order_save_after", &body)
}

fn order_event(name: &str) -> Order {
    match event(name) {
        Ok(Normalized::Order(order)) => *order,
        other => panic!("{name}: {other:?}"),
    }
}

fn codes(order: &Order) -> Vec<(&str, String)> {
    order
        .lines
        .iter()
        .map(|line| (line.code.as_str(), line.total.normalize().to_string()))
        .collect()
}

#[test]
fn the_sample_events_tell_their_story() {
    let [first, updated, older] =
        ["01-new-customer", "04-update", "10-older-update"].map(order_event);
    assert_eq!(
        (first.id.as_str(), first.number.as_str()),
        ("12345", "000000123")
    );
    assert!(updated.id == first.id && older.id == first.id);
    assert!(first.modified < older.modified && older.modified < updated.modified);
    assert_eq!(
        (updated.status.kind, updated.lines.len()),
        (StatusKind::Processing, 2)
    );

    let [second, webhook] = ["02-returning-customer", "09-adobe-webhook"].map(order_event);
    assert_eq!(second.customer.email, first.customer.email);
    assert_eq!(webhook.customer.key, second.customer.key);
    assert_eq!(webhook.discount_total_unallocated, Money::from(10));
    assert_eq!(
        (
            webhook.billing.address_2.as_str(),
            webhook.shipping.city.as_str()
        ),
        ("Suite 4", "Anytown")
    );

    assert!(order_event("03-guest").customer.is_guest);
    let several_rows = order_event("05-configurable-and-bundle");
    assert_eq!(
        codes(&several_rows),
        [("woo-polo", "40".to_owned()), ("101", "49.99".to_owned())]
    );
    assert_eq!(several_rows.lines[0].variant_id.as_deref(), Some("211"));
    let discounted = order_event("06-discount-and-tax");
    assert_eq!(
        codes(&discounted),
        [
            ("woo-polo", "36".to_owned()),
            ("woo-beanie", "16.2".to_owned())
        ]
    );
    assert_eq!(discounted.discount_total_unallocated, Money::ZERO);
    assert_eq!(
        order_event("07-partially-refunded").status.kind,
        StatusKind::PartiallyRefunded
    );
    assert_eq!(
        order_event("08-cancelled").status.kind,
        StatusKind::Cancelled
    );
    assert!(
        matches!(event("11-credit-memo"), Ok(Normalized::Reference { order, .. }) if order == "12350")
    );
}

#[test]
fn the_sample_events_add_up() {
    let mut orders = 0;
    for path in std::fs::read_dir(EVENTS)
        .unwrap()
        .map(|entry| entry.unwrap().path())
    {
        let body = std::fs::read(&path).unwrap();
        let result = Magento.normalize("sales_order_save_after", &body).unwrap();
        let Normalized::Order(order) = result else {
            continue;
        };
        assert_eq!(order.difference(), Some(Money::ZERO), "{}", path.display());
        orders += 1;
    }
    assert_eq!(orders, 10);
}

#[test]
fn payloads_of_real_shops_are_orders_or_say_why_not() {
    let Ok(folder) = std::fs::read_dir(PAYLOADS) else {
        println!("skipped: {PAYLOADS} is not there");
        return;
    };
    let name_of = |path: &std::path::Path| path.file_name().unwrap().to_string_lossy().into_owned();
    let paths = folder.map(|entry| entry.unwrap().path());
    let files = paths.filter(|path| {
        ["magento_", "adobe_"]
            .iter()
            .any(|shop| name_of(path).starts_with(shop))
            && name_of(path).ends_with(".json")
    });
    let (mut orders, mut others) = (0, 0);
    for path in files {
        match Magento.normalize("sales_order_save_after", &std::fs::read(&path).unwrap()) {
            Ok(Normalized::Order(order)) => {
                println!(
                    "{}: order {} with {} lines, imbalance {:?}",
                    name_of(&path),
                    order.id,
                    order.lines.len(),
                    order.difference()
                );
                assert_eq!(order.difference(), Some(Money::ZERO), "{}", path.display());
                orders += 1;
            }
            Ok(Normalized::Reference { order, otherwise }) => {
                println!("{}: names order {order}: {otherwise}", name_of(&path));
                others += 1;
            }
            other => panic!("{}: {other:?}", path.display()),
        }
    }
    assert!(
        orders >= 1 && others >= 1,
        "{orders} orders and {others} references were found in {PAYLOADS}"
    );
}

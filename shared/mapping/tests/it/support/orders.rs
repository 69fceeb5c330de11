//! Orders of all kinds for a shop: the sample events, the blueprints' samples, and odd ones.

use super::{line, money, sample, state};
use order::{Customer, Discount, Fee, Order, Refund, ShippingLine, StatusKind, TaxLine};
use source::{Normalized, Source};
use std::path::{Path, PathBuf};

const EVENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events");
const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/samples");
const PAYLOADS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/payloads");

/// One change to an order that shops send rarely, and that no mapping may stumble over.
pub(crate) type Oddity = (&'static str, fn(&mut Order));

pub(crate) const ODDITIES: [Oddity; 18] = [
    ("no e-mail", |order| order.customer.email.clear()),
    ("an e-mail that is none", |order| {
        order.customer.email = "john at home".to_owned()
    }),
    ("no company, no name, no e-mail", |order| {
        order.customer = Customer {
            key: "order-12345".to_owned(),
            is_guest: true,
            ..Customer::default()
        }
    }),
    ("no last name", |order| {
        order.customer.last_name.clear();
        order.customer.name = "John".to_owned();
    }),
    ("a guest", |order| {
        order.customer.id = None;
        order.customer.key = Customer::guest_key(&order.customer.email);
        order.customer.is_guest = true;
    }),
    ("a phone number in words", |order| {
        order.customer.phone = "call the office".to_owned()
    }),
    ("no lines", |order| order.lines.clear()),
    ("a line without a product", |order| {
        order.lines.last_mut().unwrap().code.clear()
    }),
    ("a line with quantity 0", |order| {
        order.lines.push(line("103", "Gift", "0", "0.00"))
    }),
    ("a total that does not divide evenly", |order| {
        order.lines = vec![line("7", "Thirds", "3", "10.00")];
        order.total = money("10.00");
    }),
    ("fractions of a cent", |order| {
        order.lines = vec![line("7", "Screw", "1", "0.125")];
        order.total = money("0.125");
    }),
    ("a name of 10,000 characters", |order| {
        order.customer.name = "n".repeat(10_000)
    }),
    ("emoji", |order| {
        order.customer.last_name = "👨‍👩‍👧‍👦".repeat(40);
        order.billing.city = "🏙".repeat(200);
    }),
    ("an unknown status", |order| {
        order.status = state(StatusKind::Other, "awaiting-shipment");
    }),
    ("an unknown country", |order| {
        order.billing.country = "Atlantis".to_owned();
        order.billing.country_code = "ZZ".to_owned();
    }),
    ("given back in part", |order| {
        order.status = state(StatusKind::PartiallyRefunded, "completed");
        order.refund_total = money("25.00");
        order.refunds = vec![Refund {
            total: money("25.00"),
            ..Refund::default()
        }];
    }),
    ("no date at all", |order| {
        (order.created, order.paid, order.modified) = (None, None, None)
    }),
    ("the year 23", |order| {
        order.created.as_mut().unwrap().local = "0023-10-26T10:00:00".parse().unwrap()
    }),
];

/// Changes of status, by which mappings decide, too.
const STATES: [Oddity; 9] = [
    ("cancelled", |order| {
        order.status = state(StatusKind::Cancelled, "cancelled");
    }),
    ("a company, and two addresses", |order| {
        order.customer.company = "Acme Corp".to_owned();
        order.shipping = order.billing.clone();
        order.shipping.state = "Bavaria".to_owned();
        order.shipping.country_code = "DE".to_owned();
        order.shipping.address_2 = "Floor 2\nDoor 3".to_owned();
        order.shipping.company = "Acme Depot".to_owned();
        order.billing.state = "New York".to_owned();
    }),
    ("no more than a country", |order| {
        order.billing.street.clear();
        order.billing.city.clear();
        order.billing.postcode.clear();
    }),
    ("a vendor's part", |order| {
        order.parent = Some("7".to_owned())
    }),
    ("vendors' parts", |order| order.has_parts = true),
    ("a test", |order| order.test = true),
    ("a marketplace's tax", |order| {
        order.tax_total = money("8.25");
        order.total += money("8.25");
        order.marketplace_tax = money("3.25");
    }),
    ("so small a quantity", |order| {
        order.lines.push(line("9", "Gold", "0.001", "7.00"));
        order.total += money("7.00");
    }),
    ("all kinds of amounts", |order| {
        order.shipping_lines = vec![ShippingLine {
            method: "flat_rate".to_owned(),
            title: "Flat rate".to_owned(),
            total: money("4.00"),
            ..ShippingLine::default()
        }];
        order.shipping_total = money("4.00");
        order.tax_total = money("8.25");
        order.taxes = vec![TaxLine {
            title: "VAT".to_owned(),
            total: money("8.25"),
            ..TaxLine::default()
        }];
        order.fee_total = money("1.50");
        order.fees = vec![Fee {
            name: "Gift wrap".to_owned(),
            total: money("1.50"),
            ..Fee::default()
        }];
        order.discount_total = money("10.00");
        order.discount_total_unallocated = money("10.00");
        order.discounts = vec![Discount {
            code: "TEN".to_owned(),
            total: money("10.00"),
        }];
        order.total = money("105.74");
        order.note = Some("Ring twice".to_owned());
        order.currency = "EUR".to_owned();
    }),
];

/// Returns all test orders for a shop, by name.
pub(crate) fn of_shop(shop: &str) -> Vec<(String, Order)> {
    let mut orders = vec![("the sample".to_owned(), sample())];
    for (name, change) in ODDITIES.into_iter().chain(STATES) {
        let mut order = sample();
        change(&mut order);
        orders.push((name.to_owned(), order));
    }
    for path in [EVENTS, SAMPLES, PAYLOADS].into_iter().flat_map(files) {
        let Some((_, source, topic)) = source_of(&path).filter(|(of, _, _)| *of == shop) else {
            continue;
        };
        for body in bodies(&path) {
            if let Ok(Normalized::Order(order)) = source.normalize(topic, &body) {
                let file = path.file_name().unwrap().display();
                orders.push((format!("{file} {}", order.id), *order));
            }
        }
    }
    orders
}

/// Returns the shop that a file belongs to, by its path.
pub(crate) fn source_of(path: &Path) -> Option<(&'static str, &'static dyn Source, &'static str)> {
    let path = path.to_str()?;
    if path.contains("/woo") {
        Some((
            "woocommerce",
            &source_woocommerce::WooCommerce,
            "order.updated",
        ))
    } else if path.contains("/shopify") {
        Some(("shopify", &source_shopify::Shopify, "orders/updated"))
    } else if path.contains("/magento") || path.contains("/adobe") {
        Some((
            "magento",
            &source_magento::Magento,
            "sales_order_save_after",
        ))
    } else {
        None
    }
}

/// Returns the JSON files of a folder and of its folders; none where the folder does not exist.
pub(crate) fn files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(path.to_str().unwrap()));
        } else if path.extension().is_some_and(|ending| ending == "json") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Returns the bodies of a file: some are wrapped in a record of the exchange, and some hold a list
/// of orders, one per webhook.
pub(crate) fn bodies(path: &Path) -> Vec<Vec<u8>> {
    let file: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let wrapped = ["response", "body", "data", "orders"]
        .iter()
        .find_map(|key| file.get(key));
    let inner = wrapped.unwrap_or(&file);
    let one = std::slice::from_ref(inner);
    let orders = inner.as_array().map_or(one, Vec::as_slice);
    orders
        .iter()
        .map(|order| order.to_string().into_bytes())
        .collect()
}

//! The preview of a plan, which asks nobody.

use crate::support;

use destination::Destination;
use support::{offline, shop};

#[test]
fn the_sample_order_as_requests() {
    let zoho = offline();
    let requests = zoho.preview(&shop::sample().plan());
    insta::assert_snapshot!("deal", serde_json::to_string_pretty(&requests).unwrap());
    let sales_order = shop::Order {
        sales_order: true,
        ..shop::sample()
    };
    let requests = zoho.preview(&sales_order.plan());
    insta::assert_snapshot!(
        "sales_order",
        serde_json::to_string_pretty(&requests).unwrap()
    );
    assert_eq!(zoho.calls().total(), 0);
}

#[test]
fn what_would_be_refused_says_so() {
    let mut broken = shop::order(1).plan();
    broken.records[1].key = None;
    let note = offline().preview(&broken)[0].note.clone().unwrap();
    assert!(
        note.contains("would not be sent: record deal has neither a key"),
        "{note}"
    );
}

//! Bodies that two real shops of WooCommerce sent, from a first checkout to an erased customer.

use crate::{
    Told,
    held::{Held, Variables},
};
use order::Money;
use serde_json::Value;
use source::{Normalized, PayloadError, PrivacyKind};
use std::{collections::BTreeMap, path::Path};

/// The word for what became of a body.
fn outcome(result: &Result<Normalized, PayloadError>) -> &'static str {
    match result {
        Ok(Normalized::Order(_)) => "order",
        Ok(Normalized::Gone { .. }) => "gone",
        Ok(Normalized::Privacy(request)) if request.kind == PrivacyKind::RedactOrder => {
            "anonymized"
        }
        Ok(Normalized::Skip(_)) => "skipped",
        Err(PayloadError::ShopError { .. }) => "the shop's error",
        other => panic!("{other:?}"),
    }
}

/// What the shop says: its total less what it gave back; of a lost order what was lost.
fn worth(body: &Value) -> Money {
    let order = body.get("order").unwrap_or(body);
    let amount = |value: &Value| -> Money {
        value
            .as_str()
            .unwrap_or_default()
            .parse()
            .unwrap_or_default()
    };
    let total = amount(&order["total"]);
    let refunds: Money = order["refunds"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|refund| amount(&refund["total"]).abs())
        .sum();
    let is_lost = matches!(
        order["status"].as_str(),
        Some("cancelled" | "failed" | "refunded")
    );
    if is_lost || refunds >= total {
        total
    } else {
        total - refunds
    }
}

/// Whether a text still has an HTML entity in it.
fn has_entity(text: &str) -> bool {
    text.match_indices('&').any(|(at, _)| {
        let rest = &text[at + 1..];
        let name = rest.split(';').next().unwrap_or_default();
        rest.len() > name.len()
            && !name.is_empty()
            && name.len() < 10
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'#')
    })
}

#[test]
fn every_recorded_body_becomes_what_the_shop_says_and_nothing_of_its_html() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded-woocommerce");
    let held =
        [Variables::All, Variables::None].map(|variables| Held::new("woocommerce", variables));
    let mut outcomes: BTreeMap<&str, usize> = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.ends_with(".json") {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let body: Value = serde_json::from_slice(&bytes).unwrap();
        let topic = name.split('_').nth(1).unwrap();
        let result = sources::source(config::Platform::WooCommerce).normalize(topic, &bytes);
        *outcomes.entry(outcome(&result)).or_default() += 1;
        let is_anonymized = String::from_utf8_lossy(&bytes).contains("[deleted]");
        assert_eq!(is_anonymized, outcome(&result) == "anonymized", "{name}");
        let Ok(Normalized::Order(order)) = result else {
            continue;
        };
        let told = Told {
            worth: worth(&body),
            body,
        };
        assert_eq!(order.balance().unwrap().worth, told.worth, "{name}");
        for held in &held {
            if !order.lines.iter().any(|line| !line.quantity.is_zero()) {
                continue;
            }
            held.check(&order, &told)
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            for plan in held.plans(&order) {
                let records = serde_json::to_string(&plan.records).unwrap();
                assert!(!has_entity(&records), "{name}: {records}");
                assert!(
                    !records.contains("[deleted]") && !records.contains("site.invalid"),
                    "{name}: {records}"
                );
            }
        }
    }
    println!("{outcomes:?}");
    let expected = [
        ("anonymized", 7),
        ("gone", 4),
        ("order", 137),
        ("the shop's error", 4),
    ];
    assert_eq!(outcomes, BTreeMap::from(expected));
}

#[test]
fn an_entity_is_told_from_an_ampersand() {
    for (text, is_there) in [
        ("O&#8217;Brien", true),
        ("a &amp; b", true),
        ("AT&T; x", true),
        ("a & b; c", false),
        ("a&b", false),
    ] {
        assert_eq!(has_entity(text), is_there, "{text}");
    }
}

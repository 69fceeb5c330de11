//! Laws that hold for every body: nothing panics, and what peek says is what the order says.

#![expect(clippy::unwrap_used, reason = "tests may fail")]

use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use source::{Normalized, Peek, Source, Webhook, WebhookSecrets};
use source_magento::Magento;

const FIXTURES: &[&str] = &[
    include_str!("fixtures/blueprint.json"),
    include_str!("fixtures/bundle-credits-and-fees.json"),
    include_str!("fixtures/guest-virtual-closed.json"),
    include_str!("fixtures/io-event-odd-types.json"),
    include_str!("fixtures/io-event-invoice.json"),
    include_str!("fixtures/few-fields.json"),
];

/// JSON numbers that strain decimals.
const NUMBERS: &[&str] = &[
    "1e400",
    "-0",
    "0.1e-30",
    "1e28",
    "123456789012345678901234567890",
    "-1E+12",
    "0.000000000000000000000000000000001",
];

/// Puts one body through everything.
fn run(topic: &str, body: &[u8]) {
    let peek = Magento.peek(body);
    let topic_of = Magento.topic(Webhook {
        headers: &HeaderMap::new(),
        query: topic,
        body,
    });
    assert!(!topic_of.is_empty());
    if let Ok(Normalized::Order(order)) = Magento.normalize(topic, body) {
        assert_eq!(peek, peek_of(&order));
        assert!(
            order
                .customer
                .key
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        );
        let _ = order.imbalance();
    } else if let Ok(Normalized::Reference { order, .. }) = Magento.normalize(topic, body) {
        assert_eq!(peek.order_id, Some(order));
    }
}

fn peek_of(order: &order::Order) -> Peek {
    let customer = [
        Some(order.customer.email.clone()),
        order.customer.id.clone(),
        Some(order.id.clone()),
    ];
    let customer = customer.into_iter().flatten().find(|name| !name.is_empty());
    Peek {
        order_id: Some(order.id.clone()),
        modified: order.modified,
        customer,
    }
}

fn odd_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        select(NUMBERS).prop_map(|number| serde_json::from_str(number).unwrap()),
        "\\PC{0,12}".prop_map(Value::from),
        "[0-9eE.+-]{0,40}".prop_map(Value::from),
        "-?[0-9]{4,6}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})?".prop_map(Value::from),
        Just(json!([])),
        Just(json!({})),
        Just(
            json!({"1": {"item_id": 1, "parent_item_id": 4, "row_total": "1.00", "qty_ordered": 0}, "4": {"item_id": "4", "parent_item": {"item_id": 1}, "price": -3, "qty_ordered": "0.3333333333333333333333333333"}})
        ),
        Just(json!(["x", 1, null])),
    ]
}

/// All paths to values in a JSON document.
fn paths(value: &Value) -> Vec<String> {
    let below = |key: String, child: &Value| -> Vec<String> {
        let deeper = paths(child).into_iter().map(|path| format!("/{key}{path}"));
        std::iter::once(format!("/{key}")).chain(deeper).collect()
    };
    match value {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(key, child)| below(key.replace('~', "~0").replace('/', "~1"), child))
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .flat_map(|(index, child)| below(index.to_string(), child))
            .collect(),
        _ => Vec::new(),
    }
}

fn topic() -> impl Strategy<Value = &'static str> {
    select(
        &[
            "sales_order_save_after",
            "sales.order.created",
            "sales_order_delete_after",
            "",
            "catalog_product_save_after",
        ][..],
    )
}

proptest! {
    #[test]
    fn arbitrary_bytes_do_no_harm(topic in topic(), body in proptest::collection::vec(any::<u8>(), 0..600)) {
        run(topic, &body);
    }

    #[test]
    fn fixtures_with_broken_bytes_do_no_harm(
        topic in topic(), fixture in select(FIXTURES), changes in proptest::collection::vec((any::<Index>(), any::<u8>()), 1..4), cut in any::<Index>(),
    ) {
        let mut body = fixture.as_bytes().to_vec();
        for (place, byte) in changes {
            let place = place.index(body.len());
            body[place] = byte;
        }
        run(topic, &body);
        body.truncate(cut.index(body.len()));
        run(topic, &body);
    }

    #[test]
    fn fixtures_with_odd_values_do_no_harm(
        topic in topic(), fixture in select(FIXTURES), changes in proptest::collection::vec((any::<Index>(), odd_value()), 1..6),
    ) {
        let mut payload: Value = serde_json::from_str(fixture).unwrap();
        for (place, value) in changes {
            let paths = paths(&payload);
            prop_assume!(!paths.is_empty());
            *payload.pointer_mut(&paths[place.index(paths.len())]).unwrap() = value;
        }
        run(topic, payload.to_string().as_bytes());
    }

    #[test]
    fn verify_believes_only_what_was_signed(
        secret in "[ -~]{1,60}", header in proptest::collection::vec(any::<u8>(), 0..80), body in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let secrets = WebhookSecrets::new(vec![secret]).unwrap();
        if let Ok(value) = HeaderValue::from_bytes(&header) {
            let headers = HeaderMap::from_iter([(http::HeaderName::from_static("x-magento-signature"), value)]);
            let result = Magento.verify(Webhook { headers: &headers, query: "", body: &body }, &secrets);
            prop_assert!(result.is_err());
        }
        let signed = Magento.sign("sales.order.created", &body, &secrets);
        let parsed = signed.iter().map(|(name, value)| (name.parse::<http::HeaderName>().unwrap(), value.parse::<HeaderValue>().unwrap()));
        let headers: HeaderMap = parsed.collect();
        let result = Magento.verify(Webhook { headers: &headers, query: "", body: &body }, &secrets);
        prop_assert!(result.is_ok());
    }
}

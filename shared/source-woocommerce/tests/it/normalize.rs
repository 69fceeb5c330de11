//! Payload to order: whole fixtures as snapshots, single rules as tables.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may fail"
)]

use order::{Money, Order, StatusKind};
use serde_json::{Value, json};
use source::{Normalized, PayloadError, Peek, Source};
use source_woocommerce::WooCommerce;

fn normalize(body: &[u8]) -> Result<Normalized, PayloadError> {
    WooCommerce.normalize("order.updated", body)
}

fn order_of(payload: &Value) -> Order {
    match normalize(payload.to_string().as_bytes()) {
        Ok(Normalized::Order(order)) => *order,
        other => panic!("{other:?}"),
    }
}

/// Creates the smallest payload that is an order, with some fields set or replaced.
fn payload(changes: Value) -> Value {
    let mut payload = json!({"id": 7, "status": "processing", "currency": "USD", "total": "10.00"});
    for (key, value) in changes.as_object().unwrap() {
        payload[key] = value.clone();
    }
    payload
}

/// Compares a whole fixture with the snapshot of the whole order; `raw` must equal the fixture.
macro_rules! snapshot {
    ($name:ident, $file:literal) => {
        #[test]
        fn $name() {
            let body = include_bytes!(concat!("../fixtures/", $file));
            let Ok(Normalized::Order(mut order)) = normalize(body) else {
                panic!("{} is an order", $file)
            };
            assert_eq!(order.raw, serde_json::from_slice::<Value>(body).unwrap());
            order.raw = Value::Null;
            insta::assert_json_snapshot!(order);
        }
    };
}

snapshot!(full_v3_order, "full-v3.json");
snapshot!(guest_with_virtual_goods, "guest-virtual.json");
snapshot!(order_refunded_in_part, "refunded-in-part.json");
snapshot!(order_with_odd_types, "odd-types.json");
snapshot!(legacy_v3_order, "legacy-v3.json");
snapshot!(order_with_only_gmt_dates, "only-gmt-dates.json");

#[test]
fn consistent_fixtures_add_up() {
    for body in [
        include_str!("../fixtures/full-v3.json"),
        include_str!("../fixtures/guest-virtual.json"),
        include_str!("../fixtures/refunded-in-part.json"),
        include_str!("../fixtures/odd-types.json"),
        include_str!("../fixtures/legacy-v3.json"),
        include_str!("../fixtures/only-gmt-dates.json"),
    ] {
        let order = order_of(&serde_json::from_str(body).unwrap());
        assert_eq!(order.difference(), Some(Money::ZERO), "order {}", order.id);
    }
}

#[test]
fn drafts_are_skipped_and_what_is_in_the_trash_is_gone() {
    let Ok(Normalized::Skip(reason)) = normalize(include_bytes!("../fixtures/checkout-draft.json"))
    else {
        panic!("a draft")
    };
    assert_eq!(
        reason,
        "order 2046 is a draft (checkout-draft), not yet an order"
    );
    for status in ["auto-draft", "draft", "new", "Checkout-Draft"] {
        let result = normalize(payload(json!({"status": status})).to_string().as_bytes());
        assert!(
            matches!(result, Ok(Normalized::Skip(_))),
            "{status}: {result:?}"
        );
    }
    for status in ["trash", "wc-trash"] {
        let result = normalize(payload(json!({"status": status})).to_string().as_bytes());
        assert!(
            matches!(&result, Ok(Normalized::Gone { order, .. }) if order == "7"),
            "{status}: {result:?}"
        );
    }
    // The body alone decides, whatever the topic is, or without one.
    for topic in ["order.deleted", "order.updated", ""] {
        let deleted = WooCommerce.normalize(topic, include_bytes!("../fixtures/deleted.json"));
        let Ok(Normalized::Gone { order, how }) = deleted else {
            panic!("{topic}: {deleted:?}")
        };
        assert_eq!((order.as_str(), how), ("2042", "moved to the shop's trash"));
    }
}

#[test]
fn an_error_of_the_shop_says_what_to_do() {
    let error = normalize(include_bytes!("../fixtures/rest-error.json")).unwrap_err();
    assert!(
        matches!(&error, PayloadError::ShopError { code, .. } if code == "woocommerce_rest_cannot_view")
    );
    assert!(
        error
            .to_string()
            .contains("give the webhook to an administrator"),
        "{error}"
    );

    let gone = br#"{"code":"woocommerce_rest_shop_order_invalid_id","message":"Invalid ID.","data":{"status":404}}"#;
    assert!(
        normalize(gone)
            .unwrap_err()
            .to_string()
            .contains("was deleted before the shop sent it")
    );
}

#[test]
fn what_is_no_order_says_why() {
    for (body, text) in [
        (
            "",
            "the body is not JSON: EOF while parsing a value at line 1 column 0",
        ),
        (
            r#"{"id":7,"total":"1"#,
            "the body is not JSON: EOF while parsing a string at line 1 column 18",
        ),
        (
            "[7]",
            "the body is not a woocommerce order: it is not a JSON object",
        ),
        ("{}", "the body is not a woocommerce order: it has no id"),
        (
            r#"{"id":7,"name":"Beanie"}"#,
            "the body is not a woocommerce order: it has an id but no total; is the webhook's topic one of orders?",
        ),
        (
            r#"{"id":"abc","total":"1"}"#,
            "order ?: id is not a positive whole number",
        ),
        (
            r#"{"id":-7,"total":"1"}"#,
            "order ?: id is not a positive whole number",
        ),
        (
            r#"{"id":0,"total":"1"}"#,
            "order ?: id is not a positive whole number",
        ),
        (
            r#"{"id":7.5,"total":"1"}"#,
            "order ?: id is not a positive whole number",
        ),
    ] {
        assert_eq!(
            normalize(body.as_bytes()).unwrap_err().to_string(),
            text,
            "{body}"
        );
    }
}

#[test]
fn money_that_is_none_names_the_field_and_not_the_value() {
    for (changes, field) in [
        (json!({"total": "NaN"}), "total is not a decimal number"),
        (json!({"total": "1,50"}), "total is not a decimal number"),
        (
            json!({"total": {"amount": 1}}),
            "total is not a decimal number",
        ),
        (json!({"total": "10000000000000"}), "total is too large"),
        (
            json!({"total_tax": "0.123456789"}),
            "total_tax is too precise",
        ),
        (
            json!({"line_items": [{"total": "1"}, {"total": "Infinity"}]}),
            "line_items[1].total is not a decimal number",
        ),
        (
            json!({"line_items": [{"quantity": "two"}]}),
            "line_items[0].quantity is not a decimal number",
        ),
        (
            json!({"line_items": ["a line"]}),
            "line_items[0] is not an object",
        ),
        (json!({"line_items": 3}), "line_items is not a list"),
        (
            json!({"fee_lines": [{"total": true}]}),
            "fee_lines[0].total is not a decimal number",
        ),
        (
            json!({"refunds": [{"total": "-x"}]}),
            "refunds[0].total is not a decimal number",
        ),
    ] {
        let text = normalize(payload(changes).to_string().as_bytes())
            .unwrap_err()
            .to_string();
        assert!(text.starts_with(&format!("order 7: {field}")), "{text}");
    }
}

#[test]
fn numbers_keep_exactly_the_digits_of_the_body() {
    let body = br#"{"id":7,"total":0.30,"line_items":[{"quantity":3,"total":0.3,"price":0.09999999999999999}]}"#;
    let Ok(Normalized::Order(order)) = normalize(body) else {
        panic!("an order")
    };
    assert_eq!(order.total.to_string(), "0.30");
    assert_eq!(order.lines[0].unit_price, Some(Money::new(1, 1)));
    assert_eq!(
        order_of(&payload(json!({"total": "-12.50"}))).total,
        Money::new(-1250, 2)
    );
}

#[test]
fn statuses_keep_the_shops_word() {
    for (word, kind, name) in [
        ("pending", StatusKind::Pending, "pending"),
        ("wc-processing", StatusKind::Processing, "processing"),
        ("on-hold", StatusKind::OnHold, "on-hold"),
        ("Completed", StatusKind::Completed, "completed"),
        ("cancelled", StatusKind::Cancelled, "cancelled"),
        ("refunded", StatusKind::Refunded, "refunded"),
        ("failed", StatusKind::Failed, "failed"),
        ("awaiting-pickup", StatusKind::Other, "awaiting-pickup"),
    ] {
        let status = order_of(&payload(json!({"status": word}))).status;
        assert_eq!((status.kind, status.name.as_str()), (kind, name));
    }
}

#[test]
fn refunds_show_in_the_kind_of_a_settled_order() {
    for (status, refunds, kind) in [
        (
            "completed",
            json!([{"total": "-4.00"}]),
            StatusKind::PartiallyRefunded,
        ),
        (
            "processing",
            json!([{"total": "-4.00"}, {"total": "-6.00"}]),
            StatusKind::Refunded,
        ),
        (
            "on-hold",
            json!([{"total": "-12.00"}]),
            StatusKind::Refunded,
        ),
        (
            "completed",
            json!([{"total": "0.00"}]),
            StatusKind::Completed,
        ),
        (
            "cancelled",
            json!([{"total": "-4.00"}]),
            StatusKind::Cancelled,
        ),
    ] {
        let order = order_of(&payload(json!({"status": status, "refunds": refunds})));
        assert_eq!(order.status.kind, kind, "{status} with {refunds}");
        assert!(order.refund_total >= Money::ZERO);
    }
}

#[test]
fn the_modification_time_is_utc_or_derived_or_absent() {
    let created =
        json!({"date_created": "2024-03-10T01:00:00", "date_created_gmt": "2024-03-10T06:00:00"});
    for (dates, modified) in [
        (
            json!({"date_modified_gmt": "2024-03-10T06:30:00"}),
            Some("2024-03-10T06:30:00Z"),
        ),
        (
            json!({"date_modified_gmt": "2024-03-10T06:30:00Z"}),
            Some("2024-03-10T06:30:00Z"),
        ),
        (
            json!({"date_modified_gmt": "2024-03-10T08:30:00+02:00"}),
            Some("2024-03-10T06:30:00Z"),
        ),
        (
            json!({"date_modified": "2024-03-10T01:30:00"}),
            Some("2024-03-10T06:30:00Z"),
        ),
        (
            json!({"date_modified": "2024-03-10T01:30:00", "date_created_gmt": null}),
            Some("2024-03-10T01:30:00Z"),
        ),
        (
            json!({"date_modified": "2024-03-10T01:30:00-05:00"}),
            Some("2024-03-10T06:30:00Z"),
        ),
        (
            json!({"date_modified": "2024-03-10T01:30:00", "date_created_gmt": "2024-03-11T06:00:00"}),
            Some("2024-03-10T01:30:00Z"),
        ),
        (json!({"date_modified_gmt": "T"}), None),
        (json!({"date_modified_gmt": "0000-00-00T00:00:00"}), None),
        (json!({}), None),
    ] {
        let mut whole = payload(created.clone());
        for (key, value) in dates.as_object().unwrap() {
            whole[key] = value.clone();
        }
        let expected = modified.map(|text| text.parse().unwrap());
        assert_eq!(order_of(&whole).modified, expected, "{dates}");
        assert_eq!(
            WooCommerce.peek(whole.to_string().as_bytes()).modified,
            expected,
            "{dates}"
        );
    }
}

#[test]
fn one_guest_has_one_key_and_guests_without_e_mail_have_their_orders() {
    let guest = |email: &str| {
        order_of(&payload(
            json!({"customer_id": 0, "billing": {"email": email}}),
        ))
        .customer
    };
    assert_eq!(guest("zoe@example.com").key, guest(" Zoe@EXAMPLE.com ").key);
    assert_ne!(guest("zoe@example.com").key, guest("ann@example.com").key);
    assert_eq!(
        (guest("").key.as_str(), guest("").id, guest("").is_guest),
        ("order-7", None, true)
    );
    // PHP writes an empty object as a list.
    assert_eq!(
        order_of(&payload(json!({"billing": [], "customer_id": 56})))
            .customer
            .key,
        "56"
    );
}

#[test]
fn the_phone_is_the_customers_not_the_recipients() {
    for (shipping, phone) in [
        (
            json!({"first_name": "Ann", "last_name": "Lee", "phone": "555-1"}),
            "555-1",
        ),
        (json!({"phone": "555-1"}), "555-1"),
        (
            json!({"first_name": "Bob", "last_name": "Ray", "phone": "555-1"}),
            "",
        ),
    ] {
        let billing = json!({"first_name": "Ann", "last_name": "Lee", "phone": ""});
        assert_eq!(
            order_of(&payload(json!({"billing": billing, "shipping": shipping})))
                .customer
                .phone,
            phone,
            "{shipping}"
        );
    }
}

#[test]
fn codes_prefer_the_sku_then_the_variation_then_the_product() {
    for (line, code) in [
        (
            json!({"sku": "AB-1", "variation_id": 9, "product_id": 101}),
            "AB-1",
        ),
        (
            json!({"sku": "", "variation_id": 9, "product_id": 101}),
            "9",
        ),
        (json!({"variation_id": 0, "product_id": 101}), "101"),
        (json!({"sku": null, "product_id": "101"}), "101"),
        (json!({"sku": 4711, "product_id": 101}), "4711"),
        (json!({"product_id": 0}), ""),
    ] {
        assert_eq!(
            order_of(&payload(json!({"line_items": [line]}))).lines[0].code,
            code,
            "{line}"
        );
    }
}

#[test]
fn as_many_lines_as_there_is_room_for_are_an_order() {
    let lines: Vec<Value> = (1..=source::MOST_ITEMS)
        .map(|id| json!({"id": id, "quantity": 1, "total": "9999999999999.99999999"}))
        .collect();
    let order = order_of(&payload(json!({"line_items": lines})));
    assert_eq!(order.lines.len(), source::MOST_ITEMS);
    assert_eq!(
        order.subtotal,
        Money::from_str_exact("49999999999999999.99995000").unwrap()
    );
}

#[test]
fn peek_finds_nothing_in_what_is_no_order() {
    for body in [
        "",
        "[7]",
        "7",
        "{\"id\":7",
        "{\"id\":7}x",
        "{\"id\":null}",
        "{\"id\":\"x\"}",
        "webhook_id=7",
        include_str!("../fixtures/rest-error.json"),
    ] {
        assert_eq!(WooCommerce.peek(body.as_bytes()), Peek::default(), "{body}");
    }
    let deleted = WooCommerce.peek(include_bytes!("../fixtures/deleted.json"));
    assert_eq!(
        (deleted.order_id.as_deref(), deleted.customer.as_deref()),
        (Some("2042"), Some("2042"))
    );
}

//! Payload to order: whole fixtures as snapshots, single rules as tables.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may fail"
)]

use order::{Money, Order, StatusKind};
use serde_json::{Value, json};
use source::{Normalized, PayloadError, Source};
use source_shopify::Shopify;

fn normalize(body: &[u8]) -> Result<Normalized, PayloadError> {
    Shopify.normalize("orders/updated", body)
}

fn order_of(payload: &Value) -> Order {
    match normalize(payload.to_string().as_bytes()) {
        Ok(Normalized::Order(order)) => *order,
        other => panic!("{other:?}"),
    }
}

/// Creates the smallest payload that is an order, with some fields set or replaced.
fn payload(changes: Value) -> Value {
    let mut payload = json!({"id": 7, "name": "#7", "financial_status": "paid", "currency": "USD", "total_price": "10.00"});
    for (key, value) in changes.as_object().unwrap() {
        payload[key] = value.clone();
    }
    payload
}

fn cents(cents: i64) -> Money {
    Money::new(cents, 2)
}

/// Compares a whole fixture with the snapshot of the whole order; `raw` must equal the fixture.
macro_rules! snapshot {
    ($name:ident, $file:literal) => {
        #[test]
        fn $name() {
            let body = include_bytes!($file);
            let Ok(Normalized::Order(mut order)) = normalize(body) else {
                panic!("{} is an order", $file)
            };
            assert_eq!(order.raw, serde_json::from_slice::<Value>(body).unwrap());
            order.raw = Value::Null;
            insta::assert_json_snapshot!(order);
        }
    };
}

snapshot!(blueprint_sample, "fixtures/blueprint-sample.json");
snapshot!(full_order, "../../../events/shopify/01-new-customer.json");
snapshot!(
    order_without_customer,
    "../../../events/shopify/03-no-customer.json"
);
snapshot!(
    order_with_discounts_and_tax_included,
    "../../../events/shopify/05-discounts-and-tax-included.json"
);
snapshot!(
    order_refunded_in_part,
    "../../../events/shopify/06-partially-refunded.json"
);
snapshot!(order_cancelled, "../../../events/shopify/08-cancelled.json");
snapshot!(
    order_edited_before_payment,
    "fixtures/edited-before-payment.json"
);
snapshot!(notification_of_the_admin, "fixtures/test-notification.json");
snapshot!(generation_2016, "fixtures/generation-2016.json");

#[test]
fn consistent_fixtures_add_up() {
    for body in [
        include_str!("fixtures/blueprint-sample.json"),
        include_str!("fixtures/edited-before-payment.json"),
        include_str!("fixtures/generation-2016.json"),
    ] {
        let order = order_of(&serde_json::from_str(body).unwrap());
        assert_eq!(order.difference(), Some(Money::ZERO), "order {}", order.id);
    }
}

#[test]
fn a_test_notification_that_does_not_add_up_is_an_order_and_says_what_it_is() {
    let order =
        order_of(&serde_json::from_str(include_str!("fixtures/test-notification.json")).unwrap());
    assert!(order.test);
    assert_eq!(
        (order.id.as_str(), order.lines[0].id.as_str()),
        ("820982911946154508", "866550311766439020")
    );
    assert_eq!(order.difference(), Some(cents(-2000)));
}

#[test]
fn the_admin_apis_envelope_comes_off() {
    let bare = payload(json!({}));
    let order = order_of(&json!({"order": bare}));
    assert_eq!(order, order_of(&bare));
    assert_eq!(
        Shopify.peek(json!({"order": bare}).to_string().as_bytes()),
        Shopify.peek(bare.to_string().as_bytes())
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
            "[7]",
            "the body is not a shopify order: it is not a JSON object",
        ),
        ("{}", "the body is not a shopify order: it has no id"),
        (
            r#"{"id":7,"email":""}"#,
            "the body is not a shopify order: it has an id but no total_price; is the webhook's topic one of orders, and does its list of fields, if it has one, hold total_price?",
        ),
        (
            r#"{"id":"abc","total_price":"1"}"#,
            "order ?: id is not a positive whole number",
        ),
        (
            r#"{"id":-7,"total_price":"1"}"#,
            "order ?: id is not a positive whole number",
        ),
        (
            r#"{"id":8.2e17,"total_price":"1"}"#,
            "order ?: id is not a positive whole number",
        ),
        (
            r#"{"order_id":"x","transactions":[]}"#,
            "order ?: order_id is not a positive whole number",
        ),
        (
            r#"{"order_edit":{"id":1}}"#,
            "the body is not a shopify order: it names no order",
        ),
        (
            r#"{"shop_id":1,"shop_domain":"example.myshopify.com"}"#,
            "the body is not a shopify order: it names a shop and no order; is it one of Shopify's compliance webhooks under another topic?",
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
        (
            json!({"total_price": "NaN"}),
            "total_price is not a decimal number",
        ),
        (
            json!({"total_price": "1,50"}),
            "total_price is not a decimal number",
        ),
        (
            json!({"total_price": "10000000000000"}),
            "total_price is too large",
        ),
        (
            json!({"total_tax": "0.123456789"}),
            "total_tax is too precise",
        ),
        (
            json!({"line_items": [{"price": "1"}, {"price": "Infinity"}]}),
            "line_items[1].price is not a decimal number",
        ),
        (
            json!({"line_items": [{"price": "9999999999999", "quantity": 2}]}),
            "line_items[0].price is too large for its quantity",
        ),
        (
            json!({"line_items": [{"quantity": "two"}]}),
            "line_items[0].quantity is not a decimal number",
        ),
        (
            json!({"line_items": [{"discount_allocations": [{"amount": true}]}]}),
            "line_items[0].discount_allocations[0].amount is not a decimal number",
        ),
        (
            json!({"line_items": ["a line"]}),
            "line_items[0] is not an object",
        ),
        (json!({"line_items": 3}), "line_items is not a list"),
        (
            json!({"current_total_duties_set": {"shop_money": {"amount": "x"}}}),
            "current_total_duties_set.shop_money.amount is not a decimal number",
        ),
    ] {
        let text = normalize(payload(changes).to_string().as_bytes())
            .unwrap_err()
            .to_string();
        assert!(text.starts_with(&format!("order 7: {field}")), "{text}");
    }
}

#[test]
fn the_three_states_make_one() {
    for (cancelled, payment, fulfilment, kind, name) in [
        (
            json!("2026-01-01T00:00:00Z"),
            json!("refunded"),
            json!("fulfilled"),
            StatusKind::Cancelled,
            "cancelled",
        ),
        (
            json!(null),
            json!("refunded"),
            json!("fulfilled"),
            StatusKind::Refunded,
            "refunded",
        ),
        (
            json!(null),
            json!("partially_refunded"),
            json!(null),
            StatusKind::PartiallyRefunded,
            "partially_refunded",
        ),
        (
            json!(null),
            json!("paid"),
            json!("fulfilled"),
            StatusKind::Completed,
            "fulfilled",
        ),
        (
            json!(null),
            json!("paid"),
            json!("partial"),
            StatusKind::Processing,
            "paid",
        ),
        (
            json!(null),
            json!("PAID"),
            json!(null),
            StatusKind::Processing,
            "paid",
        ),
        (
            json!(null),
            json!("authorized"),
            json!(null),
            StatusKind::Pending,
            "authorized",
        ),
        (
            json!(null),
            json!("pending"),
            json!("fulfilled"),
            StatusKind::Pending,
            "pending",
        ),
        (
            json!(null),
            json!("partially_paid"),
            json!(null),
            StatusKind::Pending,
            "partially_paid",
        ),
        (
            json!(null),
            json!("voided"),
            json!(null),
            StatusKind::Cancelled,
            "voided",
        ),
        (
            json!(null),
            json!("expired"),
            json!(null),
            StatusKind::Failed,
            "expired",
        ),
        (
            json!(null),
            json!(null),
            json!(null),
            StatusKind::Pending,
            "open",
        ),
        (
            json!(null),
            json!("in_escrow"),
            json!(null),
            StatusKind::Other,
            "in_escrow",
        ),
    ] {
        let changes = json!({"cancelled_at": cancelled, "financial_status": payment, "fulfillment_status": fulfilment});
        let status = order_of(&payload(changes)).status;
        assert_eq!(
            (status.kind, status.name.as_str()),
            (kind, name),
            "{payment} {fulfilment}"
        );
    }
}

#[test]
fn numbers_are_what_the_customer_sees() {
    for (changes, number) in [
        (
            json!({"name": "EN1001-A", "order_number": 1001}),
            "EN1001-A",
        ),
        (json!({"name": null, "order_number": 1001}), "#1001"),
        (json!({"name": ""}), "7"),
    ] {
        assert_eq!(order_of(&payload(changes)).number, number);
    }
}

#[test]
fn shop_money_counts_and_is_found_in_the_longer_form_too() {
    let set = json!({"shop_money": {"amount": "12.50", "currency_code": "USD"}, "presentment_money": {"amount": "11.00", "currency_code": "EUR"}});
    let order = order_of(&payload(
        json!({"presentment_currency": "EUR", "total_tax_set": set, "original_total_duties_set": set, "shipping_lines": [{"price_set": set}]}),
    ));
    assert_eq!(
        (
            order.currency.as_str(),
            order.tax_total,
            order.fee_total,
            order.shipping_total
        ),
        ("USD", cents(1250), cents(1250), cents(1250))
    );
}

#[test]
fn duties_inside_the_prices_are_no_fee() {
    let set = json!({"shop_money": {"amount": "12.50"}});
    assert_eq!(
        order_of(&payload(
            json!({"current_total_duties_set": set, "duties_included": true})
        ))
        .fees,
        []
    );
}

#[test]
fn a_tip_counts_once_whether_it_is_a_line_or_a_sum() {
    let line = json!({"id": 1, "title": "Tip", "price": "2.00", "quantity": 1, "tip_payment_method": "visa"});
    for changes in [
        json!({"line_items": [line], "total_tip_received": "2.00"}),
        json!({"total_tip_received": "2.00"}),
    ] {
        let order = order_of(&payload(changes));
        assert_eq!(
            (order.lines.len(), order.fees.len(), order.fee_total),
            (0, 1, cents(200))
        );
    }
}

#[test]
fn what_came_back_is_no_part_of_the_order_and_money_beyond_it_is_a_refund() {
    let transaction = |changes: Value| {
        let mut transaction =
            json!({"kind": "refund", "status": "success", "amount": "4.00", "currency": "USD"});
        for (key, value) in changes.as_object().unwrap() {
            transaction[key] = value.clone();
        }
        transaction
    };
    let line = json!({"line_item_id": 1, "quantity": 1, "subtotal": 3.70, "total_tax": 0.30});
    for (what, refund, given_back, quantity) in [
        (
            "money",
            json!({"transactions": [transaction(json!({}))], "refund_line_items": [line]}),
            0,
            1,
        ),
        (
            "money beyond what came back",
            json!({"transactions": [transaction(json!({"amount": "5.50"}))], "refund_line_items": [line]}),
            150,
            1,
        ),
        (
            "money alone",
            json!({"transactions": [transaction(json!({}))], "refund_line_items": []}),
            400,
            2,
        ),
        (
            "money on its way",
            json!({"transactions": [transaction(json!({"status": "pending"}))], "refund_line_items": [line]}),
            0,
            1,
        ),
        (
            "money that did not move",
            json!({"transactions": [transaction(json!({"status": "failure"}))], "refund_line_items": [line]}),
            0,
            1,
        ),
        (
            "another transaction",
            json!({"transactions": [transaction(json!({"kind": "void"}))], "refund_line_items": [line]}),
            0,
            1,
        ),
        (
            "an edit",
            json!({"transactions": [], "refund_line_items": [line]}),
            0,
            1,
        ),
        (
            "the customer's currency",
            json!({"transactions": [transaction(json!({"currency": "EUR"}))], "refund_line_items": [line], "order_adjustments": [{"amount": "-1.00", "tax_amount": "-0.05"}]}),
            105,
            1,
        ),
        (
            "no currency",
            json!({"transactions": [transaction(json!({"currency": null}))], "refund_line_items": [line]}),
            0,
            1,
        ),
    ] {
        let lines =
            json!([{"id": 1, "quantity": 2, "price": "3.70", "tax_lines": [{"price": "0.60"}]}]);
        let order = order_of(&payload(
            json!({"line_items": lines, "total_price": "8.00", "total_tax": "0.60", "refunds": [refund]}),
        ));
        assert_eq!(
            (order.refund_total, order.lines[0].quantity),
            (cents(given_back), Money::from(quantity)),
            "{what}"
        );
    }
}

#[test]
fn an_edit_and_a_refund_each_count_for_what_they_are() {
    let lines = json!([{"id": 1, "quantity": 3, "price": "10.00"}, {"id": 2, "quantity": 1, "price": "5.00"}]);
    let edit = json!({"transactions": [], "refund_line_items": [{"line_item_id": 2, "quantity": 1, "subtotal": 5, "total_tax": 0}]});
    let refund = json!({"transactions": [{"kind": "refund", "status": "success", "amount": "10.00"}], "refund_line_items": [{"line_item_id": 1, "quantity": 1, "subtotal": 10, "total_tax": 0}]});
    let order = order_of(&payload(
        json!({"line_items": lines, "total_price": "35.00", "current_total_price": "20.00", "refunds": [edit, refund]}),
    ));
    assert_eq!(
        (order.total, order.refund_total, order.lines.len()),
        (cents(2000), cents(0), 1)
    );
    assert_eq!(
        (order.lines[0].quantity, order.refunds[0].total),
        (Money::TWO, cents(1000))
    );
    assert_eq!(order.difference(), Some(Money::ZERO));
}

#[test]
fn without_refunds_in_the_body_the_current_quantity_tells_of_edits() {
    let lines = json!([{"id": 1, "quantity": 3, "current_quantity": 1, "price": "10.00", "discount_allocations": [{"amount": "1.00"}]}]);
    let order = order_of(&payload(
        json!({"line_items": lines, "current_total_price": "9.67"}),
    ));
    assert_eq!(
        (order.lines[0].quantity, order.lines[0].total),
        (Money::ONE, cents(967))
    );
    assert_eq!(order.difference(), Some(Money::ZERO));
}

#[test]
fn codes_prefer_the_sku_then_the_variant_then_the_product() {
    for (line, code) in [
        (
            json!({"sku": "AB-1", "variant_id": 9, "product_id": 101}),
            "AB-1",
        ),
        (json!({"sku": "", "variant_id": 9, "product_id": 101}), "9"),
        (
            json!({"sku": null, "variant_id": null, "product_id": 101}),
            "101",
        ),
        (json!({"sku": 4711}), "4711"),
        (json!({"product_id": null}), ""),
    ] {
        assert_eq!(
            order_of(&payload(json!({"line_items": [line]}))).lines[0].code,
            code,
            "{line}"
        );
    }
}

#[test]
fn the_customer_is_found_wherever_the_shop_wrote_it() {
    let names = json!({"first_name": "Ann", "last_name": "Lee", "phone": "555-1"});
    for (changes, key, email, name, phone) in [
        (
            json!({"customer": null, "email": ""}),
            "order-7",
            "",
            "",
            "",
        ),
        (
            json!({"customer": null, "email": " ", "contact_email": "Ann@Example.com"}),
            "guest-71d4f55f72fa128dfb468a1a3901507c",
            "ann@example.com",
            "ann",
            "",
        ),
        (
            json!({"customer": {"id": 5, "email": "ann@example.com"}}),
            "5",
            "ann@example.com",
            "ann",
            "",
        ),
        (
            json!({"customer": {"id": 5, "email": "b@example.com"}, "email": "ann@example.com"}),
            "5",
            "ann@example.com",
            "ann",
            "",
        ),
        (
            json!({"customer": {"id": null}, "phone": "555-9"}),
            "order-7",
            "",
            "",
            "555-9",
        ),
        (
            json!({"customer": {"id": 5}, "billing_address": names}),
            "5",
            "",
            "Ann Lee",
            "555-1",
        ),
        (
            json!({"customer": {"id": 5, "first_name": "Bob"}, "billing_address": names}),
            "5",
            "",
            "Bob",
            "",
        ),
        (
            json!({"customer": {"id": 5, "default_address": {"company": "Acme", "phone": "555-2"}}}),
            "5",
            "",
            "Acme",
            "555-2",
        ),
    ] {
        let customer = order_of(&payload(changes.clone())).customer;
        assert_eq!(
            (
                customer.key.as_str(),
                customer.email.as_str(),
                customer.name.as_str(),
                customer.phone.as_str()
            ),
            (key, email, name, phone),
            "{changes}"
        );
        assert_eq!(customer.is_guest, customer.id.is_none());
    }
}

#[test]
fn times_keep_the_shops_clock_and_compare_as_instants() {
    let order = order_of(&payload(
        json!({"created_at": "2026-03-01T23:30:00-05:00", "updated_at": "2026-03-02T05:00:00+00:00"}),
    ));
    assert_eq!(order.created.unwrap().date().to_string(), "2026-03-01");
    assert_eq!(
        order.created.unwrap().instant,
        Some("2026-03-02T04:30:00Z".parse().unwrap())
    );
    assert_eq!(
        order.modified,
        Some("2026-03-02T05:00:00Z".parse().unwrap())
    );
    assert_eq!(
        order_of(&payload(
            json!({"created_at": null, "processed_at": "2026-03-01T23:30:00Z"})
        ))
        .created
        .unwrap()
        .date()
        .to_string(),
        "2026-03-01"
    );
    assert_eq!(
        order_of(&payload(
            json!({"created_at": "yesterday", "updated_at": ""})
        ))
        .created,
        None
    );
}

#[test]
fn as_many_lines_as_there_is_room_for_are_an_order() {
    let lines: Vec<Value> = (1..=source::MOST_ITEMS)
        .map(|id| json!({"id": id, "quantity": 1, "price": "9999999999999.99999999"}))
        .collect();
    let order = order_of(&payload(json!({"line_items": lines})));
    assert_eq!(order.lines.len(), source::MOST_ITEMS);
    assert_eq!(
        order.subtotal,
        Money::from_str_exact("49999999999999999.99995000").unwrap()
    );
}

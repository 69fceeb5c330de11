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
use source_magento::Magento;

fn normalize(body: &[u8]) -> Result<Normalized, PayloadError> {
    Magento.normalize("sales_order_save_after", body)
}

fn order_of(payload: &Value) -> Order {
    match normalize(payload.to_string().as_bytes()) {
        Ok(Normalized::Order(order)) => *order,
        other => panic!("{other:?}"),
    }
}

/// Creates the smallest payload that is an order, with some fields set or replaced.
fn payload(changes: Value) -> Value {
    let mut payload = json!({"entity_id": 7, "increment_id": "000000007", "state": "processing", "order_currency_code": "USD", "grand_total": 10});
    for (key, value) in changes.as_object().unwrap() {
        payload[key] = value.clone();
    }
    payload
}

fn money(text: &str) -> Money {
    order::amount::parse(text).unwrap()
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
            assert_eq!(order.difference(), Some(Money::ZERO));
            order.raw = Value::Null;
            insta::assert_json_snapshot!(order);
        }
    };
}

snapshot!(sample_of_the_blueprint, "blueprint.json");
snapshot!(
    order_with_a_bundle_credits_and_fees,
    "bundle-credits-and-fees.json"
);
snapshot!(
    guest_with_virtual_goods_paid_back,
    "guest-virtual-closed.json"
);
snapshot!(io_event_with_odd_types, "io-event-odd-types.json");
snapshot!(order_of_few_fields, "few-fields.json");

#[test]
fn an_order_is_found_in_every_envelope() {
    let bare = payload(json!({}));
    for (what, body) in [
        ("REST", bare.clone()),
        (
            "home-made",
            json!({"event": "sales_order_save_after", "order": bare}),
        ),
        (
            "with the id beside the order",
            json!({"event": "x", "order_id": 7, "order": bare}),
        ),
        (
            "Adobe webhook",
            json!({"subject": [], "eventName": "x", "data": {"order": bare}}),
        ),
        ("Adobe webhook without its name", json!({"order": bare})),
        ("Adobe plugin", json!({"data": {"entity": bare}})),
        (
            "an envelope's keys with other things in them",
            json!({"event": 0, "data": [1], "value": null, "invoice": "x", "entity": 1.5, "shipment": true, "order": bare}),
        ),
        (
            "Adobe I/O event",
            json!({"event": {"data": {"value": bare}}}),
        ),
        (
            "Adobe I/O event as a CloudEvent",
            json!({"type": "x", "data": {"key": "k", "value": bare}}),
        ),
    ] {
        let order = order_of(&body);
        assert_eq!(
            (order.id.as_str(), order.number.as_str()),
            ("7", "000000007"),
            "{what}"
        );
        assert_eq!(order.raw, body, "{what}");
        assert_eq!(
            Magento
                .peek(body.to_string().as_bytes())
                .order_id
                .as_deref(),
            Some("7"),
            "{what}"
        );
    }
}

#[test]
fn what_only_names_an_order_is_a_reference_to_it() {
    for body in [
        include_str!("../fixtures/io-event-invoice.json").to_owned(),
        json!({"event": "x", "invoice": {"entity_id": 3, "order_id": 93, "grand_total": 1}})
            .to_string(),
        json!({"event": "x", "shipment": {"entity_id": "3", "order_id": "93"}}).to_string(),
        json!({"event": "x", "creditmemo": {"order_id": 93, "grand_total": 1, "state": 2}})
            .to_string(),
        json!({"event": "x", "order_id": 93}).to_string(),
        json!({"order": {"entity_id": 93, "increment_id": "000000093"}}).to_string(),
    ] {
        let Ok(Normalized::Reference { order, otherwise }) = normalize(body.as_bytes()) else {
            panic!("{body}")
        };
        assert_eq!(order, "93", "{body}");
        assert!(
            otherwise.starts_with("order 93: ")
                && otherwise.contains("sales_order_save_commit_after"),
            "{otherwise}"
        );
        assert_eq!(
            Magento.peek(body.as_bytes()).order_id.as_deref(),
            Some("93"),
            "{body}"
        );
    }
}

#[test]
fn what_is_no_order_says_why() {
    let no_ids = "it has no entity_id and no increment_id; is the webhook's event one of orders, and are these fields among those it sends?";
    for (body, reason) in [
        ("[7]", "it is not a JSON object"),
        ("{}", no_ids),
        (r#"{"items":[{"entity_id":7}],"total_count":1}"#, no_ids),
        (r#"{"event":"x","order":null}"#, no_ids),
        (
            r#"{"entity_id":7}"#,
            "it has an entity_id, but no grand_total and no increment_id; is the webhook's event one of orders?",
        ),
        (
            r#"{"entity_id":"abc","increment_id":"1","grand_total":1}"#,
            "its entity_id is not a positive whole number",
        ),
        (
            r#"{"entity_id":-7,"grand_total":1}"#,
            "its entity_id is not a positive whole number",
        ),
        (
            r#"{"increment_id":"000000007"}"#,
            "it has an increment_id but no grand_total; add entity_id and the order's other fields to what the webhook sends",
        ),
        (
            r#"{"increment_id":"a b","grand_total":1}"#,
            "it has no entity_id, and its increment_id is no word of letters and digits that could stand in for it",
        ),
        (
            r#"{"entity_id":7,"is_active":1,"grand_total":1}"#,
            "it is a cart (a quote); is the webhook's event one of orders?",
        ),
    ] {
        let text = format!("the body is not a magento order: {reason}");
        assert_eq!(
            normalize(body.as_bytes()).unwrap_err().to_string(),
            text,
            "{body}"
        );
        assert_eq!(Magento.peek(body.as_bytes()), Peek::default(), "{body}");
    }
    let cut_off = normalize(br#"{"entity_id":7,"grand_total":"1"#).unwrap_err();
    assert_eq!(
        cut_off.to_string(),
        "the body is not JSON: EOF while parsing a string at line 1 column 31"
    );
}

#[test]
fn an_order_that_is_not_saved_yet_waits_until_it_is() {
    let body = r#"{"eventName":"sales_order_place_after","data":{"order":{"increment_id":"000000140","state":"new","grand_total":25,"items":[]}}}"#;
    let Ok(Normalized::Skip(reason)) = normalize(body.as_bytes()) else {
        panic!("{body}")
    };
    assert!(
        reason.starts_with("order 000000140 is not saved in the shop yet"),
        "{reason}"
    );
    assert_eq!(
        Magento.peek(body.as_bytes()).order_id.as_deref(),
        Some("000000140")
    );
}

#[test]
fn a_deleted_order_is_gone() {
    let result = Magento.normalize(
        "sales_order_delete_after",
        payload(json!({})).to_string().as_bytes(),
    );
    let Ok(Normalized::Gone { order, how }) = result else {
        panic!("{result:?}")
    };
    assert_eq!((order.as_str(), how), ("7", "deleted in the shop"));
}

#[test]
fn money_that_is_none_names_the_field_and_not_the_value() {
    for (changes, field) in [
        (
            json!({"grand_total": "NaN"}),
            "grand_total is not a decimal number",
        ),
        (
            json!({"grand_total": "1,50"}),
            "grand_total is not a decimal number",
        ),
        (
            json!({"grand_total": {"amount": 1}}),
            "grand_total is not a decimal number",
        ),
        (
            json!({"grand_total": "10000000000000"}),
            "grand_total is too large",
        ),
        (
            json!({"discount_amount": "ten"}),
            "discount_amount is not a decimal number",
        ),
        (
            json!({"extension_attributes": {"gw_price": "x"}}),
            "extension_attributes.gw_price is not a decimal number",
        ),
        (
            json!({"items": [{"row_total": 1}, {"row_total": "Infinity"}]}),
            "items[1].row_total is not a decimal number",
        ),
        (
            json!({"items": {"5": {"qty_ordered": "two"}}}),
            "items[0].qty_ordered is not a decimal number",
        ),
        (
            json!({"items": [{"price": 9e12, "qty_ordered": 9e12}]}),
            "items[0].price is too large",
        ),
        (json!({"items": ["a row"]}), "items[0] is not an object"),
        (json!({"items": 3}), "items is not a list"),
    ] {
        let text = normalize(payload(changes).to_string().as_bytes())
            .unwrap_err()
            .to_string();
        assert!(text.starts_with(&format!("order 7: {field}")), "{text}");
    }
}

#[test]
fn numbers_keep_their_digits_and_lose_only_the_noise_of_floats() {
    for (written, read) in [
        ("0.30", "0.30"),
        ("\"58.0400\"", "58.0400"),
        ("110.69999999999999", "110.7000"),
        ("2.3000000000000003", "2.3000"),
    ] {
        let body = format!(r#"{{"entity_id":7,"grand_total":{written}}}"#);
        let Ok(Normalized::Order(order)) = normalize(body.as_bytes()) else {
            panic!("{body}")
        };
        assert_eq!(order.total.to_string(), read, "{written}");
    }
}

#[test]
fn the_kind_goes_by_the_state_and_the_name_is_the_shops_word() {
    for (state, status, kind, name) in [
        ("new", "pending", StatusKind::Pending, "pending"),
        (
            "pending_payment",
            "pending_payment",
            StatusKind::Pending,
            "pending_payment",
        ),
        (
            "processing",
            "In_Picking",
            StatusKind::Processing,
            "in_picking",
        ),
        ("complete", "complete", StatusKind::Completed, "complete"),
        ("closed", "closed", StatusKind::Refunded, "closed"),
        ("canceled", "canceled", StatusKind::Cancelled, "canceled"),
        ("holded", "holded", StatusKind::OnHold, "holded"),
        ("payment_review", "fraud", StatusKind::OnHold, "fraud"),
        ("", "pending", StatusKind::Pending, "pending"),
        ("processing", "", StatusKind::Processing, "processing"),
        ("b2b_quote", "asked", StatusKind::Other, "asked"),
        ("", "", StatusKind::Other, ""),
    ] {
        let status = order_of(&payload(json!({"state": state, "status": status}))).status;
        assert_eq!((status.kind, status.name.as_str()), (kind, name), "{state}");
    }
}

#[test]
fn refunds_show_in_the_kind_of_an_open_order() {
    for (state, refunded, kind) in [
        ("complete", json!(4), StatusKind::PartiallyRefunded),
        ("processing", json!("10.0000"), StatusKind::Refunded),
        ("complete", json!(0), StatusKind::Completed),
        ("complete", json!(null), StatusKind::Completed),
        ("canceled", json!(4), StatusKind::Cancelled),
        ("closed", json!(4), StatusKind::PartiallyRefunded),
        ("closed", json!(10), StatusKind::Refunded),
        ("closed", json!(null), StatusKind::Refunded),
    ] {
        let order = order_of(&payload(
            json!({"state": state, "total_refunded": refunded}),
        ));
        assert_eq!(order.status.kind, kind, "{state} {refunded}");
    }
}

#[test]
fn rows_below_others_count_once_wherever_they_stand() {
    let configurable = json!({"item_id": 10, "product_type": "configurable", "product_id": 67, "sku": "HOODIE-S", "name": "Hoodie", "row_total": 52});
    let variant = json!({"item_id": 11, "parent_item_id": 10, "product_id": 56, "sku": "HOODIE-S", "name": "Hoodie, S", "row_total": 52, "parent_item": configurable});
    let embedded = json!({"item_id": 11, "product_id": 56, "name": "Hoodie, S", "parent_item": {"item_id": 10}});
    let texts =
        json!({"item_id": "11", "parent_item_id": "10", "product_id": "56", "name": "Hoodie, S"});
    for items in [
        json!([configurable, variant]),
        json!([variant, configurable]),
        json!({"10": configurable, "11": variant}),
        json!([configurable, embedded]),
        json!([texts, configurable]),
    ] {
        let order = order_of(&payload(json!({"items": items})));
        assert_eq!(order.lines.len(), 1, "{items}");
        let line = &order.lines[0];
        assert_eq!(
            (
                line.total,
                line.variant_id.as_deref(),
                line.product_id.as_str()
            ),
            (money("52"), Some("56"), "67"),
            "{items}"
        );
        assert_eq!(
            (line.name.as_str(), line.code.as_str()),
            ("Hoodie, S", "HOODIE-S"),
            "{items}"
        );
    }
    let alone = order_of(&payload(json!({"items": [variant]})));
    assert_eq!(
        alone.lines.len(),
        1,
        "a row whose parent was left out is not lost"
    );
    let its_own = order_of(&payload(
        json!({"items": [{"item_id": 5, "parent_item_id": 5, "row_total": 1}]}),
    ));
    assert_eq!(its_own.lines.len(), 1);
}

#[test]
fn discounts_go_to_the_lines_that_have_them_and_the_rest_to_none() {
    let items = json!([{"row_total": 100, "discount_amount": 10}]);
    for (changes, line, unallocated, all) in [
        (
            json!({"discount_amount": -10, "items": items}),
            "90",
            "0",
            "10",
        ),
        (
            json!({"discount_amount": -15, "items": items, "shipping_amount": 5, "shipping_discount_amount": 5}),
            "90",
            "0",
            "15",
        ),
        (
            json!({"discount_amount": -15, "items": items}),
            "90",
            "5",
            "15",
        ),
        (
            json!({"discount_amount": "-15.00", "items": [{"row_total": 100}]}),
            "100",
            "15",
            "15",
        ),
        (json!({"items": items}), "90", "0", "10"),
        (
            json!({"items": items, "gift_cards_amount": 20, "extension_attributes": {"customer_balance_amount": "1.50"}}),
            "90",
            "21.5",
            "31.5",
        ),
        (
            json!({"discount_amount": -12.3, "discount_tax_compensation_amount": 2.3, "items": items}),
            "90",
            "0",
            "10",
        ),
    ] {
        let order = order_of(&payload(changes.clone()));
        assert_eq!(
            (
                order.lines[0].total,
                order.discount_total_unallocated,
                order.discount_total
            ),
            (money(line), money(unallocated), money(all)),
            "{changes}"
        );
    }
}

#[test]
fn times_are_utc_unless_they_say_otherwise() {
    for (written, instant, local) in [
        (
            "2023-10-26 10:00:00",
            Some("2023-10-26T10:00:00Z"),
            "2023-10-26T10:00:00",
        ),
        (
            "2023-10-26T10:00:00Z",
            Some("2023-10-26T10:00:00Z"),
            "2023-10-26T10:00:00",
        ),
        (
            "2023-10-26T23:30:00-05:00",
            Some("2023-10-27T04:30:00Z"),
            "2023-10-26T23:30:00",
        ),
        (
            "2023-10-26 23:30:00+02:00",
            Some("2023-10-26T21:30:00Z"),
            "2023-10-26T23:30:00",
        ),
    ] {
        let whole = payload(json!({"created_at": written, "updated_at": written}));
        let order = order_of(&whole);
        let expected: Option<jiff::Timestamp> = instant.map(|text| text.parse().unwrap());
        assert_eq!(
            (order.modified, order.created.unwrap().instant),
            (expected, expected),
            "{written}"
        );
        assert_eq!(order.created.unwrap().local.to_string(), local, "{written}");
        assert_eq!(
            Magento.peek(whole.to_string().as_bytes()).modified,
            expected,
            "{written}"
        );
    }
    for written in ["0000-00-00 00:00:00", "yesterday", ""] {
        let order = order_of(&payload(
            json!({"created_at": written, "updated_at": written}),
        ));
        assert_eq!((order.created, order.modified), (None, None), "{written}");
    }
}

#[test]
fn guests_are_told_by_their_flag_or_their_lack_of_an_id() {
    for (changes, id) in [
        (json!({"customer_id": 3, "customer_is_guest": 0}), Some("3")),
        (json!({"customer_id": "3"}), Some("3")),
        (json!({"customer_id": 3, "customer_is_guest": 1}), None),
        (json!({"customer_id": 3, "customer_is_guest": "1"}), None),
        (json!({"customer_id": 3, "customer_is_guest": true}), None),
        (json!({"customer_id": null}), None),
        (json!({"customer_id": 0}), None),
    ] {
        let customer = order_of(&payload(changes.clone())).customer;
        assert_eq!(
            (customer.id.as_deref(), customer.is_guest),
            (id, id.is_none()),
            "{changes}"
        );
    }
    let guest = |email: &str| {
        order_of(&payload(json!({"customer_email": email})))
            .customer
            .key
    };
    assert_eq!(guest("zoe@example.com"), guest(" Zoe@EXAMPLE.com "));
    assert_eq!(guest(""), "order-7");
}

#[test]
fn addresses_come_in_four_places_and_many_shapes() {
    let street = |address: Value| {
        order_of(&payload(json!({"billing_address": address})))
            .billing
            .street
    };
    assert_eq!(
        street(json!({"street": ["1 Road", "", "Flat 2"]})),
        "1 Road\nFlat 2"
    );
    assert_eq!(
        street(json!({"street": "1 Road\nFlat 2"})),
        "1 Road\nFlat 2"
    );
    assert_eq!(street(json!({"street": {"0": "1 Road"}})), "1 Road");
    let there = json!({"address_type": "shipping", "city": "There", "region": "Texas", "region_code": "TX"});
    for changes in [
        json!({"shipping_address": there}),
        json!({"addresses": [{"address_type": "billing", "city": "Here"}, there]}),
        json!({"addresses": {"5": there}}),
        json!({"extension_attributes": {"shipping_assignments": [{"shipping": {"address": there}}]}}),
    ] {
        let shipping = order_of(&payload(changes.clone())).shipping;
        assert_eq!(
            (
                shipping.city.as_str(),
                shipping.state.as_str(),
                shipping.state_code.as_str()
            ),
            ("There", "Texas", "TX"),
            "{changes}"
        );
    }
    assert!(
        order_of(&payload(json!({"is_virtual": 1})))
            .shipping
            .is_empty()
    );
}

#[test]
fn envelopes_without_end_do_no_harm() {
    let deep = format!(
        "{}{}{}",
        r#"{"order":"#.repeat(50_000),
        payload(json!({})),
        "}".repeat(50_000)
    );
    assert_eq!(Magento.peek(deep.as_bytes()), Peek::default());
    assert!(normalize(deep.as_bytes()).is_err());
}

#[test]
fn as_many_rows_as_there_is_room_for_are_an_order() {
    let rows: Vec<Value> = (1..=source::MOST_ITEMS)
        .map(|id| json!({"item_id": id, "parent_item_id": if id % 2 == 0 { json!(id - 1) } else { json!(null) }, "row_total": "9999999999999.9999"}))
        .collect();
    let order = order_of(&payload(json!({"items": rows})));
    assert_eq!(order.lines.len(), source::MOST_ITEMS / 2);
    assert_eq!(
        order.subtotal,
        money("9999999999999.9999") * Money::from(source::MOST_ITEMS / 2)
    );
}

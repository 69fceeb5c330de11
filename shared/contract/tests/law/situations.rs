//! Situations in which an order's worth or state is not what it looks like: small bodies of our
//! own, and, where they stand beside the project, the reported ones.

use crate::held::{Held, Variables};
use config::Platform;
use mapping::{NoPlan, Plan};
use order::{Money, Order};
use serde_json::{Value, json};
use source::Normalized;
use std::path::Path;

const REPORTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/cases/shops");

/// What a body became in Salesforce.
enum Became {
    Plan(Box<Order>, Box<Plan>),
    Nothing(String),
}

fn platform(name: &str) -> Platform {
    let word = match name.split(['-', ' ']).next() {
        Some("woo") => "woocommerce",
        Some("shopify") => "shopify",
        _ => "magento",
    };
    Platform::ALL
        .iter()
        .copied()
        .find(|platform| platform.as_str() == word)
        .unwrap()
}

fn became(name: &str, body: &[u8]) -> Became {
    let platform = platform(name);
    let source = sources::source(platform);
    let order = match source.normalize(source.order_topics()[0], body) {
        Ok(Normalized::Order(order)) => order,
        Ok(other) => return Became::Nothing(format!("{other:?}")),
        Err(error) => return Became::Nothing(error.to_string()),
    };
    let held = Held::new(platform.as_str(), Variables::All);
    match held.salesforce().plan(&order) {
        Ok(plan) => Became::Plan(order, Box::new(plan)),
        Err(NoPlan::Skipped(reason)) => Became::Nothing(reason),
        Err(NoPlan::Failed(error)) => Became::Nothing(error.to_string()),
    }
}

/// Holds a body to what is expected of it: the keys of `expected.json`.
fn check(name: &str, body: &[u8], expected: &Value) {
    let yes = |key: &str| expected[key] == json!(true);
    match became(name, body) {
        Became::Nothing(reason) => {
            assert!(
                yes("no_order") || yes("skipped_or_warns") || yes("warns"),
                "{name}: {reason}"
            );
            assert!(!reason.is_empty(), "{name}");
            if let Some(said) = expected["says"].as_str() {
                assert!(reason.contains(said), "{name}: {reason}");
            }
        }
        Became::Plan(order, plan) => {
            assert!(!yes("no_order"), "{name}");
            let opportunity = serde_json::to_value(plan.record("opportunity").unwrap()).unwrap();
            if let Some(amount) = expected["amount"].as_str() {
                assert_eq!(
                    Held::opportunity(&plan),
                    amount.parse::<Money>().unwrap(),
                    "{name}"
                );
            }
            if let Some(stage) = expected["stage"].as_str() {
                assert_eq!(
                    opportunity["fields"]["StageName"]["literal"], stage,
                    "{name}"
                );
            }
            if let Some(stage) = expected["stage_not"].as_str() {
                assert_ne!(
                    opportunity["fields"]["StageName"]["literal"], stage,
                    "{name}"
                );
            }
            if let Some(month) = expected["close_date_month"].as_str() {
                assert!(
                    opportunity["fields"]["CloseDate"]["literal"]
                        .as_str()
                        .unwrap()
                        .starts_with(month),
                    "{name}"
                );
            }
            if yes("warns") {
                // What no variable names is asked of the destination, and an order in another
                // currency is refused then.
                let is_asked = plan
                    .bare_currency
                    .as_deref()
                    .is_some_and(|currency| currency != "USD");
                assert!(
                    is_asked || !plan.warnings.is_empty(),
                    "{name}: {}",
                    order.currency
                );
            }
            assert!(
                !yes("skipped_or_warns") || !plan.warnings.is_empty(),
                "{name}"
            );
        }
    }
}

fn woo(changes: Value) -> Value {
    with(
        json!({
            "id": 31, "number": "31", "status": "processing", "currency": "USD", "date_created": "2026-03-01T09:00:00", "total": "60.00", "total_tax": "0.00", "customer_id": 4,
            "billing": {"first_name": "Mo", "last_name": "Ray", "email": "mo@example.com"},
            "line_items": [{"id": 1, "name": "Cup", "sku": "CUP", "product_id": 8, "quantity": 3, "subtotal": "60.00", "total": "60.00", "total_tax": "0.00"}],
        }),
        changes,
    )
}

fn shopify(changes: Value) -> Value {
    with(
        json!({
            "id": 32, "name": "#32", "currency": "USD", "financial_status": "paid", "created_at": "2026-04-02T08:00:00-05:00", "email": "mo@example.com", "customer": {"id": 4, "first_name": "Mo", "last_name": "Ray"},
            "total_price": "60.00", "current_total_price": "60.00", "total_tax": "0.00", "current_total_tax": "0.00", "shipping_lines": [], "refunds": [],
            "line_items": [{"id": 1, "name": "Cup", "sku": "CUP", "product_id": 8, "variant_id": 9, "price": "20.00", "quantity": 3, "current_quantity": 3}],
        }),
        changes,
    )
}

fn magento(changes: Value) -> Value {
    with(
        json!({
            "entity_id": 33, "increment_id": "000000033", "state": "processing", "status": "processing", "order_currency_code": "USD", "base_currency_code": "USD", "grand_total": 60,
            "base_grand_total": 60, "subtotal": 60, "shipping_amount": 0, "tax_amount": 0, "discount_amount": 0, "created_at": "2026-05-01 10:00:00", "customer_email": "mo@example.com",
            "customer_id": 4, "customer_firstname": "Mo", "customer_lastname": "Ray",
            "items": [{"item_id": 1, "sku": "CUP", "name": "Cup", "product_id": 8, "product_type": "simple", "qty_ordered": 3, "price": 20, "row_total": 60, "base_row_total": 60}],
        }),
        changes,
    )
}

fn with(mut body: Value, changes: Value) -> Value {
    for (key, value) in changes.as_object().unwrap() {
        body[key] = value.clone();
    }
    body
}

/// The name of each begins with its platform.
fn own() -> Vec<(&'static str, Value, Value)> {
    let came_back = |quantity: i64, amount: &str| json!([{"line_item_id": 1, "quantity": quantity, "subtotal": amount, "total_tax": "0"}]);
    let money = |amount: &str| json!([{"kind": "refund", "status": "success", "amount": amount, "currency": "USD"}]);
    let lines_left = |left: i64| json!([{"id": 1, "name": "Cup", "sku": "CUP", "product_id": 8, "variant_id": 9, "price": "20.00", "quantity": 3, "current_quantity": left}]);
    let line_tax = json!([{"id": 1, "name": "Cup", "sku": "CUP", "product_id": 8, "price": "20.00", "quantity": 3, "current_quantity": 3, "tax_lines": [{"price": "4.80", "channel_liable": true}]}]);
    vec![
        (
            "magento invoice whose number is the order's",
            json!({"entity_id": 33, "order_id": 33, "grand_total": 20, "state": 2, "increment_id": "000000033", "items": [{"order_item_id": 1, "qty": 1}]}),
            json!({"no_order": true}),
        ),
        (
            "magento credit memo of few fields",
            json!({"entity_id": 33, "order_id": 33, "grand_total": 5, "increment_id": "000000033"}),
            json!({"no_order": true}),
        ),
        (
            "magento invoice that names no order",
            json!({"entity_id": 33, "grand_total": 20, "state": 2, "increment_id": "000000033"}),
            json!({"no_order": true, "says": "names no order"}),
        ),
        (
            "magento order that names itself",
            magento(json!({"order_id": 33})),
            json!({"amount": "60.00"}),
        ),
        (
            "magento another currency",
            magento(
                json!({"order_currency_code": "EUR", "grand_total": 48, "items": [{"item_id": 1, "sku": "CUP", "qty_ordered": 3, "row_total": 48, "base_row_total": 60}]}),
            ),
            json!({"warns": true}),
        ),
        (
            "magento two of three called off",
            magento(
                json!({"total_canceled": 40, "items": [{"item_id": 1, "sku": "CUP", "qty_ordered": 3, "qty_canceled": 2, "row_total": 60}]}),
            ),
            json!({"amount": "20.00"}),
        ),
        (
            "magento everything given back, still complete",
            magento(
                json!({"state": "complete", "status": "complete", "total_refunded": 60, "total_paid": 60}),
            ),
            json!({"stage": "Closed Lost", "amount": "60.00"}),
        ),
        (
            "magento closed, and the fee kept",
            magento(
                json!({"state": "closed", "status": "closed", "total_refunded": 50, "total_paid": 60}),
            ),
            json!({"stage": "Closed Won", "amount": "10.00"}),
        ),
        (
            "magento a fee without a name",
            magento(json!({"grand_total": 62})),
            json!({"amount": "62.00"}),
        ),
        (
            "shopify a line without a product",
            shopify(
                json!({"line_items": [{"id": 1, "name": "Repair", "price": "20.00", "quantity": 3, "current_quantity": 3}]}),
            ),
            json!({"amount": "60.00"}),
        ),
        (
            "shopify an edit, its money later",
            shopify(
                json!({"financial_status": "partially_refunded", "current_total_price": "20.00", "line_items": lines_left(1), "refunds": [{"id": 1, "refund_line_items": came_back(2, "40.00"), "transactions": []}, {"id": 2, "refund_line_items": [], "transactions": money("40.00")}]}),
            ),
            json!({"amount": "20.00"}),
        ),
        (
            "shopify an exchange",
            shopify(
                json!({"financial_status": "partially_refunded", "total_price": "75.00", "current_total_price": "35.00", "line_items": [lines_left(1)[0], {"id": 2, "name": "Jug", "sku": "JUG", "price": "15.00", "quantity": 1, "current_quantity": 1}], "refunds": [{"id": 1, "refund_line_items": came_back(2, "40.00"), "transactions": money("25.00")}]}),
            ),
            json!({"amount": "35.00"}),
        ),
        (
            "shopify goodwill",
            shopify(
                json!({"financial_status": "partially_refunded", "refunds": [{"id": 1, "refund_line_items": [], "transactions": money("7.00")}]}),
            ),
            json!({"amount": "53.00", "stage": "Closed Won"}),
        ),
        (
            "shopify everything back, no money yet",
            shopify(
                json!({"current_total_price": "0.00", "line_items": lines_left(0), "refunds": [{"id": 1, "refund_line_items": came_back(3, "60.00"), "transactions": []}]}),
            ),
            json!({"amount": "0.00"}),
        ),
        (
            "shopify wholly given back",
            shopify(
                json!({"financial_status": "refunded", "current_total_price": "0.00", "line_items": lines_left(0), "refunds": [{"id": 1, "refund_line_items": came_back(3, "60.00"), "transactions": []}, {"id": 2, "refund_line_items": [], "transactions": money("60.00")}]}),
            ),
            json!({"amount": "60.00", "stage": "Closed Lost"}),
        ),
        (
            "shopify an answer of the other API",
            json!({"id": "gid://shopify/Order/32", "totalPriceSet": {}}),
            json!({"no_order": true, "says": "GraphQL"}),
        ),
        (
            "shopify an imported order",
            shopify(json!({"processed_at": "2025-11-30T12:00:00-05:00"})),
            json!({"close_date_month": "2025-12"}),
        ),
        (
            "shopify a marketplace's tax",
            shopify(
                json!({"total_price": "64.80", "current_total_price": "64.80", "total_tax": "4.80", "current_total_tax": "4.80", "line_items": line_tax}),
            ),
            json!({"amount": "64.80", "warns": true}),
        ),
        (
            "shopify a test",
            shopify(json!({"test": true})),
            json!({"skipped_or_warns": true, "says": "test"}),
        ),
        (
            "woo a marketplace's whole order",
            woo(json!({"meta_data": [{"key": "has_sub_order", "value": true}]})),
            json!({"amount": "60.00"}),
        ),
        (
            "woo a vendor's part of it",
            woo(json!({"parent_id": 30})),
            json!({"skipped_or_warns": true, "says": "order 30"}),
        ),
        (
            "woo everything given back, still completed",
            woo(json!({"status": "completed", "refunds": [{"id": 1, "total": "-60.00"}]})),
            json!({"stage": "Closed Lost", "amount": "60.00"}),
        ),
        (
            "woo given back in part while on hold",
            woo(json!({"status": "on-hold", "refunds": [{"id": 1, "total": "-20.00"}]})),
            json!({"stage_not": "Closed Won", "amount": "40.00"}),
        ),
        (
            "woo a gift card",
            woo(json!({"total": "45.00", "gift_cards": [{"code": "X", "amount": "15.00"}]})),
            json!({"amount": "45.00"}),
        ),
        (
            "woo a credit without a name",
            woo(json!({"total": "50.00"})),
            json!({"amount": "50.00"}),
        ),
        (
            "woo another currency",
            woo(json!({"currency": "JPY", "total": "6000"})),
            json!({"warns": true}),
        ),
        (
            "woo a deleted refund",
            json!({"code": "woocommerce_rest_shop_order_invalid_id", "message": "Invalid ID.", "data": {"status": 404}}),
            json!({"no_order": true, "says": "one of its refunds"}),
        ),
        (
            "woo the first API under order tables",
            json!({"code": "woocommerce_rest_invalid_shop_order_id", "message": "Invalid ID.", "data": {"status": 404}}),
            json!({"no_order": true, "says": "old version of the API"}),
        ),
        (
            "woo the legacy API under order tables",
            json!({"errors": {"woocommerce_api_invalid_order": ["Invalid order"]}, "error_data": {}}),
            json!({"no_order": true, "says": "old version of the API"}),
        ),
        (
            "woo a cent of rounding",
            woo(json!({"total": "59.99"})),
            json!({"amount": "59.99"}),
        ),
    ]
}

#[test]
fn each_situation_comes_to_what_the_shop_says() {
    for (name, body, expected) in own() {
        check(name, body.to_string().as_bytes(), &expected);
    }
}

#[test]
fn each_reported_situation_comes_to_what_is_right() {
    let folder = Path::new(REPORTED);
    let Ok(expected) = std::fs::read(folder.join("expected.json")) else {
        println!(
            "skipped: no reported cases beside the project; the same kinds are in each_situation_comes_to_what_the_shop_says"
        );
        return;
    };
    let expected: Value = serde_json::from_slice(&expected).unwrap();
    let expected = expected.as_object().unwrap();
    for (file, expected) in expected {
        check(file, &std::fs::read(folder.join(file)).unwrap(), expected);
    }
    println!("{} reported situations", expected.len());
}

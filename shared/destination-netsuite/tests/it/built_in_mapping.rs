//! The built-in mappings against the strict simulator: orders of shops, whole.

use destination::Outcome;
use mapping::Plan;
use order::{Order, StatusKind};
use serde_json::{Value, json};
use source::{Normalized, Source};
use source_magento::Magento;
use source_shopify::Shopify;
use source_woocommerce::WooCommerce;
use std::collections::BTreeSet;
use support::{
    Account, WithoutDeadline,
    planned::{mapping, stock},
    records,
};

use crate::support;

const PAYLOADS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/payloads");
const SHOPS: [(&str, &str, &dyn Source, &str); 3] = [
    ("woo", "woocommerce-netsuite", &WooCommerce, "order.updated"),
    ("shopify", "shopify-netsuite", &Shopify, "orders/updated"),
    (
        "magento",
        "magento-netsuite",
        &Magento,
        "sales_order_save_after",
    ),
];

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn the_sample_of_the_blueprint_lands_exactly_and_twice_is_once() {
    let account = Account::start().await;
    let body = include_str!("../../../mapping/tests/fixtures/samples/woocommerce-netsuite.json");
    let Ok(Normalized::Order(order)) = WooCommerce.normalize("order.created", body.as_bytes())
    else {
        panic!("the sample is an order")
    };
    let plan = mapping(
        "woocommerce-netsuite",
        "shipping_items = { flat_rate = '1503' }",
    )
    .plan(&order)
    .unwrap();
    let findings = account.netsuite.check_all(&plan).await;
    assert!(
        findings.len() >= 3 && findings.iter().all(|finding| finding.ok),
        "{findings:#?}"
    );

    let first = records(&account.deliver_one(&plan).await);
    assert_eq!(records(&account.deliver_one(&plan).await), first);
    let customers = account.records("customer").await;
    assert_eq!(customers.len(), 1);
    assert_eq!(
        ["externalId", "firstName", "lastName", "email"]
            .map(|name| customers[0][name].as_str().unwrap()),
        ["WOO_CUST_56", "John", "Doe", "john.doe@example.com"]
    );
    let orders = account.records("salesOrder").await;
    assert_eq!(orders.len(), 1);
    assert_eq!(
        ["externalId", "tranDate", "memo"].map(|name| orders[0][name].as_str().unwrap()),
        ["WOO_ORDER_1234", "2023-10-26", "WooCommerce Order #1234"]
    );
    assert_eq!(orders[0]["entity"]["id"], customers[0]["id"]);
    let address = json!({"addressee": "John Doe", "addr1": "123 Main St", "city": "Anytown", "state": "CA", "zip": "90210", "country": {"id": "US"}});
    assert_eq!(
        [&orders[0]["shippingAddress"], &orders[0]["billingAddress"]],
        [&address, &address]
    );
    assert_eq!(
        account.lines(0).await,
        [
            "1501: 1.00 x 50.00 = 50.00",
            "1502: 1.00 x 50.00 = 50.00",
            "1503: 1.00 x 5.00 = 5.00"
        ]
    );
    account.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn every_state_of_an_order_reaches_netsuite() {
    let account = Account::start().await;
    for (_, name, ..) in SHOPS {
        let mapping = mapping(
            name,
            "shipping_item = '1503'\ntax_item = '1503'\nfee_item = '1503'\ndiscount_item = '1504'\nrefund_item = '1503'",
        );
        let mut order = Order::example();
        let kinds = [
            StatusKind::Pending,
            StatusKind::Processing,
            StatusKind::OnHold,
            StatusKind::Completed,
            StatusKind::PartiallyRefunded,
            StatusKind::Refunded,
            StatusKind::Cancelled,
            StatusKind::Failed,
            StatusKind::Processing,
        ];
        let mut closed = Vec::new();
        for kind in kinds {
            order.status.kind = kind;
            order.status.name = format!("{kind:?}");
            let plan = mapping.plan(&order).unwrap();
            stock(&account, std::slice::from_ref(&plan)).await;
            records(&account.another_worker().deliver_all(&[plan]).await[0]);
            let orders = account.records("salesOrder").await;
            let lines = orders.last().unwrap()["item"]["items"]
                .as_array()
                .unwrap()
                .clone();
            closed.push(lines.iter().all(|line| line["isClosed"] == json!(true)));
        }
        assert_eq!(
            closed,
            [false, false, false, false, false, true, true, true, false],
            "{name}"
        );
    }
    assert_eq!(account.records("salesOrder").await.len(), 3);
    account.assert_no_violations().await;
}

/// Payloads of real shops, where they are present beside the project: each is delivered, or refused
/// by the mapping in plain words; and delivering it twice changes nothing.
#[tokio::test]
#[cfg_attr(
    not(all(strict_simulator, shop_payloads)),
    ignore = "the strict simulator or the payloads are not beside the project"
)]
async fn payloads_of_real_shops_are_delivered_or_plainly_refused() {
    let account = Account::start().await;
    let mut plans = Vec::new();
    for (shop, name, source, topic) in SHOPS {
        let mapping = mapping(
            name,
            "shipping_item = '1503'\ntax_item = '1503'\nfee_item = '1503'\ndiscount_item = '1504'\nrefund_item = '1503'\ncustom_item = '1503'",
        );
        let mut files: Vec<_> = std::fs::read_dir(PAYLOADS)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        for file in files {
            let label = file.file_name().unwrap().to_string_lossy().into_owned();
            if !label.starts_with(shop) || !label.ends_with(".json") {
                continue;
            }
            match orders(source, topic, &std::fs::read(&file).unwrap()) {
                orders if orders.is_empty() => println!("{label}: no order"),
                orders => {
                    for order in orders {
                        match mapping.plan(&order) {
                            Ok(plan) => plans.push((label.clone(), plan)),
                            Err(refused) => {
                                println!("{label} {}: refused by the mapping: {refused}", order.id)
                            }
                        }
                    }
                }
            }
        }
    }
    let only: Vec<Plan> = plans.iter().map(|(_, plan)| plan.clone()).collect();
    stock(&account, &only).await;
    for _ in 0..2 {
        for ((label, plan), outcome) in plans
            .iter()
            .zip(account.another_worker().deliver_all(&only).await)
        {
            match outcome {
                Outcome::Delivered { .. } => println!("{label} {}: delivered", plan.order),
                Outcome::Rejected(failure) => panic!(
                    "{label}: {failure}\n{}",
                    failure.request.clone().unwrap_or_default()
                ),
                Outcome::Retry(failure) => panic!("{label}: must not come back: {failure}"),
            }
        }
    }
    let ids: BTreeSet<&str> = only.iter().map(|plan| plan.order.as_str()).collect();
    assert!(!ids.is_empty() && account.records("salesOrder").await.len() <= only.len());
    account.assert_no_violations().await;
}

/// Returns the orders of a payload, in whatever list or envelope it was recorded.
fn orders(source: &dyn Source, topic: &str, body: &[u8]) -> Vec<Order> {
    let mut bodies = Vec::new();
    collect(
        &serde_json::from_slice(body).unwrap_or_default(),
        &mut bodies,
    );
    if bodies.is_empty() {
        bodies.push(body.to_vec());
    }
    let order = |body: Vec<u8>| match source.normalize(topic, &body) {
        Ok(Normalized::Order(order)) => Some(*order),
        _ => None,
    };
    bodies.into_iter().filter_map(order).collect()
}

fn collect(value: &Value, bodies: &mut Vec<Vec<u8>>) {
    match value {
        Value::Object(fields) if fields.contains_key("line_items") => {
            bodies.push(value.to_string().into_bytes())
        }
        Value::Object(fields) => fields.values().for_each(|value| collect(value, bodies)),
        Value::Array(list) => list.iter().for_each(|value| collect(value, bodies)),
        Value::String(text) if text.starts_with('{') => {
            collect(&serde_json::from_str(text).unwrap_or_default(), bodies)
        }
        _ => {}
    }
}

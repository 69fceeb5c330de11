//! The built-in mappings for Zoho against the strict simulator: an order of the shop, whole.

use mapping::{Mapping, Overrides};
use order::Order;
use std::path::Path;
use support::{Org, WithoutDeadline, records};

use crate::support;

async fn lands_once(org: &Org, plan: &mapping::Plan) {
    let findings = org.zoho.check_all(plan).await;
    assert!(findings.iter().all(|finding| finding.ok), "{findings:#?}");
    let first = records(&org.deliver_one(plan).await);
    assert_eq!(records(&org.deliver_one(plan).await), first);
    for record in &plan.records {
        assert_eq!(
            org.records(&record.object).await.len(),
            1,
            "{}",
            record.object
        );
    }
    org.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn an_order_of_each_shop_lands_once() {
    for shop in ["woocommerce", "shopify", "magento"] {
        let org = Org::start().await;
        let mapping = Mapping::load(
            &format!("{shop}-zoho"),
            Path::new("."),
            &Overrides::default(),
        )
        .unwrap();
        lands_once(&org, &mapping.plan(&Order::example()).unwrap()).await;
    }
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn ten_orders_take_four_calls_and_their_changes_three() {
    let org = Org::start().await;
    let mapping = Mapping::load("woocommerce-zoho", Path::new("."), &Overrides::default()).unwrap();
    let order = |number: u32| {
        let mut order = Order::example();
        (order.id, order.number) = (number.to_string(), number.to_string());
        order.customer.email = format!("jo.{number}@example.com");
        order.customer.company = format!("Company {}", number / 2);
        order
    };
    let orders: Vec<Order> = (1..=10).map(order).collect();
    let mut plans: Vec<_> = orders
        .iter()
        .map(|order| mapping.plan(order).unwrap())
        .collect();
    let outcomes = org.zoho.deliver_all(&plans).await;
    let new = org.calls().await;
    for (plan, outcome) in plans.iter_mut().zip(&outcomes) {
        plan.known = records(outcome).into_iter().collect();
    }
    org.zoho
        .deliver_all(&plans)
        .await
        .iter()
        .for_each(|outcome| _ = records(outcome));
    let changed = org.calls().await - new;
    println!("10 orders of the built-in mapping: {new} calls when new, {changed} when changed");
    assert_eq!((new, changed), (4, 3));
    let counts = [
        org.records("Accounts").await.len(),
        org.records("Contacts").await.len(),
        org.records("Deals").await.len(),
    ];
    assert_eq!(counts, [6, 10, 10]);
    org.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn an_order_lands_once_as_a_sales_order() {
    let org = Org::start().await;
    let module = toml::Value::String("Sales_Orders".to_owned());
    let overrides = Overrides {
        vars: [("module".to_owned(), module)].into_iter().collect(),
        ..Overrides::default()
    };
    let mapping = Mapping::load("woocommerce-zoho", Path::new("."), &overrides).unwrap();
    let mut order = Order::example();
    for line in &mut order.lines {
        line.code = "10".to_owned();
    }
    lands_once(&org, &mapping.plan(&order).unwrap()).await;
}

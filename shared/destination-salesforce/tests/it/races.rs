//! A customer who orders under two e-mails is in two message groups, which two processes may
//! deliver at once. That is harmless, because the keys of the account and the contact are unique,
//! so that the second one is refused and reads again; and it is cheap. Over the sandbox, and over
//! the strict simulator where it is present.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests fail and speak as tests do"
)]

use destination::{Destination, Outcome};
use mapping::Plan;
use sandbox::salesforce::Options;
use serde_json::json;
use std::{collections::BTreeSet, time::Duration};
use strict_simulator::shop::mapping;
use support::{
    WithoutDeadline,
    both::{Double, order},
};

use crate::support;

const CUSTOMERS: u32 = 6;

/// Returns the first order of each customer under one of two e-mails.
fn plans(side: u32, round: u32) -> Vec<Plan> {
    let mapping = mapping("woocommerce-salesforce", "");
    let plan = |customer: u32| {
        let mut order = order(1_000 * round + 100 * side + customer);
        order.customer.id = Some(customer.to_string());
        order.customer.key = customer.to_string();
        order.customer.email = format!("c{customer}.{side}@example.com");
        mapping.plan(&order).unwrap()
    };
    (1..=CUSTOMERS).map(plan).collect()
}

/// Delivers orders that came back again, as the queue would, and returns how many had to.
async fn until_delivered(worker: &impl Destination, mut plans: Vec<Plan>) -> usize {
    let mut again = 0;
    while !plans.is_empty() {
        let outcomes = worker.deliver_all(&plans).await;
        let open = outcomes
            .iter()
            .zip(plans)
            .filter_map(|(outcome, plan)| match outcome {
                Outcome::Delivered { .. } => None,
                Outcome::Retry(_) => Some(plan),
                Outcome::Rejected(failure) => panic!("{failure}"),
            });
        plans = open.collect();
        again += plans.len();
        assert!(again < 50, "they never get through");
    }
    again
}

async fn race(org: &Double) {
    let (one, other) = (org.another_worker(), org.another_worker());
    for round in [1, 2] {
        let before = one.calls().total() + other.calls().total();
        let again = tokio::join!(
            until_delivered(&one, plans(1, round)),
            until_delivered(&other, plans(2, round))
        );
        let calls = one.calls().total() + other.calls().total() - before;
        println!(
            "{}, round {round}: {calls} calls for two batches at once, {again:?} orders came back",
            org.name()
        );
        // Two calls each and the logins; another look, and another try of the orders that came
        // back.
        assert!(calls <= 14, "{}: {calls} calls", org.name());
    }
    for (object, count) in [
        ("Account", CUSTOMERS),
        ("Contact", CUSTOMERS),
        ("Opportunity", 4 * CUSTOMERS),
    ] {
        let records = org.records(object).await;
        assert_eq!(
            records.len(),
            usize::try_from(count).unwrap(),
            "{} {object}",
            org.name()
        );
    }
    let accounts: BTreeSet<String> = org
        .records("Account")
        .await
        .into_iter()
        .map(|row| row["WooCommerce_Customer_ID__c"].to_string())
        .collect();
    assert_eq!(accounts.len(), usize::try_from(CUSTOMERS).unwrap());
}

#[tokio::test]
async fn two_groups_of_one_customer_make_one_account_and_cost_little() {
    let options = Options {
        latency: Duration::from_millis(30),
        ..Options::default()
    };
    race(&Double::sandbox(options).await).await;
    // An org that refuses the second of two writers under one account, and one that lets him wait.
    for contention in ["error", "note"] {
        let config =
            json!({"latency_ms": {"base": 30, "per_record": 3}, "lock_contention": contention});
        if let Some(org) = Double::strict(config).await {
            race(&org).await;
        }
    }
}

/// Returns orders of customers of their own for a product that the org does not have.
fn of_a_new_product(batch: u32) -> Vec<Plan> {
    let mapping = mapping(
        "woocommerce-salesforce",
        "vars.missing_product = \"create\"",
    );
    let plan = |place: u32| {
        let number = 100 * batch + place;
        let mut order = order(number);
        order.customer.id = Some(number.to_string());
        order.customer.key = number.to_string();
        order.customer.email = format!("c{number}@example.com");
        order.lines[0].code = "NEW-3".to_owned();
        mapping.plan(&order).unwrap()
    };
    (1..=3).map(plan).collect()
}

#[tokio::test]
async fn batches_at_the_same_time_make_a_product_once() {
    let options = Options {
        latency: Duration::from_millis(30),
        ..Options::default()
    };
    for org in Double::both(options, json!({"latency_ms": {"base": 30}})).await {
        let deliver = |batch| until_delivered(&org.salesforce, of_a_new_product(batch));
        let again = tokio::join!(deliver(1), deliver(2), deliver(3), deliver(4));
        println!("{}: {again:?} orders came back", org.name());
        let products = org.records("Product2").await;
        let made = products.iter().filter(|row| row["ProductCode"] == "NEW-3");
        assert_eq!(made.count(), 1, "{}", org.name());
        assert_eq!(org.records("Opportunity").await.len(), 12, "{}", org.name());
    }
}

//! A customer who orders under two e-mails is in two message groups, which two processes may
//! deliver at once. With fields for the customer's id and the company, which Zoho keeps unique,
//! that is harmless: the second one is told whose record it is, and writes to that one. Over the
//! sandbox, and over the strict simulator where it is present.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail and speak as tests do"
)]

use destination::{Destination, Outcome};
use mapping::Plan;
use sandbox::zoho::{CustomField, Options};
use serde_json::json;
use std::time::Duration;
use strict_simulator::shop::mapping;
use support::{
    WithoutDeadline,
    both::{Double, order},
};

use crate::support;

const CUSTOMERS: u32 = 6;

fn plans(side: u32, round: u32) -> Vec<Plan> {
    let mapping = mapping(
        "woocommerce-zoho",
        "vars.customer_field = 'Shop_Customer_ID'\nvars.account_field = 'Shop_Company'",
    );
    let plan = |customer: u32| {
        let mut order = order(1_000 * round + 100 * side + customer);
        order.customer.id = Some(customer.to_string());
        order.customer.key = customer.to_string();
        order.customer.company = format!("Company {}", customer / 2);
        order.customer.email = format!("c{customer}.{side}@example.com");
        mapping.plan(&order).unwrap()
    };
    (1..=CUSTOMERS).map(plan).collect()
}

async fn all_delivered(worker: &impl Destination, plans: Vec<Plan>) {
    for outcome in worker.deliver_all(&plans).await {
        assert!(matches!(outcome, Outcome::Delivered { .. }), "{outcome:?}");
    }
}

#[tokio::test]
async fn two_groups_of_one_customer_make_one_account_and_one_contact_and_cost_little() {
    let options = Options {
        custom_fields: vec![
            CustomField::unique_text("Contacts", "Shop_Customer_ID", 50),
            CustomField::unique_text("Accounts", "Shop_Company", 200),
        ],
        latency: Duration::from_millis(30),
        ..Options::default()
    };
    let field = json!({"data_type": "text", "length": 50, "unique": true});
    let company = json!({"data_type": "text", "length": 200, "unique": true});
    let fields =
        json!({"Contacts": {"Shop_Customer_ID": field}, "Accounts": {"Shop_Company": company}});
    let config = json!({"latency_ms": {"base": 30, "per_record": 3}, "fields": fields});
    for org in Double::both(options, config).await {
        let (one, other) = (org.another_worker(), org.another_worker());
        for round in [1, 2] {
            let before = one.calls().total() + other.calls().total();
            tokio::join!(
                all_delivered(&one, plans(1, round)),
                all_delivered(&other, plans(2, round))
            );
            let calls = one.calls().total() + other.calls().total() - before;
            println!(
                "{}, round {round}: {calls} calls for two batches at once",
                org.name()
            );
            assert!(calls <= 18, "{}: {calls} calls", org.name());
        }
        let mut counts = Vec::new();
        for module in ["Accounts", "Contacts", "Deals"] {
            counts.push(org.records(module).await.len());
        }
        assert_eq!(counts, [4, 6, 24], "{}", org.name());
        org.assert_no_violations().await;
    }
}

//! Duplicate rules of an org, and an org where the header that saves a duplicate all the same does
//! not reach the nodes of a graph, over the sandbox and over the strict simulator where it is
//! present. Composite requests take headers for each of their sub-requests ("Composite",
//! `httpHeaders`, in the REST API Developer Guide), nodes of graphs do not ("Composite Graph");
//! that a rule which allows refuses all the same was seen in jsforce#1055.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use destination::Outcome;
use mapping::Plan;
use sandbox::salesforce::{DuplicateRule, Options};
use serde_json::{Value, json};
use strict_simulator::shop::mapping;
use support::{
    WithoutDeadline,
    both::{Double, order},
};

use crate::support;

fn plan(number: u32, last_name: &str, lines: usize) -> Plan {
    let mut order = order(number);
    order.customer.id = Some(number.to_string());
    order.customer.key = number.to_string();
    order.customer.email = format!("c{number}@example.com");
    last_name.clone_into(&mut order.customer.last_name);
    let line = order.lines.first().unwrap().clone();
    order.lines = vec![line; lines];
    mapping("woocommerce-salesforce", "vars.missing_product = \"skip\"")
        .plan(&order)
        .unwrap()
}

/// Creates orgs where two contacts may not have one last name, and where somebody has entered a Mr
/// Doe.
async fn orgs(blocks: bool) -> Vec<Double> {
    let (object, field) = ("Contact".to_owned(), "LastName".to_owned());
    let options = Options {
        duplicate_rules: vec![DuplicateRule {
            object,
            field,
            blocks,
        }],
        ..Options::default()
    };
    let action = if blocks { "block" } else { "alert" };
    let config = json!({"duplicate_rules": [{"object": "Contact", "fields": ["LastName"], "action": action, "name": "Names"}]});
    let orgs = Double::both(options, config).await;
    for org in &orgs {
        org.by_hand("Contact", json!({"LastName": "Doe"})).await;
    }
    orgs
}

async fn names(org: &Double) -> Vec<Value> {
    let mut names: Vec<Value> = org
        .records("Contact")
        .await
        .iter()
        .map(|contact| contact["LastName"].clone())
        .collect();
    names.sort_by_key(ToString::to_string);
    names
}

#[tokio::test]
async fn a_duplicate_that_only_warns_is_saved_for_one_call_more() {
    for org in orgs(false).await {
        let name = org.name();
        let plans = [plan(1, "Roe", 2), plan(2, "Doe", 2), plan(3, "Poe", 2)];
        let outcomes = org.salesforce.deliver_all(&plans).await;
        for outcome in &outcomes {
            assert_eq!(support::records(outcome).len(), 3, "{name}: {outcome:?}");
        }
        assert_eq!(
            names(&org).await,
            [json!("Doe"), json!("Doe"), json!("Poe"), json!("Roe")],
            "{name}"
        );
        // The login, the two calls that every batch makes, and the one for the duplicate.
        assert_eq!(org.salesforce.calls().total(), 4, "{name}");
        assert_eq!(
            org.records("OpportunityLineItem").await.len(),
            6,
            "{name}: none is lost or doubled"
        );

        let again = org.another_worker();
        let repeated = again.deliver_all(&plans).await;
        assert_eq!(repeated, outcomes, "{name}: the same records");
        org.assert_no_violations().await;
    }
}

#[tokio::test]
async fn an_order_that_is_larger_than_a_composite_request_goes_in_two_parts() {
    for org in orgs(false).await {
        let outcome = org
            .salesforce
            .deliver_all(&[plan(1, "Doe", 40)])
            .await
            .pop()
            .unwrap();
        assert_eq!(support::records(&outcome).len(), 3, "{}", org.name());
        assert_eq!(
            org.records("OpportunityLineItem").await.len(),
            40,
            "{}",
            org.name()
        );
        assert_eq!(org.salesforce.calls().total(), 5, "{}", org.name());
        org.assert_no_violations().await;
    }
}

#[tokio::test]
async fn a_rule_that_blocks_is_the_orders_dead_letter_and_leaves_nothing() {
    for org in orgs(true).await {
        let outcomes = org
            .salesforce
            .deliver_all(&[plan(1, "Doe", 2), plan(2, "Roe", 2)])
            .await;
        let Outcome::Rejected(failure) = &outcomes[0] else {
            panic!("{:?}", outcomes[0]);
        };
        assert_eq!(
            failure.code.as_deref(),
            Some("DUPLICATES_DETECTED"),
            "{}",
            org.name()
        );
        assert!(
            failure.message.contains("set the rule's action to Allow"),
            "{}",
            failure.message
        );
        support::records(&outcomes[1]);
        for object in ["Opportunity", "Account"] {
            assert_eq!(
                org.records(object).await.len(),
                1,
                "{} {object}",
                org.name()
            );
        }
    }
}

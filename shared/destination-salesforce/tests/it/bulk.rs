//! Orders that nobody waits for: as many at a time as Salesforce takes, over both doubles.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use crate::support::{
    both::{Double, order},
    new_tokens,
};
use destination::{Bulk, Call, Destination, Outcome};
use destination_salesforce::{Grant, Salesforce, Settings};
use mapping::{
    Plan,
    plan::{Scalar, Value},
};
use ports::{SystemClock, memory::MemorySecrets};
use sandbox::salesforce::Options;
use serde_json::json;
use std::{sync::Arc, time::Duration};
use strict_simulator::shop::mapping;

/// Returns the plans of so many customers' orders. Those at these places have a name that is too long
/// for Salesforce.
fn plans(orders: u32, bad: &[u32]) -> Vec<Plan> {
    let mapping = mapping("woocommerce-salesforce", "");
    let plan = |number: u32| {
        let mut order = order(1000 + number);
        order.customer.id = Some(format!("7{number}"));
        order.customer.key = format!("7{number}");
        order.customer.email = format!("jo.{number}@example.com");
        let mut plan = mapping.plan(&order).unwrap();
        let contact = plan
            .records
            .iter_mut()
            .find(|record| record.name == "contact");
        let name = contact.and_then(|contact| contact.fields.get_mut("LastName"));
        if bad.contains(&number) {
            name.unwrap().value = Value::Literal(Scalar::Text("x".repeat(81)));
        }
        plan
    };
    (0..orders).map(plan).collect()
}

/// Delivers plans in bulk, after the worker has logged in and looked its products up. Returns the
/// outcomes and the number of calls.
async fn in_bulk(org: &Double, plans: &[Plan]) -> (Vec<Outcome>, u64) {
    let worker = &org.salesforce;
    let first = worker.calls().total();
    let plans: Vec<&Plan> = plans.iter().collect();
    let outcomes = worker
        .deliver_in_bulk(&Call::without_deadline(), &plans)
        .await;
    (outcomes, worker.calls().total() - first)
}

async fn doubles() -> Vec<Double> {
    let doubles = Double::both(Options::default(), json!({})).await;
    for org in &doubles {
        org.deliver(plans(1, &[]).first().unwrap()).await;
    }
    doubles
}

fn is_delivered(outcome: &&Outcome) -> bool {
    matches!(outcome, Outcome::Delivered { .. })
}

#[tokio::test]
async fn seventy_five_orders_cost_two_calls() {
    for org in doubles().await {
        let plans = plans(75, &[]);
        let (outcomes, calls) = in_bulk(&org, &plans).await;
        assert_eq!(
            outcomes.iter().filter(is_delivered).count(),
            75,
            "{outcomes:#?}"
        );
        assert_eq!(calls, 2, "{}", org.name());
        assert_eq!(org.records("Opportunity").await.len(), 75);
        let (again, _) = in_bulk(&org, &plans).await;
        assert_eq!(again.iter().filter(is_delivered).count(), 75);
        assert_eq!(org.records("Opportunity").await.len(), 75);
        org.assert_no_violations().await;
    }
}

/// After more than fourteen failed graphs Salesforce tries no more of its call.
#[tokio::test]
async fn orders_that_were_halted_by_others_are_delivered_all_the_same() {
    for org in doubles().await {
        let bad: Vec<u32> = (10..30).collect();
        let (outcomes, calls) = in_bulk(&org, &plans(60, &bad)).await;
        for (number, outcome) in (0..).zip(&outcomes) {
            match outcome {
                Outcome::Delivered { .. } => assert!(!bad.contains(&number), "{number}"),
                Outcome::Rejected(failure) => {
                    assert!(bad.contains(&number), "{number}: {failure:?}");
                    assert_eq!(failure.place.as_deref(), Some("contact.LastName"));
                }
                Outcome::Retry(failure) => unreachable!("{number}: {failure:?}"),
            }
        }
        assert_eq!(org.records("Opportunity").await.len(), 40, "{}", org.name());
        // One that reads, one of all, and those of what was halted.
        assert_eq!(calls, 2 + 3, "{}", org.name());
        org.assert_no_violations().await;
    }
}

#[test]
fn it_is_offered_where_the_settings_say_so() {
    let bulk = Bulk {
        most: 75,
        first: Some(20),
    };
    for (is_in_batches, offered) in [(true, Some(bulk)), (false, None)] {
        let settings = Settings {
            name: "sales".to_owned(),
            auth: Grant::JwtBearer,
            login_url: "https://login.salesforce.com".to_owned(),
            api_version: "v65.0".to_owned(),
            request_timeout: Duration::from_secs(30),
            is_in_batches,
        };
        let (secrets, name) = (Arc::new(MemorySecrets::new()), "none".to_owned());
        let clock = Arc::new(SystemClock);
        let worker = Salesforce::new(settings, secrets, name, new_tokens(), clock);
        assert_eq!(worker.unwrap().bulk(), offered);
    }
}

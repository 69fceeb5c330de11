//! Reading back, over the sandbox and, where it is present, the strict simulator: what was delivered
//! agrees, what staff did is told with who and when, and nothing is written.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

use crate::support::{
    self, WithoutDeadline,
    both::{Double, order},
};
use destination::{Change, Held, Reading};
use mapping::Plan;
use sandbox::zoho::Options;
use serde_json::json;
use strict_simulator::shop::mapping;

const DEALS: &str = "";
const SALES_ORDERS: &str = "[vars]\nmodule = 'Sales_Orders'";

async fn doubles() -> Vec<Double> {
    Double::both(Options::default(), json!({})).await
}

fn plan(number: u32, vars: &str) -> Plan {
    let mut order = order(number);
    order.customer.id = Some(format!("7{number}"));
    order.customer.key = format!("7{number}");
    order.customer.email = format!("Jo.{number}@Example.com");
    order.customer.last_name = format!("Example {number}");
    order.customer.company = format!("Company {number}");
    mapping("woocommerce-zoho", vars).plan(&order).unwrap()
}

/// Delivers the plan, and returns it as the ledger has it afterwards.
async fn delivered(org: &Double, plan: Plan) -> Plan {
    let known = org.deliver(&plan).await.into_iter().collect();
    Plan { known, ..plan }
}

async fn read(org: &Double, plan: &Plan) -> Reading {
    let worker = org.another_worker();
    let mut readings = worker.read_all(std::slice::from_ref(plan)).await;
    readings.pop().unwrap().unwrap()
}

fn held<'a>(reading: &'a Reading, name: &str) -> &'a Held {
    let mut records = reading.records.iter();
    &records.find(|record| record.name == name).unwrap().held
}

fn order_name(plan: &Plan) -> &str {
    &plan.records[plan.own()].name
}

fn order_id(plan: &Plan) -> &str {
    &plan.known[order_name(plan)]
}

fn module(plan: &Plan) -> &str {
    &plan.records[plan.own()].object
}

fn assert_is_staff(changed: &Change, org: &Double) {
    assert_eq!(changed.by.as_deref(), Some("Jane Doe"), "{}", org.name());
    assert!(changed.at.is_some(), "{}", org.name());
}

#[tokio::test]
async fn what_was_delivered_agrees_and_reading_writes_nothing() {
    for vars in [DEALS, SALES_ORDERS] {
        for org in doubles().await {
            let plan = delivered(&org, plan(1, vars)).await;
            let state = async || {
                let mut all = Vec::new();
                for module in ["Accounts", "Contacts", "Deals", "Sales_Orders", "Products"] {
                    all.push(org.records(module).await);
                }
                all
            };
            let before = state().await;
            let reading = read(&org, &plan).await;
            assert!(reading.agrees(), "{}: {reading:#?}", org.name());
            assert_eq!(reading.records.len(), plan.records.len());
            assert_eq!(state().await, before, "{}", org.name());
            org.assert_no_violations().await;
        }
    }
}

#[tokio::test]
async fn a_field_that_staff_changed_is_told_with_both_values_and_who_and_when() {
    for org in doubles().await {
        let plan = delivered(&org, plan(1, DEALS)).await;
        let change = json!({"Stage": "Negotiation/Review"});
        org.staff_edit("Deals", order_id(&plan), change).await;
        let reading = read(&org, &plan).await;
        let Held::Found {
            differences,
            changed,
            ..
        } = held(&reading, order_name(&plan))
        else {
            panic!("{}: {reading:#?}", org.name());
        };
        let [difference] = differences.as_slice() else {
            panic!("{}: {differences:#?}", org.name());
        };
        assert_eq!(difference.field, "Stage");
        assert_eq!(difference.found, "Negotiation/Review");
        assert!(!difference.expected.is_empty() && difference.expected != difference.found);
        assert_is_staff(changed, &org);
        assert_eq!(changed.is_ours, Some(false));
    }
}

#[tokio::test]
async fn a_deleted_order_that_the_ledger_knows_is_told_with_who_and_when() {
    for vars in [DEALS, SALES_ORDERS] {
        for org in doubles().await {
            let mut plan = delivered(&org, plan(1, vars)).await;
            org.staff_delete(module(&plan), order_id(&plan)).await;
            let reading = read(&org, &plan).await;
            let Held::Gone { id, deleted, .. } = held(&reading, order_name(&plan)) else {
                panic!("{}: {reading:#?}", org.name());
            };
            assert_eq!(id, order_id(&plan));
            assert_is_staff(deleted, &org);
            plan.known.clear();
            let reading = read(&org, &plan).await;
            assert_eq!(held(&reading, order_name(&plan)), &Held::Absent);
        }
    }
}

/// A customer is found by the e-mail address; where staff changed that and the name, the record is
/// there nevertheless.
#[tokio::test]
async fn a_contact_that_staff_made_unrecognisable_is_there_and_not_gone() {
    for org in doubles().await {
        let plan = delivered(&org, plan(1, DEALS)).await;
        let id = plan.known["contact"].clone();
        let change = json!({"Email": "other@example.com", "Last_Name": "Other"});
        org.staff_edit("Contacts", &id, change).await;
        let reading = read(&org, &plan).await;
        let Held::Found {
            id: found,
            differences,
            changed,
        } = held(&reading, "contact")
        else {
            panic!("{}: {reading:#?}", org.name());
        };
        assert_eq!(*found, id);
        let email = differences.iter().find(|it| it.field == "Email").unwrap();
        assert_eq!(email.found, "other@example.com");
        assert_is_staff(changed, &org);
    }
}

#[tokio::test]
async fn a_line_that_staff_deleted_or_added_is_a_difference() {
    for org in doubles().await {
        let plan = delivered(&org, plan(1, SALES_ORDERS)).await;
        let orders = org.records("Sales_Orders").await;
        let line = orders[0]["Ordered_Items"][0].clone();
        let id = order_id(&plan);
        let product = json!({"id": line["Product_Name"]["id"]});
        let extra = json!({"Product_Name": product, "Quantity": 2.5, "List_Price": 1.5});
        org.staff_edit("Sales_Orders", id, json!({ "Ordered_Items": [extra] }))
            .await;
        let reading = read(&org, &plan).await;
        assert!(!reading.agrees(), "{}: {reading:#?}", org.name());
        let gone = json!([{"id": line["id"], "_delete": null}]);
        org.staff_edit("Sales_Orders", id, json!({ "Ordered_Items": gone }))
            .await;
        let reading = read(&org, &plan).await;
        let Held::Found { differences, .. } = held(&reading, order_name(&plan)) else {
            panic!("{}: {reading:#?}", org.name());
        };
        assert!(!differences.is_empty(), "{}", org.name());
    }
}

/// A query leaves out what the user may not see.
#[tokio::test]
async fn a_record_out_of_the_users_reach_is_a_failure_of_its_plan_only_and_never_gone() {
    for org in doubles().await {
        let Some(strict) = org.as_strict() else {
            continue;
        };
        let plans = [
            delivered(&org, plan(1, DEALS)).await,
            delivered(&org, plan(2, DEALS)).await,
        ];
        let hidden = json!({"module": "Deals", "id": order_id(&plans[0]), "deny": "view"});
        strict
            .config(json!({ "forbidden_records": [hidden] }))
            .await;
        let readings = org.another_worker().read_all(&plans).await;
        assert!(readings[0].is_err(), "{:#?}", readings[0]);
        assert!(readings[1].as_ref().unwrap().agrees());
    }
}

#[tokio::test]
async fn a_hundred_deals_take_few_calls() {
    for org in doubles().await {
        let plans: Vec<Plan> = (1..=100).map(|number| plan(number, DEALS)).collect();
        for chunk in plans.chunks(10) {
            for outcome in org.zoho.deliver_all(chunk).await {
                support::records(&outcome);
            }
        }
        for (count, most) in [(1, 1), (10, 3), (100, 10)] {
            let before = org.zoho.calls().total();
            for reading in org.zoho.read_all(&plans[..count]).await {
                let reading = reading.unwrap();
                assert!(reading.agrees(), "{}: {reading:#?}", org.name());
            }
            let calls = org.zoho.calls().total() - before;
            assert!(calls <= most, "{}: {calls} for {count}", org.name());
        }
        org.assert_no_violations().await;
    }
}

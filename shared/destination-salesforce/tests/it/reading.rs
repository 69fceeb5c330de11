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
use destination::{Change, Difference, Held, Reading};
use mapping::Plan;
use sandbox::salesforce::{Effect, Fault, Kind, Options};
use serde_json::json;
use strict_simulator::shop::mapping;

/// The objects that a delivered order may be in.
const OBJECTS: [&str; 4] = ["Account", "Contact", "Opportunity", "OpportunityLineItem"];

async fn doubles() -> Vec<Double> {
    Double::both(Options::default(), json!({})).await
}

fn plan(number: u32) -> Plan {
    let mut order = order(number);
    order.customer.id = Some(format!("7{number}"));
    order.customer.key = format!("7{number}");
    order.customer.email = format!("Jo.{number}@Example.com");
    order.customer.company = format!("Company {number}");
    mapping("woocommerce-salesforce", "").plan(&order).unwrap()
}

/// Delivers the plan, and returns it as the ledger has it afterwards.
async fn delivered(org: &Double, plan: Plan) -> Plan {
    let known = org.deliver(&plan).await.into_iter().collect();
    Plan { known, ..plan }
}

async fn read(org: &Double, plan: &Plan) -> Reading {
    let mut readings = org
        .another_worker()
        .read_all(std::slice::from_ref(plan))
        .await;
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

fn assert_is_staff(changed: &Change, org: &Double) {
    assert_eq!(changed.by.as_deref(), Some("Jane Doe"), "{}", org.name());
    assert!(changed.at.is_some(), "{}", org.name());
}

#[tokio::test]
async fn what_was_delivered_agrees_and_reading_writes_nothing() {
    for org in doubles().await {
        let plan = delivered(&org, plan(1)).await;
        let state = async || {
            let mut all = Vec::new();
            for object in OBJECTS {
                all.push(org.records(object).await);
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

#[tokio::test]
async fn a_field_that_staff_changed_is_told_with_both_values_and_who_and_when() {
    for org in doubles().await {
        let plan = delivered(&org, plan(1)).await;
        let change = json!({"StageName": "Negotiation/Review"});
        org.staff_edit("Opportunity", order_id(&plan), change).await;
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
        assert_eq!(difference.field, "StageName");
        assert_eq!(difference.found, "Negotiation/Review");
        assert!(!difference.expected.is_empty() && difference.expected != difference.found);
        assert_is_staff(changed, &org);
        assert_eq!(changed.is_ours, Some(false));
    }
}

#[tokio::test]
async fn a_deleted_order_is_told_with_who_and_when_whether_the_ledger_knows_it_or_not() {
    for org in doubles().await {
        let plan = delivered(&org, plan(1)).await;
        org.staff_delete("Opportunity", order_id(&plan)).await;
        let forgotten = Plan {
            known: Default::default(),
            ..plan.clone()
        };
        for asked in [&plan, &forgotten] {
            let reading = read(&org, asked).await;
            let Held::Gone {
                id,
                deleted,
                merged_into,
            } = held(&reading, order_name(&plan))
            else {
                panic!("{}: {reading:#?}", org.name());
            };
            assert_eq!((id.as_str(), merged_into), (order_id(&plan), &None));
            assert_is_staff(deleted, &org);
        }
    }
}

#[tokio::test]
async fn an_order_whose_key_staff_changed_is_there_and_not_gone() {
    for org in doubles().await {
        let plan = delivered(&org, plan(1)).await;
        let change = json!({"WooCommerce_Order_ID__c": "another"});
        org.staff_edit("Opportunity", order_id(&plan), change).await;
        let reading = read(&org, &plan).await;
        let Held::Found {
            id,
            differences,
            changed,
        } = held(&reading, order_name(&plan))
        else {
            panic!("{}: {reading:#?}", org.name());
        };
        assert_eq!(id, order_id(&plan));
        let expected = Difference {
            field: "WooCommerce_Order_ID__c".to_owned(),
            expected: plan.records[plan.own()].key.as_ref().unwrap().value.clone(),
            found: "another".to_owned(),
            changed: None,
        };
        assert_eq!(differences, &[expected], "{}", org.name());
        assert_is_staff(changed, &org);
    }
}

#[tokio::test]
async fn a_deleted_line_is_absent_and_an_extra_one_unplanned() {
    for org in doubles().await {
        let plan = delivered(&org, plan(1)).await;
        let lines = org.records("OpportunityLineItem").await;
        let line = lines[0].as_object().unwrap();
        let extra = json!({
            "OpportunityId": line["OpportunityId"],
            "PricebookEntryId": line["PricebookEntryId"],
            "Quantity": 9,
            "UnitPrice": 1,
        });
        let extra = org.by_hand("OpportunityLineItem", extra).await;
        let reading = read(&org, &plan).await;
        let is_extra = |held: &Held| matches!(held, Held::Unplanned { id, .. } if *id == extra);
        assert_eq!(reading.records.len(), plan.records.len() + 1);
        assert!(
            reading.records.iter().any(|record| is_extra(&record.held)),
            "{}: {reading:#?}",
            org.name()
        );
        assert!(!reading.agrees());

        for line in org.records("OpportunityLineItem").await {
            let id = line["Id"].as_str().unwrap();
            org.staff_delete("OpportunityLineItem", id).await;
        }
        let reading = read(&org, &plan).await;
        let of_lines = |object: &str| object == "OpportunityLineItem";
        let mut lines = reading
            .records
            .iter()
            .filter(|record| of_lines(&record.object))
            .peekable();
        assert!(lines.peek().is_some());
        assert!(
            lines.all(|line| line.held == Held::Absent),
            "{}: {reading:#?}",
            org.name()
        );
    }
}

/// The strict simulator cannot merge, so that this is the sandbox's alone.
#[tokio::test]
async fn a_merged_customer_is_told_with_the_record_into_which_it_went() {
    let org = Double::sandbox(Options::default()).await;
    let plan = delivered(&org, plan(1)).await;
    let master = org.by_hand("Account", json!({"Name": "Master"})).await;
    let contact = json!({"AccountId": master});
    org.staff_edit("Contact", &plan.known["contact"], contact)
        .await;
    let account = &plan.known["account"];
    let sandbox = org.as_sandbox().unwrap();
    sandbox
        .edit(
            "Opportunity",
            order_id(&plan),
            json!({"AccountId": master}).as_object().unwrap(),
        )
        .unwrap();
    sandbox.merge("Account", account, &master).unwrap();
    // Through the contact, delivering would find the master; without it, the account is gone.
    sandbox.delete("Contact", &plan.known["contact"]).unwrap();
    let reading = read(&org, &plan).await;
    let Held::Gone {
        id,
        deleted,
        merged_into,
    } = held(&reading, "account")
    else {
        panic!("{reading:#?}");
    };
    assert_eq!((id, merged_into.as_deref()), (account, Some(&*master)));
    assert_is_staff(deleted, &org);
}

#[tokio::test]
async fn a_call_reads_a_hundred_plans() {
    for org in doubles().await {
        let plans: Vec<Plan> = (1..=100).map(plan).collect();
        for chunk in plans.chunks(10) {
            for outcome in org.salesforce.deliver_all(chunk).await {
                support::records(&outcome);
            }
        }
        for count in [1, 10, 100] {
            let before = org.salesforce.calls().total();
            let readings = org.salesforce.read_all(&plans[..count]).await;
            assert_eq!(readings.len(), count);
            for reading in readings {
                let reading = reading.unwrap();
                assert!(reading.agrees(), "{}: {reading:#?}", org.name());
            }
            let calls = org.salesforce.calls().total() - before;
            assert_eq!(calls, 1, "{}: {count} plans", org.name());
        }
        org.assert_no_violations().await;
    }
}

#[tokio::test]
async fn once_the_recycle_bin_is_emptied_a_known_order_is_gone_and_an_unknown_one_absent() {
    let org = Double::sandbox(Options::default()).await;
    let plan = delivered(&org, plan(1)).await;
    org.staff_delete("Opportunity", order_id(&plan)).await;
    org.as_sandbox().unwrap().empty_recycle_bin();
    let reading = read(&org, &plan).await;
    let gone = Held::Gone {
        id: order_id(&plan).to_owned(),
        deleted: Change::default(),
        merged_into: None,
    };
    assert_eq!(held(&reading, order_name(&plan)), &gone);
    let forgotten = Plan {
        known: Default::default(),
        ..plan.clone()
    };
    let reading = read(&org, &forgotten).await;
    assert_eq!(held(&reading, order_name(&plan)), &Held::Absent);
}

/// What a call could not tell must not be taken for a deletion, which would be mended by a second
/// record.
#[tokio::test]
async fn where_the_question_about_deletions_fails_for_now_nothing_is_told_as_gone() {
    let org = Double::sandbox(Options::default()).await;
    let plan = delivered(&org, plan(1)).await;
    let worker = org.another_worker();
    worker.read_all(std::slice::from_ref(&plan)).await;
    org.staff_delete("Opportunity", order_id(&plan)).await;
    let fault = Fault::new(Effect::Status(503)).on(Kind::Composite);
    org.as_sandbox()
        .unwrap()
        .fault(fault.after(1).times(u32::MAX));
    let failure = worker.read_all(&[plan]).await.pop().unwrap().unwrap_err();
    assert!(failure.is_transient(), "{failure}");
}

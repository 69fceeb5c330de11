//! Reading back, against the strict simulator: what became of orders that the ledger knows. That
//! what was delivered is read back as planned, for every shop's samples, and that a changed field is
//! the only difference, the contract's tests show over the sandbox.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

use crate::support;

use destination::{Destination, Held, Reading};
use mapping::Plan;
use serde_json::{Value, json};
use support::{Account, in_time, records, shop::order, shop::sample};

/// Delivers the sample, and returns its plan as the ledger completes it.
async fn delivered(account: &Account) -> Plan {
    let mut plan = sample().plan();
    plan.known = records(&account.deliver_one(&plan).await)
        .into_iter()
        .collect();
    plan
}

async fn read(account: &Account, plan: &Plan) -> Reading {
    let mut readings = account.netsuite.read(&in_time(), &[plan]).await;
    readings.pop().unwrap().unwrap()
}

fn of_order(reading: &Reading) -> &Held {
    let order = reading
        .records
        .iter()
        .find(|record| record.object == "salesOrder");
    &order.unwrap().held
}

async fn by_staff(account: &Account, plan: &Plan, what: Value) {
    let mut change =
        json!({"object": "salesOrder", "id": plan.known["sales_order"], "user": "Jane Doe"});
    change
        .as_object_mut()
        .unwrap()
        .extend(what.as_object().unwrap().clone());
    account.post("staff", change).await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_deleted_order_is_gone_with_who_and_when() {
    let account = Account::start().await;
    let plan = delivered(&account).await;
    assert!(read(&account, &plan).await.agrees());
    by_staff(&account, &plan, json!({"delete": true})).await;
    match of_order(&read(&account, &plan).await) {
        Held::Gone { id, deleted, .. } => {
            assert_eq!(*id, plan.known["sales_order"]);
            assert_eq!(deleted.by.as_deref(), Some("Jane Doe"));
            assert!(deleted.at.is_some());
        }
        held => panic!("{held:#?}"),
    }
    account.assert_no_violations().await;
}

/// Told as gone, a forced delivery would make a second one.
#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn an_order_whose_external_id_was_changed_is_there_and_not_gone() {
    let account = Account::start().await;
    let plan = delivered(&account).await;
    by_staff(&account, &plan, json!({"set": {"externalId": "MINE-1"}})).await;
    match of_order(&read(&account, &plan).await) {
        Held::Found { differences, .. } => {
            let fields: Vec<&str> = differences.iter().map(|one| one.field.as_str()).collect();
            assert_eq!(fields, ["externalId"]);
        }
        held => panic!("{held:#?}"),
    }
    account.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn an_order_that_was_never_there_is_absent() {
    let account = Account::start().await;
    let reading = read(&account, &sample().plan()).await;
    assert_eq!(*of_order(&reading), Held::Absent);
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_hundred_orders_are_read_in_a_few_calls() {
    let account = Account::start().await;
    let plan = |number: u32| order(number, &number.to_string(), sample().lines).plan();
    let plans: Vec<Plan> = (0..100).map(plan).collect();
    for plan in &plans {
        records(&account.deliver_one(plan).await);
    }
    let lent: Vec<&Plan> = plans.iter().collect();
    let before = account.netsuite.calls().total();
    for reading in account.netsuite.read(&in_time(), &lent).await {
        let reading = reading.unwrap();
        assert!(reading.agrees(), "{reading:#?}");
    }
    let calls = account.netsuite.calls().total() - before;
    assert!(calls <= 2, "{calls}");
    account.assert_no_violations().await;
}

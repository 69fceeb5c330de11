//! Several orders at once: few calls, one record each, and a bad order hurts only itself.

use crate::support;

use destination::Outcome;
use mapping::plan::{Missing, When};
use serde_json::json;
use support::{
    Org, WithoutDeadline, records, rejected,
    shop::{Order, line, order, sample, text},
    warnings,
};

/// Returns ten new orders, half of them by companies.
fn ten(first: u32) -> Vec<Order> {
    let company = |number: u32| {
        number
            .is_multiple_of(2)
            .then(|| format!("Company {number}"))
    };
    (first..first + 10)
        .map(|number| Order {
            company: company(number),
            ..order(number)
        })
        .collect()
}

fn all_delivered(outcomes: &[Outcome]) {
    outcomes.iter().for_each(|outcome| _ = records(outcome));
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn calls_per_order() {
    let org = Org::start().await;
    let mut table = Vec::new();
    let mut calls = 0;
    let mut row = |what: &str, orders: u64, now: u64| {
        let (number, before) = (now - calls, calls);
        calls = now;
        table.push(format!(
            "{what:44} {orders:>2} orders {number:>2} calls, {}.{:02} per order",
            number / orders,
            number * 100 / orders % 100
        ));
        now - before
    };
    let deals: Vec<_> = ten(100).iter().map(Order::plan).collect();
    all_delivered(&org.zoho.deliver_all(&deals).await);
    let ten_deals = row(
        "deals, new, with a look at the contacts",
        10,
        org.calls().await,
    );
    let mut blind = deals.clone();
    blind
        .iter_mut()
        .for_each(|plan| plan.records.iter_mut().for_each(without_conditions));
    all_delivered(&org.zoho.deliver_all(&blind).await);
    let ten_blind = row("deals, nothing to know beforehand", 10, org.calls().await);
    let sales_orders: Vec<_> = ten(200)
        .into_iter()
        .map(|order| {
            Order {
                sales_order: true,
                company: Some("Acme Corp".to_owned()),
                ..order
            }
            .plan()
        })
        .collect();
    all_delivered(&org.zoho.deliver_all(&sales_orders).await);
    row(
        "sales orders, new, products not yet cached",
        10,
        org.calls().await,
    );
    all_delivered(&org.zoho.deliver_all(&sales_orders).await);
    row("sales orders, changed", 10, org.calls().await);
    records(&org.deliver_one(&sample().plan()).await);
    row("a deal, new", 1, org.calls().await);
    records(
        &org.deliver_one(
            &Order {
                company: None,
                ..sample()
            }
            .plan(),
        )
        .await,
    );
    row("a deal without a company", 1, org.calls().await);
    println!("{}", table.join("\n"));
    assert_eq!((ten_deals, ten_blind), (4, 3));
    org.assert_no_violations().await;
}

fn without_conditions(record: &mut mapping::plan::Record) {
    record
        .fields
        .values_mut()
        .for_each(|field| field.on = When::Always);
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn one_company_in_one_batch_is_one_account() {
    let org = Org::start().await;
    let orders = [("Acme Corp", 1), ("ACME CORP ", 2), ("Acme Corp", 3)];
    let plans: Vec<_> = orders
        .iter()
        .map(|(company, number)| {
            Order {
                company: Some((*company).to_owned()),
                ..order(*number)
            }
            .plan()
        })
        .collect();
    let outcomes = org.zoho.deliver_all(&plans).await;
    let accounts: Vec<String> = outcomes
        .iter()
        .map(|outcome| records(outcome)["account"].clone())
        .collect();
    assert!(accounts.iter().all(|account| *account == accounts[0]));
    assert_eq!(
        (
            org.records("Accounts").await.len(),
            org.records("Contacts").await.len()
        ),
        (1, 3)
    );
    org.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn batches_at_the_same_instant_make_one_company_and_one_contact() {
    let org = Org::start().await;
    org.config(json!({"latency_ms": 10})).await;
    records(&org.deliver_one(&order(1).plan()).await);
    for round in 0..25_u32 {
        let plan = |number: u32| {
            let (company, email) = (
                Some(format!("Company {round}")),
                format!("jo.{round}@example.org"),
            );
            [Order {
                company,
                email,
                ..order(1000 + round * 10 + number)
            }
            .plan()]
        };
        let plans = [plan(1), plan(2), plan(3), plan(4)];
        let [a, b, c, d] = &plans;
        let (a, b, c, d) = tokio::join!(
            org.zoho.deliver_all(a),
            org.zoho.deliver_all(b),
            org.zoho.deliver_all(c),
            org.zoho.deliver_all(d)
        );
        all_delivered(&[a, b, c, d].concat());
    }
    assert_eq!(
        (
            org.records("Accounts").await.len(),
            org.records("Contacts").await.len()
        ),
        (25, 26)
    );
    org.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn one_bad_record_leaves_nine() {
    let org = Org::start().await;
    let mut plans: Vec<_> = ten(300).iter().map(Order::plan).collect();
    // The built-in mapping leaves out a text that is no phone number; another mapping may not.
    let contact = plans[4]
        .records
        .iter_mut()
        .find(|record| record.name == "contact")
        .unwrap();
    contact
        .fields
        .insert("Phone".to_owned(), text("call me: anytime!"));
    let outcomes = org.zoho.deliver_all(&plans).await;
    for (place, outcome) in outcomes.iter().enumerate().filter(|(place, _)| *place != 4) {
        assert!(records(outcome).contains_key("deal"), "{place}");
    }
    let failure = rejected(outcomes[4].clone());
    assert_eq!(
        failure.summary(),
        "validation in write: INVALID_DATA: contact.Phone"
    );
    assert!(
        failure
            .message
            .contains("order 304: contact.Phone: Zoho refused: INVALID_DATA")
            && failure.message.contains("expected phone"),
        "{failure}"
    );
    assert!(
        failure.request.unwrap().contains("anytime")
            && failure.response.unwrap().contains("json_path")
    );
    assert_eq!(
        (
            org.records("Contacts").await.len(),
            org.records("Deals").await.len()
        ),
        (9, 9)
    );
    org.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_bad_order_does_not_spoil_the_company_of_its_neighbour() {
    let org = Org::start().await;
    let company = || Some("Acme Corp".to_owned());
    let mut plans = [1, 2, 3].map(|number| {
        Order {
            company: company(),
            ..order(number)
        }
        .plan()
    });
    plans[1].records[0]
        .fields
        .insert("Phone".to_owned(), text("?"));
    let outcomes = org.zoho.deliver_all(&plans).await;
    records(&outcomes[0]);
    records(&outcomes[2]);
    assert_eq!(
        rejected(outcomes[1].clone()).place.as_deref(),
        Some("account.Phone")
    );
    assert_eq!(org.records("Accounts").await.len(), 1);
    org.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn batches_at_the_same_instant_make_one_product() {
    let org = Org::start().await;
    org.config(json!({"latency_ms": 10})).await;
    records(&org.deliver_one(&order(1).plan()).await);
    for _ in 0..5 {
        let sales_order = |number: u32| Order {
            sales_order: true,
            missing: Missing::Create,
            lines: vec![line("NEW", 1, "5.00")],
            company: Some("Acme Corp".to_owned()),
            ..order(number)
        };
        let (first, second) = ([sales_order(1).plan()], [sales_order(2).plan()]);
        let (a, b) = tokio::join!(org.zoho.deliver_all(&first), org.zoho.deliver_all(&second));
        all_delivered(&[a, b].concat());
    }
    assert_eq!(org.records("Products").await.len(), 3);
    org.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn more_records_than_one_answer_shows_are_read_to_the_end() {
    let org = Org::start().await;
    records(&org.deliver_one(&order(1).plan()).await);
    let mut oldest = None;
    for _ in 0..30 {
        let twin = org
            .by_hand(
                "Contacts",
                json!({"Email": sample().email, "Last_Name": "Doe"}),
            )
            .await;
        oldest.get_or_insert(twin);
    }
    let order = Order {
        sales_order: true,
        ..sample()
    };
    let outcome = org.deliver_one(&order.plan()).await;
    assert_eq!(records(&outcome).get("contact"), oldest.as_ref());
    assert!(
        warnings(&outcome)[0].contains("30 records of Contacts in Zoho have the same key"),
        "{outcome:?}"
    );
    org.assert_no_violations().await;
}

//! Orders into the strict simulator: what is written, in how many calls, and what a second delivery
//! changes.

use crate::support;

use destination::Outcome;
use mapping::{Plan, plan::Missing};
use order::Money;
use sandbox::salesforce::Options;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use strict_simulator::shop::mapping;
use support::{
    Org, WithoutDeadline,
    both::{self, Double},
    records,
    shop::{Line, Order, line, order, sample},
    warnings,
};

/// Returns the lines as `quantity x unit price = total`, in the order in which they came.
async fn lines(org: &Org) -> Vec<String> {
    let amount = |value: &Value| {
        value
            .as_f64()
            .map_or_else(String::new, |number| format!("{number:.2}"))
    };
    let rows = org.records("OpportunityLineItem").await;
    rows.iter()
        .map(|row| {
            format!(
                "{} x {} = {}",
                amount(&row["Quantity"]),
                amount(&row["UnitPrice"]),
                amount(&row["TotalPrice"])
            )
        })
        .collect()
}

#[tokio::test]
async fn the_sample_order_lands_in_two_calls() {
    let Some(org) = Org::start().await else {
        return;
    };
    let ids = records(&org.deliver_one(&sample().plan()).await);
    assert_eq!((org.calls().await, org.logins().await), (2, 1));

    let opportunity = &org.records("Opportunity").await[0];
    assert_eq!(opportunity["Id"], json!(ids["opportunity"]));
    assert_eq!(opportunity["WooCommerce_Order_ID__c"], "12345");
    assert_eq!(opportunity["AccountId"], json!(ids["account"]));
    assert_eq!(opportunity["ContactId"], json!(ids["contact"]));
    assert_eq!(opportunity["Amount"].as_f64(), Some(99.99));
    assert_eq!(
        org.records("Contact").await[0]["AccountId"],
        json!(ids["account"])
    );
    assert_eq!(
        lines(&org).await,
        ["1.00 x 49.99 = 49.99", "2.00 x 25.00 = 50.00"]
    );
    org.assert_no_violations().await;
}

#[tokio::test]
async fn a_batch_of_ten_costs_two_calls_and_five_replays_change_nothing() {
    let Some(org) = Org::start().await else {
        return;
    };
    let plans: Vec<_> = (0..10)
        .map(|n| {
            order(
                1000 + n,
                &format!("{}", 70 + n),
                vec![line("101", 1, "49.99"), line("101", 2, "40.00")],
            )
            .plan()
        })
        .collect();
    let first: Vec<_> = org
        .salesforce
        .deliver_all(&plans)
        .await
        .iter()
        .map(records)
        .collect();
    assert_eq!(org.calls().await, 2);
    let state = org.get("state").await;
    for _ in 0..5 {
        let again: Vec<_> = org
            .another_worker()
            .deliver_all(&plans)
            .await
            .iter()
            .map(records)
            .collect();
        assert_eq!(again, first);
    }
    assert_eq!(org.calls().await, 12);
    for object in [
        "Account",
        "Contact",
        "Opportunity",
        "OpportunityContactRole",
    ] {
        assert_eq!(org.records(object).await.len(), 10, "{object}");
    }
    let ids = |state: &Value| {
        state["OpportunityLineItem"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["Id"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        ids(&org.get("state").await),
        ids(&state),
        "the lines keep their ids"
    );
    org.assert_no_violations().await;
}

#[tokio::test]
async fn changed_lines_are_changed_added_and_taken_away() {
    let Some(org) = Org::start().await else {
        return;
    };
    org.deliver_one(&sample().plan()).await;
    let kept = org.records("OpportunityLineItem").await[0]["Id"].clone();
    let mut changed = sample();
    changed.stage = "Closed Lost".to_owned();
    changed.lines = vec![line("101", 3, "45.00"), line("woo-polo", 1, "20.00")];
    records(&org.deliver_one(&changed.plan()).await);
    assert_eq!(org.calls().await, 4);
    assert_eq!(
        lines(&org).await,
        ["3.00 x 45.00 = 135.00", "1.00 x 20.00 = 20.00"]
    );
    assert_eq!(org.records("OpportunityLineItem").await[0]["Id"], kept);
    let opportunities = org.records("Opportunity").await;
    assert_eq!(
        (opportunities.len(), opportunities[0]["StageName"].as_str()),
        (1, Some("Closed Lost"))
    );
    org.assert_no_violations().await;
}

#[tokio::test]
async fn an_order_that_lost_its_last_line_has_none_in_salesforce_either() {
    for in_doubt in [false, true] {
        let Some(org) = Org::start().await else {
            return;
        };
        let mut order = sample();
        org.deliver_one(&order.plan()).await;
        order.lines.clear();
        let plan = Plan {
            in_doubt,
            ..order.plan()
        };
        records(&org.deliver_one(&plan).await);
        assert!(lines(&org).await.is_empty());
        let opportunities = org.records("Opportunity").await;
        assert_eq!((org.calls().await, opportunities.len()), (4, 1));
        assert_eq!(
            opportunities[0]["Amount"].as_f64(),
            Some(99.99),
            "the amount of an order without lines is its own, in doubt: {in_doubt}"
        );
        org.assert_no_violations().await;
    }
}

/// The sum of the lines becomes zero with the last of them, so that the amount has to be written, though
/// it is found to be right before.
#[tokio::test]
async fn what_is_left_of_an_order_without_lines_is_its_amount() {
    let mapping = mapping("woocommerce-salesforce", "");
    for org in Double::both(Options::default(), json!({})).await {
        for (number, in_doubt) in [(1, false), (2, true)] {
            let mut order = both::order(number);
            (order.shipping_total, order.tax_total) = (Money::ZERO, Money::ZERO);
            order.fee_total = Money::ZERO;
            (order.shipping_lines, order.fees, order.taxes) = (vec![], vec![], vec![]);
            order.total = order.subtotal;
            let sold = mapping.plan(&order).unwrap();
            org.deliver(&sold).await;
            order.shipping_total = order.total;
            order.lines.clear();
            let left = mapping.plan(&order).unwrap();
            org.deliver(&Plan { in_doubt, ..left }).await;
            let opportunities = org.records("Opportunity").await;
            let amount = opportunities.last().unwrap()["Amount"].as_f64();
            assert_eq!(amount, Some(20.0), "{}, in doubt: {in_doubt}", org.name());
        }
        assert_eq!(org.records("OpportunityLineItem").await.len(), 0);
        org.assert_no_violations().await;
    }
}

#[tokio::test]
async fn ten_over_three_keeps_its_total_also_when_the_quantity_changes() {
    let Some(org) = Org::start().await else {
        return;
    };
    let with = |quantity, price| {
        order(
            5,
            "9",
            vec![Line {
                sku: "101".to_owned(),
                quantity,
                price,
            }],
        )
        .plan()
    };
    records(
        &org.deliver_one(&with(3, ("TotalPrice", "10.00".to_owned())))
            .await,
    );
    assert_eq!(lines(&org).await, ["3.00 x 3.33 = 10.00"]);
    records(
        &org.deliver_one(&with(7, ("TotalPrice", "20.00".to_owned())))
            .await,
    );
    assert_eq!(
        org.records("Opportunity").await[0]["Amount"].as_f64(),
        Some(20.0)
    );
    records(
        &org.deliver_one(&with(2, ("UnitPrice", "4.00".to_owned())))
            .await,
    );
    assert_eq!(lines(&org).await, ["2.00 x 4.00 = 8.00"]);
    org.assert_no_violations().await;
}

#[tokio::test]
async fn a_contact_found_by_email_keeps_its_account_and_both_get_our_key() {
    let Some(org) = Org::start().await else {
        return;
    };
    let account = org
        .by_hand(
            "Account",
            json!({"Name": "Known Company", "Phone": "555-0199"}),
        )
        .await;
    let contact = org
        .by_hand(
            "Contact",
            json!({"LastName": "Doe", "Email": "Jo.56@Example.com", "AccountId": account}),
        )
        .await;
    org.by_hand(
        "Contact",
        json!({"LastName": "Later", "Email": "jo.56@example.com"}),
    )
    .await;
    let outcome = org.deliver_one(&sample().plan()).await;
    let ids = records(&outcome);
    assert_eq!((&ids["account"], &ids["contact"]), (&account, &contact));
    assert!(
        warnings(&outcome)
            .iter()
            .any(|text| text.starts_with("2 Contact records")),
        "{:?}",
        warnings(&outcome)
    );
    let row = &org.records("Account").await[0];
    assert_eq!(row["Name"], "Known Company", "on = create");
    assert_eq!(row["Phone"], "555-0199", "on = blank");
    assert_eq!(row["BillingCity"], "Anytown");
    assert_eq!(row["WooCommerce_Customer_ID__c"], "56");
    assert_eq!(
        org.records("Contact").await[0]["WooCommerce_Customer_ID__c"],
        "56"
    );
    assert_eq!(org.salesforce.calls().total(), 3, "the login and two calls");
    org.assert_no_violations().await;
}

#[tokio::test]
async fn a_guest_who_registers_stays_one_person_and_a_guest_never_takes_a_firm_key() {
    let Some(org) = Org::start().await else {
        return;
    };
    let mut guest = order(1, "guest-4f2a", vec![line("101", 1, "49.99")]);
    guest.email = "kim@example.com".to_owned();
    let first = records(&org.deliver_one(&guest.plan()).await);
    let mut registered = order(2, "77", vec![line("102", 1, "25.00")]);
    registered.email = "kim@example.com".to_owned();
    let second = records(&org.deliver_one(&registered.plan()).await);
    assert_eq!(
        (&first["account"], &first["contact"]),
        (&second["account"], &second["contact"])
    );
    assert_eq!(
        org.records("Account").await[0]["WooCommerce_Customer_ID__c"],
        "77"
    );
    guest.id = "3".to_owned();
    let third = records(&org.deliver_one(&guest.plan()).await);
    assert_eq!(first["account"], third["account"]);
    assert_eq!(
        org.records("Account").await[0]["WooCommerce_Customer_ID__c"],
        "77"
    );
    assert_eq!(
        org.records("Contact").await[0]["WooCommerce_Customer_ID__c"],
        "77"
    );
    org.assert_no_violations().await;
}

#[tokio::test]
async fn quotes_backslashes_and_references_are_only_text() {
    let Some(org) = Org::start().await else {
        return;
    };
    org.by_hand(
        "Contact",
        json!({"LastName": "Bystander", "Email": "by.stander@example.com"}),
    )
    .await;
    let mut odd = sample();
    odd.email = "o'brien\\' OR Email != null@example.com".to_owned();
    odd.name = (
        "@{r2_opportunity.id}".to_owned(),
        "O'Brien \u{1F44D}\nJr.".to_owned(),
    );
    let mut plan = odd.plan();
    plan.records[1].fields.shift_remove("Email");
    let ids = records(&org.deliver_one(&plan).await);
    let contacts = org.records("Contact").await;
    assert_eq!(contacts.len(), 2);
    assert_eq!(contacts[1]["Id"], json!(ids["contact"]));
    assert_eq!(contacts[1]["FirstName"], "@ {r2_opportunity.id}");
    org.assert_no_violations().await;
}

#[tokio::test]
async fn a_missing_product_is_rejected_skipped_or_made() {
    let Some(org) = Org::start().await else {
        return;
    };
    let mut unknown = order(
        1,
        "1",
        vec![line("101", 1, "49.99"), line("NEW-1", 2, "7.50")],
    );
    let Outcome::Rejected(failure) = org.deliver_one(&unknown.plan()).await else {
        panic!("must be rejected")
    };
    assert!(
        failure.message.contains("NEW-1") && failure.message.contains("vars.missing_product"),
        "{}",
        failure.message
    );
    assert_eq!(org.records("Opportunity").await.len(), 0);

    unknown.missing = Missing::Skip;
    let outcome = org.deliver_one(&unknown.plan()).await;
    assert!(
        warnings(&outcome)[0].contains("lines[1] was left out"),
        "{:?}",
        warnings(&outcome)
    );
    assert_eq!(lines(&org).await, ["1.00 x 49.99 = 49.99"]);

    unknown.missing = Missing::Create;
    records(&org.deliver_one(&unknown.plan()).await);
    assert_eq!(
        lines(&org).await,
        ["1.00 x 49.99 = 49.99", "2.00 x 7.50 = 15.00"]
    );
    let product = org
        .records("Product2")
        .await
        .into_iter()
        .find(|row| row["ProductCode"] == "NEW-1")
        .unwrap();
    assert_eq!(
        (product["Name"].as_str(), product["IsActive"].as_bool()),
        (Some("Thing NEW-1"), Some(true))
    );

    let before = org.calls().await;
    unknown.missing = Missing::Reject;
    records(&org.deliver_one(&unknown.plan()).await);
    assert_eq!(
        org.calls().await - before,
        2,
        "a product that was made is found"
    );
    org.assert_no_violations().await;
}

#[tokio::test]
async fn two_orders_of_one_batch_make_a_product_once() {
    let Some(org) = Org::start().await else {
        return;
    };
    let mut orders = [
        order(1, "1", vec![line("NEW-2", 1, "5.00")]),
        order(
            2,
            "2",
            vec![line("NEW-2", 2, "5.00"), line("new-2", 1, "5.00")],
        ),
    ];
    orders
        .iter_mut()
        .for_each(|order| order.missing = Missing::Create);
    let outcomes = org
        .salesforce
        .deliver_all(&orders.map(|order| order.plan()))
        .await;
    outcomes.iter().for_each(|outcome| _ = records(outcome));
    assert_eq!(
        org.records("Product2")
            .await
            .iter()
            .filter(|row| row["ProductCode"] == "NEW-2")
            .count(),
        1
    );
    assert_eq!(lines(&org).await.len(), 3);
    org.assert_no_violations().await;
}

#[tokio::test]
async fn a_price_book_entry_that_went_away_is_looked_up_again() {
    let Some(org) = Org::start().await else {
        return;
    };
    records(
        &org.deliver_one(&order(1, "1", vec![line("101", 1, "49.99")]).plan())
            .await,
    );
    let entry = org.records("OpportunityLineItem").await[0]["PricebookEntryId"]
        .as_str()
        .unwrap()
        .to_owned();
    org.change_by_hand("PricebookEntry", &entry, json!({"IsActive": false}))
        .await;
    let Outcome::Rejected(failure) = org
        .deliver_one(&order(2, "2", vec![line("101", 1, "49.99")]).plan())
        .await
    else {
        panic!("must be rejected")
    };
    assert!(
        failure.message.contains("Salesforce has no PricebookEntry"),
        "{}",
        failure.message
    );
    org.change_by_hand("PricebookEntry", &entry, json!({"IsActive": true}))
        .await;
    records(
        &org.deliver_one(&order(2, "2", vec![line("101", 1, "49.99")]).plan())
            .await,
    );
    org.assert_no_violations().await;
}

#[tokio::test]
async fn one_poison_order_among_ten_leaves_nine_delivered() {
    let Some(org) = Org::start().await else {
        return;
    };
    let mut orders: Vec<_> = (0..10)
        .map(|n| {
            order(
                2000 + n,
                &format!("{}", 100 + n),
                vec![line("101", 1, "49.99")],
            )
        })
        .collect();
    orders[4].name.1 = "x".repeat(81);
    let outcomes = org
        .salesforce
        .deliver_all(
            &orders
                .iter()
                .map(support::shop::Order::plan)
                .collect::<Vec<_>>(),
        )
        .await;
    assert_eq!(
        outcomes
            .iter()
            .filter(|outcome| matches!(outcome, Outcome::Delivered { .. }))
            .count(),
        9
    );
    let Outcome::Rejected(failure) = &outcomes[4] else {
        panic!("{:?}", outcomes[4])
    };
    assert_eq!(failure.place.as_deref(), Some("contact.LastName"));
    assert!(
        failure
            .message
            .starts_with("order 2004: contact.LastName: Salesforce refused: STRING_TOO_LONG"),
        "{}",
        failure.message
    );
    assert!(
        failure
            .request
            .as_ref()
            .is_some_and(|text| text.contains("g4") && !text.contains("g5"))
    );
    assert!(
        failure
            .response
            .as_ref()
            .is_some_and(|text| text.contains("STRING_TOO_LONG"))
    );
    assert_eq!(
        (org.calls().await, org.records("Opportunity").await.len()),
        (2, 9)
    );
    org.assert_no_violations().await;
}

#[tokio::test]
async fn texts_as_long_as_an_id_are_told_apart_by_their_last_letters() {
    let Some(org) = Org::start().await else {
        return;
    };
    // An SKU on a pallet's label: the scanner's prefix and 18 characters behind the same 15.
    let with = |id, customer: &str, sku: &str| order(id, customer, vec![line(sku, 1, "10.00")]);
    let known = Order {
        missing: Missing::Create,
        ..with(1, "1", "SSCC18340123456789")
    };
    records(&org.deliver_one(&known.plan()).await);
    let numbered = |id: &str, customer| Order {
        id: id.to_owned(),
        stage: format!("Stage of {id}"),
        ..with(0, customer, "SSCC18340123456789")
    };
    let plans = [
        with(2, "2", "SSCC18340123456XYZ").plan(),
        with(3, "3", "SSCC18340123456789").plan(),
        numbered("202611280000001234", "4").plan(),
        numbered("202611280000001235", "5").plan(),
    ];
    let outcomes = org.another_worker().deliver_all(&plans).await;
    let Outcome::Rejected(failure) = &outcomes[0] else {
        panic!("{:?}", outcomes[0])
    };
    assert!(
        failure
            .message
            .contains("Product2.ProductCode = SSCC18340123456XYZ"),
        "{failure}"
    );
    let ids: BTreeSet<String> = outcomes[1..]
        .iter()
        .map(|outcome| records(outcome)["opportunity"].clone())
        .collect();
    assert_eq!(ids.len(), 3);
    // Once more, when all of them are there.
    let again = org.another_worker().deliver_all(&plans[1..]).await;
    assert_eq!(
        again
            .iter()
            .map(|outcome| records(outcome)["opportunity"].clone())
            .collect::<BTreeSet<_>>(),
        ids
    );
    let rows = org.records("Opportunity").await;
    assert_eq!(rows.len(), 4);
    for row in rows.iter().filter(|row| {
        row["WooCommerce_Order_ID__c"]
            .as_str()
            .is_some_and(|id| id.len() == 18)
    }) {
        let id = row["WooCommerce_Order_ID__c"].as_str().unwrap();
        assert_eq!(row["StageName"], format!("Stage of {id}"));
    }
    org.assert_no_violations().await;
}

#[tokio::test]
async fn an_order_of_a_thousand_lines_is_written_in_parts_and_only_once() {
    let Some(org) = Org::start().await else {
        return;
    };
    let many = order(1, "1", (0..1000).map(|_| line("101", 1, "1.00")).collect()).plan();
    records(&org.deliver_one(&many).await);
    records(&org.deliver_one(&many).await);
    assert_eq!(org.records("OpportunityLineItem").await.len(), 1000);
    assert_eq!(
        org.records("Opportunity").await[0]["Amount"].as_f64(),
        Some(1000.0)
    );
    org.assert_no_violations().await;
}

#[tokio::test]
async fn check_names_what_is_missing_in_the_org() {
    let Some(org) = Org::start().await else {
        return;
    };
    let mut plan = sample().plan();
    let findings = org.salesforce.check_all(&plan).await;
    assert!(findings.iter().all(|finding| finding.ok), "{findings:#?}");
    plan.records[2].key.as_mut().unwrap().field = "StageName".to_owned();
    plan.records[0].fields.insert(
        "Shoe_Size__c".to_owned(),
        support::shop::text("44", mapping::plan::When::Always),
    );
    let problems: Vec<_> = org
        .salesforce
        .check_all(&plan)
        .await
        .into_iter()
        .filter(|finding| !finding.ok)
        .map(|finding| finding.text)
        .collect();
    assert_eq!(problems.len(), 2, "{problems:#?}");
    assert!(
        problems[0].contains("Account.Shoe_Size__c")
            && problems[1].contains("Opportunity.StageName"),
        "{problems:#?}"
    );
}

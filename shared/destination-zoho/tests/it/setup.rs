//! Set-up from an organisation that has nothing of ours: over the sandbox, and over the strict
//! simulator where it is present.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

use crate::support::both::{Double, order};
use destination_zoho::ZohoSetup;
use mapping::Plan;
use sandbox::zoho::{CustomField, Options};
use serde_json::{Value, json};
use setup::{Item, Made, Remedy, Report, Setup, State};
use strict_simulator::shop::mapping;

const KEYS: &str = r#"vars.order_field = "Shop_Order_ID"
vars.customer_field = "Shop_Customer_ID"
vars.account_field = "Shop_Account_ID""#;

/// An organisation that has made no field for orders.
pub(crate) fn bare() -> Value {
    json!({"fields": {"Deals": {"WooCommerce_Order_ID": null}}})
}

pub(crate) fn plan(overrides: &str) -> Plan {
    let mut order = order(1);
    order.billing.company = "Acme Inc.".to_owned();
    mapping("woocommerce-zoho", overrides).plan(&order).unwrap()
}

pub(crate) fn of(org: &Double, plan: &Plan) -> ZohoSetup {
    ZohoSetup::new(org.another_worker(), None, vec![plan.clone()])
}

pub(crate) async fn make(org: &Double, plan: &Plan) -> Report {
    setup::make(&of(org, plan), |_, _| ()).await
}

pub(crate) fn bad(plan: &[Item]) -> Vec<String> {
    let bad = plan.iter().filter(|item| item.is_bad());
    bad.map(Item::to_string).collect()
}

/// Returns why the one change was refused, and what to do.
pub(crate) fn refusal(report: &Report) -> String {
    match &report.made[..] {
        [(_, Made::Refused { why, steps })] => format!("{why}: {}", steps.join("; ")),
        other => panic!("{other:#?}"),
    }
}

/// Returns the only item of the plan that is bad, as its line; nothing can be made of it.
async fn only_by_hand(org: &Double, plan: &Plan) -> String {
    let items = of(org, plan).plan().await;
    let lines = bad(&items);
    assert_eq!(lines.len(), 1, "{}: {lines:#?}", org.name());
    assert!(
        items
            .iter()
            .all(|item| !matches!(item.remedy, Remedy::Api(_)) || !item.is_bad()),
        "{items:#?}"
    );
    lines.into_iter().next().unwrap()
}

#[tokio::test]
async fn from_nothing_all_fields_are_made_once_and_orders_land() {
    for org in Double::both(Options::default(), bare()).await {
        let plan = plan(KEYS);
        let before = of(&org, &plan).plan().await;
        let missing: Vec<&str> = before
            .iter()
            .filter(|item| item.state == State::Missing)
            .map(|item| item.subject.as_str())
            .collect();
        assert_eq!(
            missing,
            [
                "Accounts.Shop_Account_ID",
                "Contacts.Shop_Customer_ID",
                "Deals.Shop_Order_ID"
            ],
            "{}: {before:#?}",
            org.name()
        );
        let report = make(&org, &plan).await;
        assert!(
            report.made.len() == 3 && report.made.iter().all(|(_, made)| *made == Made::Done),
            "{report:#?}"
        );
        assert_eq!(bad(&report.after), [""; 0], "{}", org.name());
        let again = make(&org, &plan).await;
        assert_eq!((again.made.len(), &again.after), (0, &report.after));

        let first = org.deliver(&plan).await;
        assert_eq!(org.deliver(&plan).await, first);
        assert_eq!(org.records("Deals").await[0]["Shop_Order_ID"], json!("1"));
        org.assert_no_violations().await;
    }
}

#[tokio::test]
async fn a_field_that_is_there_becomes_unique_but_not_over_doubles() {
    for has_doubles in [false, true] {
        let options = Options {
            custom_fields: vec![CustomField::text("Deals", "Shop_Order_ID", 120)],
            ..Options::default()
        };
        let config = json!({"fields": {"Deals": {
            "WooCommerce_Order_ID": null, "Shop_Order_ID": {"data_type": "text", "length": 120},
        }}});
        for org in Double::both(options, config).await {
            let plan = plan(r#"vars.order_field = "Shop_Order_ID""#);
            // The strict simulator wants a login before anybody does anything.
            of(&org, &plan).plan().await;
            for name in ["A", "B"] {
                let deal = json!({
                    "Deal_Name": name, "Stage": "Closed Won", "Closing_Date": "2026-01-01",
                    "Shop_Order_ID": if has_doubles { "same" } else { name },
                });
                org.by_hand("Deals", deal).await;
            }
            let report = make(&org, &plan).await;
            if has_doubles {
                let why = refusal(&report);
                assert!(
                    why.contains("two records or more have the same value in Shop_Order_ID")
                        && why.contains("Deduplicate"),
                    "{}: {why}",
                    org.name()
                );
                assert_eq!(bad(&report.after).len(), 1, "it is not left unsaid");
            } else {
                assert_eq!(report.made[0].1, Made::Done, "{report:#?}");
                assert_eq!(bad(&report.after), [""; 0], "{}", org.name());
                org.deliver(&plan).await;
            }
            org.assert_no_violations().await;
        }
    }
}

#[tokio::test]
async fn a_third_unique_field_is_not_tried_and_those_that_are_there_are_named() {
    let options = Options {
        custom_fields: ["One", "Two"]
            .map(|name| CustomField::unique_text("Deals", name, 50))
            .into(),
        ..Options::default()
    };
    let unique = json!({"data_type": "text", "length": 50, "unique": true});
    let config =
        json!({"fields": {"Deals": {"WooCommerce_Order_ID": null, "One": unique, "Two": unique}}});
    for org in Double::both(options, config).await {
        let line = only_by_hand(&org, &plan(r#"vars.order_field = "Shop_Order_ID""#)).await;
        assert!(
            line.contains("One and Two already allow no duplicates")
                && line.contains("name another field as order_field"),
            "{line}"
        );
        org.assert_no_violations().await;
    }
}

#[tokio::test]
async fn the_editions_limit_of_custom_fields_is_told_with_the_way_out() {
    let options = Options {
        custom_fields: vec![CustomField::text("Deals", "Mood", 50)],
        most_custom_fields: 1,
        ..Options::default()
    };
    let config = json!({
        "custom_field_limit": 1,
        "fields": {"Deals": {"WooCommerce_Order_ID": null, "Mood": {"data_type": "text", "length": 50}}},
    });
    for org in Double::both(options, config).await {
        let report = make(&org, &plan(r#"vars.order_field = "Shop_Order_ID""#)).await;
        let why = refusal(&report);
        assert!(
            why.contains("as many custom ones as the edition allows") && why.contains("free one"),
            "{}: {why}",
            org.name()
        );
        assert_eq!(bad(&report.after).len(), 1);
        org.assert_no_violations().await;
    }
}

#[tokio::test]
async fn a_key_of_another_type_and_what_a_layout_requires_are_told() {
    let options = Options {
        custom_fields: vec![CustomField::checkbox("Deals", "Shop_Order_ID")],
        ..Options::default()
    };
    let config = json!({"fields": {"Deals": {
        "WooCommerce_Order_ID": null, "Shop_Order_ID": {"data_type": "boolean"},
    }}});
    for org in Double::both(options, config).await {
        let line = only_by_hand(&org, &plan(r#"vars.order_field = "Shop_Order_ID""#)).await;
        assert!(line.contains("of the type boolean"), "{line}");
        org.assert_no_violations().await;
    }
    let options = Options {
        required: vec![("Deals".to_owned(), "Next_Step".to_owned())],
        ..Options::default()
    };
    let config =
        json!({"required": {"Deals": ["Deal_Name", "Stage", "Closing_Date", "Next_Step"]}});
    for org in Double::both(options, config).await {
        let line = only_by_hand(&org, &plan("")).await;
        assert!(
            line.contains("Deals.Next_Step (required)") && line.contains("Mark as required"),
            "{}: {line}",
            org.name()
        );
        let filled = plan("set.deal.Next_Step = \"Ship\"");
        let items = of(&org, &filled).plan().await;
        assert_eq!(bad(&items), [""; 0], "{}", org.name());
        org.assert_no_violations().await;
    }
}

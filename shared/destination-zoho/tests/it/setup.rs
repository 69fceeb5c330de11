//! Set-up from an organisation that has nothing of ours: over the sandbox, and over the strict
//! simulator where it is present.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

use crate::support::{
    self,
    both::{Double, order},
};
use destination_zoho::ZohoSetup;
use mapping::Plan;
use sandbox::zoho::{CustomField, Effect, Fault, Kind, Options};
use serde_json::{Value, json};
use setup::{Item, Made, Remedy, Report, Setup, State};
use strict_simulator::shop::mapping;

const KEYS: &str = r#"vars.order_field = "Shop_Order_ID"
vars.customer_field = "Shop_Customer_ID"
vars.account_field = "Shop_Account_ID""#;

/// An organisation that has made no field for orders.
fn bare() -> Value {
    json!({"fields": {"Deals": {"WooCommerce_Order_ID": null}}})
}

fn plan(overrides: &str) -> Plan {
    let mut order = order(1);
    order.billing.company = "Acme Inc.".to_owned();
    mapping("woocommerce-zoho", overrides).plan(&order).unwrap()
}

fn of(org: &Double, plan: &Plan) -> ZohoSetup {
    ZohoSetup::new(org.another_worker(), None, vec![plan.clone()])
}

async fn make(org: &Double, plan: &Plan) -> Report {
    setup::make(&of(org, plan), |_, _| ()).await
}

fn bad(plan: &[Item]) -> Vec<String> {
    let bad = plan.iter().filter(|item| item.is_bad());
    bad.map(Item::to_string).collect()
}

/// Returns why the one change was refused, and what to do.
fn refusal(report: &Report) -> String {
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

#[tokio::test]
async fn a_field_that_is_there_and_hidden_is_not_made_a_second_time() {
    let options = Options {
        custom_fields: vec![CustomField::unique_text("Deals", "Shop_Order_ID", 50)],
        hidden_fields: vec![("Deals".to_owned(), "Shop_Order_ID".to_owned())],
        ..Options::default()
    };
    let org = sandbox(options).await;
    let report = make(&org, &plan(r#"vars.order_field = "Shop_Order_ID""#)).await;
    let why = refusal(&report);
    assert!(
        why.contains("hidden from the user") && why.contains("Set Permission"),
        "{why}"
    );
    assert_eq!(bad(&report.after).len(), 1);
}

#[tokio::test]
async fn each_missing_scope_is_named() {
    let keys = r#"vars.order_field = "Shop_Order_ID""#;
    let usual = [
        "ZohoCRM.modules.ALL",
        "ZohoCRM.coql.READ",
        "ZohoCRM.org.READ",
    ];
    let with = |more: &[&str]| Options {
        scopes: usual
            .iter()
            .chain(more)
            .map(|scope| (*scope).to_owned())
            .collect(),
        ..Options::default()
    };
    let org = sandbox(with(&[])).await;
    let items = of(&org, &plan(keys)).plan().await;
    let lines = bad(&items);
    assert!(
        lines.len() == 3
            && lines
                .iter()
                .all(|line| line.contains("ZohoCRM.settings.fields.READ")
                    && line.contains("Self Client")),
        "{lines:#?}"
    );

    let org = sandbox(with(&["ZohoCRM.settings.fields.READ"])).await;
    let report = make(&org, &plan(keys)).await;
    let why = refusal(&report);
    assert!(
        why.contains("lacks the scope ZohoCRM.settings.fields.CREATE"),
        "{why}"
    );
    let layouts = report
        .after
        .iter()
        .find(|item| item.subject == "layouts of Deals")
        .unwrap();
    assert!(
        layouts.state == State::Advice && layouts.to_string().contains("settings.layouts.READ"),
        "{layouts:?}"
    );
}

/// The sandbox has one set of scopes for its life, so that this is the strict simulator's to show.
#[tokio::test]
async fn a_token_that_is_older_than_the_scopes_of_the_secret_is_renewed_once() {
    for org in Double::both(Options::default(), bare()).await {
        let Some(strict) = org.as_strict() else {
            continue;
        };
        let scopes = |more: &str| {
            let scopes = format!("ZohoCRM.modules.ALL,ZohoCRM.coql.READ{more}");
            json!({"credentials": {"refresh_tokens": {support::REFRESH_TOKEN: scopes}}})
        };
        strict.config(scopes("")).await;
        let items = of(&org, &plan("")).plan().await;
        assert_eq!(bad(&items).len(), 3, "{items:#?}");
        strict.config(scopes(",ZohoCRM.settings.ALL")).await;
        let items = of(&org, &plan("")).plan().await;
        assert_eq!(bad(&items), [""; 0]);
        assert_eq!(
            strict.logins().await,
            3,
            "at first, in vain, and for the scopes"
        );
    }
}

/// One token for all the sandbox has, so that this is the strict simulator's to show, too.
#[tokio::test]
async fn an_administrators_token_makes_what_the_poorer_one_may_not() {
    for org in Double::both(Options::default(), bare()).await {
        let Some(strict) = org.as_strict() else {
            continue;
        };
        let poor = "1000.poor.token";
        let tokens = json!({
            support::REFRESH_TOKEN: "ZohoCRM.settings.ALL",
            poor: "ZohoCRM.modules.ALL,ZohoCRM.coql.READ",
        });
        strict
            .config(json!({"credentials": {"refresh_tokens": tokens}}))
            .await;
        let own = strict.with_secret(&[("refresh_token", poor)]);
        let plan = plan(r#"vars.order_field = "Shop_Order_ID""#);
        let setup = ZohoSetup::new(own, Some(strict.with_secret(&[])), vec![plan]);
        let report = setup::make(&setup, |_, _| ()).await;
        assert!(matches!(&report.made[..], [(_, Made::Done)]), "{report:#?}");
        assert_eq!(bad(&report.after), [""; 0]);
        let told = report
            .after
            .iter()
            .find(|item| item.subject == "fields of Deals")
            .unwrap();
        assert!(
            told.state == State::Advice && told.to_string().contains("the administrator's"),
            "{told:?}"
        );
    }
}

#[tokio::test]
async fn a_module_out_of_the_users_reach_is_unknown_and_says_whose_right_it_is() {
    let sandbox = sandbox::zoho::Zoho::start(Options::default())
        .await
        .unwrap();
    sandbox.fault(Fault::new(Effect::Status(403)).on(Kind::Settings));
    let zoho = support::both::to_sandbox(&sandbox);
    let items = ZohoSetup::new(zoho, None, vec![plan("")]).plan().await;
    let unknown: Vec<&Item> = items
        .iter()
        .filter(|item| item.state == State::Unknown)
        .collect();
    assert!(
        matches!(unknown[..], [item] if item.subject == "Accounts" && item.to_string().contains("Profiles")),
        "{items:#?}"
    );
}

async fn sandbox(options: Options) -> Double {
    Double::both(options, json!({})).await.swap_remove(0)
}

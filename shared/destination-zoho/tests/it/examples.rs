//! The examples of the page of mappings ("What many organisations add"), each delivered: over the
//! sandbox, and over the strict simulator where it is present.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use destination::{Destination, Outcome};
use mapping::Plan;
use order::{Status, StatusKind};
use sandbox::zoho::{CustomField, Options};
use serde_json::{Value, json};
use strict_simulator::shop::mapping;
use support::{
    WithoutDeadline,
    both::{Double, example, order},
};

use crate::support;

/// The ids of the strict simulator.
const STRICT_USER: &str = "5725767000000411001";
const STRICT_LAYOUT: &str = "5725767000000091007";

async fn orgs(fields: &[(&str, usize)], config: Value) -> Vec<Double> {
    let custom_fields = fields
        .iter()
        .map(|(name, length)| CustomField::text("Deals", *name, *length))
        .collect();
    let options = Options {
        custom_fields,
        ..Options::default()
    };
    Double::both(options, config).await
}

fn plan(name: &str, number: u32) -> Plan {
    mapping("woocommerce-zoho", &example(name))
        .plan(&order(number))
        .unwrap()
}

/// Returns the automations that each call to Zoho names; nothing where it names none, so that all
/// run.
fn triggers(org: &Double, plan: &Plan) -> Vec<Value> {
    let bodies = org
        .zoho
        .preview(plan)
        .into_iter()
        .filter_map(|request| request.body);
    let writes = bodies.filter(|body| body.get("data").is_some());
    writes
        .map(|body| body.get("trigger").cloned().unwrap_or_default())
        .collect()
}

#[tokio::test]
async fn automations_are_named_and_orders_with_other_words_go_in_another_call() {
    for org in orgs(&[], json!({})).await {
        let quiet = plan("no automations, so", 1);
        assert_eq!(
            triggers(&org, &quiet),
            vec![json!([]); 3],
            "account, contact and deal"
        );
        let mut old = order(2);
        let dated = mapping("woocommerce-zoho", &example("no automations for orders"));
        assert_eq!(
            triggers(&org, &dated.plan(&old).unwrap())[0],
            json!([]),
            "placed in {:?}",
            old.created
        );
        let created = old.created.as_mut().unwrap();
        created.local = "2026-01-31T00:00:00".parse().unwrap();
        assert_eq!(triggers(&org, &dated.plan(&old).unwrap())[0], Value::Null);
        let usual = mapping("woocommerce-zoho", "").plan(&order(3)).unwrap();
        for outcome in org.zoho.deliver_all(&[quiet, usual]).await {
            support::records(&outcome);
        }
        assert_eq!(org.records("Deals").await.len(), 2);
        org.assert_no_violations().await;
    }
}

#[tokio::test]
async fn an_option_that_zoho_does_not_take_is_refused_by_name() {
    for org in orgs(&[], json!({})).await {
        let mut plan = mapping("woocommerce-zoho", "").plan(&order(1)).unwrap();
        let value = mapping::plan::Value::List(Vec::new());
        plan.records[0].options = [("triger".to_owned(), value)].into_iter().collect();
        let failure = support::rejected(org.zoho.deliver_all(&[plan]).await.remove(0));
        assert!(failure.message.contains("the option `triger`"), "{failure}");
    }
}

#[tokio::test]
async fn layout_owner_and_tags_are_set_when_the_deal_is_made() {
    for org in orgs(&[], json!({})).await {
        for (number, name) in [(1, "layout"), (2, "owner"), (3, "tags")] {
            // The ids of each double.
            let text = match org.name() {
                "sandbox" => example(name),
                _ => example(name)
                    .replace("4150868000000225013", STRICT_USER)
                    .replace("4150868000000091055", STRICT_LAYOUT),
            };
            let plan = mapping("woocommerce-zoho", &text)
                .plan(&order(number))
                .unwrap();
            let sent: Vec<Value> = org
                .zoho
                .preview(&plan)
                .into_iter()
                .filter_map(|request| request.body)
                .collect();
            let deal = sent.last().unwrap()["data"][0].clone();
            let expected = match name {
                "layout" => deal["Layout"]["id"].is_string(),
                "owner" => deal["Owner"]["id"].is_string(),
                _ => deal["Tag"] == json!([{"name": "Web shop"}]),
            };
            assert!(expected, "{deal}");
            // The sandbox has no layouts.
            if name != "layout" || org.name() != "sandbox" {
                org.deliver(&plan).await;
            }
        }
        let deals = org.records("Deals").await;
        assert_eq!(
            deals.last().unwrap()["Tag"][0]["name"],
            "Web shop",
            "{}",
            org.name()
        );
        org.assert_no_violations().await;
    }
}

#[tokio::test]
async fn a_stage_that_a_blueprint_leads_is_set_once() {
    for org in orgs(&[], json!({"blueprints": {"Deals": "Stage"}})).await {
        let mapping = mapping("woocommerce-zoho", &example("a stage"));
        let mut order = order(1);
        order.status = Status::new(StatusKind::Pending, "pending");
        org.deliver(&mapping.plan(&order).unwrap()).await;
        order.status = Status::new(StatusKind::Completed, "completed");
        order.note = Some("changed".to_owned());
        org.deliver(&mapping.plan(&order).unwrap()).await;
        let deals = org.records("Deals").await;
        assert_eq!(
            (deals.len(), &deals[0]["Stage"]),
            (1, &json!("Negotiation/Review")),
            "{}",
            org.name()
        );
        org.assert_no_violations().await;
    }
}

#[tokio::test]
async fn a_lost_deal_has_its_reason() {
    let reason = json!({"data_type": "text", "length": 255});
    for org in orgs(
        &[("Reason_For_Loss__s", 255)],
        json!({"fields": {"Deals": {"Reason_For_Loss__s": reason}}}),
    )
    .await
    {
        let mapping = mapping("woocommerce-zoho", &example("reason of a lost deal"));
        let mut order = order(1);
        org.deliver(&mapping.plan(&order).unwrap()).await;
        order.status = Status::new(StatusKind::Cancelled, "cancelled");
        org.deliver(&mapping.plan(&order).unwrap()).await;
        let deals = org.records("Deals").await;
        assert_eq!(deals.len(), 1);
        assert_eq!(
            deals[0]["Reason_For_Loss__s"],
            "Cancelled by customer",
            "{}",
            org.name()
        );
        org.assert_no_violations().await;
    }
}

#[tokio::test]
async fn an_order_in_another_currency_has_its_exchange_rate() {
    let config = json!({"multi_currency": true});
    for org in orgs(&[("Currency", 3), ("Exchange_Rate", 16)], config).await {
        let mapping = mapping("woocommerce-zoho", &example("exchange rate"));
        let mut order = order(1);
        order.currency = "EUR".to_owned();
        let plan = mapping.plan(&order).unwrap();
        let deal = plan.record("deal").unwrap();
        assert_eq!(
            serde_json::to_value(&deal.fields["Exchange_Rate"]).unwrap()["literal"].to_string(),
            "0.92"
        );
        let outcome = org.zoho.deliver_all(&[plan]).await.remove(0);
        // The sandbox has only texts beside the standard fields.
        assert!(
            matches!(outcome, Outcome::Delivered { .. }) || org.name() == "sandbox",
            "{outcome:?}"
        );
    }
}

#[tokio::test]
async fn check_tells_of_codes_that_may_be_shared_and_of_several_currencies() {
    for (several, config) in [(false, json!({})), (true, json!({"multi_currency": true}))] {
        for org in orgs(&[], config).await {
            let plan = mapping("woocommerce-zoho", "vars.module = 'Sales_Orders'")
                .plan(&order(1))
                .unwrap();
            let findings = org.zoho.check_all(&plan).await;
            assert!(findings.iter().all(|finding| finding.ok), "{findings:#?}");
            let told = |text: &str| findings.iter().any(|finding| finding.text.contains(text));
            assert!(
                told("Products.Product_Code as a code: it may be the same in several records"),
                "{findings:#?}"
            );
            // The sandbox has one currency.
            assert_eq!(
                told("has several currencies"),
                several && org.name() != "sandbox",
                "{findings:#?}"
            );
            let chosen = mapping(
                "woocommerce-zoho",
                "vars.module = 'Sales_Orders'\nvars.several_products = 'oldest'",
            );
            let findings = org.zoho.check_all(&chosen.plan(&order(1)).unwrap()).await;
            assert!(
                !findings
                    .iter()
                    .any(|finding| finding.text.contains("may be the same")),
                "{findings:#?}"
            );
        }
    }
}

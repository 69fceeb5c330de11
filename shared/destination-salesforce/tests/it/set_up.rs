//! The set-up of fields: from an org without them to the first order, and each way in which a field
//! can be there and not be fit.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

use destination::Outcome;
use mapping::Plan;
use sandbox::salesforce::{Administration, CustomField, Options};
use serde_json::{Value, json};
use setup::{Item, Made, Remedy, Report, Setup, State};
use strict_simulator::shop;
use support::{
    WithoutDeadline,
    both::{Double, order},
};

use crate::support;

/// The key of orders that no double has from the beginning.
pub(crate) const KEY: &str = "Opportunity.Shop_Order_ID__c";

/// Returns the plan with fields that no double has from the beginning.
pub(crate) fn renamed(mut plan: Plan) -> Plan {
    let new = |name: &str| name.replace("WooCommerce_", "Shop_");
    for record in &mut plan.records {
        if let Some(key) = &mut record.key {
            key.field = new(&key.field);
        }
        let fields = std::mem::take(&mut record.fields).into_iter();
        record.fields = fields.map(|(name, field)| (new(&name), field)).collect();
    }
    plan
}

/// Returns the plans of the route.
pub(crate) fn plans(vars: &str) -> Vec<Plan> {
    let mapping = shop::mapping("woocommerce-salesforce", vars);
    mapping
        .examples()
        .unwrap()
        .into_iter()
        .map(renamed)
        .collect()
}

pub(crate) fn first_order() -> Plan {
    let mapping = shop::mapping("woocommerce-salesforce", "");
    renamed(mapping.plan(&order(1)).unwrap())
}

pub(crate) fn item<'a>(items: &'a [Item], subject: &str) -> &'a Item {
    let found = items.iter().find(|item| item.subject == subject);
    found.unwrap_or_else(|| panic!("no item {subject}: {items:#?}"))
}

pub(crate) fn bad(items: &[Item]) -> Vec<&Item> {
    items.iter().filter(|item| item.is_bad()).collect()
}

pub(crate) async fn made(setup: &dyn Setup) -> Report {
    setup::make(setup, |_, _| ()).await
}

/// Makes everything, and shows that a second run makes nothing and that an order arrives.
pub(crate) async fn sets_up(double: &Double, plans: Vec<Plan>) -> Report {
    let setup = double.setup(plans.clone());
    let report = made(&setup).await;
    assert!(
        bad(&report.after).is_empty(),
        "{} {report:#?}",
        double.name()
    );
    let again = made(&double.setup(plans)).await;
    assert!(again.made.is_empty(), "{} {again:#?}", double.name());
    double.deliver(&first_order()).await;
    double.assert_no_violations().await;
    report
}

/// Returns an org that has these fields, of the shop's fields only the others.
async fn both(fields: Vec<CustomField>, config: Value) -> Vec<Double> {
    let options = Options {
        custom_fields: fields,
        ..Options::default()
    };
    Double::both(options, json!({ "custom_fields": config })).await
}

#[tokio::test]
async fn from_an_org_without_fields_to_the_first_order() {
    let empty = Options {
        administration: Administration {
            has_shop_fields: false,
            ..Administration::default()
        },
        ..Options::default()
    };
    for double in Double::both(empty, json!({})).await {
        let setup = double.setup(plans(""));
        let before = setup.plan().await;
        let sets = double.records("PermissionSet").await;
        assert!(
            !sets.iter().any(|set| set["Name"] == "orderbridge"),
            "a plan changes nothing"
        );
        let key = item(&before, KEY);
        assert_eq!(key.state, State::Missing);
        let Remedy::Api(remedy) = &key.remedy else {
            panic!("{key:?}");
        };
        assert!(
            remedy.contains("Text(255), External ID, Unique"),
            "{remedy}"
        );
        let report = sets_up(&double, plans("")).await;
        let subjects: Vec<&str> = report
            .made
            .iter()
            .map(|(item, _)| item.subject.as_str())
            .collect();
        assert_eq!(
            subjects,
            [
                "permission set orderbridge",
                "Account.Shop_Customer_ID__c",
                "Contact.Shop_Customer_ID__c",
                KEY,
                "assignment of orderbridge",
            ],
            "{}",
            double.name()
        );
        assert!(
            report.made.iter().all(|(_, made)| *made == Made::Done),
            "{report:#?}"
        );
        let key = item(&report.after, KEY);
        assert_eq!(
            (key.state, key.found.as_str()),
            (State::Good, "it is there: Text(255), External ID, Unique")
        );
    }
}

#[tokio::test]
async fn each_platform_is_set_up_and_delivers() {
    for name in [
        "woocommerce-salesforce",
        "shopify-salesforce",
        "magento-salesforce",
    ] {
        let empty = Options {
            administration: Administration {
                has_shop_fields: false,
                ..Administration::default()
            },
            ..Options::default()
        };
        for double in Double::both(empty, json!({})).await {
            let mapping = shop::mapping(name, "");
            let plans = mapping.examples().unwrap();
            let report = made(&double.setup(plans.clone())).await;
            let of = format!("{name}, {}", double.name());
            assert!(bad(&report.after).is_empty(), "{of} {report:#?}");
            let again = made(&double.setup(plans)).await;
            assert!(again.made.is_empty(), "{of} {again:#?}");
            double.deliver(&mapping.plan(&order(1)).unwrap()).await;
            double.assert_no_violations().await;
        }
    }
}

#[tokio::test]
async fn a_field_that_exists_and_is_hidden_is_granted_not_created() {
    let administration = Administration {
        hidden_fields: vec![KEY.to_owned()],
        ..Administration::default()
    };
    let options = Options {
        custom_fields: vec![CustomField::external_id("Opportunity", "Shop_Order_ID__c")],
        administration,
        ..Options::default()
    };
    let sandbox = Double::sandbox(options).await;
    let mut doubles = vec![sandbox];
    if let Some(strict) = Double::strict(json!({})).await {
        let field = json!({"FullName": KEY, "Metadata": {
            "label": "Shop Order ID", "type": "Text", "length": 255, "externalId": true, "unique": true,
        }});
        strict.tooling("CustomField", field).await;
        doubles.push(strict);
    }
    for double in doubles {
        let plan = double.setup(plans("")).plan().await;
        let key = item(&plan, KEY);
        assert!(
            key.state == State::Wrong && key.found.contains("exists, and is hidden"),
            "{} {key:?}",
            double.name()
        );
        let report = sets_up(&double, plans("")).await;
        let (_, made) = report
            .made
            .iter()
            .find(|(item, _)| item.subject == KEY)
            .unwrap();
        assert_eq!(*made, Made::Done, "{}", double.name());
    }
}

#[tokio::test]
async fn a_standard_field_that_is_hidden_is_granted() {
    let options = Options {
        administration: Administration {
            hidden_fields: vec!["Opportunity.Amount".to_owned()],
            ..Administration::default()
        },
        ..Options::default()
    };
    let double = Double::sandbox(options).await;
    let report = sets_up(&double, plans("")).await;
    let amount = report
        .made
        .iter()
        .find(|(item, _)| item.subject == "Opportunity.Amount");
    assert_eq!(amount.unwrap().1, Made::Done, "{report:#?}");
}

#[tokio::test]
async fn a_field_that_is_only_searched_is_not_made() {
    let vars = "vars.domain_field = 'Domain__c'";
    for double in Double::both(Options::default(), json!({})).await {
        let report = made(&double.setup(plans(vars))).await;
        let open = bad(&report.after);
        assert_eq!(open.len(), 1, "{} {open:#?}", double.name());
        assert_eq!(
            (open[0].subject.as_str(), open[0].state),
            ("Account.Domain__c", State::Missing)
        );
        assert!(
            matches!(&open[0].remedy, Remedy::ByHand(steps) if steps[0].contains("in the mapping"))
        );
        double.assert_no_violations().await;
    }
}

#[tokio::test]
async fn a_field_of_the_wrong_type_is_left_to_a_person() {
    let config = json!({"Opportunity": {"Shop_Order_ID__c": {"type": "Number", "precision": 18, "scale": 0}}});
    let number = CustomField::number("Opportunity", "Shop_Order_ID__c", 18, 0);
    for double in both(vec![number], config).await {
        let setup = double.setup(plans(""));
        let report = made(&setup).await;
        let open = bad(&report.after);
        assert_eq!(open.len(), 1, "{} {open:#?}", double.name());
        assert_eq!(
            (open[0].subject.as_str(), open[0].state),
            (KEY, State::Wrong)
        );
        assert_eq!(
            open[0].found,
            "it has the type double; the mapping needs Text(255), External ID, Unique"
        );
        let Remedy::ByHand(steps) = &open[0].remedy else {
            panic!("{open:#?}");
        };
        assert!(
            steps[0].contains("Setup > Object Manager > Opportunity"),
            "{steps:#?}"
        );
        double.assert_no_violations().await;
    }
}

#[tokio::test]
async fn a_key_that_is_not_unique_becomes_so_by_api() {
    for (field, config) in [
        (
            CustomField::external_id("Opportunity", "Shop_Order_ID__c").with_duplicates(),
            json!({"type": "Text", "length": 255, "externalId": true}),
        ),
        (
            CustomField::text("Opportunity", "Shop_Order_ID__c", 40),
            json!({"type": "Text", "length": 40}),
        ),
    ] {
        let config = json!({"Opportunity": {"Shop_Order_ID__c": config}});
        for double in both(vec![field.clone()], config).await {
            let plan = double.setup(plans("")).plan().await;
            let key = item(&plan, KEY);
            assert!(
                key.state == State::Wrong && key.found.contains("orders may double"),
                "{key:?}"
            );
            let report = sets_up(&double, plans("")).await;
            let key = item(&report.after, KEY);
            assert!(!key.is_bad(), "{} {key:?}", double.name());
        }
    }
}

#[tokio::test]
async fn a_key_that_holds_a_value_twice_cannot_become_unique_and_says_so() {
    let config = json!({"Opportunity": {"Shop_Order_ID__c": {"type": "Text", "length": 255, "externalId": true}}});
    let field = CustomField::external_id("Opportunity", "Shop_Order_ID__c").with_duplicates();
    for double in both(vec![field], config).await {
        for _ in 0..2 {
            let fields = json!({"Name": "x", "StageName": "Closed Won", "CloseDate": "2026-01-01", "Shop_Order_ID__c": "7"});
            double.by_hand("Opportunity", fields).await;
        }
        let report = made(&double.setup(plans(""))).await;
        let (_, made) = report
            .made
            .iter()
            .find(|(item, _)| item.subject == KEY)
            .unwrap();
        let Made::Refused { why, steps } = made else {
            panic!("{} {made:?}", double.name());
        };
        assert!(why.contains("holds some values twice"), "{why}");
        assert!(steps[0].contains("Reports"), "{steps:#?}");
        assert_eq!(bad(&report.after).len(), 1, "{report:#?}");
        double.assert_no_violations().await;
    }
}

#[tokio::test]
async fn a_key_that_is_too_short_becomes_longer_and_a_narrow_one_is_only_told() {
    let field = |length| {
        let field = CustomField::external_id("Opportunity", "Shop_Order_ID__c");
        vec![field.with_length(length)]
    };
    let config = json!({"Opportunity": {"Shop_Order_ID__c": {
        "type": "Text", "length": 40, "externalId": true, "unique": true,
    }}});
    for double in both(field(40), config).await {
        let report = sets_up(&double, plans("")).await;
        let key = item(&report.after, KEY);
        assert!(
            key.state == State::Advice && key.found.contains("40 characters"),
            "{} {key:?}",
            double.name()
        );
    }
    let long = |plan: Plan| {
        let mut plan = plan;
        plan.records[2].key.as_mut().unwrap().value = "x".repeat(80);
        plan
    };
    let config = json!({"Opportunity": {"Shop_Order_ID__c": {
        "type": "Text", "length": 70, "externalId": true, "unique": true,
    }}});
    for double in both(field(70), config).await {
        let plans: Vec<Plan> = plans("").into_iter().map(long).collect();
        let plan = double.setup(plans.clone()).plan().await;
        assert_eq!(item(&plan, KEY).state, State::Wrong, "{plan:#?}");
        let report = sets_up(&double, plans).await;
        assert!(
            item(&report.after, KEY).found.contains("Text(255)"),
            "{report:#?}"
        );
    }
}

#[tokio::test]
async fn a_name_that_a_package_has_is_not_made_beside_it() {
    let field = CustomField::external_id("Opportunity", "acme__Shop_Order_ID__c");
    let options = Options {
        custom_fields: vec![field],
        ..Options::default()
    };
    let double = Double::sandbox(options).await;
    let report = made(&double.setup(plans(""))).await;
    let open = bad(&report.after);
    assert_eq!(open.len(), 1, "{open:#?}");
    assert!(
        open[0].subject == KEY
            && open[0].found.contains("taken by another package")
            && open[0].found.contains("acme__Shop_Order_ID__c"),
        "{open:#?}"
    );
    assert!(matches!(&open[0].remedy, Remedy::ByHand(steps) if !steps.is_empty()));
}

#[tokio::test]
async fn a_name_that_a_deleted_field_keeps_is_told() {
    let options = Options {
        administration: Administration {
            deleted_fields: vec![KEY.to_owned()],
            ..Administration::default()
        },
        ..Options::default()
    };
    let double = Double::sandbox(options).await;
    let report = made(&double.setup(plans(""))).await;
    let key = report.made.iter().find(|(item, _)| item.subject == KEY);
    let Made::Refused { why, steps } = &key.unwrap().1 else {
        panic!("{key:?}");
    };
    assert!(
        why.contains("among the deleted ones") && steps[0].contains("Deleted Fields"),
        "{why} {steps:#?}"
    );
    assert!(item(&report.after, KEY).is_bad());
}

#[tokio::test]
async fn names_that_cannot_be_created_say_so() {
    let named = |name: &str| {
        let mut plan = first_order();
        plan.records[2].fields.insert(
            name.to_owned(),
            support::shop::text("44", mapping::plan::When::Always),
        );
        vec![plan]
    };
    for double in Double::both(Options::default(), json!({})).await {
        for (name, expected) in [
            ("ShoeSize", "does not end with __c cannot be created"),
            ("CurrencyIsoCode", "it comes with several currencies"),
            ("BillingStateCode", "it comes with picklists of states"),
            ("acme__Size__c", "comes with the package"),
        ] {
            let report = made(&double.setup(named(name))).await;
            let open = bad(&report.after);
            assert_eq!(open.len(), 1, "{} {open:#?}", double.name());
            assert!(open[0].found.contains(expected), "{open:#?}");
        }
        double.assert_no_violations().await;
    }
}

#[tokio::test]
async fn limits_of_an_object_have_their_sentence_and_their_way_out() {
    for (administration, expected) in [
        (
            Administration {
                most_custom_fields: 0,
                ..Administration::default()
            },
            "takes no more custom fields",
        ),
        (
            Administration {
                most_external_ids: 0,
                ..Administration::default()
            },
            "takes no more External ID or Unique fields",
        ),
    ] {
        let options = Options {
            administration,
            ..Options::default()
        };
        let double = Double::sandbox(options).await;
        let report = made(&double.setup(plans(""))).await;
        let (_, made) = report
            .made
            .iter()
            .find(|(item, _)| item.subject == KEY)
            .unwrap();
        let Made::Refused { why, steps } = made else {
            panic!("{made:?}");
        };
        assert!(why.contains(expected), "{why}");
        assert!(steps[0].contains("Fields & Relationships"), "{steps:#?}");
        assert!(item(&report.after, KEY).is_bad(), "and it is still missing");
    }
}

#[tokio::test]
async fn an_org_that_cannot_be_reached_is_one_item() {
    let double = Double::sandbox(Options::default()).await;
    let setup = double.setup(plans(""));
    double.as_sandbox().unwrap().expire_tokens();
    for _ in 0..8 {
        let fault = sandbox::salesforce::Fault::new(sandbox::salesforce::Effect::Status(503));
        double.as_sandbox().unwrap().fault(fault);
    }
    let plan = setup.plan().await;
    assert_eq!(plan.len(), 1, "{plan:#?}");
    assert_eq!(
        (plan[0].subject.as_str(), plan[0].state),
        ("log-in", State::Unknown)
    );
}

#[tokio::test]
async fn an_order_before_the_set_up_is_refused() {
    let double = Double::sandbox(Options::default()).await;
    let outcomes = double.salesforce.deliver_all(&[first_order()]).await;
    assert!(matches!(outcomes[0], Outcome::Rejected(_)), "{outcomes:#?}");
}

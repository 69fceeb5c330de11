//! Set-up and dry runs: over the sandbox, and over the strict simulator where it is present.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use crate::support::{
    both::Double,
    in_time, one,
    planned::{mapping, order_of, plan},
    records,
};
use destination::{Trial, TryOut};
use destination_netsuite::{NetSuiteSetup, sdf_project};
use mapping::{Mapping, Overrides, Plan};
use sandbox::netsuite::{CustomField, Options};
use serde_json::json;
use setup::{Item, Made, ProjectFile, Setup, State};
use std::path::Path;

/// Returns the plan of an order whose route writes custom fields on the order and on its customer.
fn with_custom_fields() -> Plan {
    let overrides: toml::Table = r#"
vars = { shipping_item = "1503", tax_item = "1503", fee_item = "1503", items = { EXAMPLE = "1501" } }
set.sales_order.custbody_shop_number = "{{ order.number }}"
set.sales_order.custbody_shop_gift = true
set.customer.custentity_shop_key = "{{ customer.key }}"
"#
    .parse()
    .unwrap();
    let part = |name: &str| overrides.get(name).unwrap().as_table().unwrap().clone();
    let overrides = Overrides {
        vars: part("vars"),
        set: part("set"),
    };
    Mapping::load("woocommerce-netsuite", Path::new("."), &overrides)
        .unwrap()
        .plan(&order_of(1, Some("1"), "jane@example.com"))
        .unwrap()
}

async fn planned(account: &Double, plan: &Plan) -> Vec<Item> {
    NetSuiteSetup::new(account.worker(), vec![plan.clone()])
        .plan()
        .await
}

fn bad(items: &[Item]) -> Vec<String> {
    let bad = items.iter().filter(|item| item.is_bad());
    bad.map(Item::to_string).collect()
}

#[tokio::test]
async fn an_account_that_has_all_lacks_nothing_and_is_left_as_it_was() {
    let options = Options {
        custom_fields: vec![
            CustomField::text("salesOrder", "custbody_shop_number", 300),
            CustomField::checkbox("salesOrder", "custbody_shop_gift"),
            CustomField::text("customer", "custentity_shop_key", 300),
        ],
        ..Options::default()
    };
    let config = json!({"custom_fields": {
        "custbody_shop_number": {"type": "string", "length": 300},
        "custbody_shop_gift": {"type": "boolean"},
        "custentity_shop_key": {"type": "string", "length": 300},
    }});
    for account in Double::both(options, config).await {
        let plan = with_custom_fields();
        let items = planned(&account, &plan).await;
        assert_eq!(bad(&items), [""; 0], "{}: {items:#?}", account.name());
        assert_eq!(sdf_project(std::slice::from_ref(&plan), &items), []);
        assert_eq!(
            (
                account.count("customer").await,
                account.count("salesOrder").await
            ),
            (0, 0)
        );
        _ = records(&one(&account.worker(), &plan).await);
        account.assert_no_violations().await;
    }
}

#[tokio::test]
async fn custom_fields_that_are_missing_are_steps_and_a_project() {
    let options = Options {
        custom_fields: vec![CustomField::text("salesOrder", "custbody_shop_number", 300)],
        ..Options::default()
    };
    let config = json!({"custom_fields": {"custbody_shop_number": {"type": "string"}}});
    for account in Double::both(options, config).await {
        let plan = with_custom_fields();
        let setup = NetSuiteSetup::new(account.worker(), vec![plan]);
        let items = setup.plan().await;
        let missing: Vec<&Item> = items.iter().filter(|item| item.is_bad()).collect();
        let subjects: Vec<&str> = missing.iter().map(|item| item.subject.as_str()).collect();
        assert_eq!(
            subjects,
            [
                "salesOrder.custbody_shop_gift",
                "customer.custentity_shop_key"
            ],
            "{}: {items:#?}",
            account.name()
        );
        for (item, words) in missing.iter().zip([
            ["Transaction Body Fields > New", "Check Box", "tick Sale"],
            ["Entity Fields > New", "Free-Form Text", "tick Customer"],
        ]) {
            let line = item.to_string();
            for word in words {
                assert!(line.contains(word), "{word}: {line}");
            }
        }
        let paths: Vec<String> = setup
            .project(&items)
            .into_iter()
            .map(|ProjectFile { path, .. }| path)
            .collect();
        assert_eq!(
            paths,
            [
                "src/manifest.xml",
                "src/deploy.xml",
                "README.txt",
                "src/Objects/custbody_shop_gift.xml",
                "src/Objects/custentity_shop_key.xml",
            ]
        );
        assert!(matches!(setup.make(missing[0]).await, Made::Refused { .. }));
        account.assert_no_violations().await;
    }
}

#[tokio::test]
async fn a_field_of_another_type_and_one_that_the_record_does_not_have_are_told() {
    let options = Options {
        custom_fields: vec![
            CustomField::checkbox("salesOrder", "custbody_shop_number"),
            CustomField::checkbox("salesOrder", "custbody_shop_gift"),
            CustomField::text("customer", "custentity_shop_key", 300),
        ],
        ..Options::default()
    };
    let config = json!({"custom_fields": {
        "custbody_shop_number": {"type": "boolean"}, "custbody_shop_gift": {"type": "boolean"}, "custentity_shop_key": {"type": "string"},
    }});
    for account in Double::both(options, config).await {
        let mut plan = with_custom_fields();
        let memo = plan.records[1].fields["memo"].clone();
        plan.records[1].fields.insert("memmo".to_owned(), memo);
        let lines = bad(&planned(&account, &plan).await);
        assert!(
            matches!(&lines[..], [field, custom]
                if field.contains("salesOrder.memmo: the record has no such field")
                    && custom.contains("custbody_shop_number: it is of the type Check Box")),
            "{}: {lines:#?}",
            account.name()
        );
        account.assert_no_violations().await;
    }
}

#[tokio::test]
async fn each_permission_that_the_role_lacks_is_named_as_its_page_names_it() {
    let forbidden = json!({"forbidden_records": [{"record": "customer", "deny": "edit"}]});
    let options = Options {
        out_of_reach: vec!["customer".to_owned()],
        ..Options::default()
    };
    for account in Double::both(options, forbidden).await {
        let plan = plan(&order_of(1, Some("1"), "jane@example.com"));
        let lines = bad(&planned(&account, &plan).await);
        let named = lines
            .iter()
            .find(|line| line.starts_with("customer records: "))
            .unwrap_or_else(|| panic!("{}: {lines:#?}", account.name()));
        assert!(
            named.contains("Setup > Users/Roles > Manage Roles")
                && named.contains("Permissions > Lists add \"Customers\" with the level Full"),
            "{named}"
        );
        assert!(
            lines.iter().all(|line| !line.starts_with("salesOrder")),
            "{lines:#?}"
        );
        account.assert_no_violations().await;
    }
    let options = Options {
        out_of_reach: vec!["salesOrder".to_owned()],
        ..Options::default()
    };
    let account = Double::both(options, json!({})).await.swap_remove(0);
    let plan = plan(&order_of(1, Some("1"), "jane@example.com"));
    let lines = bad(&planned(&account, &plan).await);
    let says = |begin: &str, part: &str| {
        lines
            .iter()
            .any(|line| line.starts_with(begin) && line.contains(part))
    };
    assert!(
        says(
            "salesOrder records: ",
            "Permissions > Transactions add \"Sales Order\""
        ) && says(
            "transaction and transactionline: ",
            "SuiteAnalytics Workbook"
        ),
        "{lines:#?}"
    );
}

#[tokio::test]
async fn an_account_with_subsidiaries_asks_for_one_in_the_mapping() {
    let options = Options {
        one_world: true,
        ..Options::default()
    };
    for account in Double::both(options, json!({"one_world": true})).await {
        let order = order_of(1, Some("1"), "jane@example.com");
        let lines = bad(&planned(&account, &plan(&order)).await);
        assert!(
            lines
                .iter()
                .any(|line| line.starts_with("feature SUBSIDIARIES: ")
                    && line.contains("set subsidiary in [routes.vars]")),
            "{}: {lines:#?}",
            account.name()
        );
        let vars = "subsidiary = '1'\nshipping_item = '1503'\nitems = { EXAMPLE = '1501' }";
        let named = mapping("woocommerce-netsuite", vars).plan(&order).unwrap();
        assert_eq!(bad(&planned(&account, &named).await), [""; 0]);
        account.assert_no_violations().await;
    }
}

#[tokio::test]
async fn keys_that_are_refused_are_the_whole_plan() {
    let account = Double::both(Options::default(), json!({}))
        .await
        .swap_remove(0);
    let plan = plan(&order_of(1, Some("1"), "jane@example.com"));
    let setup = NetSuiteSetup::new(account.stranger(), vec![plan]);
    let items = setup.plan().await;
    assert!(
        matches!(&items[..], [item] if item.state == State::Wrong && item.found.contains("Login Audit Trail")),
        "{items:#?}"
    );
}

#[tokio::test]
async fn a_dry_run_says_what_an_order_would_meet_and_keeps_nothing() {
    for account in Double::both(Options::default(), json!({})).await {
        let tried = async |plan: &Plan| account.worker().try_order(&in_time(), plan).await.unwrap();
        let first = plan(&order_of(1, Some("1"), "jane@example.com"));
        // Nobody can stand in for the first customer.
        let Trial::Taken { remarks } = tried(&first).await else {
            panic!("{}", account.name());
        };
        assert!(
            remarks
                .iter()
                .any(|remark| remark.contains("the order itself was not tried")),
            "{remarks:#?}"
        );
        assert_eq!(account.count("customer").await, 0, "{}", account.name());

        _ = records(&one(&account.worker(), &first).await);
        let second = plan(&order_of(2, Some("2"), "john@example.com"));
        for plan in [&first, &second] {
            let Trial::Taken { remarks } = tried(plan).await else {
                panic!("{}", account.name());
            };
            assert!(
                remarks.last().unwrap().contains("a form is not everything"),
                "{remarks:#?}"
            );
            let has_stand_in = remarks
                .iter()
                .any(|remark| remark.contains("stands in for it"));
            assert_eq!(has_stand_in, plan.order == "2", "{remarks:#?}");
        }
        let mut bad = second.clone();
        let nowhere = bad.records[1].fields["orderStatus"].clone();
        bad.records[1].fields.insert("location".to_owned(), nowhere);
        let Trial::Refused(failure) = tried(&bad).await else {
            panic!("{}", account.name());
        };
        assert!(
            failure.place.as_deref().unwrap().starts_with("sales_order"),
            "{failure:?}"
        );
        let unknown = mapping("woocommerce-netsuite", "")
            .plan(&order_of(3, Some("1"), "jane@example.com"))
            .unwrap();
        let Trial::Refused(failure) = tried(&unknown).await else {
            panic!("{}", account.name());
        };
        assert!(
            failure.message.contains("NetSuite has no item"),
            "{failure}"
        );
        assert_eq!(
            (
                account.count("customer").await,
                account.count("salesOrder").await
            ),
            (1, 1),
            "{}",
            account.name()
        );
        account.assert_no_violations().await;
    }
}

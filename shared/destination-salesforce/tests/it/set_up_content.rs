//! What an org must hold besides fields and rights.

use super::set_up::{bad, item, made, plans, sets_up};
use sandbox::salesforce::{CustomField, DuplicateRule, Options, Picklist, Product};
use serde_json::json;
use setup::{Made, Remedy, State};
use support::both::Double;

use crate::support;

#[tokio::test]
async fn a_product_that_a_variable_names_is_made_with_its_price() {
    let vars = "vars.shipping_product = 'FREIGHT'";
    for double in Double::both(Options::default(), json!({})).await {
        let report = sets_up(&double, plans(vars)).await;
        let (product, made) = report
            .made
            .iter()
            .find(|(item, _)| item.subject == "product FREIGHT")
            .unwrap();
        assert_eq!((product.state, made), (State::Missing, &Made::Done));
        let products = double.records("Product2").await;
        let made = products
            .iter()
            .filter(|product| product["ProductCode"] == "FREIGHT");
        assert_eq!(made.count(), 1, "{}", double.name());
    }
    for double in Double::both(Options::default(), json!({})).await {
        let vars = format!("{vars}\nvars.missing_product = 'create'");
        let report = sets_up(&double, plans(&vars)).await;
        assert!(
            item(&report.after, "product FREIGHT")
                .found
                .contains("first order")
        );
    }
}

#[tokio::test]
async fn a_price_book_that_is_not_active_is_made_active() {
    for double in Double::both(Options::default(), json!({})).await {
        let book = double.records("Pricebook2").await.remove(0);
        let id = book["Id"].as_str().unwrap();
        double
            .staff_edit("Pricebook2", id, json!({"IsActive": false}))
            .await;
        let report = sets_up(&double, plans("")).await;
        let subjects = report.made.iter().map(|(item, _)| item.subject.as_str());
        assert!(
            subjects
                .clone()
                .any(|subject| subject == "standard price book"),
            "{} {report:#?}",
            double.name()
        );
    }
}

#[tokio::test]
async fn stages_that_a_restricted_picklist_lacks_are_named() {
    let options = Options {
        restricted_picklists: vec![Picklist {
            object: "Opportunity".to_owned(),
            field: "StageName".to_owned(),
            values: vec!["Closed Won".to_owned(), "Negotiation/Review".to_owned()],
        }],
        ..Options::default()
    };
    let config = json!({"picklists": {"Opportunity.StageName": {
        "restricted": true, "values": ["Closed Won", "Negotiation/Review"],
    }}});
    for double in Double::both(options, config).await {
        let report = made(&double.setup(plans(""))).await;
        let open = bad(&report.after);
        assert_eq!(open.len(), 1, "{} {open:#?}", double.name());
        assert!(
            open[0].subject == "Opportunity.StageName values"
                && open[0].found.contains("\"Closed Lost\""),
            "{open:#?}"
        );
        let Remedy::ByHand(steps) = &open[0].remedy else {
            panic!("{open:#?}");
        };
        assert!(
            steps[0].contains("Stage") && steps[1].contains("vars.stages"),
            "{steps:#?}"
        );
        double.assert_no_violations().await;
    }
}

#[tokio::test]
async fn a_required_field_that_the_mapping_does_not_write_is_named() {
    let options = Options {
        custom_fields: vec![CustomField::text("Opportunity", "Region__c", 20).required()],
        ..Options::default()
    };
    let config = json!({"custom_fields": {"Opportunity": {"Region__c": {
        "type": "Text", "length": 20, "required": true,
    }}}});
    for double in Double::both(options, config).await {
        let report = made(&double.setup(plans(""))).await;
        let open = bad(&report.after);
        assert_eq!(open.len(), 1, "{} {open:#?}", double.name());
        assert_eq!(open[0].subject, "Opportunity.Region__c required");
        assert!(open[0].found.contains("every order is refused"));
        double.assert_no_violations().await;
    }
}

#[tokio::test]
async fn what_the_check_finds_is_in_the_plan() {
    let mut options = Options::default();
    let twin = Product {
        name: "Another polo".to_owned(),
        ..options.products[0].clone()
    };
    let code = twin.code.clone();
    options.products.push(twin);
    let config = json!({"extra_products": [{"code": code, "name": "Another", "price": 1}]});
    for double in Double::both(options, config).await {
        let report = made(&double.setup(plans(""))).await;
        let open = bad(&report.after);
        assert_eq!(open.len(), 1, "{} {open:#?}", double.name());
        assert!(
            open[0].subject == "product codes" && open[0].found.contains(&code),
            "{open:#?}"
        );
        let Remedy::ByHand(steps) = &open[0].remedy else {
            panic!("{open:#?}");
        };
        assert!(steps[0].contains("several_products"), "{steps:#?}");
        double.assert_no_violations().await;
    }
}

#[tokio::test]
async fn an_active_duplicate_rule_is_told() {
    let rule = DuplicateRule {
        object: "Contact".to_owned(),
        field: "Email".to_owned(),
        blocks: true,
    };
    let options = Options {
        duplicate_rules: vec![rule],
        ..Options::default()
    };
    let double = Double::sandbox(options).await;
    let report = sets_up(&double, plans("")).await;
    let rule = item(&report.after, "duplicate rule Contact_Email");
    assert!(
        rule.state == State::Advice && rule.found.contains("active for Contact"),
        "{rule:?}"
    );
    assert!(matches!(&rule.remedy, Remedy::ByHand(steps) if steps[0].contains("Duplicate Rules")));
}

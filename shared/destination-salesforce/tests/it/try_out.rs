//! The dry run of an order.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use destination::{Call, Class, Trial, TryOut};
use mapping::Plan;
use sandbox::salesforce::{Options, Picklist};
use serde_json::json;
use strict_simulator::shop;
use support::both::{Double, order};

use crate::support;

fn plan(vars: &str) -> Plan {
    let mapping = shop::mapping("woocommerce-salesforce", vars);
    mapping.plan(&order(1)).unwrap()
}

async fn tried(double: &Double, plan: &Plan) -> Trial {
    let call = Call::without_deadline();
    double.salesforce.try_order(&call, plan).await.unwrap()
}

async fn is_empty(double: &Double) -> bool {
    let mut count = 0;
    for object in ["Account", "Contact", "Opportunity", "OpportunityLineItem"] {
        count += double.records(object).await.len();
    }
    count == 0
}

#[tokio::test]
async fn a_good_order_is_taken_and_nothing_of_it_is_kept() {
    for double in Double::both(Options::default(), json!({})).await {
        let trial = tried(&double, &plan("")).await;
        assert!(
            matches!(trial, Trial::Taken { .. }),
            "{} {trial:#?}",
            double.name()
        );
        assert!(is_empty(&double).await, "{}", double.name());
        // Then it is delivered as it was tried, and there is nothing left to write.
        double.deliver(&plan("")).await;
        tried(&double, &plan("")).await;
        assert_eq!(double.records("Opportunity").await.len(), 1);
        double.assert_no_violations().await;
    }
}

#[tokio::test]
async fn a_product_that_is_missing_is_made_for_the_trial_only() {
    let vars = "vars.shipping_product = 'FREIGHT'\nvars.missing_product = 'create'";
    for double in Double::both(Options::default(), json!({})).await {
        let before = double.records("Product2").await.len();
        let Trial::Taken { remarks } = tried(&double, &plan(vars)).await else {
            panic!("{}", double.name());
        };
        assert!(
            remarks.iter().any(|remark| remark.contains("FREIGHT")),
            "{remarks:#?}"
        );
        assert_eq!(double.records("Product2").await.len(), before);
        double.assert_no_violations().await;
    }
}

#[tokio::test]
async fn what_would_be_refused_is_told_with_its_place() {
    let options = Options {
        restricted_picklists: vec![Picklist {
            object: "Opportunity".to_owned(),
            field: "StageName".to_owned(),
            values: vec!["Prospecting".to_owned()],
        }],
        ..Options::default()
    };
    let config = json!({"picklists": {"Opportunity.StageName": {"restricted": true, "values": ["Prospecting"]}}});
    for double in Double::both(options, config).await {
        let Trial::Refused(failure) = tried(&double, &plan("")).await else {
            panic!("{} took it", double.name());
        };
        assert_eq!(failure.class, Class::Validation, "{failure:#?}");
        assert!(failure.message.contains("opportunity"), "{failure}");
        assert!(is_empty(&double).await, "{}", double.name());
    }
    // A refusal before anything is sent.
    for double in Double::both(Options::default(), json!({})).await {
        let trial = tried(&double, &plan("vars.shipping_product = 'FREIGHT'")).await;
        let Trial::Refused(failure) = trial else {
            panic!("{} {trial:#?}", double.name());
        };
        assert!(failure.message.contains("FREIGHT"), "{failure}");
    }
}

#[tokio::test]
async fn of_a_large_order_as_much_is_tried_as_can_be_taken_back() {
    for double in Double::both(Options::default(), json!({})).await {
        let mut order = order(1);
        let line = order.lines[0].clone();
        order.lines = vec![line; 40];
        let mapping = shop::mapping("woocommerce-salesforce", "");
        let plan = mapping.plan(&order).unwrap();
        let Trial::Taken { remarks } = tried(&double, &plan).await else {
            panic!("{}", double.name());
        };
        assert!(
            remarks
                .iter()
                .any(|remark| remark.contains("only the first 24 of")),
            "{remarks:#?}"
        );
        assert!(is_empty(&double).await, "{}", double.name());
        double.assert_no_violations().await;
    }
}

//! Two products with one code: none is sold by chance. Over the sandbox, and over the strict
//! simulator where it is present.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

use destination::{Class, Outcome};
use sandbox::zoho::Options;
use serde_json::json;
use strict_simulator::shop::mapping;
use support::{
    WithoutDeadline,
    both::{Double, order},
    records, rejected, warnings,
};

use crate::support;

/// Creates organisations with two products of the code MUG-1; `sold` says whether each is still
/// sold.
async fn orgs(sold: [bool; 2]) -> Vec<Double> {
    let orgs = Double::both(Options::default(), json!({})).await;
    let deals = mapping("woocommerce-zoho", "");
    for org in &orgs {
        // This makes sure that there is a login.
        org.deliver(&deals.plan(&order(999)).unwrap()).await;
        for (name, sold) in ["Mug, discontinued 2019", "Mug"].iter().zip(sold) {
            let fields = json!({"Product_Name": name, "Product_Code": "MUG-1", "Unit_Price": 9, "Product_Active": sold});
            org.by_hand("Products", fields).await;
        }
    }
    orgs
}

fn plan(number: u32, vars: &str) -> mapping::Plan {
    let mapping = mapping(
        "woocommerce-zoho",
        &format!("vars.module = 'Sales_Orders'\n{vars}"),
    );
    let mut order = order(number);
    order.lines.truncate(1);
    order.lines[0].code = "mug-1".to_owned();
    mapping.plan(&order).unwrap()
}

async fn sold(org: &Double) -> String {
    let orders = org.records("Sales_Orders").await;
    let product = &orders.last().unwrap()["Ordered_Items"][0]["Product_Name"]["id"];
    let products = org.records("Products").await;
    let product = products.iter().find(|row| row["id"] == *product).unwrap();
    product["Product_Name"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_order_of_a_code_that_two_products_share_is_refused_and_both_are_named() {
    for org in orgs([true, true]).await {
        for missing in ["reject", "skip", "create"] {
            let plan = plan(1, &format!("vars.missing_product = '{missing}'"));
            let failure = rejected(org.zoho.deliver_all(&[plan]).await.remove(0));
            let text = &failure.message;
            assert!(
                text.contains(
                    "Zoho has 2 of Products where Product_Code = mug-1: Mug, discontinued 2019 ("
                ) && text.contains("vars.several_products"),
                "{text}"
            );
            assert_eq!(
                (failure.class, failure.place.as_deref()),
                (Class::Mapping, Some("sales_order"))
            );
        }
        assert_eq!(org.records("Sales_Orders").await.len(), 0);
        org.assert_no_violations().await;
    }
}

#[tokio::test]
async fn a_variable_chooses_the_oldest_or_the_newest_and_every_order_says_so() {
    for org in orgs([true, true]).await {
        for (number, several, name) in [
            (1, "oldest", "Mug, discontinued 2019"),
            (2, "oldest", "Mug, discontinued 2019"),
            (3, "newest", "Mug"),
        ] {
            let outcome: Outcome = org
                .zoho
                .deliver_all(&[plan(
                    number,
                    &format!("vars.several_products = '{several}'"),
                )])
                .await
                .remove(0);
            records(&outcome);
            let told: Vec<&String> = warnings(&outcome)
                .iter()
                .filter(|text| text.contains("several_products"))
                .collect();
            assert!(told.len() == 1 && told[0].contains(several), "{told:?}");
            assert_eq!(sold(&org).await, name, "{} {number}", org.name());
        }
        org.assert_no_violations().await;
    }
}

#[tokio::test]
async fn a_product_that_is_no_longer_sold_does_not_stand_in_the_way_of_the_one_that_is() {
    for org in orgs([false, true]).await {
        org.deliver(&plan(1, "")).await;
        assert_eq!(sold(&org).await, "Mug", "{}", org.name());
        org.assert_no_violations().await;
    }
}

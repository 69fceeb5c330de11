//! Two products with one code: none is sold by chance. Over the sandbox, and over the strict
//! simulator where it is present.

use destination::{Class, Outcome};
use mapping::plan::{Missing, Several};
use sandbox::salesforce::{Options, Product};
use serde_json::json;
use support::{
    WithoutDeadline,
    both::Double,
    records,
    shop::{Order, line, order},
    warnings,
};

use crate::support;

async fn orgs() -> Vec<Double> {
    let mut options = Options::default();
    for name in ["Mug, discontinued 2019", "Mug"] {
        options.products.push(Product::new(
            "MUG-1",
            name,
            rust_decimal::Decimal::new(900, 2),
        ));
    }
    let extra = ["Mug, discontinued 2019", "Mug"]
        .map(|name| json!({"code": "MUG-1", "name": name, "price": 9}));
    Double::both(options, json!({ "extra_products": extra })).await
}

fn mug(number: u32, several: Several) -> Order {
    Order {
        several,
        ..order(number, &number.to_string(), vec![line("mug-1", 1, "9.00")])
    }
}

#[tokio::test]
async fn an_order_of_a_code_that_two_products_share_is_refused_and_both_are_named() {
    for org in orgs().await {
        for missing in [Missing::Reject, Missing::Skip, Missing::Create] {
            let order = Order {
                missing,
                ..mug(1, Several::Reject)
            };
            let good = support::shop::order(2, "2", vec![line("101", 1, "49.99")]);
            let outcomes = org
                .salesforce
                .deliver_all(&[order.plan(), good.plan()])
                .await;
            let Outcome::Rejected(failure) = &outcomes[0] else {
                panic!("{}: {:?}", org.name(), outcomes[0])
            };
            let text = &failure.message;
            assert!(
                text.contains("has 2 of PricebookEntry where Product2.ProductCode = mug-1")
                    && text.contains("Mug, discontinued 2019 (01u")
                    && text.contains(", Mug (01u")
                    && text.contains("vars.several_products"),
                "{text}"
            );
            assert_eq!(
                (failure.class, failure.place.as_deref()),
                (Class::Mapping, Some("lines[0]"))
            );
            records(&outcomes[1]);
        }
        assert_eq!(
            org.records("Opportunity").await.len(),
            1,
            "of the good order"
        );
        assert_eq!(
            org.records("Product2")
                .await
                .iter()
                .filter(|row| row["ProductCode"] == "MUG-1")
                .count(),
            2
        );
        org.assert_no_violations().await;
    }
}

#[tokio::test]
async fn a_variable_chooses_the_oldest_or_the_newest_and_every_order_says_so() {
    for org in orgs().await {
        for (number, several, name) in [
            (1, Several::Oldest, "Mug, discontinued 2019"),
            (2, Several::Oldest, "Mug, discontinued 2019"),
            (3, Several::Newest, "Mug"),
        ] {
            let outcome = org
                .salesforce
                .deliver_all(&[mug(number, several).plan()])
                .await
                .remove(0);
            records(&outcome);
            let told: Vec<&String> = warnings(&outcome)
                .iter()
                .filter(|text| text.contains("several_products"))
                .collect();
            assert!(
                told.len() == 1 && told[0].contains(several.as_str()),
                "{told:?}"
            );
            let (lines, products) = (
                org.records("OpportunityLineItem").await,
                org.records("Product2").await,
            );
            let sold = products
                .iter()
                .find(|row| Some(&row["Id"]) == lines.last().map(|line| &line["Product2Id"]));
            assert_eq!(sold.unwrap()["Name"], name, "{}", org.name());
        }
        assert_eq!(
            org.salesforce.calls().total(),
            7,
            "two calls each, and the log-in"
        );
    }
}

#[tokio::test]
async fn a_product_is_not_made_an_entry_for_where_two_share_its_code() {
    for org in Double::both(Options::default(), json!({})).await {
        for name in ["Lamp, old", "Lamp"] {
            org.by_hand(
                "Product2",
                json!({"Name": name, "ProductCode": "LAMP", "IsActive": true}),
            )
            .await;
        }
        let order = Order {
            missing: Missing::Create,
            ..order(1, "1", vec![line("LAMP", 1, "5.00")])
        };
        let outcome = org.salesforce.deliver_all(&[order.plan()]).await.remove(0);
        let Outcome::Rejected(failure) = outcome else {
            panic!("{outcome:?}")
        };
        assert!(
            failure
                .message
                .contains("has 2 of Product2 where ProductCode = LAMP: Lamp, old (01t"),
            "{}",
            failure.message
        );
        let chosen = Order {
            several: Several::Newest,
            ..order
        };
        records(&org.salesforce.deliver_all(&[chosen.plan()]).await[0]);
        let entries = org.records("PricebookEntry").await;
        assert_eq!(entries.last().unwrap()["Name"], "Lamp", "{}", org.name());
        org.assert_no_violations().await;
    }
}

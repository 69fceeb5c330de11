//! Sales orders: exactly the planned lines, and the handling of products that Zoho does not know.

use crate::support;

use mapping::plan::Missing;
use serde_json::{Value, json};
use support::{
    Org, WithoutDeadline, records, rejected,
    shop::{Order, line, sample},
    warnings,
};

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_sales_order_has_exactly_the_planned_lines() {
    let org = Org::start().await;
    let order = Order {
        sales_order: true,
        ..sample()
    };
    let first = records(&org.deliver_one(&order.plan()).await);
    let lines = |sales_order: &Value| {
        let lines = sales_order["Ordered_Items"].as_array().unwrap();
        lines
            .iter()
            .map(|line| {
                (
                    line["Product_Name"]["id"].as_str().unwrap().to_owned(),
                    line["Quantity"].to_string(),
                    line["id"].as_str().unwrap().to_owned(),
                )
            })
            .collect::<Vec<_>>()
    };
    let before = lines(&org.records("Sales_Orders").await[0]);
    // Delivered again, by its key and by its id; then with another quantity, and one line less.
    records(&org.deliver_one(&order.plan()).await);
    records(
        &org.deliver_one(&order.clone().known_as(&first).plan())
            .await,
    );
    assert_eq!(lines(&org.records("Sales_Orders").await[0]), before);
    let changed = Order {
        lines: vec![line("11", 5, "30.00")],
        ..order
    };
    records(&org.deliver_one(&changed.known_as(&first).plan()).await);
    let orders = org.records("Sales_Orders").await;
    assert_eq!(orders.len(), 1);
    let [(product, quantity, id)] = &lines(&orders[0])[..] else {
        panic!("{orders:?}")
    };
    assert_eq!(
        (product, quantity.as_str(), id),
        (&before[1].0, "5", &before[1].2)
    );
    assert_eq!(orders[0]["Grand_Total"].to_string(), "105.0");
    org.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_missing_product_is_refused_left_out_or_made() {
    let org = Org::start().await;
    let with = |missing| Order {
        sales_order: true,
        missing,
        lines: vec![line("10", 1, "1.00"), line("it's new", 1, "2.00")],
        ..sample()
    };
    let failure = rejected(org.deliver_one(&with(Missing::Reject).plan()).await);
    assert!(
        failure
            .message
            .contains("Products where Product_Code = it's new")
            && failure.message.contains("Three ways out"),
        "{failure}"
    );
    let first = records(
        &org.deliver_one(
            &Order {
                lines: vec![line("11", 1, "1.00")],
                ..with(Missing::Reject)
            }
            .plan(),
        )
        .await,
    );
    let with = |missing| with(missing).known_as(&first);
    let skipped = org.deliver_one(&with(Missing::Skip).plan()).await;
    assert_eq!(
        warnings(&skipped),
        [
            "sales_order.Ordered_Items[1] was left out: Zoho has no Products where Product_Code = it's new"
        ]
    );
    assert_eq!(
        org.records("Sales_Orders").await[0]["Ordered_Items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let made = org.deliver_one(&with(Missing::Create).plan()).await;
    assert_eq!(
        warnings(&made),
        ["Zoho had no Products where Product_Code = it's new; it was made"]
    );
    assert_eq!(
        org.records("Sales_Orders").await[0]["Ordered_Items"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    // The product is known by now, so nothing is made or reported again.
    assert!(
        warnings(
            &org.another_worker()
                .deliver_all(&[with(Missing::Create).plan()])
                .await[0]
        )
        .is_empty()
    );
    assert_eq!(org.records("Products").await.len(), 3);
    org.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_product_that_was_made_anew_is_found_anew() {
    let org = Org::start().await;
    let order = Order {
        sales_order: true,
        ..sample()
    };
    records(&org.deliver_one(&order.plan()).await);
    let old = org.records("Products").await[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    org.delete_by_hand("Products", &old).await;
    let new = org
        .by_hand(
            "Products",
            json!({"Product_Name": "Product A, new", "Product_Code": "10"}),
        )
        .await;
    let second = Order {
        id: "12346".to_owned(),
        ..order
    };
    records(&org.deliver_one(&second.plan()).await);
    let written = org.records("Sales_Orders").await.pop().unwrap();
    assert_eq!(
        written["Ordered_Items"][0]["Product_Name"]["id"],
        json!(new)
    );
    org.assert_no_violations().await;
}

//! The lines of an order: when they double, when they do not, and their prices.

use crate::client::{Client, order, start};
use sandbox::netsuite::NetSuite;
use serde_json::{Value, json};

async fn with_order() -> (NetSuite, Client) {
    let (sandbox, client) = start().await;
    client.customer("WOO_CUST_56", "Doe").await;
    let answer = client
        .put(
            "/salesOrder/eid:WOO_ORDER_1",
            order("WOO_ORDER_1", "WOO_CUST_56"),
        )
        .await;
    assert_eq!(answer.status, 204, "{answer:?}");
    (sandbox, client)
}

/// Returns line, item and amount of each line.
fn lines(sandbox: &NetSuite) -> Vec<(String, String, String)> {
    let order = sandbox.records("salesOrder").pop().unwrap();
    let items = order["item"]["items"].as_array().unwrap();
    let shown = |line: &Value| {
        let item = line["item"]["id"].as_str().unwrap().to_owned();
        (line["line"].to_string(), item, line["amount"].to_string())
    };
    items.iter().map(shown).collect()
}

fn line(number: i64, item: u64, amount: &str) -> (String, String, String) {
    (number.to_string(), item.to_string(), amount.to_owned())
}

fn total(sandbox: &NetSuite) -> String {
    sandbox.records("salesOrder").pop().unwrap()["total"].to_string()
}

#[tokio::test]
async fn the_same_order_again_doubles_its_lines() {
    let (sandbox, client) = with_order().await;
    client
        .put(
            "/salesOrder/eid:WOO_ORDER_1",
            order("WOO_ORDER_1", "WOO_CUST_56"),
        )
        .await;
    let doubled = [
        line(1, 1501, "45.00"),
        line(2, 1503, "39.98"),
        line(3, 1501, "45.00"),
        line(4, 1503, "39.98"),
    ];
    assert_eq!(lines(&sandbox), doubled);
    assert_eq!(total(&sandbox), "169.96");
}

#[tokio::test]
async fn unless_its_lines_are_replaced() {
    let (sandbox, client) = with_order().await;
    for method in ["PUT", "PATCH"] {
        let mut fields = order("WOO_ORDER_1", "WOO_CUST_56");
        fields["item"]["items"].as_array_mut().unwrap().pop();
        let answer = client
            .send(
                method,
                "/salesOrder/eid:WOO_ORDER_1?replace=item",
                Some(&fields),
            )
            .await;
        assert_eq!(answer.status, 204);
        assert_eq!(lines(&sandbox), [line(1, 1501, "45.00")], "{method}");
        assert_eq!(total(&sandbox), "45.00");
    }
    let odd = client
        .patch("/salesOrder/eid:WOO_ORDER_1?replace=memo", json!({}))
        .await;
    assert_eq!(odd.error(), (400, "INVALID_PARAMETER"));
    let fields = client
        .patch(
            "/salesOrder/eid:WOO_ORDER_1?replaceSelectedFields=true&replace=memo",
            json!({"memo": null}),
        )
        .await;
    assert_eq!(fields.status, 204);
    assert!(!sandbox.records("salesOrder")[0].contains_key("memo"));
}

#[tokio::test]
async fn a_line_with_its_number_is_changed() {
    let (sandbox, client) = with_order().await;
    let change = |fields: Value| json!({"item": {"items": [fields]}});
    client
        .patch(
            "/salesOrder/eid:WOO_ORDER_1",
            change(json!({"line": 2, "quantity": 3})),
        )
        .await;
    assert_eq!(
        lines(&sandbox),
        [line(1, 1501, "45.00"), line(2, 1503, "59.97")]
    );
    client
        .patch(
            "/salesOrder/eid:WOO_ORDER_1",
            change(json!({"line": 2, "quantity": 3, "amount": 50})),
        )
        .await;
    assert_eq!(lines(&sandbox)[1], line(2, 1503, "50.00"));
    client
        .patch(
            "/salesOrder/eid:WOO_ORDER_1?replace=item",
            change(json!({"line": 2, "rate": 10})),
        )
        .await;
    assert_eq!(lines(&sandbox), [line(2, 1503, "30.00")]);
}

#[tokio::test]
async fn a_rate_counts_with_the_custom_price_level_only() {
    let (sandbox, client) = start().await;
    client.customer("WOO_CUST_56", "Doe").await;
    let lines = [
        // Polo costs 20.00.
        (
            json!({"item": {"id": "1503"}, "quantity": 2, "rate": 19.99, "amount": 39.98}),
            "40.00",
        ),
        (
            json!({"item": {"id": "1503"}, "quantity": 2, "rate": 19.99, "price": {"id": "1"}}),
            "40.00",
        ),
        (
            json!({"item": {"id": "1503"}, "quantity": 2, "rate": 19.99, "price": {"id": "-1"}}),
            "39.98",
        ),
        (
            json!({"item": {"id": "1503"}, "quantity": 3, "amount": 10.00, "price": {"id": "-1"}}),
            "10.00",
        ),
        (json!({"item": {"id": "1503"}}), "20.00"),
        // An item without a price of its own accepts any.
        (
            json!({"item": {"externalId": "SHIPPING"}, "rate": 4.90}),
            "4.90",
        ),
        (
            json!({"item": {"externalId": "DISCOUNT"}, "rate": -5}),
            "-5.00",
        ),
    ];
    let items: Vec<&Value> = lines.iter().map(|(line, _)| line).collect();
    let fields = json!({"entity": {"externalId": "WOO_CUST_56"}, "shippingCost": 1.5, "item": {"items": items}});
    assert_eq!(client.post("/salesOrder", fields).await.status, 204);
    let amounts: Vec<String> = self::lines(&sandbox)
        .into_iter()
        .map(|(_, _, amount)| amount)
        .collect();
    let expected: Vec<&str> = lines.iter().map(|(_, amount)| *amount).collect();
    assert_eq!(amounts, expected);
    let order = &sandbox.records("salesOrder")[0];
    assert_eq!(
        (order["subtotal"].to_string(), order["total"].to_string()),
        ("149.88".into(), "151.38".into())
    );
    assert_eq!(
        order["item"]["items"][6].get("quantity"),
        None,
        "a discount has no quantity"
    );
}

#[tokio::test]
async fn lines_without_an_item_and_discounts_that_are_none() {
    let (_sandbox, client) = start().await;
    client.customer("WOO_CUST_56", "Doe").await;
    let mut fields = order("WOO_ORDER_1", "WOO_CUST_56");
    fields["item"]["items"][1]
        .as_object_mut()
        .unwrap()
        .remove("item");
    let answer = client.post("/salesOrder", fields.clone()).await;
    assert_eq!(
        (answer.error(), answer.path()),
        ((400, "USER_ERROR"), "item.items[1].item")
    );
    fields["item"]["items"].as_array_mut().unwrap().pop();
    fields["discountItem"] = json!({"externalId": "woo-polo"});
    assert_eq!(
        client.post("/salesOrder", fields).await.path(),
        "discountItem"
    );
}

#[tokio::test]
async fn an_order_is_closed_with_its_last_line_and_its_billed_lines_stay() {
    let (sandbox, client) = with_order().await;
    let closed = |first: bool| json!({"item": {"items": [{"line": 1, "isClosed": first}, {"line": 2, "isClosed": true}]}});
    for (first, status) in [(false, "A"), (true, "H"), (false, "A")] {
        client
            .patch("/salesOrder/eid:WOO_ORDER_1", closed(first))
            .await;
        let found = client
            .query(
                "SELECT status FROM transaction WHERE externalid = 'WOO_ORDER_1'",
                json!([]),
            )
            .await;
        assert_eq!(found.body["items"][0]["status"], status);
    }
    let id = sandbox.records("salesOrder")[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(sandbox.bill(&id) && !sandbox.bill("9999"));
    let again = client
        .put(
            "/salesOrder/eid:WOO_ORDER_1?replace=item",
            order("WOO_ORDER_1", "WOO_CUST_56"),
        )
        .await;
    assert_eq!((again.error(), again.path()), ((400, "USER_ERROR"), "item"));
    assert_eq!(
        client
            .patch("/salesOrder/eid:WOO_ORDER_1", json!({"memo": "billed"}))
            .await
            .status,
        204
    );
    assert_eq!(
        sandbox.records("salesOrder")[0]["status"],
        json!({"id": "G"})
    );
}

use crate::client::{Client, start, start_with};
use sandbox::zoho::Options;
use serde_json::{Value, json};

/// Creates a sales order of two polos and a beanie, and returns its id and those of its lines.
async fn order(client: &Client) -> (String, [String; 2]) {
    let account = client
        .insert("Accounts", json!([{"Account_Name": "Example Trading Ltd"}]))
        .await
        .id();
    let (polo, beanie) = (
        client.product("woo-polo").await,
        client.product("woo-beanie").await,
    );
    let lines = json!([
        {"Product_Name": {"id": polo}, "Quantity": 2, "List_Price": 19.99, "Discount": 1.98},
        {"Product_Name": {"id": beanie}, "Quantity": 1, "Line_Tax": [{"name": "Vat", "percentage": 19}]},
    ]);
    let item = json!([{"Subject": "WooCommerce Order #5", "Account_Name": {"id": account}, "Ordered_Items": lines, "Adjustment": 5, "Discount": 1}]);
    let id = client.upsert("Sales_Orders", item, &["Subject"]).await.id();
    let lines = lines_of(client, &id).await;
    let ids = [0, 1].map(|index: usize| lines[index]["id"].as_str().unwrap().to_owned());
    (id, ids)
}

async fn lines_of(client: &Client, order: &str) -> Value {
    let answer = client.get(&format!("/Sales_Orders/{order}")).await;
    answer.body["data"][0]["Ordered_Items"].clone()
}

#[tokio::test]
async fn totals_are_computed() {
    let (sandbox, client) = start().await;
    order(&client).await;
    let order = &sandbox.records("Sales_Orders")[0];
    let lines = &order["Ordered_Items"];
    let money = |value: &Value| value.to_string();
    assert_eq!(
        [money(&lines[0]["Total"]), money(&lines[0]["Net_Total"])],
        ["39.98", "38"]
    );
    assert_eq!(
        money(&lines[1]["List_Price"]),
        "18",
        "the product's own price"
    );
    assert_eq!(
        [money(&lines[1]["Tax"]), money(&lines[1]["Net_Total"])],
        ["3.42", "21.42"]
    );
    assert_eq!(
        [money(&order["Sub_Total"]), money(&order["Grand_Total"])],
        ["59.42", "63.42"]
    );
    assert_eq!(order["SO_Number"], "1");
    assert_eq!(lines[0]["Product_Name"]["name"], "Polo");
}

#[tokio::test]
async fn a_line_with_an_id_changes_one_with_delete_goes_one_without_comes() {
    let (sandbox, client) = start().await;
    let (id, [first, second]) = order(&client).await;
    let polo = client.product("woo-polo").await;
    let lines = json!([{"id": first, "Quantity": 3}, {"id": second, "_delete": null}, {"Product_Name": {"id": polo}, "Quantity": 1}]);
    let answer = client
        .upsert(
            "Sales_Orders",
            json!([{"id": id, "Ordered_Items": lines}]),
            &["Subject"],
        )
        .await;
    assert_eq!(answer.codes(), ["SUCCESS"]);
    let lines = lines_of(&client, &id).await;
    let quantities: Vec<String> = lines
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["Quantity"].to_string())
        .collect();
    assert_eq!(quantities, ["3", "1"]);
    assert_eq!(lines[0]["id"], json!(first));
    assert_eq!(
        sandbox.records("Sales_Orders")[0]["Sub_Total"].to_string(),
        "77.99"
    );
}

#[tokio::test]
async fn a_line_without_an_id_doubles_the_order() {
    let (_sandbox, client) = start().await;
    let (id, _) = order(&client).await;
    let polo = client.product("woo-polo").await;
    let lines = json!([{"Product_Name": {"id": polo}, "Quantity": 2}]);
    client
        .upsert(
            "Sales_Orders",
            json!([{"id": id, "Ordered_Items": lines}]),
            &["Subject"],
        )
        .await;
    assert_eq!(lines_of(&client, &id).await.as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn an_organisation_may_remove_the_lines_that_nobody_named() {
    let (_sandbox, client) = start_with(Options {
        removes_unnamed_lines: true,
        ..Options::default()
    })
    .await;
    let (id, [first, _]) = order(&client).await;
    let lines = json!([{"id": first, "Quantity": 1}]);
    client
        .upsert(
            "Sales_Orders",
            json!([{"id": id, "Ordered_Items": lines}]),
            &["Subject"],
        )
        .await;
    let lines = lines_of(&client, &id).await;
    assert_eq!(lines.as_array().unwrap().len(), 1);
    let status = json!([{"id": id, "Status": "Delivered"}]);
    client.upsert("Sales_Orders", status, &["Subject"]).await;
    assert_eq!(
        lines_of(&client, &id).await,
        lines,
        "an update without lines keeps them"
    );
}

#[tokio::test]
async fn lines_are_checked() {
    let (sandbox, client) = start().await;
    let (id, [first, _]) = order(&client).await;
    let polo = client.product("woo-polo").await;
    for (lines, code, path) in [
        (
            json!([{"Quantity": 1}]),
            "MANDATORY_NOT_FOUND",
            "$.data[0].Ordered_Items[0].Product_Name",
        ),
        (
            json!([{"Product_Name": {"id": "5"}}]),
            "INVALID_DATA",
            "$.data[0].Ordered_Items[0].Product_Name.id",
        ),
        (
            json!([{"id": first}, {"id": "77"}]),
            "INVALID_DATA",
            "$.data[0].Ordered_Items[1].id",
        ),
        (
            json!([{"Product_Name": {"id": polo}, "Color": "red"}]),
            "INVALID_DATA",
            "$.data[0].Ordered_Items[0].Color",
        ),
        (
            json!([{"id": first, "Quantity": "2"}]),
            "INVALID_DATA",
            "$.data[0].Ordered_Items[0].Quantity",
        ),
        (
            json!({"id": first}),
            "INVALID_DATA",
            "$.data[0].Ordered_Items",
        ),
    ] {
        let refused = client
            .upsert(
                "Sales_Orders",
                json!([{"id": id, "Ordered_Items": lines}]),
                &["Subject"],
            )
            .await;
        assert_eq!(refused.codes(), [code], "{lines}");
        assert_eq!(refused.details()["json_path"], path, "{lines}");
    }
    assert_eq!(
        sandbox.records("Sales_Orders")[0]["Grand_Total"].to_string(),
        "63.42"
    );
}

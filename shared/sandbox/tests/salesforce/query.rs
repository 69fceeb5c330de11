use crate::client::{Client, start, start_with};
use sandbox::salesforce::Options;
use serde_json::{Value, json};

/// Returns the values of one column.
async fn column(client: &Client, soql: &str, field: &str) -> Vec<Value> {
    let answer = client.query(soql).await;
    let records = answer.body["records"]
        .as_array()
        .unwrap_or_else(|| panic!("{soql}: {answer:?}"));
    assert_eq!(answer.body["totalSize"], json!(records.len()));
    assert_eq!(answer.body["done"], json!(true));
    records.iter().map(|record| record[field].clone()).collect()
}

#[tokio::test]
async fn conditions_choose() {
    let (_sandbox, client) = start().await;
    for (name, phone, city) in [
        ("Acme", "1", Some("Rome")),
        ("Bolt's", "2", None),
        ("Cogs", "3", Some("Oslo")),
    ] {
        client
            .post(
                "/sobjects/Account",
                json!({"Name": name, "Phone": phone, "BillingCity": city, "WooCommerce_Customer_ID__c": name}),
            )
            .await;
    }
    for (condition, expected) in [
        ("Name = 'acme'", vec!["Acme"]),
        ("Name = 'Bolt\\'s'", vec!["Bolt's"]),
        (
            "WooCommerce_Customer_ID__c IN ('COGS', 'acme', 'nobody')",
            vec!["Acme", "Cogs"],
        ),
        (
            "WooCommerce_Customer_ID__c NOT IN ('cogs')",
            vec!["Acme", "Bolt's"],
        ),
        ("BillingCity = null", vec!["Bolt's"]),
        ("BillingCity != null", vec!["Acme", "Cogs"]),
        ("BillingCity != 'Rome'", vec!["Bolt's", "Cogs"]),
        ("Phone > '1' AND Phone <= '3'", vec!["Bolt's", "Cogs"]),
        (
            "(Name = 'Acme' OR WooCommerce_Customer_ID__c = 'cogs') AND BillingCity = 'Oslo'",
            vec!["Cogs"],
        ),
        (
            "WooCommerce_Customer_ID__c = 'acme' OR BillingCity = 'Oslo'",
            vec!["Acme", "Cogs"],
        ),
        ("Name = 'x\\' OR Name != \\''", vec![]),
        (
            "CreatedDate > 2020-01-01T00:00:00Z",
            vec!["Acme", "Bolt's", "Cogs"],
        ),
    ] {
        let found = column(
            &client,
            &format!("SELECT Name FROM Account WHERE {condition} ORDER BY Name"),
            "Name",
        )
        .await;
        assert_eq!(found, expected, "{condition}");
    }
    assert_eq!(
        column(
            &client,
            "SELECT Name FROM Account ORDER BY BillingCity DESC NULLS LAST",
            "Name"
        )
        .await,
        ["Acme", "Cogs", "Bolt's"]
    );
    assert_eq!(
        column(
            &client,
            "SELECT Name FROM Account ORDER BY BillingCity LIMIT 2",
            "Name"
        )
        .await,
        ["Bolt's", "Cogs"]
    );
    assert_eq!(
        column(
            &client,
            "SELECT Name FROM Account ORDER BY CreatedDate DESC LIMIT 1",
            "Name"
        )
        .await,
        ["Cogs"]
    );
}

#[tokio::test]
async fn parents_and_children_come_along() {
    let (_sandbox, client) = start().await;
    let entries = client
        .query("SELECT Id, UnitPrice, Product2Id, Product2.ProductCode, Product2.Name, Pricebook2.IsStandard FROM PricebookEntry WHERE Pricebook2.IsStandard = true AND IsActive = true AND Product2.ProductCode IN ('101', 'nope')")
        .await;
    let entry = &entries.body["records"][0];
    assert_eq!(entries.body["totalSize"], json!(1));
    assert_eq!(
        (
            &entry["Product2"]["ProductCode"],
            &entry["Product2"]["Name"],
            &entry["Pricebook2"]["IsStandard"]
        ),
        (&json!("101"), &json!("Product A"), &json!(true))
    );
    assert_eq!(entry["Product2"]["attributes"]["type"], "Product2");
    assert_eq!(entry["UnitPrice"].to_string(), "49.99");

    let with_lines = client
        .opportunity(json!({"WooCommerce_Order_ID__c": "1"}))
        .await;
    client
        .opportunity(json!({"WooCommerce_Order_ID__c": "2"}))
        .await;
    for quantity in [1, 2] {
        let line = json!({"OpportunityId": with_lines, "PricebookEntryId": entry["Id"], "Quantity": quantity, "UnitPrice": 1});
        client.post("/sobjects/OpportunityLineItem", line).await;
    }
    let soql = "SELECT Id, AccountId, Account.Name, (SELECT Quantity, PricebookEntry.Product2.ProductCode FROM OpportunityLineItems ORDER BY Quantity DESC) \
                FROM Opportunity WHERE WooCommerce_Order_ID__c IN ('1', '2') ORDER BY WooCommerce_Order_ID__c";
    let body = client.query(soql).await.body;
    let lines = &body["records"][0]["OpportunityLineItems"];
    assert_eq!(
        (&lines["totalSize"], &lines["done"]),
        (&json!(2), &json!(true))
    );
    assert_eq!(lines["records"][0]["Quantity"].to_string(), "2.0");
    assert_eq!(
        lines["records"][0]["PricebookEntry"]["Product2"]["ProductCode"],
        "101"
    );
    assert_eq!(
        (
            &body["records"][1]["OpportunityLineItems"],
            &body["records"][1]["Account"]
        ),
        (&json!(null), &json!(null))
    );
}

#[tokio::test]
async fn queries_that_are_refused() {
    let (_sandbox, client) = start().await;
    for (soql, code, part) in [
        (
            "SELEKT Id FROM Account",
            "MALFORMED_QUERY",
            "unexpected token: SELEKT",
        ),
        (
            "SELECT Bacon__c FROM Account LIMIT 2",
            "INVALID_FIELD",
            "\nSELECT Bacon__c FROM Account LIMIT 2\n       ^\nERROR at Row:1:Column:8\nNo such column 'Bacon__c' on entity 'Account'.",
        ),
        (
            "SELECT Id FROM Nope",
            "INVALID_TYPE",
            "sObject type 'Nope' is not supported.",
        ),
        (
            "SELECT Id, Shop__r.Name FROM Account",
            "INVALID_FIELD",
            "Didn't understand relationship 'Shop__r.Name'",
        ),
        (
            "SELECT Id, (SELECT Id FROM Opportunity) FROM Account",
            "INVALID_TYPE",
            "Didn't understand relationship 'Opportunity'",
        ),
        (
            "SELECT Id FROM Account WHERE Name = 5",
            "INVALID_FIELD",
            "must be of type string and should be enclosed in quotes",
        ),
        (
            "SELECT Id FROM Opportunity WHERE Amount = '5'",
            "INVALID_FIELD",
            "must be of type currency and should not be enclosed in quotes",
        ),
        (
            "SELECT Id FROM Account WHERE Description = 'x'",
            "INVALID_FIELD",
            "cannot be filtered",
        ),
        (
            "SELECT Id FROM Account WHERE Id = 'x'",
            "INVALID_QUERY_FILTER_OPERATOR",
            "invalid ID field: x",
        ),
        (
            "SELECT Id, id FROM Account",
            "INVALID_FIELD",
            "duplicate field selected: id",
        ),
        (
            "SELECT Id FROM Account WHERE Name = 'O'Neil'",
            "MALFORMED_QUERY",
            "mismatched character '<EOF>'",
        ),
    ] {
        let answer = client.query(soql).await;
        assert_eq!(answer.error(), (400, code), "{soql}");
        assert!(
            answer.message().contains(part),
            "{soql}: {}",
            answer.message()
        );
        assert!(answer.body[0].get("fields").is_none());
    }
    assert_eq!(client.get("/query").await.error(), (400, "MALFORMED_QUERY"));
}

#[tokio::test]
async fn long_results_come_in_pages() {
    let (_sandbox, client) = start_with(Options {
        page_size: 4,
        ..Options::default()
    })
    .await;
    let mut page = client.query("SELECT Id FROM Product2").await.body;
    let mut sizes = Vec::new();
    loop {
        sizes.push((
            page["records"].as_array().unwrap().len(),
            page["done"].clone(),
        ));
        let Some(next) = page["nextRecordsUrl"].as_str() else {
            break;
        };
        page = client.get(next).await.body;
    }
    assert_eq!(
        sizes,
        [(4, json!(false)), (4, json!(false)), (1, json!(true))]
    );
    assert_eq!(
        client.get("/query/01gnonsense-4").await.error(),
        (400, "INVALID_QUERY_LOCATOR")
    );
}

/// The query with which `check --live` finds codes that several products share.
#[tokio::test]
async fn groups_are_counted() {
    let (_sandbox, client) = start().await;
    for (name, active) in [
        ("Mug, discontinued 2019", true),
        ("Mug", true),
        ("Mug, old", false),
    ] {
        let product = json!({"Name": name, "ProductCode": "MUG-1", "IsActive": active});
        client.post("/sobjects/Product2", product).await;
    }
    let of_active =
        "FROM Product2 WHERE IsActive = true AND ProductCode != null GROUP BY ProductCode";
    let by_count = format!(
        "SELECT ProductCode, COUNT(Id) products {of_active} ORDER BY COUNT(Id) DESC LIMIT 2"
    );
    let answer = client.query(&by_count).await;
    let first = &answer.body["records"][0];
    assert_eq!(
        (
            &answer.body["totalSize"],
            &first["ProductCode"],
            &first["products"],
            &first["attributes"]["type"]
        ),
        (
            &json!(2),
            &json!("MUG-1"),
            &json!(2),
            &json!("AggregateResult")
        )
    );
    let by_code = format!("SELECT COUNT(Id), ProductCode {of_active} ORDER BY ProductCode");
    assert_eq!(
        column(&client, &by_code, "expr0")
            .await
            .iter()
            .filter(|count| **count == json!(2))
            .count(),
        1
    );
    for (wrong, says) in [
        (
            format!("SELECT Name, COUNT(Id) {of_active}"),
            "grouped or aggregated: Name",
        ),
        (
            format!("SELECT ProductCode {of_active} ORDER BY Name"),
            "grouped or aggregated: Name",
        ),
        (
            "SELECT COUNT(Id) FROM Product2".to_owned(),
            "without GROUP BY",
        ),
    ] {
        let answer = client.query(&wrong).await;
        assert_eq!(answer.error(), (400, "MALFORMED_QUERY"), "{wrong}");
        assert!(answer.body.to_string().contains(says), "{answer:?}");
    }
}

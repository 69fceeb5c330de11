use crate::client::{Answer, Client, start};
use rust_decimal::Decimal;
use sandbox::salesforce::Salesforce;
use serde_json::{Value, json};

/// Reads an amount, so that amounts are compared as numbers, whatever zeros they end with.
fn number(value: &Value) -> Decimal {
    value
        .to_string()
        .parse()
        .unwrap_or_else(|_| panic!("a number, not {value}"))
}

fn cents(cents: i64) -> Decimal {
    Decimal::new(cents, 2)
}

async fn line(client: &Client, opportunity: &str, code: &str, more: Value) -> Answer {
    let mut fields =
        json!({"OpportunityId": opportunity, "PricebookEntryId": client.entry(code).await});
    fields
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    client.post("/sobjects/OpportunityLineItem", fields).await
}

fn amount(sandbox: &Salesforce) -> Decimal {
    number(&sandbox.records("Opportunity")[0]["Amount"])
}

#[tokio::test]
async fn the_amount_is_the_sum_of_the_lines() {
    let (sandbox, client) = start().await;
    let opportunity = client.opportunity(json!({"Amount": 1000})).await;
    assert_eq!(amount(&sandbox), cents(100_000));
    let first = line(
        &client,
        &opportunity,
        "101",
        json!({"Quantity": 1, "UnitPrice": 49.99}),
    )
    .await;
    assert_eq!(first.status, 201);
    line(
        &client,
        &opportunity,
        "102",
        json!({"Quantity": 2, "TotalPrice": 50}),
    )
    .await;
    assert_eq!(amount(&sandbox), cents(9_999));
    assert_eq!(
        number(&sandbox.records("Opportunity")[0]["ExpectedRevenue"]),
        cents(9_999)
    );

    let path = format!("/sobjects/Opportunity/{opportunity}");
    assert_eq!(
        client
            .patch(&path, json!({"Amount": 5, "StageName": "Closed Lost"}))
            .await
            .status,
        204,
        "ignored without an error"
    );
    assert_eq!(amount(&sandbox), cents(9_999));
    assert_eq!(sandbox.records("Opportunity")[0]["IsWon"], json!(false));

    client
        .delete(&format!("/sobjects/OpportunityLineItem/{}", first.id()))
        .await;
    assert_eq!(amount(&sandbox), cents(5_000));
    client.delete(&path).await;
    assert!(
        sandbox.records("OpportunityLineItem").is_empty(),
        "lines go with their opportunity"
    );
}

#[tokio::test]
async fn one_price_makes_the_other() {
    let (sandbox, client) = start().await;
    let opportunity = client.opportunity(json!({})).await;
    let made = line(
        &client,
        &opportunity,
        "102",
        json!({"Quantity": 3, "TotalPrice": 10}),
    )
    .await;
    let path = format!("/sobjects/OpportunityLineItem/{}", made.id());
    let prices = || {
        let line = &sandbox.records("OpportunityLineItem")[0];
        (
            number(&line["Quantity"]),
            number(&line["UnitPrice"]),
            number(&line["TotalPrice"]),
        )
    };
    assert_eq!(
        prices(),
        (cents(300), cents(333), cents(1_000)),
        "the total that was given is kept to the cent"
    );

    for (change, expected) in [
        (
            json!({"Quantity": 2}),
            (cents(200), cents(500), cents(1_000)),
        ),
        (
            json!({"Quantity": 3, "UnitPrice": 4}),
            (cents(300), cents(400), cents(1_200)),
        ),
        (
            json!({"TotalPrice": 11}),
            (cents(300), cents(367), cents(1_100)),
        ),
        (
            json!({"Description": "gift"}),
            (cents(300), cents(367), cents(1_100)),
        ),
        (
            json!({"Quantity": 1, "UnitPrice": -2.5}),
            (cents(100), cents(-250), cents(-250)),
        ),
    ] {
        assert_eq!(
            client.patch(&path, change.clone()).await.status,
            204,
            "{change}"
        );
        assert_eq!(prices(), expected, "{change}");
    }
    let line = &sandbox.records("OpportunityLineItem")[0];
    assert_eq!(
        (&line["ProductCode"], &line["Name"]),
        (&json!("102"), &json!("WooCommerce Order #12345 Product B"))
    );
    assert_eq!(number(&line["ListPrice"]), cents(2_500));
}

#[tokio::test]
async fn lines_that_are_refused() {
    let (sandbox, client) = start().await;
    let opportunity = client.opportunity(json!({})).await;
    let entry = client.entry("101").await;
    let product = sandbox.records("Product2")[1]["Id"].clone();
    for (fields, code) in [
        (
            json!({"OpportunityId": opportunity, "PricebookEntryId": entry, "Quantity": 1}),
            "REQUIRED_FIELD_MISSING",
        ),
        (
            json!({"OpportunityId": opportunity, "PricebookEntryId": entry, "UnitPrice": 1}),
            "REQUIRED_FIELD_MISSING",
        ),
        (
            json!({"PricebookEntryId": entry, "Quantity": 1, "UnitPrice": 1}),
            "REQUIRED_FIELD_MISSING",
        ),
        (
            json!({"OpportunityId": opportunity, "PricebookEntryId": entry, "Quantity": 1, "UnitPrice": 1, "TotalPrice": 1}),
            "FIELD_INTEGRITY_EXCEPTION",
        ),
        (
            json!({"OpportunityId": opportunity, "Product2Id": product, "Quantity": 1, "UnitPrice": 1}),
            "FIELD_INTEGRITY_EXCEPTION",
        ),
        (
            json!({"OpportunityId": opportunity, "PricebookEntryId": entry, "Product2Id": product, "Quantity": 1, "UnitPrice": 1}),
            "FIELD_INTEGRITY_EXCEPTION",
        ),
        (
            json!({"OpportunityId": opportunity, "PricebookEntryId": entry, "Quantity": 1, "UnitPrice": 1, "ListPrice": 1}),
            "INVALID_FIELD_FOR_INSERT_UPDATE",
        ),
    ] {
        assert_eq!(
            client
                .post("/sobjects/OpportunityLineItem", fields.clone())
                .await
                .error(),
            (400, code),
            "{fields}"
        );
    }
    assert_eq!(
        sandbox.records("Opportunity")[0].get("Pricebook2Id"),
        None,
        "a refused line leaves no trace"
    );

    let made = line(
        &client,
        &opportunity,
        "101",
        json!({"Quantity": 1, "UnitPrice": 1}),
    )
    .await;
    let path = format!("/sobjects/OpportunityLineItem/{}", made.id());
    assert_eq!(
        client
            .patch(&path, json!({"UnitPrice": 1, "TotalPrice": 1}))
            .await
            .error(),
        (400, "INVALID_FIELD")
    );
    for field in ["OpportunityId", "PricebookEntryId"] {
        assert_eq!(
            client.patch(&path, json!({field: null})).await.error(),
            (400, "INVALID_FIELD_FOR_INSERT_UPDATE"),
            "{field}"
        );
    }
}

#[tokio::test]
async fn the_first_line_settles_the_price_book() {
    let (sandbox, client) = start().await;
    let standard = sandbox.records("Pricebook2")[0]["Id"].clone();
    let other = client
        .post(
            "/sobjects/Pricebook2",
            json!({"Name": "Wholesale", "IsActive": true}),
        )
        .await
        .id();
    let product = sandbox.records("Product2")[0]["Id"].clone();
    let entry =
        json!({"Pricebook2Id": other, "Product2Id": product, "UnitPrice": 40, "IsActive": true});
    let entry = client.post("/sobjects/PricebookEntry", entry).await.id();

    let opportunity = client.opportunity(json!({})).await;
    line(
        &client,
        &opportunity,
        "102",
        json!({"Quantity": 1, "UnitPrice": 25}),
    )
    .await;
    assert_eq!(sandbox.records("Opportunity")[0]["Pricebook2Id"], standard);
    let mixed = json!({"OpportunityId": opportunity, "PricebookEntryId": entry, "Quantity": 1, "UnitPrice": 1});
    assert_eq!(
        client
            .post("/sobjects/OpportunityLineItem", mixed)
            .await
            .error(),
        (400, "FIELD_INTEGRITY_EXCEPTION")
    );
    let moved = client
        .patch(
            &format!("/sobjects/Opportunity/{opportunity}"),
            json!({"Pricebook2Id": other}),
        )
        .await;
    assert_eq!(moved.error(), (400, "FIELD_INTEGRITY_EXCEPTION"));
}

#[tokio::test]
async fn a_missing_product_can_be_made() {
    let (sandbox, client) = start().await;
    let standard = sandbox.records("Pricebook2")[0]["Id"].clone();
    let wholesale = client
        .post(
            "/sobjects/Pricebook2",
            json!({"Name": "Wholesale", "IsActive": true}),
        )
        .await
        .id();
    let product = client
        .post(
            "/sobjects/Product2",
            json!({"Name": "Sunglasses", "ProductCode": "woo-sunglasses", "IsActive": true}),
        )
        .await
        .id();
    let entry = |book: &Value, more: Value| {
        let mut fields = json!({"Pricebook2Id": book, "Product2Id": product});
        fields
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        fields
    };
    for (fields, expected) in [
        (
            entry(&json!(wholesale), json!({"UnitPrice": 90})),
            Some("STANDARD_PRICE_NOT_DEFINED"),
        ),
        (entry(&standard, json!({})), Some("REQUIRED_FIELD_MISSING")),
        (entry(&standard, json!({"UnitPrice": 90})), None),
        (
            entry(&standard, json!({"UnitPrice": 91})),
            Some("DUPLICATE_VALUE"),
        ),
        (
            entry(
                &json!(wholesale),
                json!({"UnitPrice": 80, "UseStandardPrice": true}),
            ),
            Some("FIELD_INTEGRITY_EXCEPTION"),
        ),
        (
            entry(&json!(wholesale), json!({"UseStandardPrice": true})),
            None,
        ),
    ] {
        let answer = client
            .post("/sobjects/PricebookEntry", fields.clone())
            .await;
        assert_eq!(answer.body[0]["errorCode"].as_str(), expected, "{fields}");
    }
    let entries = sandbox.records("PricebookEntry");
    let wholesale_entry = entries.last().unwrap();
    assert_eq!(
        (
            number(&wholesale_entry["UnitPrice"]),
            &wholesale_entry["ProductCode"]
        ),
        (cents(9_000), &json!("woo-sunglasses"))
    );
    let inactive = json!({"OpportunityId": client.opportunity(json!({})).await, "PricebookEntryId": wholesale_entry["Id"], "Quantity": 1, "UnitPrice": 1});
    assert_eq!(
        client
            .post("/sobjects/OpportunityLineItem", inactive)
            .await
            .error(),
        (400, "FIELD_INTEGRITY_EXCEPTION"),
        "entries start inactive"
    );
}

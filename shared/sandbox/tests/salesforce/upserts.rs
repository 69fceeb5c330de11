use crate::client::{start, start_with};
use sandbox::salesforce::{CustomField, Options};
use serde_json::json;

#[tokio::test]
async fn external_ids_are_unique() {
    let (_sandbox, client) = start().await;
    let first = client
        .post(
            "/sobjects/Account",
            json!({"Name": "A", "WooCommerce_Customer_ID__c": "Guest-7"}),
        )
        .await
        .id();
    let again = client
        .post(
            "/sobjects/Account",
            json!({"Name": "B", "WooCommerce_Customer_ID__c": "guest-7"}),
        )
        .await;
    assert_eq!(again.error(), (400, "DUPLICATE_VALUE"));
    assert_eq!(
        again.message(),
        format!(
            "duplicate value found: WooCommerce_Customer_ID__c duplicates value on record with id: {first}"
        )
    );
    let same = client
        .patch(
            &format!("/sobjects/Account/{first}"),
            json!({"WooCommerce_Customer_ID__c": "guest-7"}),
        )
        .await;
    assert_eq!(same.status, 204, "a record does not duplicate itself");
}

#[tokio::test]
async fn upserts_create_then_update() {
    let (sandbox, client) = start().await;
    let path = "/sobjects/Account/WooCommerce_Customer_ID__c/a%2Fb%20%C3%BC%3F";
    let made = client.patch(path, json!({"Name": "A"})).await;
    assert_eq!((made.status, &made.body["created"]), (201, &json!(true)));
    assert_eq!(
        sandbox.records("Account")[0]["WooCommerce_Customer_ID__c"],
        "a/b ü?"
    );
    let changed = client.patch(path, json!({"Name": "B"})).await;
    assert_eq!(
        (changed.status, &changed.body["created"], changed.id()),
        (200, &json!(false), made.id())
    );
    assert_eq!(client.get(path).await.body["Name"], "B");

    let old = client
        .patch(
            &path.replace("/sobjects", "/services/data/v45.0/sobjects"),
            json!({"Name": "C"}),
        )
        .await;
    assert_eq!(old.status, 204, "up to v45 an update has no body");

    for (path, body, expected) in [
        (
            path,
            json!({"Name": "C", "woocommerce_customer_id__c": "x"}),
            (400, "INVALID_FIELD"),
        ),
        (
            path,
            json!({"Name": "C", "Id": made.id()}),
            (400, "INVALID_FIELD"),
        ),
        (
            "/sobjects/Account/Phone/1",
            json!({"Name": "C"}),
            (404, "NOT_FOUND"),
        ),
        (
            "/sobjects/Account/Nope__c/1",
            json!({"Name": "C"}),
            (404, "NOT_FOUND"),
        ),
        (
            "/sobjects/Nope/Nope__c/1",
            json!({"Name": "C"}),
            (404, "NOT_FOUND"),
        ),
        (
            "/sobjects/Account/WooCommerce_Customer_ID__c/a/b",
            json!({"Name": "C"}),
            (404, "NOT_FOUND"),
        ),
        (
            "/sobjects/Account/WooCommerce_Customer_ID__c/",
            json!({"Name": "C"}),
            (404, "NOT_FOUND"),
        ),
        (
            "/sobjects/Account/WooCommerce_Customer_ID__c/jane%40example.inc",
            json!({"Name": "C"}),
            (404, "NOT_FOUND"),
        ),
        (
            "/sobjects/Account/WooCommerce_Customer_ID__c/none?updateOnly=true",
            json!({"Name": "C"}),
            (404, "NOT_FOUND"),
        ),
    ] {
        assert_eq!(client.patch(path, body).await.error(), expected, "{path}");
    }
    assert_eq!(client.delete(path).await.status, 204);
    assert!(sandbox.records("Account").is_empty());
}

#[tokio::test]
async fn an_upsert_that_matches_two_records_writes_nothing() {
    let field = CustomField::external_id("Account", "Old_Shop_ID__c").with_duplicates();
    let (sandbox, client) = start_with(Options {
        custom_fields: vec![field],
        ..Options::default()
    })
    .await;
    for name in ["A", "B"] {
        client
            .post(
                "/sobjects/Account",
                json!({"Name": name, "Old_Shop_ID__c": "7"}),
            )
            .await;
    }
    let answer = client
        .patch("/sobjects/Account/Old_Shop_ID__c/7", json!({"Name": "C"}))
        .await;
    assert_eq!(
        (answer.status, answer.body.as_array().unwrap().len()),
        (300, 2)
    );
    assert!(
        sandbox
            .records("Account")
            .iter()
            .all(|account| account["Name"] != "C")
    );
}

#[tokio::test]
async fn create_only_fields_stay() {
    let (_sandbox, client) = start().await;
    let contact = client
        .post("/sobjects/Contact", json!({"LastName": "Doe"}))
        .await
        .id();
    let upsert = "/sobjects/Opportunity/WooCommerce_Order_ID__c/12345";
    let fields = json!({"Name": "Order", "StageName": "Closed Won", "CloseDate": "2023-10-26", "ContactId": contact});
    assert_eq!(client.patch(upsert, fields.clone()).await.status, 201);
    let replay = client.patch(upsert, fields).await;
    assert_eq!(replay.error(), (400, "INVALID_FIELD_FOR_INSERT_UPDATE"));
    assert_eq!(replay.body[0]["fields"], json!(["ContactId"]));
    assert!(replay.message().starts_with(
        "Unable to create/update fields: ContactId. Please check the security settings"
    ));
}

#[tokio::test]
async fn a_parent_is_found_by_its_external_id() {
    let (sandbox, client) = start().await;
    let account = client
        .post(
            "/sobjects/Account",
            json!({"Name": "A", "WooCommerce_Customer_ID__c": "7"}),
        )
        .await
        .id();
    let contact = client
        .post(
            "/sobjects/Contact",
            json!({"LastName": "Doe", "Account": {"WooCommerce_Customer_ID__c": "7"}}),
        )
        .await;
    assert_eq!(contact.status, 201);
    assert_eq!(sandbox.records("Contact")[0]["AccountId"], json!(account));
    let missing = client
        .post(
            "/sobjects/Contact",
            json!({"LastName": "Doe", "Account": {"WooCommerce_Customer_ID__c": "8"}}),
        )
        .await;
    assert_eq!(missing.error(), (400, "INVALID_FIELD"));
    assert_eq!(
        missing.message(),
        "Foreign key external ID: 8 not found for field WooCommerce_Customer_ID__c in entity Account"
    );
}

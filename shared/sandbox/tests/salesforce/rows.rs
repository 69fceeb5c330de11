use crate::client::{start, start_with};
use sandbox::salesforce::{CustomField, Operation, Options};
use serde_json::json;

#[tokio::test]
async fn a_record_lives() {
    let (sandbox, client) = start().await;
    let made = client
        .post(
            "/sobjects/Account",
            json!({"name": "Acme Corp", "BillingCity": "Springfield"}),
        )
        .await;
    assert_eq!(
        (made.status, &made.body["success"], &made.body["errors"]),
        (201, &json!(true), &json!([]))
    );
    assert_eq!(
        made.location.as_ref().unwrap(),
        &format!("/services/data/v65.0/sobjects/Account/{}", made.id())
    );
    assert!(made.body.get("created").is_none(), "only upserts tell");

    let path = format!("/sobjects/Account/{}", made.id());
    let changed = client
        .patch(&path, json!({"BillingCity": null, "Phone": "+1 555 0100"}))
        .await;
    assert_eq!((changed.status, changed.body), (204, json!("")));
    let read = client
        .get(&format!("{path}?fields=Name,BillingCity,Phone"))
        .await
        .body;
    assert_eq!(
        (&read["Name"], &read["BillingCity"], &read["Phone"]),
        (&json!("Acme Corp"), &json!(null), &json!("+1 555 0100"))
    );
    assert_eq!(read["attributes"]["type"], "Account");

    assert_eq!(client.delete(&path).await.status, 204);
    for answer in [
        client.get(&path).await,
        client.delete(&path).await,
        client.patch(&path, json!({})).await,
    ] {
        assert_eq!(answer.error(), (404, "ENTITY_IS_DELETED"));
    }
    let operations: Vec<Operation> = sandbox
        .changes()
        .iter()
        .map(|change| change.operation)
        .collect();
    assert_eq!(
        operations,
        [Operation::Create, Operation::Update, Operation::Delete]
    );
    assert_eq!(sandbox.changes()[1].fields["BillingCity"], json!(null));
    assert_eq!(sandbox.changes_since(2).await.len(), 1);
}

#[tokio::test]
async fn the_contact_of_an_opportunity_is_its_primary_role() {
    let (sandbox, client) = start().await;
    let jane = client
        .post(
            "/sobjects/Contact",
            json!({"FirstName": "Jane", "LastName": "Doe"}),
        )
        .await
        .id();
    let john = client
        .post("/sobjects/Contact", json!({"LastName": "Roe"}))
        .await
        .id();
    let opportunity = client.opportunity(json!({"ContactId": jane})).await;
    assert_eq!(sandbox.records("OpportunityContactRole").len(), 1);
    assert_eq!(sandbox.records("Contact")[0]["Name"], "Jane Doe");

    let role = client
        .post(
            "/sobjects/OpportunityContactRole",
            json!({"OpportunityId": opportunity, "ContactId": john, "IsPrimary": true}),
        )
        .await;
    assert_eq!(role.status, 201);
    assert_eq!(
        client
            .get(&format!("/sobjects/Opportunity/{opportunity}"))
            .await
            .body["ContactId"],
        json!(john)
    );
    let primary: Vec<_> = sandbox
        .records("OpportunityContactRole")
        .iter()
        .map(|role| role["IsPrimary"].clone())
        .collect();
    assert_eq!(primary, [json!(false), json!(true)]);
}

#[tokio::test]
async fn requests_that_lead_nowhere() {
    let (_sandbox, client) = start().await;
    let account = client
        .post("/sobjects/Account", json!({"Name": "A"}))
        .await
        .id();
    for (method, path, expected) in [
        ("GET", "/sobjects/Nope/describe", (404, "NOT_FOUND")),
        ("GET", "/nope", (404, "NOT_FOUND")),
        ("GET", "/services/data/v30.0/limits", (404, "NOT_FOUND")),
        (
            "GET",
            "/sobjects/Account/001Sb000zzzzzzz",
            (404, "NOT_FOUND"),
        ),
        ("GET", "/sobjects/Account/nonsense", (404, "NOT_FOUND")),
        (
            "POST",
            "/query?q=SELECT+Id+FROM+Account",
            (405, "METHOD_NOT_ALLOWED"),
        ),
        ("PUT", "/sobjects/Account", (405, "METHOD_NOT_ALLOWED")),
        ("GET", "/composite/graph", (405, "METHOD_NOT_ALLOWED")),
    ] {
        assert_eq!(
            client.send(method, path, None).await.error(),
            expected,
            "{method} {path}"
        );
    }
    let wrong = client
        .patch(
            &format!("/sobjects/Contact/{account}"),
            json!({"LastName": "X"}),
        )
        .await;
    assert_eq!(wrong.error(), (400, "MALFORMED_ID"));
    let long = client
        .get(&format!("/query?q={}", "x".repeat(17_000)))
        .await;
    assert_eq!(long.status, 414);
}

#[tokio::test]
async fn describe_tells_what_may_be_written() {
    let field = CustomField::number("Opportunity", "Order_Weight__c", 10, 3);
    let (_sandbox, client) = start_with(Options {
        custom_fields: vec![field],
        ..Options::default()
    })
    .await;
    let body = client.get("/sobjects/Opportunity/describe").await.body;
    let field = |name: &str| {
        body["fields"]
            .as_array()
            .unwrap()
            .iter()
            .find(|field| field["name"] == name)
            .unwrap()
            .clone()
    };
    assert_eq!(
        (
            field("ContactId")["createable"].clone(),
            field("ContactId")["updateable"].clone()
        ),
        (json!(true), json!(false))
    );
    assert_eq!(field("Name")["length"], json!(120));
    assert_eq!(field("WooCommerce_Order_ID__c")["externalId"], json!(true));
    assert_eq!(
        (
            field("Order_Weight__c")["precision"].clone(),
            field("Order_Weight__c")["scale"].clone()
        ),
        (json!(10), json!(3))
    );
    assert_eq!(field("AccountId")["referenceTo"], json!(["Account"]));
}

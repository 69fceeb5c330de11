use crate::client::{start, start_with};
use sandbox::salesforce::{CustomField, Operation, Options, Picklist};
use serde_json::json;

#[tokio::test]
async fn a_record_lives() {
    let (sandbox, client) = start().await;
    let made = client
        .post("/sobjects/Account", json!({"name": "Acme Corp", "BillingCity": "Springfield"}))
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
    let changed = client.patch(&path, json!({"BillingCity": null, "Phone": "+1 555 0100"})).await;
    assert_eq!((changed.status, changed.body), (204, json!("")));
    let read = client.get(&format!("{path}?fields=Name,BillingCity,Phone")).await.body;
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
    let operations: Vec<Operation> = sandbox.changes().iter().map(|change| change.operation).collect();
    assert_eq!(operations, [Operation::Create, Operation::Update, Operation::Delete]);
    assert_eq!(sandbox.changes()[1].fields["BillingCity"], json!(null));
    assert_eq!(sandbox.changes_since(2).await.len(), 1);
}

#[tokio::test]
async fn what_a_field_refuses() {
    let picklist = Picklist {
        object: "Opportunity".into(),
        field: "LeadSource".into(),
        values: vec!["Web".into()],
    };
    let (sandbox, client) = start_with(Options {
        restricted_picklists: vec![picklist],
        ..Options::default()
    })
    .await;
    let opportunity = json!({"Name": "Order", "StageName": "Closed Won", "CloseDate": "2026-01-31"});
    let with = |more: serde_json::Value| {
        let mut fields = opportunity.clone();
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        fields
    };
    let smile = "\u{1F600}";
    for (object, fields, code, names) in [
        (
            "Contact",
            json!({"FirstName": "Jane"}),
            "REQUIRED_FIELD_MISSING",
            json!(["LastName"]),
        ),
        ("Contact", json!({"LastName": "  "}), "REQUIRED_FIELD_MISSING", json!(["LastName"])),
        ("Lead", json!({}), "REQUIRED_FIELD_MISSING", json!(["LastName", "Company"])),
        (
            "Account",
            json!({"Name": "A", "FavoritePet__c": "cat"}),
            "INVALID_FIELD",
            json!(null),
        ),
        (
            "Account",
            json!({"Name": "A", "BillingCity": "x".repeat(41)}),
            "STRING_TOO_LONG",
            json!(["BillingCity"]),
        ),
        (
            "Account",
            json!({"Name": "A", "BillingCity": smile.repeat(21)}),
            "STRING_TOO_LONG",
            json!(["BillingCity"]),
        ),
        (
            "Contact",
            json!({"LastName": "Doe", "Email": "jane@"}),
            "INVALID_EMAIL_ADDRESS",
            json!(["Email"]),
        ),
        (
            "Contact",
            json!({"LastName": "Doe", "AccountId": "not-an-id"}),
            "MALFORMED_ID",
            json!(["AccountId"]),
        ),
        (
            "Contact",
            json!({"LastName": "Doe", "AccountId": "003Sb0000000001AAA"}),
            "MALFORMED_ID",
            json!(["AccountId"]),
        ),
        (
            "Contact",
            json!({"LastName": "Doe", "AccountId": "001Sb000zzzzzzzAAA"}),
            "INVALID_CROSS_REFERENCE_KEY",
            json!([]),
        ),
        ("Account", json!({"Name": 5}), "JSON_PARSER_ERROR", json!(null)),
        (
            "Opportunity",
            with(json!({"CloseDate": "26.10.2023"})),
            "JSON_PARSER_ERROR",
            json!(null),
        ),
        ("Opportunity", with(json!({"Amount": "9.99"})), "JSON_PARSER_ERROR", json!(null)),
        (
            "Opportunity",
            with(json!({"Amount": 10_000_000_000_000_000_u64})),
            "NUMBER_OUTSIDE_VALID_RANGE",
            json!(["Amount"]),
        ),
        (
            "Opportunity",
            with(json!({"IsWon": true})),
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            json!(["IsWon"]),
        ),
        (
            "Opportunity",
            with(json!({"LeadSource": "TV"})),
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            json!(["LeadSource"]),
        ),
        (
            "Account",
            json!({"Name": "A", "Id": "001Sb0000000001AAA"}),
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            json!(["Id"]),
        ),
    ] {
        let answer = client.post(&format!("/sobjects/{object}"), fields.clone()).await;
        assert_eq!(answer.error(), (400, code), "{object} {fields}");
        assert_eq!(answer.body[0]["fields"], names, "{object} {fields}");
    }
    assert!(sandbox.changes().is_empty(), "nothing of it was written");
    assert_eq!(
        client
            .post("/sobjects/Account", json!({"Name": "A", "BillingCity": smile.repeat(20)}))
            .await
            .status,
        201
    );
}

#[tokio::test]
async fn messages_name_label_and_limit() {
    let (_sandbox, client) = start().await;
    let answer = client.post("/sobjects/Contact", json!({"LastName": "x".repeat(81)})).await;
    assert_eq!(
        answer.message(),
        format!("Last Name: data value too large: {} (max length=80)", "x".repeat(81))
    );
    let answer = client
        .post("/sobjects/Account", json!({"Name": "A", "FavoritePet__c": "cat"}))
        .await;
    assert_eq!(answer.message(), "No such column 'FavoritePet__c' on sobject of type Account");
}

#[tokio::test]
async fn external_ids_are_unique() {
    let (_sandbox, client) = start().await;
    let first = client
        .post("/sobjects/Account", json!({"Name": "A", "WooCommerce_Customer_ID__c": "Guest-7"}))
        .await
        .id();
    let again = client
        .post("/sobjects/Account", json!({"Name": "B", "WooCommerce_Customer_ID__c": "guest-7"}))
        .await;
    assert_eq!(again.error(), (400, "DUPLICATE_VALUE"));
    assert_eq!(
        again.message(),
        format!("duplicate value found: WooCommerce_Customer_ID__c duplicates value on record with id: {first}")
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
    assert_eq!(sandbox.records("Account")[0]["WooCommerce_Customer_ID__c"], "a/b ü?");
    let changed = client.patch(path, json!({"Name": "B"})).await;
    assert_eq!(
        (changed.status, &changed.body["created"], changed.id()),
        (200, &json!(false), made.id())
    );
    assert_eq!(client.get(path).await.body["Name"], "B");

    let old = client
        .patch(&path.replace("/sobjects", "/services/data/v45.0/sobjects"), json!({"Name": "C"}))
        .await;
    assert_eq!(old.status, 204, "up to v45 an update has no body");

    for (path, body, expected) in [
        (
            path,
            json!({"Name": "C", "woocommerce_customer_id__c": "x"}),
            (400, "INVALID_FIELD"),
        ),
        (path, json!({"Name": "C", "Id": made.id()}), (400, "INVALID_FIELD")),
        ("/sobjects/Account/Phone/1", json!({"Name": "C"}), (404, "NOT_FOUND")),
        ("/sobjects/Account/Nope__c/1", json!({"Name": "C"}), (404, "NOT_FOUND")),
        ("/sobjects/Nope/Nope__c/1", json!({"Name": "C"}), (404, "NOT_FOUND")),
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
        client.post("/sobjects/Account", json!({"Name": name, "Old_Shop_ID__c": "7"})).await;
    }
    let answer = client.patch("/sobjects/Account/Old_Shop_ID__c/7", json!({"Name": "C"})).await;
    assert_eq!((answer.status, answer.body.as_array().unwrap().len()), (300, 2));
    assert!(sandbox.records("Account").iter().all(|account| account["Name"] != "C"));
}

#[tokio::test]
async fn create_only_fields_stay() {
    let (_sandbox, client) = start().await;
    let contact = client.post("/sobjects/Contact", json!({"LastName": "Doe"})).await.id();
    let upsert = "/sobjects/Opportunity/WooCommerce_Order_ID__c/12345";
    let fields = json!({"Name": "Order", "StageName": "Closed Won", "CloseDate": "2023-10-26", "ContactId": contact});
    assert_eq!(client.patch(upsert, fields.clone()).await.status, 201);
    let replay = client.patch(upsert, fields).await;
    assert_eq!(replay.error(), (400, "INVALID_FIELD_FOR_INSERT_UPDATE"));
    assert_eq!(replay.body[0]["fields"], json!(["ContactId"]));
    assert!(
        replay
            .message()
            .starts_with("Unable to create/update fields: ContactId. Please check the security settings")
    );
}

#[tokio::test]
async fn the_contact_of_an_opportunity_is_its_primary_role() {
    let (sandbox, client) = start().await;
    let jane = client
        .post("/sobjects/Contact", json!({"FirstName": "Jane", "LastName": "Doe"}))
        .await
        .id();
    let john = client.post("/sobjects/Contact", json!({"LastName": "Roe"})).await.id();
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
        client.get(&format!("/sobjects/Opportunity/{opportunity}")).await.body["ContactId"],
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
async fn a_parent_is_found_by_its_external_id() {
    let (sandbox, client) = start().await;
    let account = client
        .post("/sobjects/Account", json!({"Name": "A", "WooCommerce_Customer_ID__c": "7"}))
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

#[tokio::test]
async fn requests_that_lead_nowhere() {
    let (_sandbox, client) = start().await;
    let account = client.post("/sobjects/Account", json!({"Name": "A"})).await.id();
    for (method, path, expected) in [
        ("GET", "/sobjects/Nope/describe", (404, "NOT_FOUND")),
        ("GET", "/nope", (404, "NOT_FOUND")),
        ("GET", "/services/data/v30.0/limits", (404, "NOT_FOUND")),
        ("GET", "/sobjects/Account/001Sb000zzzzzzzAAA", (404, "NOT_FOUND")),
        ("GET", "/sobjects/Account/nonsense", (404, "NOT_FOUND")),
        ("POST", "/query?q=SELECT+Id+FROM+Account", (405, "METHOD_NOT_ALLOWED")),
        ("PUT", "/sobjects/Account", (405, "METHOD_NOT_ALLOWED")),
        ("GET", "/composite/graph", (405, "METHOD_NOT_ALLOWED")),
    ] {
        assert_eq!(client.send(method, path, None).await.error(), expected, "{method} {path}");
    }
    let wrong = client
        .patch(&format!("/sobjects/Contact/{account}"), json!({"LastName": "X"}))
        .await;
    assert_eq!(wrong.error(), (400, "MALFORMED_ID"));
    let long = client.get(&format!("/query?q={}", "x".repeat(17_000))).await;
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
        (field("ContactId")["createable"].clone(), field("ContactId")["updateable"].clone()),
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

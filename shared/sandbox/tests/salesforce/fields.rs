use crate::client::{start, start_with};
use sandbox::salesforce::{Country, Options, Picklist};
use serde_json::json;

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
    let opportunity =
        json!({"Name": "Order", "StageName": "Closed Won", "CloseDate": "2026-01-31"});
    let with = |more: serde_json::Value| {
        let mut fields = opportunity.clone();
        fields
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
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
        (
            "Contact",
            json!({"LastName": "  "}),
            "REQUIRED_FIELD_MISSING",
            json!(["LastName"]),
        ),
        (
            "Lead",
            json!({}),
            "REQUIRED_FIELD_MISSING",
            json!(["LastName", "Company"]),
        ),
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
            json!({"LastName": "Doe", "AccountId": "001Sb000zzzzzzz"}),
            "INVALID_CROSS_REFERENCE_KEY",
            json!([]),
        ),
        (
            "Account",
            json!({"Name": 5}),
            "JSON_PARSER_ERROR",
            json!(null),
        ),
        (
            "Opportunity",
            with(json!({"CloseDate": "26.10.2023"})),
            "JSON_PARSER_ERROR",
            json!(null),
        ),
        (
            "Opportunity",
            with(json!({"Amount": "9.99"})),
            "JSON_PARSER_ERROR",
            json!(null),
        ),
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
            "INVALID_FIELD",
            json!(null),
        ),
    ] {
        let answer = client
            .post(&format!("/sobjects/{object}"), fields.clone())
            .await;
        assert_eq!(answer.error(), (400, code), "{object} {fields}");
        assert_eq!(answer.body[0]["fields"], names, "{object} {fields}");
    }
    assert!(sandbox.changes().is_empty(), "nothing of it was written");
    assert_eq!(
        client
            .post(
                "/sobjects/Account",
                json!({"Name": "A", "BillingCity": smile.repeat(20)})
            )
            .await
            .status,
        201
    );
}

#[tokio::test]
async fn messages_name_label_and_limit() {
    let (_sandbox, client) = start().await;
    let answer = client
        .post("/sobjects/Contact", json!({"LastName": "x".repeat(81)}))
        .await;
    assert_eq!(
        answer.message(),
        format!(
            "Last Name: data value too large: {} (max length=80)",
            "x".repeat(81)
        )
    );
    let answer = client
        .post(
            "/sobjects/Account",
            json!({"Name": "A", "FavoritePet__c": "cat"}),
        )
        .await;
    assert_eq!(
        answer.message(),
        "No such column 'FavoritePet__c' on sobject of type Account"
    );
}

#[tokio::test]
async fn a_state_is_one_of_its_country_or_refused() {
    let (_sandbox, client) = start_with(Options {
        countries: vec![
            Country::new("US", "United States", &[("NY", "New York")]),
            Country::new("DE", "Germany", &[]),
        ],
        ..Options::default()
    })
    .await;
    let known = json!({"Name": "A", "BillingStateCode": "ny", "BillingCountryCode": "US"});
    let answer = client.post("/sobjects/Account", known).await;
    assert_eq!(answer.status, 201, "{:?}", answer.body);
    let id = answer.body["id"].as_str().unwrap().to_owned();
    let path = format!("/sobjects/Account/{id}");
    let kept = client
        .patch(&path, json!({"BillingCountryCode": "DE"}))
        .await;
    assert_eq!(
        (kept.status, kept.body[0]["errorCode"].as_str()),
        (400, Some("FIELD_INTEGRITY_EXCEPTION"))
    );
    let moved = client
        .patch(
            &path,
            json!({"BillingCountry": "germany", "BillingStateCode": null}),
        )
        .await;
    assert_eq!(moved.status, 204, "{:?}", moved.body);
    let row = client
        .get(&format!(
            "{path}?fields=BillingStateCode,BillingState,BillingCountryCode,BillingCountry"
        ))
        .await
        .body;
    assert_eq!(
        (
            &row["BillingStateCode"],
            &row["BillingState"],
            &row["BillingCountryCode"],
            &row["BillingCountry"]
        ),
        (&json!(null), &json!(null), &json!("DE"), &json!("Germany"))
    );
    for refused in [
        json!({"BillingCountryCode": "XX"}),
        json!({"BillingState": "New York"}),
    ] {
        assert_eq!(
            client.patch(&path, refused).await.body[0]["errorCode"],
            "FIELD_INTEGRITY_EXCEPTION"
        );
    }
}

//! Names, types and lengths of properties.

use crate::client::{customer, receive, start, start_with};
use sandbox::netsuite::{CustomField, Options};
use serde_json::{Value, json};

#[tokio::test]
async fn names_that_no_property_has() {
    let (sandbox, client) = start().await;
    let mut fields = customer("WOO_CUST_56", "Doe");
    fields["nickname"] = json!("JD");
    let answer = client.post("/customer", fields.clone()).await;
    assert_eq!(
        (answer.error(), answer.path()),
        ((400, "INVALID_CONTENT"), "nickname")
    );
    assert!(sandbox.records("customer").is_empty());

    // Unless asked to refuse them, NetSuite drops them and warns only in a header.
    let silent = receive(client.request("POST", "/customer", Some(&fields)))
        .await
        .unwrap();
    assert_eq!(silent.status, 204);
    assert!(silent.header("warning").unwrap().contains("nickname"));
    assert!(!sandbox.records("customer")[0].contains_key("nickname"));

    let odd = client
        .request("POST", "/customer", Some(&fields))
        .header("X-NetSuite-PropertyNameValidation", "Strict");
    assert_eq!(receive(odd).await.unwrap().error(), (400, "INVALID_HEADER"));
    let nested = json!({"item": {"items": [{"item": {"id": "1501"}, "qty": 1}]}});
    assert_eq!(
        client.post("/salesOrder", nested).await.path(),
        "item.items[0].qty"
    );
}

#[tokio::test]
async fn names_have_no_case_and_derived_values_are_not_heeded() {
    let (sandbox, client) = start().await;
    let fields = json!({"companyname": "Example Ltd", "balance": 5, "id": "12", "links": []});
    assert_eq!(client.post("/customer", fields).await.status, 204);
    let record = &sandbox.records("customer")[0];
    assert_eq!(record["companyName"], "Example Ltd");
    assert!(!record.contains_key("balance"));
    assert_ne!(record["id"], "12");
}

#[tokio::test]
async fn values_must_fit() {
    let (_sandbox, client) = start().await;
    let address = |country: Value, state: &str| json!({"country": country, "state": state});
    for (path, fields) in [
        ("firstName", json!({"firstName": 5})),
        ("email", json!({"email": "jane"})),
        ("isPerson", json!({"isPerson": "true"})),
        ("externalId", json!({"externalId": "jane.doe@example.com"})),
        ("language", json!({"language": {"id": "xx"}})),
        ("language", json!({"language": "en_US"})),
        ("addressBook", json!({"addressBook": []})),
        (
            "addressBook.items[0]",
            json!({"addressBook": {"items": ["Main St"]}}),
        ),
        (
            "addressBook.items[0].addressBookAddress.country",
            json!({"addressBook": {"items": [{"addressBookAddress": address(json!({"id": "ZZ"}), "")}]}}),
        ),
        (
            "addressBook.items[0].addressBookAddress.state",
            json!({"addressBook": {"items": [{"addressBookAddress": address(json!({"id": "US"}), "California")}]}}),
        ),
    ] {
        let answer = client.post("/customer", fields).await;
        assert_eq!(
            (answer.error(), answer.path()),
            ((400, "INVALID_CONTENT"), path),
            "{answer:?}"
        );
    }
    for (path, fields) in [
        ("tranDate", json!({"tranDate": "26.10.2023"})),
        ("tranDate", json!({"tranDate": "2023-02-30"})),
        ("orderStatus", json!({"orderStatus": {"id": "C"}})),
        ("shippingCost", json!({"shippingCost": "5.00"})),
        ("shippingCost", json!({"shippingCost": 1e15})),
        (
            "item.items[0].line",
            json!({"item": {"items": [{"line": 1.5}]}}),
        ),
    ] {
        let answer = client.post("/salesOrder", fields).await;
        assert_eq!(
            (answer.error(), answer.path()),
            ((400, "INVALID_CONTENT"), path),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn a_country_may_be_bare_and_its_states_are_short() {
    let (sandbox, client) = start().await;
    for (country, state) in [
        (json!("US"), "CA"),
        (json!({"id": "CA"}), "QC"),
        (json!({"id": "DE"}), "Bayern"),
        (json!({"id": "XK"}), ""),
    ] {
        let book = json!({"items": [{"label": "Home", "addressBookAddress": {"country": country, "state": state}}]});
        let fields = json!({"companyName": format!("Example {state}"), "addressBook": book});
        assert_eq!(
            client.post("/customer", fields).await.status,
            204,
            "{country}"
        );
    }
    let address = &sandbox.records("customer")[0]["addressBook"]["items"][0]["addressBookAddress"];
    assert_eq!(address["country"], json!({"id": "US"}));
}

#[tokio::test]
async fn texts_that_are_too_long_are_named() {
    let (_sandbox, client) = start_with(Options {
        custom_fields: vec![CustomField::text("customer", "custentity_shop", 10)],
        ..Options::default()
    })
    .await;
    for (name, text, fits) in [
        ("companyName", "ü".repeat(83), true),
        ("companyName", "ü".repeat(84), false),
        ("phone", "1".repeat(33), false),
        ("custentity_shop", "ü".repeat(5), true),
        // Custom fields count bytes.
        ("custentity_shop", "ü".repeat(6), false),
    ] {
        let mut fields = json!({"companyName": "Example Ltd"});
        fields[name] = json!(text);
        fields["entityId"] = json!(format!("{name} {}", text.len()));
        let answer = client.post("/customer", fields).await;
        if fits {
            assert_eq!(answer.status, 204, "{answer:?}");
            continue;
        }
        assert_eq!((answer.error(), answer.path()), ((400, "USER_ERROR"), name));
        assert!(answer.text().contains(&format!(
            "The field {name} contained more than the maximum number"
        )));
    }
}

#[tokio::test]
async fn custom_fields_exist_where_they_were_made() {
    let (sandbox, client) = start_with(Options {
        custom_fields: vec![
            CustomField::checkbox("salesOrder", "custbody_gift"),
            CustomField::number("item", "custcol_points"),
        ],
        ..Options::default()
    })
    .await;
    client.customer("WOO_CUST_56", "Doe").await;
    let line = json!({"item": {"id": "1501"}, "custcol_points": 12});
    let fields = json!({"entity": {"externalId": "WOO_CUST_56"}, "custbody_gift": true, "item": {"items": [line]}});
    assert_eq!(client.post("/salesOrder", fields.clone()).await.status, 204);
    assert_eq!(
        sandbox.records("salesOrder")[0]["item"]["items"][0]["custcol_points"],
        12
    );
    let mut wrong = fields;
    wrong["custbody_gift"] = json!("yes");
    assert_eq!(
        client.post("/salesOrder", wrong).await.path(),
        "custbody_gift"
    );
    assert_eq!(
        client
            .post("/customer", json!({"custbody_gift": true}))
            .await
            .path(),
        "custbody_gift"
    );
}

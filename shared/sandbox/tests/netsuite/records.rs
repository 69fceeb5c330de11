//! Creating, reading, changing and deleting records.

use crate::client::{customer, order, receive, start, start_with};
use sandbox::netsuite::{Kind, Operation, Options};
use serde_json::{Value, json};

#[tokio::test]
async fn a_new_record_is_told_by_its_location_alone() {
    let (sandbox, client) = start().await;
    let answer = client
        .post("/customer", customer("WOO_CUST_56", "Doe"))
        .await;
    assert_eq!((answer.status, answer.length), (204, 0));
    assert_eq!(answer.header("content-type"), None);
    let id = answer.id();
    let location = answer.header("location").unwrap();
    assert_eq!(
        location,
        format!("{}/services/rest/record/v1/customer/{id}", sandbox.url())
    );

    let by_id = client.get(&format!("/customer/{id}")).await.body;
    assert_eq!(
        (&by_id["lastName"], &by_id["entityId"]),
        (&json!("Doe"), &json!("Jane Doe"))
    );
    assert_eq!(
        client.get("/customer/eid:woo_cust_56").await.body,
        by_id,
        "external ids have no case"
    );
    assert_eq!(
        client.get("/customer/eid:woo_cust_57").await.error(),
        (404, "NONEXISTENT_ID")
    );
    assert_eq!(
        client.get("/customer/9999").await.error(),
        (404, "NONEXISTENT_ID")
    );
    assert_eq!(
        client.get("/customer/jane").await.error(),
        (400, "INVALID_REQUEST")
    );
}

#[tokio::test]
async fn an_external_id_belongs_to_one_record_of_its_group() {
    let (_sandbox, client) = start().await;
    client.customer("WOO_CUST_56", "Doe").await;
    let again = client
        .post("/customer", customer("woo_cust_56", "Roe"))
        .await;
    assert_eq!(again.error(), (400, "USER_ERROR"));
    assert_eq!(
        again.text(),
        "Error while accessing a resource. This entity already exists."
    );
    let contact = client
        .post(
            "/contact",
            json!({"externalId": "WOO_CUST_56", "lastName": "Doe"}),
        )
        .await;
    assert_eq!(
        contact.text(),
        again.text(),
        "contacts and customers share them"
    );
    assert_eq!(
        client
            .put("/contact/eid:WOO_CUST_56", json!({"lastName": "Doe"}))
            .await
            .text(),
        again.text()
    );

    let first = client
        .post("/salesOrder", order("WOO_CUST_56", "WOO_CUST_56"))
        .await;
    assert_eq!(first.status, 204, "orders are another group: {first:?}");
    let second = client
        .post("/salesOrder", order("WOO_CUST_56", "WOO_CUST_56"))
        .await;
    assert_eq!(
        second.text(),
        "Error while accessing a resource. This record already exists."
    );
}

#[tokio::test]
async fn put_makes_or_changes_and_does_not_say_which() {
    let (sandbox, client) = start().await;
    let made = client
        .put(
            "/customer/eid:WOO_CUST_56",
            json!({"isPerson": true, "firstName": "Jane", "lastName": "Doe"}),
        )
        .await;
    let changed = client
        .put(
            "/customer/eid:woo_cust_56",
            json!({"externalId": "WOO_CUST_56", "phone": "+1 555 0100"}),
        )
        .await;
    assert_eq!((made.status, changed.status), (204, 204));
    assert_eq!(made.id(), changed.id());
    let records = sandbox.records("customer");
    assert_eq!(records.len(), 1);
    assert_eq!(
        (&records[0]["lastName"], &records[0]["phone"]),
        (&json!("Doe"), &json!("+1 555 0100")),
        "what is not sent stays"
    );

    assert_eq!(
        client
            .put(&format!("/customer/{}", made.id()), json!({"phone": "1"}))
            .await
            .error(),
        (400, "INVALID_REQUEST")
    );
    assert_eq!(
        client.put("/customer/eid:a%20b", json!({})).await.error(),
        (400, "INVALID_CONTENT")
    );
    let other = client
        .put(
            "/customer/eid:WOO_CUST_56",
            json!({"externalId": "WOO_CUST_57"}),
        )
        .await;
    assert_eq!(
        (other.error(), other.path()),
        ((400, "INVALID_CONTENT"), "externalId")
    );
}

#[tokio::test]
async fn patch_changes_what_is_sent_and_null_clears() {
    let (sandbox, client) = start().await;
    let id = client.customer("WOO_CUST_56", "Doe").await;
    let answer = client
        .patch(
            &format!("/customer/{id}"),
            json!({"phone": "+1 555 0100", "email": null}),
        )
        .await;
    assert_eq!((answer.status, answer.id()), (204, id));
    let record = sandbox.records("customer").remove(0);
    assert_eq!(record["phone"], "+1 555 0100");
    assert!(!record.contains_key("email"));
    assert_eq!(
        client
            .patch("/customer/eid:WOO_CUST_1", json!({}))
            .await
            .error(),
        (404, "NONEXISTENT_ID")
    );
    assert_eq!(
        client
            .patch("/customer/eid:WOO_CUST_56", json!({"lastName": null}))
            .await
            .error(),
        (400, "USER_ERROR")
    );
}

#[tokio::test]
async fn a_customer_with_orders_stays() {
    let (sandbox, client) = start().await;
    client.customer("WOO_CUST_56", "Doe").await;
    client
        .post("/salesOrder", order("WOO_ORDER_1", "WOO_CUST_56"))
        .await;
    assert_eq!(
        client.delete("/customer/eid:WOO_CUST_56").await.error(),
        (400, "USER_ERROR")
    );
    for path in ["/salesOrder/eid:WOO_ORDER_1", "/customer/eid:WOO_CUST_56"] {
        assert_eq!(client.delete(path).await.status, 204);
        assert_eq!(client.get(path).await.status, 404);
    }
    assert!(sandbox.records("customer").is_empty());
    assert_eq!(
        client
            .post("/customer", customer("WOO_CUST_56", "Doe"))
            .await
            .status,
        204,
        "the external id is free again"
    );
}

#[tokio::test]
async fn names_are_numbers_unless_netsuite_gives_them() {
    let (_sandbox, client) = start().await;
    client.customer("WOO_CUST_1", "Doe").await;
    let second = client
        .post("/customer", customer("WOO_CUST_2", "doe"))
        .await;
    assert_eq!(
        (second.error(), second.path()),
        ((400, "USER_ERROR"), "entityId")
    );
    assert!(second.text().contains(
        "A customer record with this ID already exists. You must enter a unique customer ID"
    ));
    let mut named = customer("WOO_CUST_2", "Doe");
    named["entityId"] = json!("Jane Doe WOO_CUST_2");
    assert_eq!(client.post("/customer", named).await.status, 204);

    let (sandbox, client) = start_with(Options {
        auto_number: true,
        ..Options::default()
    })
    .await;
    client.customer("WOO_CUST_1", "Doe").await;
    client.customer("WOO_CUST_2", "Doe").await;
    assert_ne!(
        sandbox.records("customer")[0]["entityId"],
        sandbox.records("customer")[1]["entityId"]
    );
}

#[tokio::test]
async fn what_a_record_needs() {
    let (_sandbox, client) = start_with(Options {
        one_world: true,
        required: vec![("salesOrder".into(), "location".into())],
        ..Options::default()
    })
    .await;
    let customer = |more: Value| {
        let mut fields = json!({"externalId": "WOO_CUST_56"});
        fields
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        fields
    };
    let subsidiary = json!({"id": "1"});
    for (fields, text) in [
        (
            json!({"isPerson": true}),
            "Please enter value(s) for: First Name, Last Name, Primary Subsidiary.",
        ),
        (
            json!({"companyName": "Example Ltd"}),
            "Please enter value(s) for: Primary Subsidiary.",
        ),
        (
            json!({"subsidiary": subsidiary}),
            "You must enter a value for Company Name.",
        ),
    ] {
        let answer = client.post("/customer", customer(fields)).await;
        assert_eq!(
            (
                answer.error(),
                answer
                    .text()
                    .trim_start_matches("Error while accessing a resource. ")
            ),
            ((400, "USER_ERROR"), text)
        );
    }
    let good = client
        .post(
            "/customer",
            customer(json!({"companyName": "Example Ltd", "subsidiary": subsidiary})),
        )
        .await;
    assert_eq!(good.status, 204);

    let mut fields = order("WOO_ORDER_1", "WOO_CUST_56");
    assert!(
        client
            .post("/salesOrder", fields.clone())
            .await
            .text()
            .ends_with("Please enter value(s) for: location.")
    );
    fields["location"] = json!({"id": "1"});
    assert_eq!(client.post("/salesOrder", fields.clone()).await.status, 204);
    fields["externalId"] = json!("WOO_ORDER_2");
    fields["item"] = json!({"items": []});
    assert_eq!(
        client.post("/salesOrder", fields.clone()).await.path(),
        "item"
    );
    fields.as_object_mut().unwrap().remove("entity");
    assert!(
        client
            .post("/salesOrder", fields)
            .await
            .text()
            .ends_with("Please enter value(s) for: Customer.")
    );
}

#[tokio::test]
async fn reading_shows_as_much_as_is_asked_for() {
    let (_sandbox, client) = start().await;
    client.customer("WOO_CUST_56", "Doe").await;
    let mut fields = order("WOO_ORDER_1", "WOO_CUST_56");
    fields["shippingAddress"] =
        json!({"addressee": "Jane Doe", "country": {"id": "US"}, "state": "CA"});
    let id = client.post("/salesOrder", fields).await.id();
    let short = client.get("/salesOrder/eid:WOO_ORDER_1").await.body;
    assert!(short["item"]["links"].is_array() && short["item"].get("items").is_none());
    assert_eq!(
        (
            &short["orderStatus"]["refName"],
            &short["entity"]["refName"]
        ),
        (&json!("Pending Approval"), &json!("Jane Doe"))
    );

    let long = client
        .get(&format!(
            "/salesOrder/{id}?expandSubResources=true&simpleEnumFormat=true"
        ))
        .await
        .body;
    assert_eq!(long["item"]["items"][1]["item"]["refName"], "woo-polo");
    assert_eq!(
        (&long["orderStatus"], &long["shippingAddress"]["state"]),
        (&json!("A"), &json!("CA"))
    );
    assert_eq!(long["total"].to_string(), "84.98");

    let chosen = client
        .get(&format!("/salesOrder/{id}?fields=tranId,total"))
        .await
        .body;
    let names: Vec<&String> = chosen.as_object().unwrap().keys().collect();
    assert_eq!(names, ["id", "tranId", "total", "links"]);
    assert_eq!(
        client
            .get(&format!("/salesOrder/{id}?depth=2"))
            .await
            .error(),
        (400, "INVALID_PARAMETER")
    );
}

#[tokio::test]
async fn lists_and_items_and_the_catalogue() {
    let (_sandbox, client) = start().await;
    for number in 1..=3 {
        client
            .customer(&format!("WOO_CUST_{number}"), &format!("Doe {number}"))
            .await;
    }
    let page = client.get("/customer?limit=2").await.body;
    assert_eq!(
        (&page["count"], &page["hasMore"], &page["totalResults"]),
        (&json!(2), &json!(true), &json!(3))
    );
    assert_eq!(
        client.get("/customer?limit=2&offset=2").await.body["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        client.get("/customer?limit=2&offset=1").await.error(),
        (400, "INVALID_PARAMETER")
    );

    assert_eq!(
        client.get("/inventoryItem/1501").await.body["itemId"],
        "101"
    );
    assert_eq!(
        client.get("/discountItem/eid:DISCOUNT").await.body["itemType"]["id"],
        "Discount"
    );
    assert_eq!(client.get("/inventoryItem/eid:DISCOUNT").await.status, 404);
    assert_eq!(
        client
            .post("/inventoryItem", json!({"itemId": "new"}))
            .await
            .error(),
        (400, "INVALID_REQUEST")
    );

    let names = client.get("/metadata-catalog").await.body["items"].to_string();
    assert!(names.contains("salesOrder") && names.contains("customer"));
    let catalogue = client.get("/metadata-catalog/salesOrder").await.body;
    assert_eq!(catalogue["properties"]["shippingCost"]["type"], "number");
}

#[tokio::test]
async fn what_is_not_there_is_refused() {
    let (_sandbox, client) = start().await;
    assert_eq!(client.get("/quote/1").await.error(), (404, "NOT_FOUND"));
    assert_eq!(
        client
            .get("/services/rest/record/v2/customer/1")
            .await
            .error(),
        (404, "NOT_FOUND")
    );
    assert_eq!(
        client.post("/customer/1", json!({})).await.error(),
        (405, "METHOD_NOT_ALLOWED")
    );
    assert_eq!(
        client
            .post("/customer?dryRun=true", json!({}))
            .await
            .error(),
        (400, "INVALID_PARAMETER")
    );
    assert_eq!(
        client.post("/customer", json!(["a"])).await.error(),
        (400, "INVALID_CONTENT")
    );
    let batch = client.request("POST", "/customer", None).header(
        "content-type",
        "application/vnd.oracle.resource+json; type=collection",
    );
    assert_eq!(
        receive(batch.body("{}")).await.unwrap().error(),
        (415, "UNSUPPORTED_MEDIA_TYPE")
    );
    let broken = client
        .request("POST", "/customer", None)
        .header("content-type", "application/json");
    assert_eq!(
        receive(broken.body("{\"a\": ")).await.unwrap().error(),
        (400, "INVALID_CONTENT")
    );
    let later = client
        .request("POST", "/customer", Some(&json!({})))
        .header("prefer", "respond-async");
    assert_eq!(
        receive(later).await.unwrap().error(),
        (400, "INVALID_REQUEST")
    );
}

#[tokio::test]
async fn calls_and_changes_are_told() {
    let (sandbox, client) = start().await;
    client.customer("WOO_CUST_56", "Doe").await;
    client
        .put("/customer/eid:WOO_CUST_56", json!({"phone": "1"}))
        .await;
    client
        .post("/customer", customer("WOO_CUST_56", "Doe"))
        .await;
    client.delete("/customer/eid:WOO_CUST_56").await;
    let calls = sandbox.calls();
    assert_eq!(calls.total, 4, "tokens do not count");
    let of = [Kind::Token, Kind::Create, Kind::Upsert, Kind::Delete].map(|kind| calls.of(kind));
    assert_eq!(of, [1, 2, 1, 1]);
    let changes = sandbox.changes_since(0).await;
    let told: Vec<_> = changes
        .iter()
        .map(|change| (change.operation, change.fields.len()))
        .collect();
    assert_eq!(
        told,
        [
            (Operation::Create, 5),
            (Operation::Update, 1),
            (Operation::Delete, 0)
        ],
        "refused writes are none"
    );
    assert!(
        changes
            .iter()
            .all(|change| change.object == "customer" && change.id == changes[0].id)
    );
}

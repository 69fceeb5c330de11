//! References, by internal and by external id.

use crate::client::{order, start, start_with};
use rust_decimal::Decimal;
use sandbox::netsuite::{Item, ItemKind, ListEntry, Options, Product};
use serde_json::json;

#[tokio::test]
async fn references_point_to_something_that_exists() {
    let (sandbox, client) = start().await;
    let missing = client
        .post("/salesOrder", order("WOO_ORDER_1", "WOO_CUST_56"))
        .await;
    assert_eq!(
        (missing.error(), missing.path()),
        ((400, "INVALID_CONTENT"), "entity")
    );
    assert_eq!(
        missing.text(),
        "Error while accessing resource: You have entered an Invalid Field Value WOO_CUST_56 for the following field: entity"
    );
    let id = client.customer("WOO_CUST_56", "Doe").await;
    for entity in [
        json!({"id": id}),
        json!({"id": id.parse::<u64>().unwrap()}),
        json!({"externalId": "woo_cust_56"}),
    ] {
        let mut fields = order("WOO_ORDER_1", "");
        fields["entity"] = entity;
        assert_eq!(
            client
                .put("/salesOrder/eid:WOO_ORDER_1?replace=item", fields)
                .await
                .status,
            204
        );
    }
    assert_eq!(
        sandbox.records("salesOrder")[0]["entity"],
        json!({"id": id})
    );
    let mut unknown = order("WOO_ORDER_2", "");
    unknown["entity"] = json!({"id": "9999"});
    let answer = client.post("/salesOrder", unknown).await;
    assert_eq!(
        (answer.error(), answer.path()),
        ((400, "USER_ERROR"), "entity")
    );
    assert_eq!(
        answer.text(),
        "Error while accessing a resource. Invalid entity reference key 9999."
    );
    for entity in [
        json!({"id": []}),
        json!({"refName": "Jane Doe"}),
        json!(id),
        json!({}),
    ] {
        let mut fields = order("WOO_ORDER_2", "");
        fields["entity"] = entity;
        assert_eq!(
            client.post("/salesOrder", fields).await.error(),
            (400, "INVALID_CONTENT")
        );
    }
}

#[tokio::test]
async fn what_is_inactive_cannot_be_referred_to() {
    let mut items = Options::default().items;
    let price = Decimal::new(100, 2);
    items.push(Item {
        inactive: true,
        ..Item::new(1600, Product::new("old", "Old", price), ItemKind::Inventory)
    });
    let (_sandbox, client) = start_with(Options {
        items,
        ..Options::default()
    })
    .await;
    client.customer("WOO_CUST_56", "Doe").await;
    let mut fields = order("WOO_ORDER_1", "WOO_CUST_56");
    fields["item"]["items"][1]["item"] = json!({"id": "1600"});
    let answer = client.post("/salesOrder", fields.clone()).await;
    assert_eq!(
        (answer.error(), answer.path()),
        ((400, "USER_ERROR"), "item.items[1].item")
    );
    let found = client
        .query(
            "SELECT id FROM item WHERE itemid = ? AND isinactive = 'F'",
            json!(["old"]),
        )
        .await;
    assert_eq!(found.body["totalResults"], 0);

    client
        .patch("/customer/eid:WOO_CUST_56", json!({"isInactive": true}))
        .await;
    fields["item"]["items"][1]["item"] = json!({"id": "1501"});
    assert_eq!(client.post("/salesOrder", fields).await.path(), "entity");
}

#[tokio::test]
async fn lists_grow_by_options_and_an_order_belongs_to_its_customers_subsidiary() {
    let (sandbox, client) = start_with(Options {
        one_world: true,
        list_entries: vec![ListEntry {
            list: "subsidiary".into(),
            id: "2".into(),
            name: "Europe".into(),
        }],
        ..Options::default()
    })
    .await;
    let fields = json!({"externalId": "WOO_CUST_56", "companyName": "Example Ltd", "subsidiary": {"id": "2"}});
    assert_eq!(client.post("/customer", fields).await.status, 204);
    let mut fields = order("WOO_ORDER_1", "WOO_CUST_56");
    fields["subsidiary"] = json!({"id": "1"});
    let refused = client.post("/salesOrder", fields.clone()).await;
    assert!(
        refused.path() == "entity" && refused.text().ends_with(" for subsidiary 1."),
        "{refused:?}"
    );
    fields["subsidiary"] = json!(null);
    assert_eq!(client.post("/salesOrder", fields).await.status, 204);
    assert_eq!(
        sandbox.records("salesOrder")[0]["subsidiary"],
        json!({"id": "2"})
    );
    let unknown = json!({"companyName": "Example Inc", "subsidiary": {"id": "3"}});
    assert_eq!(client.post("/customer", unknown).await.path(), "subsidiary");
}

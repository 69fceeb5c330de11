use crate::client::{fields, start, start_with};
use sandbox::zoho::Options;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn it_inserts_once_and_updates_then() {
    let (sandbox, client) = start().await;
    let item = json!([{"Last_Name": "Doe", "Email": "jane.doe@example.com"}]);
    let first = client.upsert("Contacts", item.clone(), &["Email"]).await;
    assert_eq!(first.status, 200, "also when everything was inserted");
    assert_eq!(first.body["data"][0]["action"], "insert");
    assert_eq!(first.body["data"][0]["duplicate_field"], json!(null));
    let again = client
        .upsert(
            "Contacts",
            json!([{"Email": " JANE.doe@example.com", "Last_Name": "Smith"}]),
            &["Email"],
        )
        .await;
    assert_eq!(
        again.codes(),
        ["INVALID_DATA"],
        "a blank before an address is no address"
    );
    let again = client
        .upsert(
            "Contacts",
            json!([{"Email": "JANE.doe@example.com", "Last_Name": "Smith"}]),
            &["Email"],
        )
        .await;
    assert_eq!(again.body["data"][0]["action"], "update");
    assert_eq!(again.body["data"][0]["duplicate_field"], "Email");
    assert_eq!(again.id(), first.id());
    assert_eq!(sandbox.records("Contacts").len(), 1);
}

#[tokio::test]
async fn a_named_unique_field_leaves_the_systems_own_out() {
    let (sandbox, client) = start().await;
    let deal = |name: &str, order: &str| json!([{"Deal_Name": name, "Stage": "Closed Won", "Closing_Date": "2026-09-30", "Shop_Order_ID": order}]);
    client
        .upsert("Deals", deal("Order #1", "1"), &["Shop_Order_ID"])
        .await;
    let other = client
        .upsert("Deals", deal("Order #1", "2"), &["Shop_Order_ID"])
        .await;
    assert_eq!(other.body["data"][0]["action"], "insert");
    let renamed = client
        .upsert("Deals", deal("Order #1, changed", "1"), &["Shop_Order_ID"])
        .await;
    assert_eq!(renamed.body["data"][0]["duplicate_field"], "Shop_Order_ID");
    assert_eq!(sandbox.records("Deals").len(), 2);
}

#[tokio::test]
async fn the_second_item_of_one_key_updates_the_first() {
    let (sandbox, client) = start().await;
    let items = json!([{"Account_Name": "Example Trading Ltd", "Phone": "1"}, {"Account_Name": "example trading ltd", "Phone": "2"}]);
    let answer = client.upsert("Accounts", items, &["Account_Name"]).await;
    assert_eq!(answer.body["data"][1]["action"], "update");
    let accounts = sandbox.records("Accounts");
    assert_eq!((accounts.len(), &accounts[0]["Phone"]), (1, &json!("2")));
}

#[tokio::test]
async fn an_id_goes_before_every_check() {
    let (sandbox, client) = start().await;
    let id = client
        .insert(
            "Contacts",
            json!([{"Last_Name": "Doe", "Email": "old@example.com"}]),
        )
        .await
        .id();
    let answer = client
        .upsert(
            "Contacts",
            json!([{"id": id, "Email": "new@example.com"}]),
            &["Email"],
        )
        .await;
    assert_eq!(answer.id(), id);
    assert_eq!(sandbox.records("Contacts")[0]["Email"], "new@example.com");
    client
        .send("DELETE", &format!("/Contacts/{id}"), None)
        .await;
    let gone = client
        .upsert(
            "Contacts",
            json!([{"id": id, "Last_Name": "Doe"}]),
            &["Email"],
        )
        .await;
    assert_eq!((gone.status, gone.codes()), (400, vec!["INVALID_DATA"]));
    assert_eq!(
        *gone.details(),
        json!({"api_name": "id", "json_path": "$.data[0].id"})
    );
}

#[tokio::test]
async fn a_unique_value_of_another_record_is_a_duplicate() {
    let (_sandbox, client) = start().await;
    let deal = |more: serde_json::Value| {
        let mut item =
            fields(&json!({"Deal_Name": "D", "Stage": "Closed Won", "Closing_Date": "2026-09-30"}));
        item.extend(fields(&more));
        json!([item])
    };
    let first = client
        .insert("Deals", deal(json!({"Shop_Order_ID": "1"})))
        .await
        .id();
    client
        .insert("Deals", deal(json!({"Second_ID": "b"})))
        .await;
    let refused = client
        .insert("Deals", deal(json!({"Shop_Order_ID": "1"})))
        .await;
    assert_eq!(
        (refused.status, refused.codes()),
        (400, vec!["DUPLICATE_DATA"])
    );
    assert_eq!(refused.details()["duplicate_record"]["id"], json!(first));
    assert_eq!(
        refused.details()["duplicate_record"]["module"]["api_name"],
        "Deals"
    );
    let both = client
        .insert(
            "Deals",
            deal(json!({"Shop_Order_ID": "1", "Second_ID": "b"})),
        )
        .await;
    assert_eq!(both.codes(), ["MULTIPLE_OR_MULTI_ERRORS"]);
    assert_eq!(both.details()["errors"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_lead_can_block_a_contact() {
    let (sandbox, client) = start_with(Options {
        leads_and_contacts_share_emails: true,
        ..Options::default()
    })
    .await;
    let lead = fields(&json!({"Last_Name": "Doe", "Email": "jane.doe@example.com"}));
    let lead = sandbox.create("Leads", &lead).unwrap();
    let refused = client
        .upsert(
            "Contacts",
            json!([{"Last_Name": "Doe", "Email": "Jane.Doe@example.com"}]),
            &["Email"],
        )
        .await;
    assert_eq!(refused.codes(), ["DUPLICATE_DATA"]);
    let blocking = &refused.details()["duplicate_record"];
    assert_eq!(
        (&blocking["id"], &blocking["module"]["api_name"]),
        (&json!(lead), &json!("Leads"))
    );
}

/// System-defined fields are checked, but they are no constraint; user-defined unique ones are.
#[tokio::test]
async fn upserts_at_the_same_time_race_unless_the_field_is_unique() {
    let (sandbox, client) = start_with(Options {
        latency: Duration::from_millis(300),
        ..Options::default()
    })
    .await;
    let account = || {
        client.upsert(
            "Accounts",
            json!([{"Account_Name": "Example Trading Ltd"}]),
            &["Account_Name"],
        )
    };
    futures::future::join(account(), account()).await;
    assert_eq!(sandbox.records("Accounts").len(), 2, "both have inserted");
    let later = account().await;
    assert_eq!(later.body["data"][0]["action"], "update");

    let item = json!([{"Deal_Name": "D", "Stage": "Closed Won", "Closing_Date": "2026-09-30", "Shop_Order_ID": "1"}]);
    let deal = || client.upsert("Deals", item.clone(), &["Shop_Order_ID"]);
    futures::future::join(deal(), deal()).await;
    assert_eq!(sandbox.records("Deals").len(), 1);
}

#[tokio::test]
async fn check_fields_count_in_the_body_alone() {
    let (sandbox, client) = start().await;
    let body = json!({"data": [{"Deal_Name": "D", "Stage": "Closed Won", "Closing_Date": "2026-09-30", "Shop_Order_ID": "1"}]});
    client
        .send(
            "POST",
            "/Deals/upsert?duplicate_check_fields=Shop_Order_ID",
            Some(&body),
        )
        .await;
    let body = json!({"data": [{"Deal_Name": "D", "Shop_Order_ID": "2"}]});
    let answer = client
        .send(
            "POST",
            "/Deals/upsert?duplicate_check_fields=Shop_Order_ID",
            Some(&body),
        )
        .await;
    assert_eq!(answer.body["data"][0]["duplicate_field"], "Deal_Name");
    assert_eq!(sandbox.records("Deals").len(), 1);
    let refused = client
        .upsert("Deals", json!([{"Deal_Name": "D"}]), &["Stage"])
        .await;
    assert_eq!(
        refused.details()["json_path"],
        "$.duplicate_check_fields[0]"
    );
}

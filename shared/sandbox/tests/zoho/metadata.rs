use crate::client::start_with;
use sandbox::zoho::{CustomField, Options, Picklist, Zoho};
use serde_json::{Value, json};

#[tokio::test]
async fn fields_tell_what_the_organisation_accepts() {
    let (_sandbox, client) = start_with(Options {
        picklists: vec![Picklist {
            module: "Deals".into(),
            field: "Stage".into(),
            values: vec!["Won".into(), "Lost".into()],
        }],
        ..Options::default()
    })
    .await;
    let answer = client.get("/settings/fields?module=Deals").await;
    let fields = answer.body["fields"].as_array().unwrap();
    let field = |name: &str| {
        fields
            .iter()
            .find(|field| field["api_name"] == name)
            .unwrap()
    };
    assert_eq!(
        field("Shop_Order_ID")["unique"],
        json!({"casesensitive": "false"})
    );
    assert_eq!(field("Shop_Order_ID")["custom_field"], json!(true));
    assert_eq!(field("Deal_Name")["unique"], json!({}));
    assert_eq!(
        field("Contact_Name")["lookup"]["module"]["api_name"],
        "Contacts"
    );
    let values = field("Stage")["pick_list_values"]
        .as_array()
        .unwrap()
        .iter();
    assert_eq!(
        values
            .map(|value| &value["actual_value"])
            .collect::<Vec<_>>(),
        ["Won", "Lost"]
    );

    let deal =
        |stage: &str| json!([{"Deal_Name": "D", "Stage": stage, "Closing_Date": "2026-09-30"}]);
    assert_eq!(client.insert("Deals", deal("Won")).await.status, 201);
    let refused = client.insert("Deals", deal("Closed Won")).await;
    assert_eq!(
        refused.details()["supported_values"],
        json!(["Won", "Lost"])
    );
}

#[tokio::test]
async fn a_picklist_without_values_takes_any() {
    let (_sandbox, client) = start_with(Options {
        picklists: vec![Picklist {
            module: "Deals".into(),
            field: "Stage".into(),
            values: Vec::new(),
        }],
        ..Options::default()
    })
    .await;
    let deal = json!([{"Deal_Name": "D", "Stage": "Something else", "Closing_Date": "2026-09-30"}]);
    assert_eq!(client.insert("Deals", deal).await.status, 201);
}

#[tokio::test]
async fn custom_fields_keep_their_types() {
    let sandbox = Zoho::start(Options {
        custom_fields: vec![
            CustomField::text("Contacts", "Nickname", 5),
            CustomField::checkbox("Contacts", "Wholesale"),
            CustomField::date("Contacts", "Customer_Since"),
            CustomField::currency("Contacts", "Lifetime_Value"),
        ],
        ..Options::default()
    })
    .await
    .unwrap();
    let client = crate::client::Client::log_in(sandbox.url()).await;
    let good: Value = serde_json::from_str(
        r#"{"Last_Name": "Doe", "Nickname": "Janey", "Wholesale": true, "Customer_Since": "2020-02-29", "Lifetime_Value": 12.30}"#,
    )
    .unwrap();
    assert_eq!(client.insert("Contacts", json!([good])).await.status, 201);
    for (name, value) in [
        ("Nickname", json!("Janey!")),
        ("Wholesale", json!("yes")),
        ("Customer_Since", json!("2021-02-29")),
        ("Lifetime_Value", json!("12.30")),
    ] {
        let refused = client
            .insert("Contacts", json!([{"Last_Name": "Doe", name: value}]))
            .await;
        assert_eq!(refused.details()["json_path"], format!("$.data[0].{name}"));
    }
}

//! The making and changing of fields. Rules: CRM API v8, "Create custom field", "Update custom field".

use crate::client::{Answer, Client, start_with};
use sandbox::zoho::Options;
use serde_json::{Value, json};

async fn create(client: &Client, module: &str, fields: &[Value]) -> Answer {
    let path = format!("/settings/fields?module={module}");
    client
        .send("POST", &path, Some(&json!({"fields": fields})))
        .await
}

async fn make_unique(client: &Client, module: &str, id: &str) -> Answer {
    let path = format!("/settings/fields/{id}?module={module}");
    let body = json!({"fields": [{"unique": {"case_sensitive": false}}]});
    client.send("PATCH", &path, Some(&body)).await
}

fn text(label: &str) -> Value {
    json!({"field_label": label, "data_type": "text", "length": 20})
}

fn unique(label: &str) -> Value {
    json!({"field_label": label, "data_type": "text", "length": 20, "unique": {"case_sensitive": false}})
}

fn codes(answer: &Answer) -> Vec<&str> {
    let results = answer.body["fields"].as_array().unwrap().iter();
    results
        .map(|result| result["code"].as_str().unwrap())
        .collect()
}

fn id(answer: &Answer) -> String {
    let id = &answer.body["fields"][0]["details"]["id"];
    id.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_new_field_is_described_by_its_id_and_takes_values_at_once() {
    let (_sandbox, client) = start_with(Options::default()).await;
    let made = create(&client, "Contacts", &[unique("Shop Customer ID")]).await;
    assert_eq!((made.status, codes(&made)), (201, vec!["SUCCESS"]));
    let described = client.get("/settings/fields?module=Contacts").await;
    let fields = described.body["fields"].as_array().unwrap();
    let field = fields
        .iter()
        .find(|field| field["id"] == id(&made).as_str())
        .unwrap();
    assert_eq!(field["api_name"], "Shop_Customer_ID");
    assert_eq!(field["unique"], json!({"casesensitive": "false"}));
    let contact = |key: &str| json!([{"Last_Name": "Doe", "Shop_Customer_ID": key}]);
    assert_eq!(client.insert("Contacts", contact("a")).await.status, 201);
    let again = client.insert("Contacts", contact("A")).await;
    assert_eq!(again.codes(), ["DUPLICATE_DATA"], "capitals do not count");
}

#[tokio::test]
async fn each_field_of_a_call_is_judged_by_itself_and_there_are_five_at_most() {
    let (_sandbox, client) = start_with(Options::default()).await;
    let mixed = create(&client, "Contacts", &[text("Mood"), text("Email")]).await;
    assert_eq!(
        (mixed.status, codes(&mixed)),
        (207, vec!["SUCCESS", "DUPLICATE_DATA"])
    );
    let long = json!({"field_label": "Long", "data_type": "text", "length": 256});
    let odd = json!({"field_label": "Odd", "data_type": "lookup"});
    let cased =
        json!({"field_label": "Cased", "data_type": "text", "unique": {"case_sensitive": true}});
    let bad = create(&client, "Contacts", &[long, odd, cased]).await;
    assert_eq!((bad.status, codes(&bad)), (400, vec!["INVALID_DATA"; 3]));
    let six: Vec<Value> = (1..=6).map(|number| text(&format!("N{number}"))).collect();
    let refused = create(&client, "Contacts", &six).await;
    assert_eq!(refused.error(), (400, "LIMIT_EXCEEDED"));
}

#[tokio::test]
async fn a_module_has_two_unique_fields_and_as_many_others_as_the_edition_allows() {
    let (_sandbox, client) = start_with(Options {
        most_custom_fields: 3,
        ..Options::default()
    })
    .await;
    // Deals has two unique fields here.
    let third = create(&client, "Deals", &[unique("Third")]).await;
    assert_eq!(codes(&third), ["LIMIT_EXCEEDED"]);
    let plain = create(&client, "Deals", &[text("Plain")]).await;
    assert_eq!(codes(&plain), ["SUCCESS"]);
    let beyond = create(&client, "Deals", &[text("Beyond")]).await;
    assert_eq!(codes(&beyond), ["LIMIT_EXCEEDED"]);
    let made_unique = make_unique(&client, "Deals", &id(&plain)).await;
    assert_eq!(codes(&made_unique), ["LIMIT_EXCEEDED"]);
}

#[tokio::test]
async fn a_field_becomes_unique_unless_two_records_have_one_value() {
    let (_sandbox, client) = start_with(Options::default()).await;
    let field = create(&client, "Contacts", &[text("Code")]).await;
    let id = id(&field);
    let contacts =
        |codes: [&str; 2]| json!(codes.map(|code| json!({"Last_Name": "Doe", "Code": code})));
    client.insert("Contacts", contacts(["x", "X"])).await;
    let refused = make_unique(&client, "Contacts", &id).await;
    assert_eq!(
        (refused.status, codes(&refused)),
        (400, vec!["DUPLICATE_DATA"])
    );

    let other = create(&client, "Accounts", &[text("Code")]).await;
    let other = self::id(&other);
    for name in ["A", "B"] {
        let account = json!([{"Account_Name": name, "Code": name}]);
        client.insert("Accounts", account).await;
    }
    assert_eq!(make_unique(&client, "Accounts", &other).await.status, 200);
    // What was there before counts.
    let account = json!([{"Account_Name": "C", "Code": "a"}]);
    let taken = client.insert("Accounts", account).await;
    assert_eq!(taken.codes(), ["DUPLICATE_DATA"]);
    let unknown = make_unique(&client, "Accounts", "4150868000010000000").await;
    assert_eq!(unknown.error(), (400, "INVALID_DATA"));
}

#[tokio::test]
async fn a_scope_for_reading_makes_nothing_and_layouts_have_one_of_their_own() {
    let scopes = ["ZohoCRM.modules.ALL", "ZohoCRM.settings.fields.READ"];
    let (_sandbox, client) = start_with(Options {
        scopes: scopes.map(String::from).into(),
        ..Options::default()
    })
    .await;
    let mismatch = (401, "OAUTH_SCOPE_MISMATCH");
    let made = create(&client, "Contacts", &[text("Mood")]).await;
    assert_eq!(made.error(), mismatch);
    let layouts = client.get("/settings/layouts?module=Contacts").await;
    assert_eq!(layouts.error(), mismatch);
    let fields = client.get("/settings/fields?module=Contacts").await;
    assert_eq!(fields.status, 200);
}

#[tokio::test]
async fn the_layout_tells_what_is_required_and_hidden_fields_are_nowhere() {
    let (_sandbox, client) = start_with(Options {
        required: vec![("Deals".into(), "Next_Step".into())],
        hidden_fields: vec![("Deals".into(), "Second_ID".into())],
        ..Options::default()
    })
    .await;
    let answer = client.get("/settings/layouts?module=Deals").await;
    let fields = answer.body["layouts"][0]["sections"][0]["fields"]
        .as_array()
        .unwrap();
    let required: Vec<&str> = fields
        .iter()
        .filter(|field| field["required"] == json!(true))
        .map(|field| field["api_name"].as_str().unwrap())
        .collect();
    assert!(
        required.contains(&"Next_Step") && required.contains(&"Deal_Name"),
        "{required:?}"
    );
    assert!(fields.iter().all(|field| field["api_name"] != "Second_ID"));
    let taken = create(&client, "Deals", &[text("Second ID")]).await;
    assert_eq!(
        codes(&taken),
        ["DUPLICATE_DATA"],
        "it is there all the same"
    );
}

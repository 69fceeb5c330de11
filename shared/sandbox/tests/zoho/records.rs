use crate::client::{start, start_with};
use sandbox::zoho::{Operation, Options};
use serde_json::json;

#[tokio::test]
async fn each_record_is_judged_on_its_own() {
    let (sandbox, client) = start().await;
    let items = json!([{"Last_Name": "Doe"}, {"First_Name": "Jane"}, {"Last_Name": "Roe", "Email": "roe@"}, {"Last_Name": "Poe", "Shoe_Size": 44}]);
    let answer = client.insert("Contacts", items).await;
    assert_eq!(answer.status, 207);
    assert_eq!(
        answer.codes(),
        [
            "SUCCESS",
            "MANDATORY_NOT_FOUND",
            "INVALID_DATA",
            "INVALID_DATA"
        ]
    );
    let details = |index: usize| &answer.body["data"][index]["details"];
    assert_eq!(
        *details(1),
        json!({"api_name": "Last_Name", "json_path": "$.data[1].Last_Name"})
    );
    assert_eq!(details(2)["expected_data_type"], "email");
    assert_eq!(
        answer.body["data"][3]["message"],
        "the field api name given seems to be invalid"
    );
    assert_eq!(sandbox.records("Contacts").len(), 1);

    let all_fail = client
        .insert("Contacts", json!([{"First_Name": "Jane"}]))
        .await;
    assert_eq!(
        (all_fail.status, all_fail.codes()),
        (400, vec!["MANDATORY_NOT_FOUND"])
    );
    let all_fine = client
        .insert("Contacts", json!([{"Last_Name": "A"}, {"Last_Name": "B"}]))
        .await;
    assert_eq!(all_fine.status, 201);
}

#[tokio::test]
async fn a_look_up_is_an_id_of_the_right_module() {
    let (sandbox, client) = start().await;
    let account = client
        .insert("Accounts", json!([{"Account_Name": "Example Trading Ltd"}]))
        .await
        .id();
    let contact = client
        .insert(
            "Contacts",
            json!([{"Last_Name": "Doe", "Account_Name": {"id": account}}]),
        )
        .await
        .id();
    let shown = client.get(&format!("/Contacts/{contact}")).await;
    assert_eq!(
        shown.body["data"][0]["Account_Name"],
        json!({"name": "Example Trading Ltd", "id": account})
    );
    for (link, path) in [
        (json!("Example Trading Ltd"), "$.data[0].Account_Name"),
        (
            json!({"name": "Example Trading Ltd"}),
            "$.data[0].Account_Name",
        ),
        (json!({"id": contact}), "$.data[0].Account_Name.id"),
        (json!({"id": "no id"}), "$.data[0].Account_Name.id"),
    ] {
        let refused = client
            .insert(
                "Contacts",
                json!([{"Last_Name": "Doe", "Account_Name": link}]),
            )
            .await;
        assert_eq!(
            (refused.status, refused.codes()),
            (400, vec!["INVALID_DATA"]),
            "{link}"
        );
        assert_eq!(refused.details()["json_path"], path, "{link}");
    }
    assert_eq!(
        sandbox.records("Accounts").len(),
        1,
        "no account was made of a name"
    );
}

#[tokio::test]
async fn null_clears_and_what_is_not_sent_stays() {
    let (sandbox, client) = start().await;
    let item = json!({"Last_Name": "Doe", "First_Name": "Jane", "Phone": "555-0100", "Email_Opt_Out": true});
    let id = client.insert("Contacts", json!([item])).await.id();
    let body =
        json!({"data": [{"First_Name": null, "Email_Opt_Out": null, "Full_Name": "Ignored"}]});
    assert_eq!(
        client
            .send("PUT", &format!("/Contacts/{id}"), Some(&body))
            .await
            .status,
        200
    );
    let contact = &sandbox.records("Contacts")[0];
    assert_eq!(
        (contact.get("First_Name"), &contact["Phone"]),
        (None, &json!("555-0100"))
    );
    assert_eq!(
        (&contact["Email_Opt_Out"], &contact["Full_Name"]),
        (&json!(false), &json!("Doe"))
    );

    let clears_required = json!({"data": [{"Last_Name": ""}]});
    let refused = client
        .send("PUT", &format!("/Contacts/{id}"), Some(&clears_required))
        .await;
    assert_eq!(
        (refused.status, refused.codes()),
        (400, vec!["MANDATORY_NOT_FOUND"])
    );
    assert_eq!(refused.details()["id"], json!(id));
}

#[tokio::test]
async fn money_is_exact_and_has_two_decimals() {
    let (sandbox, client) = start().await;
    let deal = |amount: &str| {
        let text = format!(
            r#"[{{"Deal_Name": "D", "Stage": "Closed Won", "Closing_Date": "2026-09-30", "Amount": {amount}}}]"#
        );
        serde_json::from_str(&text).unwrap()
    };
    for amount in ["105.00", "0.1", "0.005", "1234567890123456"] {
        assert_eq!(
            client.insert("Deals", deal(amount)).await.status,
            201,
            "{amount}"
        );
    }
    let too_long = client.insert("Deals", deal("12345678901234567")).await;
    assert_eq!(too_long.details()["maximum_length"], 16);
    let amounts: Vec<String> = sandbox
        .records("Deals")
        .iter()
        .map(|deal| deal["Amount"].to_string())
        .collect();
    assert_eq!(amounts, ["105", "0.1", "0.01", "1234567890123456"]);
}

#[tokio::test]
async fn a_layout_can_require_more() {
    let (_sandbox, client) = start_with(Options {
        required: vec![("Contacts".into(), "Phone".into())],
        ..Options::default()
    })
    .await;
    let refused = client
        .insert("Contacts", json!([{"Last_Name": "Doe"}]))
        .await;
    assert_eq!(
        *refused.details(),
        json!({"api_name": "Phone", "json_path": "$.data[0].Phone"})
    );
}

#[tokio::test]
async fn changes_tell_what_requests_wrote() {
    let (sandbox, client) = start().await;
    let id = client
        .insert("Contacts", json!([{"Last_Name": "Doe"}, {"Email": "x"}]))
        .await
        .id();
    client
        .upsert(
            "Contacts",
            json!([{"id": id, "Phone": "555-0100"}]),
            &["Email"],
        )
        .await;
    client
        .send("DELETE", &format!("/Contacts/{id}"), None)
        .await;
    let changes = sandbox.changes_since(0).await;
    let told: Vec<_> = changes
        .iter()
        .map(|change| (change.sequence, change.operation, &change.fields))
        .collect();
    let fields = [
        json!({"Last_Name": "Doe"}),
        json!({"Phone": "555-0100"}),
        json!({}),
    ]
    .map(|fields| fields.as_object().unwrap().clone());
    assert_eq!(
        told,
        [
            (1, Operation::Create, &fields[0]),
            (2, Operation::Update, &fields[1]),
            (3, Operation::Delete, &fields[2]),
        ]
    );
    assert!(
        changes
            .iter()
            .all(|change| change.object == "Contacts" && change.id == id)
    );
    assert!(sandbox.records("Contacts").is_empty());
}

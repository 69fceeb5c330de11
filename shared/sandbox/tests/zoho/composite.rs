use crate::client::{Answer, Client, start, start_with};
use sandbox::zoho::{Kind, Options};
use serde_json::{Value, json};
use std::time::Duration;

async fn composite(client: &Client, parts: Value) -> Answer {
    let body = json!({"__composite_requests": parts});
    client
        .send("POST", "/__composite_requests", Some(&body))
        .await
}

fn query(id: &str, query: &str) -> Value {
    json!({"sub_request_id": id, "method": "POST", "uri": "/crm/v8/coql", "body": {"select_query": query}})
}

fn response(answer: &Answer, index: usize) -> &Value {
    &answer.body["__composite_requests"][index]["details"]["response"]
}

#[tokio::test]
async fn five_requests_in_one_call() {
    let (sandbox, client) = start().await;
    let upsert = json!({"data": [{"Account_Name": "Example Trading Ltd"}], "duplicate_check_fields": ["Account_Name"]});
    let answer = composite(
        &client,
        json!([
            query("a", "select Product_Name from Products where Product_Code = 'woo-polo'"),
            query("b", "select id from Contacts where Email = 'nobody@example.com'"),
            {"method": "POST", "uri": "/crm/v8/Accounts/upsert", "body": upsert},
            {"method": "GET", "uri": "/crm/v8/Contacts/99?fields=Email"},
            query("c", "select Shoe_Size from Contacts where id is not null"),
        ]),
    )
    .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let statuses: Vec<&Value> = (0..5)
        .map(|index| &response(&answer, index)["status_code"])
        .collect();
    assert_eq!(
        statuses,
        [
            &json!(200),
            &json!(204),
            &json!(200),
            &json!(204),
            &json!(400)
        ]
    );
    assert_eq!(
        response(&answer, 0)["body"]["data"][0]["Product_Name"],
        "Polo"
    );
    assert_eq!(response(&answer, 1)["body"], json!(null));
    assert_eq!(response(&answer, 2)["body"]["data"][0]["action"], "insert");
    assert_eq!(response(&answer, 4)["body"]["code"], "INVALID_QUERY");
    assert_eq!(
        (
            sandbox.credits(),
            sandbox.calls().total,
            sandbox.calls().of(Kind::Composite)
        ),
        (1, 1, 1)
    );
    assert_eq!(sandbox.records("Accounts").len(), 1);
}

#[tokio::test]
async fn parts_have_limits_of_their_own() {
    let (_sandbox, client) = start().await;
    let contacts = json!(vec![json!({"Last_Name": "Doe"}); 30]);
    client.insert("Contacts", contacts.clone()).await;
    let two = json!({"data": [{"Last_Name": "A"}, {"Last_Name": "B"}]});
    let all = "select Last_Name from Contacts where id is not null";
    let insert = json!({"method": "POST", "uri": "/crm/v8/Contacts", "body": two});
    let answer = composite(&client, json!([query("a", all), insert])).await;
    assert_eq!(
        response(&answer, 0)["body"]["info"],
        json!({"count": 25, "more_records": true})
    );
    assert_eq!(response(&answer, 1)["status_code"], 400);
    let alone = client.query(all).await;
    assert_eq!(
        alone.body["info"]["count"], 30,
        "the limits end with the composite"
    );
}

#[tokio::test]
async fn parts_that_cannot_be_run_are_refused_alone() {
    let (_sandbox, client) = start().await;
    let good = query("a", "select id from Products where Product_Code = 'TAX'");
    for (part, code) in [
        (json!({"uri": "/crm/v8/coql"}), "MANDATORY_NOT_FOUND"),
        (
            json!({"method": "GET", "uri": "/elsewhere"}),
            "INVALID_DATA",
        ),
        (
            json!({"method": "GET", "uri": "/crm/v7/Contacts/1"}),
            "NOT_SUPPORTED",
        ),
        (
            json!({"method": "POST", "uri": "/crm/v8/__composite_requests", "body": {}}),
            "NOT_SUPPORTED",
        ),
        (
            json!({"method": "GET", "uri": "/crm/v8/Contacts/1", "headers": {"Authorization": "x"}}),
            "NOT_SUPPORTED",
        ),
        (
            json!({"method": "GET", "uri": "/crm/v8/Contacts/@{a:$.data[0].id}"}),
            "INVALID_REFERENCE",
        ),
        (
            json!({"method": "GET", "uri": "/crm/v8/Contacts/1", "sub_request_id": "no word"}),
            "INVALID_DATA",
        ),
        (
            json!({"method": "GET", "uri": "/crm/v8/Contacts/1", "body": 5}),
            "INVALID_DATA",
        ),
        (json!("text"), "INVALID_DATA"),
    ] {
        let answer = composite(&client, json!([good, part])).await;
        assert_eq!(answer.status, 207, "{part}: {answer:?}");
        assert_eq!(
            answer.body["__composite_requests"][1]["code"], code,
            "{part}"
        );
        assert_eq!(response(&answer, 0)["status_code"], 200);
    }
    let twins = composite(&client, json!([good, good])).await;
    assert_eq!(
        (twins.status, &twins.body["__composite_requests"][0]["code"]),
        (400, &json!("DUPLICATE_DATA"))
    );
    let six = composite(
        &client,
        json!(vec![
            json!({"method": "GET", "uri": "/crm/v8/Contacts/1"});
            6
        ]),
    )
    .await;
    assert_eq!(six.error(), (400, "INVALID_DATA"));
    let nothing = client
        .send("POST", "/__composite_requests", Some(&json!({})))
        .await;
    assert_eq!(nothing.error(), (400, "MANDATORY_NOT_FOUND"));
}

#[tokio::test]
async fn one_counts_as_five_open_requests() {
    let (_sandbox, client) = start_with(Options {
        concurrency: Some(10),
        latency: Duration::from_millis(300),
        ..Options::default()
    })
    .await;
    let part = json!([query(
        "a",
        "select id from Products where Product_Code = 'TAX'"
    )]);
    let calls = (0..3).map(|_| composite(&client, part.clone()));
    let mut statuses: Vec<u16> = futures::future::join_all(calls)
        .await
        .iter()
        .map(|answer| answer.status)
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 429]);
    assert_eq!(composite(&client, part).await.status, 200);
}

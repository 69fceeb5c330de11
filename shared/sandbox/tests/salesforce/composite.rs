use crate::client::start;
use serde_json::{Value, json};

fn entry(method: &str, path: &str, id: &str, body: Value) -> Value {
    json!({"method": method, "url": format!("/services/data/v65.0{path}"), "referenceId": id, "body": body})
}

fn codes(body: &Value) -> Vec<Value> {
    body["compositeResponse"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["body"][0]["errorCode"].clone())
        .collect()
}

#[tokio::test]
async fn references_carry_ids_and_query_results() {
    let (sandbox, client) = start().await;
    let list = json!([
        entry(
            "GET",
            "/query?q=SELECT+Id+FROM+PricebookEntry+WHERE+Product2.ProductCode='101'",
            "find",
            Value::Null
        ),
        entry(
            "POST",
            "/sobjects/Opportunity",
            "opp",
            json!({"Name": "Order", "StageName": "Closed Won", "CloseDate": "2023-10-26"})
        ),
        entry(
            "POST",
            "/sobjects/OpportunityLineItem",
            "line",
            json!({"OpportunityId": "@{opp.id}", "PricebookEntryId": "@{find.records[0].Id}", "Quantity": 1, "UnitPrice": 5})
        ),
        entry(
            "PATCH",
            "/sobjects/Opportunity/@{opp.id}",
            "name",
            json!({"Description": "Order @{opp.id}"})
        ),
    ]);
    let body = client
        .post(
            "/composite",
            json!({"allOrNone": true, "compositeRequest": list}),
        )
        .await
        .body;
    let entries = body["compositeResponse"].as_array().unwrap();
    let statuses: Vec<_> = entries
        .iter()
        .map(|entry| entry["httpStatusCode"].as_u64().unwrap())
        .collect();
    assert_eq!(statuses, [200, 201, 201, 204], "{body}");
    assert_eq!(
        (
            &entries[3]["body"],
            &entries[3]["httpHeaders"],
            &entries[3]["referenceId"]
        ),
        (&json!(null), &json!({}), &json!("name"))
    );
    let id = entries[1]["body"]["id"].as_str().unwrap();
    assert_eq!(
        entries[1]["httpHeaders"]["Location"],
        format!("/services/data/v65.0/sobjects/Opportunity/{id}")
    );
    assert_eq!(
        sandbox.records("Opportunity")[0]["Description"],
        format!("Order {id}")
    );
    assert_eq!(sandbox.calls().total, 1, "all of it is one call");
}

#[tokio::test]
async fn a_failure_stops_all_or_only_what_depends_on_it() {
    let (sandbox, client) = start().await;
    let list = json!([
        entry("POST", "/sobjects/Account", "good", json!({"Name": "A"})),
        entry("POST", "/sobjects/Account", "bad", json!({})),
        entry(
            "POST",
            "/sobjects/Contact",
            "needs",
            json!({"LastName": "Doe", "AccountId": "@{bad.id}"})
        ),
        entry(
            "POST",
            "/sobjects/Contact",
            "free",
            json!({"LastName": "Doe"})
        ),
    ]);
    let together = client
        .post(
            "/composite",
            json!({"allOrNone": true, "compositeRequest": list}),
        )
        .await;
    assert_eq!(together.status, 200, "the outer status tells nothing");
    assert_eq!(
        codes(&together.body),
        [
            json!("PROCESSING_HALTED"),
            json!("REQUIRED_FIELD_MISSING"),
            json!("PROCESSING_HALTED"),
            json!("PROCESSING_HALTED")
        ]
    );
    assert!(sandbox.records("Account").is_empty() && sandbox.changes().is_empty());

    let apart = client
        .post("/composite", json!({"compositeRequest": list}))
        .await;
    assert_eq!(
        codes(&apart.body),
        [
            json!(null),
            json!("REQUIRED_FIELD_MISSING"),
            json!("PROCESSING_HALTED"),
            json!(null)
        ]
    );
    assert!(
        apart.body["compositeResponse"][2]["body"][0]["message"]
            .as_str()
            .unwrap()
            .starts_with("Invalid reference specified. No value for bad.id found in bad.")
    );
    assert_eq!(
        (
            sandbox.records("Account").len(),
            sandbox.records("Contact").len()
        ),
        (1, 1)
    );
}

#[tokio::test]
async fn requests_that_are_refused_as_a_whole() {
    let (sandbox, client) = start().await;
    let account = |id: &str| entry("POST", "/sobjects/Account", id, json!({"Name": "A"}));
    let query = |id: usize| {
        entry(
            "GET",
            "/query?q=SELECT+Id+FROM+Account",
            &format!("q{id}"),
            Value::Null,
        )
    };
    let mut with_header = account("a");
    with_header["httpHeaders"] = json!({"authorization": "Bearer x"});
    let mut lower_case = account("a");
    lower_case["method"] = json!("post");
    for (body, code) in [
        (json!({"compositeRequest": []}), "INVALID_INPUT"),
        (
            json!({"compositeRequest": [account("a-b")]}),
            "INVALID_INPUT",
        ),
        (
            json!({"compositeRequest": [account("a"), account("a")]}),
            "INVALID_INPUT",
        ),
        (json!({"compositeRequest": [with_header]}), "INVALID_INPUT"),
        (json!({"compositeRequest": [lower_case]}), "INVALID_INPUT"),
        (
            json!({"allOrNone": "true", "compositeRequest": [account("a")]}),
            "JSON_PARSER_ERROR",
        ),
        (
            json!({"compositeRequest": (0..6).map(query).collect::<Vec<_>>()}),
            "LIMIT_EXCEEDED",
        ),
    ] {
        assert_eq!(
            client.post("/composite", body.clone()).await.error(),
            (400, code),
            "{body}"
        );
    }
    let many: Vec<Value> = (0..26)
        .map(|number| account(&format!("a{number}")))
        .collect();
    let answer = client
        .post("/composite", json!({"compositeRequest": many}))
        .await;
    assert_eq!(codes(&answer.body), [json!("LIMIT_EXCEEDED")]);
    assert_eq!(
        client
            .post("/composite", json!({"compositeRequest": &many[..25]}))
            .await
            .status,
        200
    );
    assert_eq!(sandbox.records("Account").len(), 25);
}

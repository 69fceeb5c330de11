use crate::client::{Client, start};
use sandbox::salesforce::Kind;
use serde_json::{Value, json};

async fn order_graphs(client: &Client) -> Value {
    let text = include_str!("../fixtures/order-graphs.json");
    let text = text
        .replace("ENTRY-101", &client.entry("101").await)
        .replace("ENTRY-102", &client.entry("102").await);
    serde_json::from_str(&text).unwrap()
}

fn account(id: &str, key: &str, body: Value) -> Value {
    json!({"graphId": id, "compositeRequest": [
        {"url": format!("/services/data/v65.0/sobjects/Account/WooCommerce_Customer_ID__c/{key}"), "method": "PATCH", "referenceId": "account", "body": body}
    ]})
}

fn successes(body: &Value) -> Vec<bool> {
    body["graphs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|graph| graph["isSuccessful"].as_bool().unwrap())
        .collect()
}

#[tokio::test]
async fn a_graph_is_whole_or_not_at_all_and_alone() {
    let (sandbox, client) = start().await;
    let graphs = order_graphs(&client).await;
    let answer = client.post("/composite/graph", graphs.clone()).await;
    assert_eq!(answer.status, 200);
    assert_eq!(successes(&answer.body), [true, false]);
    let nodes = |graph: usize| {
        answer.body["graphs"][graph]["graphResponse"]["compositeResponse"]
            .as_array()
            .unwrap()
            .clone()
    };
    assert_eq!(
        nodes(0)
            .iter()
            .map(|node| node["httpStatusCode"].clone())
            .collect::<Vec<_>>(),
        vec![json!(201); 5]
    );
    let codes: Vec<_> = nodes(1)
        .iter()
        .map(|node| node["body"][0]["errorCode"].clone())
        .collect();
    assert_eq!(
        codes,
        [
            "PROCESSING_HALTED",
            "REQUIRED_FIELD_MISSING",
            "PROCESSING_HALTED"
        ]
    );
    assert_eq!(
        nodes(1)[0]["body"][0]["message"],
        "The transaction was rolled back since another operation in the same transaction failed."
    );

    assert_eq!(
        sandbox.records("Account").len(),
        1,
        "the second order left nothing"
    );
    assert_eq!(
        sandbox.records("Opportunity")[0]["Amount"].to_string(),
        "99.99"
    );
    assert_eq!(sandbox.changes().len(), 5);
    assert_eq!(sandbox.calls().of(Kind::Graph), 1);

    let replay = client
        .post("/composite/graph", json!({"graphs": [graphs["graphs"][0]]}))
        .await;
    let nodes = &replay.body["graphs"][0]["graphResponse"]["compositeResponse"];
    assert_eq!(nodes[2]["body"][0]["errorCode"], "DUPLICATE_VALUE");
    assert_eq!(
        sandbox.records("OpportunityLineItem").len(),
        2,
        "a replay doubles nothing"
    );
}

#[tokio::test]
async fn a_graph_takes_back_updates_and_deletions() {
    let (sandbox, client) = start().await;
    let graphs = order_graphs(&client).await;
    client
        .post("/composite/graph", json!({"graphs": [graphs["graphs"][0]]}))
        .await;
    let before: Vec<_> = [
        "Account",
        "Opportunity",
        "OpportunityLineItem",
        "OpportunityContactRole",
    ]
    .map(|object| sandbox.records(object))
    .into();
    let opportunity = sandbox.records("Opportunity")[0]["Id"]
        .as_str()
        .unwrap()
        .to_owned();
    let line = sandbox.records("OpportunityLineItem")[0]["Id"]
        .as_str()
        .unwrap()
        .to_owned();
    let node = |method: &str, path: String, id: &str, body: Value| json!({"method": method, "url": format!("/services/data/v65.0/sobjects{path}"), "referenceId": id, "body": body});
    let nodes = json!([
        node(
            "PATCH",
            format!("/Opportunity/{opportunity}"),
            "a",
            json!({"StageName": "Closed Lost"})
        ),
        node(
            "DELETE",
            format!("/OpportunityLineItem/{line}"),
            "b",
            Value::Null
        ),
        node(
            "DELETE",
            format!("/Opportunity/{opportunity}"),
            "c",
            Value::Null
        ),
        node(
            "PATCH",
            format!("/Opportunity/{opportunity}"),
            "d",
            json!({"Name": "gone"})
        ),
    ]);
    let answer = client
        .post(
            "/composite/graph",
            json!({"graphs": [{"graphId": "g", "compositeRequest": nodes}]}),
        )
        .await;
    let culprit = &answer.body["graphs"][0]["graphResponse"]["compositeResponse"][3];
    assert_eq!(
        (&culprit["httpStatusCode"], &culprit["body"][0]["errorCode"]),
        (&json!(404), &json!("ENTITY_IS_DELETED"))
    );
    let after: Vec<_> = [
        "Account",
        "Opportunity",
        "OpportunityLineItem",
        "OpportunityContactRole",
    ]
    .map(|object| sandbox.records(object))
    .into();
    assert_eq!(before, after);
    assert_eq!(
        client
            .get(&format!("/sobjects/Opportunity/{opportunity}"))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn only_records_are_nodes() {
    let (_sandbox, client) = start().await;
    for (url, status, code) in [
        (
            "/services/data/v65.0/query?q=SELECT+Id+FROM+Account",
            404,
            "OPERATION_NOT_ALLOWED",
        ),
        ("/services/data/v65.0/limits", 404, "OPERATION_NOT_ALLOWED"),
        (
            "/services/data/v65.0/sobjects/Account/describe",
            404,
            "OPERATION_NOT_ALLOWED",
        ),
        ("/v65.0/sobjects/Account/001", 400, "PROCESSING_HALTED"),
    ] {
        let graph = json!({"graphId": "g", "compositeRequest": [{"url": url, "method": "GET", "referenceId": "a"}]});
        let node = client
            .post("/composite/graph", json!({"graphs": [graph]}))
            .await
            .body["graphs"][0]["graphResponse"]["compositeResponse"][0]
            .clone();
        assert_eq!(
            (&node["httpStatusCode"], &node["body"][0]["errorCode"]),
            (&json!(status), &json!(code)),
            "{url}"
        );
    }
}

#[tokio::test]
async fn after_fourteen_failures_the_rest_is_halted() {
    let (sandbox, client) = start().await;
    let bad = |number: usize| account(&format!("bad{number}"), &format!("{number}"), json!({}));
    let graphs = |count: usize| {
        let mut graphs = vec![account("first", "first", json!({"Name": "A"}))];
        graphs.extend((0..count).map(bad));
        graphs.push(account("last", "last", json!({"Name": "B"})));
        json!({"graphs": graphs})
    };
    let answer = client.post("/composite/graph", graphs(14)).await.body;
    assert!(*successes(&answer).last().unwrap(), "fourteen are borne");
    assert_eq!(sandbox.records("Account").len(), 2);

    let answer = client.post("/composite/graph", graphs(15)).await.body;
    let last = answer["graphs"].as_array().unwrap().last().unwrap();
    assert_eq!(last["isSuccessful"], json!(false));
    assert_eq!(
        last["graphResponse"]["compositeResponse"][0]["body"][0]["errorCode"],
        "PROCESSING_HALTED"
    );
    assert!(successes(&answer)[0], "what was done before stays");
}

#[tokio::test]
async fn limits_of_a_payload() {
    let (sandbox, client) = start().await;
    let good = |id: &str| account(id, id, json!({"Name": "A"}));
    let node = |id: String, url: &str, body: Value| json!({"url": url, "method": "POST", "referenceId": id, "body": body});
    let url = "/services/data/v65.0/sobjects/Account";
    let chain = |length: usize| {
        let body = |number: usize| {
            if number == 0 {
                json!({"Name": "A"})
            } else {
                json!({"Name": "A", "ParentId": format!("@{{n{}.id}}", number - 1)})
            }
        };
        let nodes: Vec<Value> = (0..length)
            .map(|number| node(format!("n{number}"), url, body(number)))
            .collect();
        json!([{"graphId": "deep", "compositeRequest": nodes}])
    };
    let flat = |length: usize| json!([{"graphId": "flat", "compositeRequest": (0..length).map(|number| node(format!("n{number}"), url, json!({"Name": "A"}))).collect::<Vec<_>>()}]);
    let kinds = |count: usize| {
        let versions: Vec<Value> = (0..count)
            .map(|number| {
                node(
                    format!("n{number}"),
                    &format!("/services/data/v{}.0/sobjects/Account", 50 + number),
                    json!({"Name": "A"}),
                )
            })
            .collect();
        json!([{"graphId": "kinds", "compositeRequest": versions}])
    };
    for (graphs, accepted) in [
        (
            json!(
                (0..75)
                    .map(|number| good(&format!("g{number}")))
                    .collect::<Vec<_>>()
            ),
            true,
        ),
        (
            json!(
                (0..76)
                    .map(|number| good(&format!("g{number}")))
                    .collect::<Vec<_>>()
            ),
            false,
        ),
        (chain(15), true),
        (chain(16), false),
        (flat(500), true),
        (flat(501), false),
        (kinds(15), true),
        (kinds(16), false),
        (json!([good("g"), good("g")]), false),
        (json!([good("a.b")]), false),
        (json!([good("-a")]), false),
        (json!([good(&"x".repeat(39))]), true),
        (json!([good(&"x".repeat(40))]), false),
        (json!([{"compositeRequest": []}]), false),
        (json!([]), false),
    ] {
        let before = sandbox.changes().len();
        let answer = client
            .post("/composite/graph", json!({"graphs": graphs}))
            .await;
        if accepted {
            assert!(
                successes(&answer.body).iter().all(|good| *good),
                "{answer:?}"
            );
        } else {
            assert_eq!(answer.error(), (400, "INVALID_INPUT"), "{graphs}");
            assert_eq!(sandbox.changes().len(), before);
        }
    }
}

//! The companion RESTlet: its door, its guards and its limits, and that it answers as the script does.

use crate::client::{
    Client, assertion, claims, customer, form, order, receive, signed, start_with,
};
use sandbox::netsuite::{Companion, Effect, Fault, Kind, NetSuite, Options};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
    time::Duration,
};

const RESTLET: &str =
    "/app/site/hosting/restlet.nl?script=customscript_orderbridge&deploy=customdeploy_orderbridge";
const CUSTOMERS: &str = "SELECT id, externalid, email FROM customer WHERE externalid IN (?, ?, ?)";

/// Starts a sandbox, and a client whose token is for RESTlets, too.
async fn start() -> (NetSuite, Client) {
    let (sandbox, mut client) = start_with(Options {
        auto_number: true,
        ..Options::default()
    })
    .await;
    let credentials = sandbox.credentials();
    let mut wanted = claims(sandbox.url(), &credentials);
    wanted["scope"] = json!(["rest_webservices", "restlets"]);
    let answer = client
        .ask_for_token(&form(&assertion(&wanted, &credentials)))
        .await;
    client.token = answer.body["access_token"].as_str().unwrap().to_owned();
    (sandbox, client)
}

async fn call(client: &Client, target: &str, body: &Value) -> (u16, Value) {
    let request = client.http.post(format!("{}{target}", client.url));
    let answer = receive(request.bearer_auth(&client.token).json(body))
        .await
        .unwrap();
    (answer.status, answer.body)
}

fn code(answer: &(u16, Value)) -> (u16, &str) {
    let code = answer.1["error"]["code"].as_str();
    (answer.0, code.unwrap_or_else(|| panic!("{answer:?}")))
}

/// Returns the parcel of an order of a new customer.
fn parcel(number: u32) -> Value {
    let key = format!("WOO_CUST_{number}");
    let request = |record: &str, body: Value| json!({"method": "POST", "path": format!("/services/rest/record/v1/{record}"), "body": body.to_string()});
    json!({
        "guard": [{"query": 0, "where": {"externalid": [key], "email": [format!("{number}@example.com")]}, "rows": []}],
        "requests": [
            request("customer", customer(&key, "Doe")),
            request("salesOrder", order(&format!("WOO_ORDER_{number}"), &key)),
        ],
    })
}

fn delivery(orders: &[Value]) -> Value {
    json!({
        "v": 1, "seconds": 60, "after": true, "orders": orders,
        "headers": {"Content-Type": "application/json", "X-NetSuite-PropertyNameValidation": "Error"},
        "queries": [{"q": CUSTOMERS, "params": ["WOO_CUST_1", "WOO_CUST_2", "WOO_CUST_3"]}],
    })
}

fn statuses(said: &Value) -> Vec<&str> {
    let orders = said["orders"].as_array().unwrap().iter();
    orders
        .map(|order| order["status"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn it_takes_tokens_of_its_scope_and_signatures_and_refuses_in_its_own_shape() {
    let (sandbox, client) = start().await;
    let rest_only = Client::log_in(sandbox.url(), &sandbox.credentials()).await;
    let refused = call(&rest_only, RESTLET, &delivery(&[])).await;
    assert_eq!(code(&refused), (401, "INVALID_LOGIN_ATTEMPT"));
    assert_eq!(client.get("/customer").await.status, 200, "REST takes both");

    let url = format!("{}{RESTLET}", sandbox.url());
    let signature = signed("GET", &url, &sandbox.credentials(), &[]);
    let get = |request: reqwest::RequestBuilder| {
        receive(request.header("content-type", "application/json"))
    };
    let signed = client.http.get(&url).header("authorization", signature);
    let told = get(signed).await.unwrap();
    assert_eq!(
        (&told.body["v"], &told.body["name"]),
        (&json!(1), &json!("orderbridge"))
    );

    let other = RESTLET.replace("customdeploy_orderbridge", "1");
    let refused = call(&client, &other, &delivery(&[])).await;
    assert_eq!(code(&refused), (400, "SSS_INVALID_SCRIPTLET_ID"));
    let newer = json!({"v": 2});
    let (status, said) = call(&client, RESTLET, &newer).await;
    assert_eq!(
        (status, &said["refused"]),
        (200, &json!("this script speaks version 1"))
    );
    for (effect, expected) in [
        (Effect::RequestLimit, (400, "SSS_REQUEST_LIMIT_EXCEEDED")),
        (Effect::Status(401), (401, "INVALID_LOGIN_ATTEMPT")),
        (Effect::Status(500), (500, "UNEXPECTED_ERROR")),
    ] {
        sandbox.fault(Fault::new(effect).on(Kind::Restlet));
        assert_eq!(
            code(&call(&client, RESTLET, &delivery(&[])).await),
            expected
        );
    }
}

#[tokio::test]
async fn an_account_need_not_have_it_nor_allow_its_scope() {
    let with = |companion| Options {
        companion,
        ..Options::default()
    };
    let (sandbox, client) = start_with(with(Companion::Absent)).await;
    let url = format!("{}{RESTLET}", sandbox.url());
    let signature = signed("GET", &url, &sandbox.credentials(), &[]);
    let request = client.http.get(&url).header("authorization", signature);
    let answer = receive(request).await.unwrap();
    let code = answer.body["error"]["code"].as_str();
    assert_eq!(
        (answer.status, code),
        (400, Some("SSS_INVALID_SCRIPTLET_ID"))
    );

    let (sandbox, client) = start_with(with(Companion::NotAllowed)).await;
    let credentials = sandbox.credentials();
    let mut wanted = claims(sandbox.url(), &credentials);
    wanted["scope"] = json!(["rest_webservices", "restlets"]);
    let signed = form(&assertion(&wanted, &credentials));
    let refused = client.ask_for_token(&signed).await;
    assert_eq!(
        (refused.status, &refused.body["error"]),
        (400, &json!("invalid_scope"))
    );
}

#[tokio::test]
async fn a_slow_account_defers_what_it_has_no_time_for_and_ends_a_script_after_five_minutes() {
    let (sandbox, client) = start().await;
    sandbox.slow_down(Duration::from_secs(20));
    let orders = delivery(&[parcel(1), parcel(2), parcel(3)]);
    // The answer would take as long as the script.
    let waiting = tokio::time::timeout(Duration::from_millis(500), call(&client, RESTLET, &orders));
    waiting.await.unwrap_err();
    assert_eq!(sandbox.records("salesOrder").len(), 2, "two in 80 seconds");
    let (sandbox, client) = start().await;
    sandbox.slow_down(Duration::from_secs(200));
    sandbox.fault(Fault::new(Effect::Delay(Duration::ZERO)).on(Kind::Restlet));
    let waiting = tokio::time::timeout(Duration::from_millis(500), call(&client, RESTLET, &orders));
    waiting.await.unwrap_err();
    assert_eq!(
        (
            sandbox.records("customer").len(),
            sandbox.records("salesOrder").len()
        ),
        (1, 1),
        "what was written before the script was stopped stays"
    );
}

/// The account as the script of Node.js meets it: over REST.
async fn asked(client: &Client, asked: &Value) -> Value {
    if let Some(query) = asked.get("query") {
        let answer = client
            .query(query["query"].as_str().unwrap(), query["params"].clone())
            .await;
        if answer.status != 200 {
            let message = answer.text();
            return json!({"error": {"code": "SSS_SEARCH_ERROR_OCCURRED", "message": message}});
        }
        let rows = answer.body["items"].as_array().unwrap().iter().cloned();
        let mapped = rows.map(|mut row| {
            let row = row.as_object_mut().unwrap();
            row.remove("links");
            let id: u64 = row["id"].as_str().unwrap().parse().unwrap();
            row.insert("id".to_owned(), json!(id));
            Value::Object(row.clone())
        });
        return json!({"answer": mapped.collect::<Vec<_>>()});
    }
    let request = &asked["request"];
    let text = |name: &str| request[name].as_str().unwrap();
    let method = text("method").parse().unwrap();
    let sent = client
        .http
        .request(method, format!("{}{}", client.url, text("url")))
        .bearer_auth(&client.token)
        .body(text("body").to_owned());
    let headers = request["headers"].as_object().into_iter().flatten();
    let sent = headers.fold(sent, |sent, (name, value)| {
        sent.header(name, value.as_str().unwrap())
    });
    let answer = sent.send().await.unwrap();
    let code = answer.status().as_u16();
    let headers: serde_json::Map<String, Value> = answer
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), json!(value.to_str().unwrap())))
        .collect();
    json!({"answer": {"code": code, "headers": headers, "body": answer.text().await.unwrap()}})
}

/// Takes out what belongs to one run: times, units, ids behind an address of its own.
fn comparable(mut said: Value, url: &str) -> Value {
    let fields = said.as_object_mut().unwrap();
    fields.remove("ms");
    fields.retain(|_, value| !value.is_null());
    let text = said.to_string().replace(url, "");
    without_nulls(serde_json::from_str(&text).unwrap())
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name, without_nulls(value)))
            .collect(),
        Value::Array(values) => values.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

#[tokio::test]
#[cfg_attr(not(node), ignore = "Node.js is not here")]
async fn the_double_answers_as_the_script_does() {
    let mut bad = parcel(2);
    bad["requests"][1]["body"] = json!(order("WOO_ORDER_2", "WOO_CUST_unknown").to_string());
    let mut forbidden = parcel(3);
    forbidden["requests"][1]["path"] = json!("/services/rest/query/v1/suiteql");
    let mut put = parcel(3);
    put["guard"] = json!([]);
    put["requests"] = json!([{"method": "PUT", "path": "/services/rest/record/v1/customer/eid:WOO_CUST_1", "body": "{\"phone\":\"1\"}"}]);
    let mut seen = parcel(1);
    seen["requests"] = json!([{"method": "POST", "path": "/services/rest/record/v1/salesOrder", "body": order("WOO_ORDER_9", "WOO_CUST_1").to_string()}]);
    seen["guard"][0]["rows"] =
        json!([{"email": "jane.doe@example.com", "externalid": "WOO_CUST_1", "id": "647"}]);
    let mut patch = put.clone();
    patch["requests"][0]["method"] = json!("PATCH");
    let mut wrong = delivery(&[parcel(3)]);
    wrong["queries"][0]["q"] = json!("SELECT id FROM nowhere WHERE externalid IN (?, ?, ?)");
    let mut no_time = delivery(&[parcel(3)]);
    no_time["seconds"] = json!(0);
    let many: Vec<Value> = std::iter::repeat_with(|| put.clone()).take(600).collect();
    let calls = [
        delivery(&[parcel(1), bad, forbidden]),
        delivery(&[seen, parcel(1), put.clone(), patch]),
        wrong,
        no_time,
        delivery(&many),
        json!({"v": 7}),
        json!({"v": 1, "seconds": 60, "orders": [parcel(1)]}),
    ];

    let host = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../config/netsuite/tests/host.js"
    );
    let mut node = Command::new("node")
        .arg(host)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = node.stdin.take().unwrap();
    let mut output = BufReader::new(node.stdout.take().unwrap()).lines();
    let (double, to_double) = start().await;
    let (account, to_account) = start().await;
    for call_of_script in calls {
        writeln!(input, "{call_of_script}").unwrap();
        let said = loop {
            let line: Value = serde_json::from_str(&output.next().unwrap().unwrap()).unwrap();
            if let Some(said) = line.get("said") {
                break said.clone();
            }
            writeln!(input, "{}", asked(&to_account, &line).await).unwrap();
        };
        let (status, answered) = call(&to_double, RESTLET, &call_of_script).await;
        assert_eq!(status, 200, "{answered}");
        assert_eq!(
            comparable(answered, double.url()),
            comparable(said, account.url()),
            "{call_of_script}"
        );
    }
    drop(input);
    assert!(node.wait().unwrap().success());
    assert_eq!(double.records("salesOrder"), account.records("salesOrder"));
    assert_eq!(double.records("customer"), account.records("customer"));
    let said = call(&to_double, RESTLET, &delivery(&[parcel(1), parcel(3)]))
        .await
        .1;
    assert_eq!(statuses(&said), ["guard", "guard"], "both are there by now");
}

//! The same conversation with the sandbox and with the strict simulator, an independent program
//! written from the same documentation. Where they differ, one of them is wrong. Skipped where the
//! simulator is not beside the project.

use crate::client::{Answer, Client, QUERY, receive, signed};
use rust_decimal::Decimal;
use sandbox::netsuite::{Credentials, Item, ItemKind, NetSuite, Options};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, path::Path, process::Stdio};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

const SIMULATOR: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../../shared/sims/netsuite.py"
);

/// One request.
#[derive(Deserialize)]
struct Step {
    about: String,
    method: String,
    path: String,
    #[serde(default)]
    body: Option<Value>,
}

#[tokio::test]
async fn both_say_the_same() {
    let options = Options {
        credentials: Some(Credentials::generate().unwrap()),
        one_world: true,
        ..Options::default()
    };
    let Some((_simulator, url)) = start_simulator(&options).await else {
        return;
    };
    let sandbox = NetSuite::start(options).await.unwrap();
    let credentials = sandbox.credentials();
    let steps: Vec<Step> =
        serde_json::from_str(include_str!("../fixtures/netsuite-conversation.json")).unwrap();
    let ours = converse(&Client::log_in(sandbox.url(), &credentials).await, &steps).await;
    let theirs = converse(&Client::log_in(&url, &credentials).await, &steps).await;
    let differences: Vec<String> = steps
        .iter()
        .zip(ours.iter().zip(&theirs))
        .filter(|(_, (ours, theirs))| ours != theirs)
        .map(|(step, (ours, theirs))| {
            format!("{}\n  sandbox:   {ours}\n  simulator: {theirs}", step.about)
        })
        .collect();
    assert!(
        differences.is_empty(),
        "{} of {} answers differ:\n{}",
        differences.len(),
        steps.len(),
        differences.join("\n")
    );
}

#[tokio::test]
async fn both_let_the_same_signatures_in() {
    let options = Options {
        credentials: Some(Credentials::generate().unwrap()),
        ..Options::default()
    };
    let Some((_simulator, url)) = start_simulator(&options).await else {
        return;
    };
    let sandbox = NetSuite::start(options).await.unwrap();
    let credentials = sandbox.credentials();
    for (target, changes, status) in [
        ("/customer?limit=5&offset=10", vec![], 200),
        ("/customer/eid:WOO_CUST_56", vec![], 404),
        ("/customer/eid%3AWOO_CUST_56?fields=email%2Cid", vec![], 404),
        ("/customer", vec![("oauth_version", "1.1")], 401),
        ("/customer", vec![("realm", "1234567-sb1")], 401),
        (
            "/customer",
            vec![("oauth_nonce", "never so short"), ("oauth_timestamp", "1")],
            401,
        ),
    ] {
        for url in [sandbox.url(), &url] {
            let url = format!("{url}/services/rest/record/v1{target}");
            let header = signed("GET", &url, &credentials, &changes);
            let request = reqwest::Client::new()
                .get(&url)
                .header("authorization", header);
            assert_eq!(
                receive(request).await.unwrap().status,
                status,
                "{url} {changes:?}"
            );
        }
    }
}

async fn start_simulator(options: &Options) -> Option<(Child, String)> {
    if !Path::new(SIMULATOR).exists() {
        println!("skipped: the strict simulator is not beside the project");
        return None;
    }
    let config = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(config.path(), settings(options).to_string()).unwrap();
    let mut command = Command::new("python3");
    command
        .args([SIMULATOR, "--port", "0", "--seed", "1", "--config"])
        .arg(config.path());
    let Ok(mut child) = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
    else {
        println!("skipped: python3 cannot be started");
        return None;
    };
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = lines
        .next_line()
        .await
        .unwrap()
        .unwrap_or_else(|| panic!("the simulator says where it listens"));
    let url = line
        .strip_prefix("ready ")
        .unwrap_or_else(|| panic!("an address, not {line}"))
        .to_owned();
    Some((child, url))
}

/// Returns the settings of the same account, in the simulator's words.
fn settings(options: &Options) -> Value {
    let credentials = options.credentials.as_ref().unwrap();
    let item = |item: &Item| {
        let kind = match item.kind {
            ItemKind::Inventory => "inventoryItem",
            ItemKind::OtherCharge => "otherChargeSaleItem",
            ItemKind::Discount => "discountItem",
        };
        let price: Value = serde_json::from_str(&item.product.price.to_string()).unwrap();
        let price = if item.product.price.is_zero() {
            Value::Null
        } else {
            price
        };
        let code = &item.product.code;
        json!({"id": item.id.to_string(), "type": kind, "itemId": code, "externalId": code, "displayName": item.product.name, "basePrice": price})
    };
    json!({
        "account_id": options.account_id, "one_world": options.one_world, "auto_number": options.auto_number,
        "items": options.items.iter().map(item).collect::<Vec<_>>(),
        "credentials": {
            "consumer_key": credentials.consumer_key, "consumer_secret": credentials.consumer_secret,
            "tokens": {&credentials.token_id: credentials.token_secret},
        },
        "oauth2": {"client_id": credentials.consumer_key, "certificates": {&credentials.certificate_id: credentials.public_key}},
    })
}

async fn converse(client: &Client, steps: &[Step]) -> Vec<String> {
    let mut said = Vec::new();
    for step in steps {
        let answer = if step.path == QUERY {
            let request = client
                .request("POST", QUERY, step.body.as_ref())
                .header("prefer", "transient");
            receive(request).await.unwrap()
        } else {
            client
                .send(&step.method, &step.path, step.body.as_ref())
                .await
        };
        said.push(masked(&answer));
    }
    said
}

fn masked(answer: &Answer) -> String {
    let body = if answer.length == 0 {
        Value::Null
    } else {
        mask(&answer.body)
    };
    let location = answer.header("location").map_or("", |_| " with a location");
    format!("{}{location} {body}", answer.status)
}

/// Masks the parts that may differ: ids and times, links, the form of numbers, the order of keys,
/// and texts that are not documented.
fn mask(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let sorted: BTreeMap<&String, &Value> =
                fields.iter().filter(|(name, _)| *name != "links").collect();
            let masked = sorted
                .into_iter()
                .map(|(name, field)| (name.clone(), mask_field(name, field)));
            Value::Object(masked.collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.iter().map(mask).collect()),
        Value::Number(number) => json!(
            number
                .to_string()
                .parse::<Decimal>()
                .unwrap()
                .round_dp(9)
                .normalize()
                .to_string()
        ),
        other => other.clone(),
    }
}

fn mask_field(name: &str, field: &Value) -> Value {
    const DOCUMENTED: [&str; 7] = [
        "already exists",
        "Please enter value(s) for",
        "You must enter a value for Company Name",
        "Invalid Field Value",
        "record instance does not exist",
        "contained more than the maximum number",
        "Prefer: transient",
    ];
    match (name, field) {
        ("id" | "tranId" | "tranid" | "entity", Value::String(_)) => json!("<id>"),
        (
            "dateCreated" | "createdDate" | "lastModifiedDate" | "createddate" | "lastmodifieddate"
            | "o:errorUrl",
            _,
        ) => {
            json!("<time or address>")
        }
        ("detail", Value::String(text)) if DOCUMENTED.iter().any(|known| text.contains(known)) => {
            json!(text.replace("\": ", "\":"))
        }
        ("detail", _) => json!("<words>"),
        _ => mask(field),
    }
}

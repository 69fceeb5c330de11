//! The same conversation with the sandbox and with the strict simulator, an independent program
//! written from the same documentation. Where they differ, one of them is wrong. Skipped where the
//! simulator is not beside the project.

use crate::client::{Answer, Client};
use rust_decimal::Decimal;
use sandbox::salesforce::{Options, Salesforce, credentials};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Stdio,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

const SIMULATOR: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../../shared/sims/salesforce.py"
);

/// One request, with `{names}` for values of earlier answers.
#[derive(Deserialize)]
struct Step {
    about: String,
    method: String,
    path: String,
    #[serde(default)]
    body: Option<Value>,
    /// Names for values of the answer, by their JSON pointers.
    #[serde(default)]
    keep: BTreeMap<String, String>,
}

#[tokio::test]
async fn both_say_the_same() {
    let Some((_simulator, url)) = start_simulator().await else {
        return;
    };
    let sandbox = Salesforce::start(Options::default()).await.unwrap();
    let steps: Vec<Step> =
        serde_json::from_str(include_str!("../fixtures/conversation.json")).unwrap();
    let ours = converse(&Client::log_in(sandbox.url()).await, &steps).await;
    let theirs = converse(&Client::log_in(&url).await, &steps).await;
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

async fn start_simulator() -> Option<(Child, String)> {
    if !Path::new(SIMULATOR).exists() {
        println!("skipped: the strict simulator is not beside the project");
        return None;
    }
    let config = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(config.path(), settings().to_string()).unwrap();
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

fn settings() -> Value {
    json!({"credentials": {
        "client_id": credentials::CLIENT_ID, "client_secret": credentials::CLIENT_SECRET, "username": credentials::USERNAME,
        "password": credentials::PASSWORD, "security_token": credentials::SECURITY_TOKEN, "refresh_token": credentials::REFRESH_TOKEN,
    }})
}

async fn converse(client: &Client, steps: &[Step]) -> Vec<String> {
    let mut kept: BTreeMap<String, String> = BTreeMap::new();
    let mut said = Vec::new();
    for step in steps {
        let body = step
            .body
            .as_ref()
            .map(|body| serde_json::from_str(&fill(&body.to_string(), &kept)).unwrap());
        let answer = client
            .send(&step.method, &fill(&step.path, &kept), body.as_ref())
            .await;
        for (name, pointer) in &step.keep {
            let value = answer.body.pointer(pointer).and_then(Value::as_str);
            kept.insert(
                name.clone(),
                value
                    .unwrap_or_else(|| panic!("{}: nothing at {pointer} in {answer:?}", step.about))
                    .to_owned(),
            );
        }
        said.push(masked(&answer));
    }
    said
}

fn fill(text: &str, kept: &BTreeMap<String, String>) -> String {
    kept.iter().fold(text.to_owned(), |text, (name, value)| {
        text.replace(&format!("{{{name}}}"), value)
    })
}

fn masked(answer: &Answer) -> String {
    let body = if answer.status == 204 {
        Value::Null
    } else {
        mask(&answer.body)
    };
    format!("{} {body}", answer.status)
}

/// Masks the parts that may differ: ids, the wording of messages, the form of numbers, and the
/// order of keys and of an error's fields.
fn mask(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let sorted: BTreeMap<&String, &Value> = fields.iter().collect();
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
                .normalize()
                .to_string()
        ),
        Value::String(text) => json!(
            text.split('/')
                .map(|part| if is_id(part) { "<id>" } else { part })
                .collect::<Vec<_>>()
                .join("/")
        ),
        other => other.clone(),
    }
}

fn mask_field(name: &str, field: &Value) -> Value {
    match (name, field) {
        ("message", _) => json!("<message>"),
        ("fields", Value::Array(names)) => json!(
            names
                .iter()
                .map(ToString::to_string)
                .collect::<BTreeSet<_>>()
        ),
        _ => mask(field),
    }
}

fn is_id(text: &str) -> bool {
    text.len() == 18
        && text.starts_with('0')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

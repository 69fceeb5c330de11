//! The same conversation with the sandbox and with the strict simulator, an independent program
//! written from the same documentation. Where they differ, one of them is wrong. Skipped where the
//! simulator is not beside the project.

use crate::client::{Answer, Client, start};
use rust_decimal::Decimal;
use sandbox::zoho::credentials;
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

const SIMULATOR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/sims/zoho.py");

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
    let (_sandbox, client) = start().await;
    let steps: Vec<Step> =
        serde_json::from_str(include_str!("../fixtures/zoho-conversation.json")).unwrap();
    let ours = converse(&client, &steps).await;
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

#[tokio::test]
async fn both_have_the_same_fields() {
    let Some((_simulator, url)) = start_simulator().await else {
        return;
    };
    let (_sandbox, ours) = start().await;
    let theirs = Client::log_in(&url).await;
    for module in [
        "Leads",
        "Accounts",
        "Contacts",
        "Deals",
        "Products",
        "Sales_Orders",
        "Ordered_Items",
        "Campaigns",
    ] {
        let path = format!("/settings/fields?module={module}");
        assert_eq!(
            described(&ours.get(&path).await),
            described(&theirs.get(&path).await),
            "{module}"
        );
    }
}

/// Returns the facts in the metadata on which a client can rely: each field with its type, length,
/// obligations and values.
fn described(answer: &Answer) -> BTreeMap<String, Value> {
    let fields = answer.body["fields"].as_array().unwrap().iter();
    // Lines cannot be requested as a module of their own here, so they name no parent.
    let known = fields.filter(|field| {
        !matches!(
            field["api_name"].as_str(),
            Some("id" | "Layout" | "Parent_Id")
        )
    });
    known
        .map(|field| {
            let values = field["pick_list_values"].as_array().unwrap().iter();
            // One of the two lists the value that every picklist has, the other does not.
            let values: Vec<&Value> = values
                .map(|value| &value["actual_value"])
                .filter(|value| **value != "-None-")
                .collect();
            let properties = json!([
                field["data_type"],
                field["json_type"],
                field["length"],
                field["system_mandatory"],
                field["read_only"],
                field["custom_field"],
                field["unique"],
                field["lookup"]["module"]["api_name"],
                field["operation_type"],
                values
            ]);
            (field["api_name"].as_str().unwrap().to_owned(), properties)
        })
        .collect()
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
    let unique = json!({"data_type": "text", "length": 50, "unique": true});
    let product = |code: &str, name: &str, price: Decimal| {
        let price: Value = serde_json::from_str(&price.to_string()).unwrap();
        json!({"Product_Code": code, "Product_Name": name, "Unit_Price": price, "Product_Active": true})
    };
    json!({
        "credentials": {
            "client_id": credentials::CLIENT_ID, "client_secret": credentials::CLIENT_SECRET,
            "refresh_tokens": {credentials::REFRESH_TOKEN: "ZohoCRM.modules.ALL,ZohoCRM.settings.ALL,ZohoCRM.coql.READ,ZohoCRM.composite_requests.CUSTOM"},
        },
        "fields": {"Deals": {"WooCommerce_Order_ID": null, "Shop_Order_ID": unique, "Second_ID": unique}},
        "records": {"Products": [product("woo-polo", "Polo", Decimal::new(2_000, 2)), product("woo-beanie", "Beanie", Decimal::new(1_800, 2))]},
    })
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
        said.push(format!("{} {}", answer.status, mask("", &answer.body)));
    }
    said
}

fn fill(text: &str, kept: &BTreeMap<String, String>) -> String {
    kept.iter().fold(text.to_owned(), |text, (name, value)| {
        text.replace(&format!("{{{name}}}"), value)
    })
}

/// Masks the parts that may differ: ids, times, users, the wording of messages, the form of
/// numbers, and the order of keys.
fn mask(name: &str, value: &Value) -> Value {
    match (name, value) {
        ("message", _) => json!("<message>"),
        ("Owner" | "Created_By" | "Modified_By", Value::Object(_)) => json!("<user>"),
        ("Created_Time" | "Modified_Time", _) => json!("<time>"),
        // These state only the place where parsing ended, and the wording of that.
        ("line" | "column" | "near" | "reason" | "operator", _) => Value::Null,
        (_, Value::Object(fields)) => {
            let sorted: BTreeMap<&String, &Value> = fields.iter().collect();
            let masked = sorted
                .into_iter()
                .map(|(name, field)| (name.clone(), mask(name, field)));
            Value::Object(
                masked
                    .filter(|(_, field)| !field.is_null())
                    .collect::<Map<_, _>>(),
            )
        }
        // One of the two lists the value that every picklist has, the other does not.
        ("supported_values", Value::Array(values)) => {
            let values = values.iter().filter(|value| **value != "-None-");
            json!(values.map(ToString::to_string).collect::<BTreeSet<_>>())
        }
        (_, Value::Array(items)) => Value::Array(items.iter().map(|item| mask("", item)).collect()),
        (_, Value::Number(number)) => json!(
            number
                .to_string()
                .parse::<Decimal>()
                .map_or(json!("<big>"), |n| json!(n.normalize().to_string()))
        ),
        (_, Value::String(text))
            if text.len() == 19 && text.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            json!("<id>")
        }
        (_, other) => other.clone(),
    }
}

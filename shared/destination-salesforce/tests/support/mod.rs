//! The strict simulator, if present beside the project, and what a destination needs around it.

#![expect(dead_code, reason = "each test file uses its own part of this module")]

pub(crate) mod shop;

use base64::Engine;
use destination::{Destination, Failure, Outcome};
use destination_salesforce::{Salesforce, Settings};
use mapping::Plan;
use ports::{
    SystemClock,
    memory::{MemorySecrets, MemoryTokens},
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

const SIMULATOR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/sims/salesforce.py");
/// What the simulator takes; obviously no real credentials.
const SECRET: &[(&str, &str)] = &[
    ("client_id", "3MVG9simulatedConsumerKey"),
    ("client_secret", "simulated-consumer-secret"),
    ("username", "integration@example.com"),
    ("password", "simulated-password"),
    ("security_token", "SimulatedToken0123456789"),
    ("refresh_token", "5Aep861simulatedRefreshToken"),
];

pub(crate) struct Org {
    process: Child,
    pub(crate) url: String,
    http: reqwest::Client,
    pub(crate) salesforce: Salesforce,
    tokens: Arc<MemoryTokens>,
}

impl Drop for Org {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

impl Org {
    /// Starts the simulator; `None`, with a word on the terminal, where there is none.
    pub(crate) async fn start() -> Option<Self> {
        if !Path::new(SIMULATOR).exists() {
            println!("skipped: the strict simulator is not beside the project");
            return None;
        }
        let spawned = Command::new("python3")
            .args([SIMULATOR, "--port", "0", "--seed", "1"])
            .stdout(Stdio::piped())
            .spawn();
        let Ok(mut process) = spawned else {
            println!("skipped: python3 does not start");
            return None;
        };
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line
            .trim()
            .strip_prefix("ready ")
            .expect("the simulator tells its address")
            .to_owned();
        let tokens = new_tokens();
        let salesforce = connect(&url, "password", SECRET, Arc::clone(&tokens));
        Some(Self {
            process,
            url,
            http: reqwest::Client::new(),
            salesforce,
            tokens,
        })
    }

    /// Another worker on the same org: it shares the tokens, but remembers nothing.
    pub(crate) fn another_worker(&self) -> Salesforce {
        connect(&self.url, "password", SECRET, Arc::clone(&self.tokens))
    }

    /// A worker with another grant and without a token.
    pub(crate) fn with_grant(&self, auth: &str, more: &[(&str, &str)]) -> Salesforce {
        let secret: Vec<(&str, &str)> = SECRET
            .iter()
            .filter(|(key, _)| more.iter().all(|(other, _)| other != key))
            .chain(more)
            .copied()
            .collect();
        connect(&self.url, auth, &secret, new_tokens())
    }

    pub(crate) async fn deliver_one(&self, plan: &Plan) -> Outcome {
        self.salesforce.deliver(std::slice::from_ref(plan)).await.pop().unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        self.http
            .get(format!("{}/_sim/{path}", self.url))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        let answer = self
            .http
            .post(format!("{}/_sim/{path}", self.url))
            .json(&body)
            .send()
            .await
            .unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap());
        answer.json().await.unwrap_or_default()
    }

    pub(crate) async fn faults(&self, rules: Value) {
        self.post("faults", json!({ "rules": rules })).await;
    }

    /// Calls that Salesforce would charge, without those for tokens.
    pub(crate) async fn calls(&self) -> u64 {
        let calls = self.get("calls").await;
        let by_kind = calls["by_kind"].as_object().unwrap();
        by_kind
            .iter()
            .filter(|(kind, _)| *kind != "token")
            .map(|(_, number)| number.as_u64().unwrap())
            .sum()
    }

    pub(crate) async fn logins(&self) -> u64 {
        self.get("calls").await["by_kind"]["token"].as_u64().unwrap_or_default()
    }

    /// The records of an object, the oldest first.
    pub(crate) async fn records(&self, object: &str) -> Vec<Value> {
        self.get("state").await[object].as_array().cloned().unwrap_or_default()
    }

    pub(crate) async fn assert_no_violations(&self) {
        let violations = self.get("violations").await;
        assert_eq!(violations, json!([]), "the simulator found bad manners: {violations:#}");
    }

    /// Writes a row as a person in the office would.
    pub(crate) async fn by_hand(&self, object: &str, fields: Value) -> String {
        let answer = self.as_user(reqwest::Method::POST, object, fields).await;
        answer["id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    pub(crate) async fn change_by_hand(&self, object: &str, id: &str, fields: Value) {
        self.as_user(reqwest::Method::PATCH, &format!("{object}/{id}"), fields).await;
    }

    async fn as_user(&self, method: reqwest::Method, path: &str, fields: Value) -> Value {
        let token = self.post("token", json!({})).await;
        let url = format!("{}/services/data/v65.0/sobjects/{path}", self.url);
        let answer = self
            .http
            .request(method, url)
            .bearer_auth(token["access_token"].as_str().unwrap())
            .json(&fields)
            .send()
            .await
            .unwrap();
        answer.json().await.unwrap_or_default()
    }
}

pub(crate) fn records(outcome: &Outcome) -> BTreeMap<String, String> {
    match outcome {
        Outcome::Delivered { records, .. } => records.iter().map(|record| (record.name.clone(), record.id.clone())).collect(),
        other => panic!("not delivered: {other:#?}"),
    }
}

pub(crate) fn warnings(outcome: &Outcome) -> &[String] {
    match outcome {
        Outcome::Delivered { warnings, .. } => warnings,
        other => panic!("not delivered: {other:#?}"),
    }
}

pub(crate) fn retry(outcome: Outcome) -> Failure {
    match outcome {
        Outcome::Retry(failure) => failure,
        other => panic!("must come back: {other:#?}"),
    }
}

/// A key of this run only.
pub(crate) fn new_private_key() -> String {
    let pair = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
    let der: aws_lc_rs::encoding::Pkcs8V1Der<'_> = aws_lc_rs::encoding::AsDer::as_der(&pair).unwrap();
    let base64 = base64::engine::general_purpose::STANDARD.encode(der.as_ref());
    let lines = base64
        .as_bytes()
        .chunks(64)
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect::<Vec<_>>()
        .join("\n");
    format!("-----BEGIN PRIVATE KEY-----\n{lines}\n-----END PRIVATE KEY-----\n")
}

fn new_tokens() -> Arc<MemoryTokens> {
    Arc::new(MemoryTokens::new(Arc::new(SystemClock)))
}

fn connect(url: &str, auth: &str, secret: &[(&str, &str)], tokens: Arc<MemoryTokens>) -> Salesforce {
    let name = "orderbridge/destinations/sales";
    let settings = Settings::parse("sales", auth, url, "v65.0", Duration::from_secs(10)).unwrap();
    let secrets = MemorySecrets::new().with(name, secret);
    Salesforce::new(settings, Arc::new(secrets), name.to_owned(), tokens, Arc::new(SystemClock)).unwrap()
}

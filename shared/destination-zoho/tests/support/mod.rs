//! The strict simulator, if present beside the project, and what a destination needs around it.

#![expect(dead_code, reason = "each test file uses its own part of this module")]

pub(crate) mod shop;

use destination::{Destination, Failure, Outcome};
use destination_zoho::{Settings, Zoho};
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

const SIMULATOR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/sims/zoho.py");
/// What the simulator takes; obviously no real credentials.
const SECRET: &[(&str, &str)] = &[
    ("client_id", "1000.SIMCLIENT0000000000000000000000"),
    ("client_secret", "simsecret0000000000000000000000000000000000"),
    (
        "refresh_token",
        "1000.simrefresh0000000000000000000000.00000000000000000000000000000000",
    ),
];

pub(crate) struct Org {
    process: Child,
    pub(crate) url: String,
    http: reqwest::Client,
    pub(crate) zoho: Zoho,
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
        let zoho = connect(&url, SECRET, Arc::clone(&tokens));
        Some(Self {
            process,
            url,
            http: reqwest::Client::new(),
            zoho,
            tokens,
        })
    }

    /// Another worker on the same organisation: it shares the tokens, but remembers nothing.
    pub(crate) fn another_worker(&self) -> Zoho {
        connect(&self.url, SECRET, Arc::clone(&self.tokens))
    }

    /// A worker with other credentials and without a token.
    pub(crate) fn with_secret(&self, more: &[(&str, &str)]) -> Zoho {
        let kept = SECRET.iter().filter(|(key, _)| more.iter().all(|(other, _)| other != key));
        connect(&self.url, &kept.chain(more).copied().collect::<Vec<_>>(), new_tokens())
    }

    pub(crate) async fn deliver_one(&self, plan: &Plan) -> Outcome {
        self.zoho.deliver(std::slice::from_ref(plan)).await.pop().unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let answer = self.http.get(format!("{}/_sim/{path}", self.url)).send().await.unwrap();
        answer.json().await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        let request = self.http.post(format!("{}/_sim/{path}", self.url)).json(&body);
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap());
        answer.json().await.unwrap_or_default()
    }

    pub(crate) async fn faults(&self, rules: Value) {
        self.post("faults", json!({ "rules": rules })).await;
    }

    pub(crate) async fn config(&self, config: Value) {
        self.post("config", config).await;
    }

    /// Calls that Zoho would charge, without those for tokens.
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

    /// The records of a module, the oldest first.
    pub(crate) async fn records(&self, module: &str) -> Vec<Value> {
        self.get("state").await[module].as_array().cloned().unwrap_or_default()
    }

    pub(crate) async fn assert_no_violations(&self) {
        let violations = self.get("violations").await;
        assert_eq!(violations, json!([]), "the simulator found bad manners: {violations:#}");
    }

    /// Makes a record as a person in the office would.
    pub(crate) async fn by_hand(&self, module: &str, fields: Value) -> String {
        let answer = self.as_user(reqwest::Method::POST, module, Some(json!({ "data": [fields] }))).await;
        answer["data"][0]["details"]["id"]
            .as_str()
            .unwrap_or_else(|| panic!("{answer}"))
            .to_owned()
    }

    pub(crate) async fn change_by_hand(&self, module: &str, id: &str, fields: Value) {
        let answer = self
            .as_user(reqwest::Method::PUT, &format!("{module}/{id}"), Some(json!({ "data": [fields] })))
            .await;
        assert_eq!(answer["data"][0]["code"], "SUCCESS", "{answer}");
    }

    pub(crate) async fn delete_by_hand(&self, module: &str, id: &str) {
        let answer = self.as_user(reqwest::Method::DELETE, &format!("{module}/{id}"), None).await;
        assert_eq!(answer["data"][0]["code"], "SUCCESS", "{answer}");
    }

    async fn as_user(&self, method: reqwest::Method, path: &str, body: Option<Value>) -> Value {
        use ports::TokenStore;
        let token = self.tokens.token("crm").await.unwrap().expect("a delivery has logged in before");
        let mut request = self
            .http
            .request(method, format!("{}/crm/v8/{path}", self.url))
            .header("Authorization", format!("Zoho-oauthtoken {}", token.value));
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.unwrap().json().await.unwrap_or_default()
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

pub(crate) fn rejected(outcome: Outcome) -> Failure {
    match outcome {
        Outcome::Rejected(failure) => failure,
        other => panic!("must be rejected: {other:#?}"),
    }
}

/// An adapter for what asks nobody.
pub(crate) fn offline() -> Zoho {
    connect("https://accounts.zoho.com", &[], new_tokens())
}

/// An adapter whose requests go over this wire.
pub(crate) fn over(wire: impl destination::Wire + 'static) -> Zoho {
    let clock = Arc::new(SystemClock);
    let settings = Settings::parse("crm", "https://accounts.zoho.com", "v8", Duration::from_secs(10)).unwrap();
    let secrets = MemorySecrets::new().with("crm", SECRET);
    // One client for all: to make one takes longer than to deliver.
    static CLIENT: std::sync::LazyLock<reqwest::Client> = std::sync::LazyLock::new(reqwest::Client::new);
    let http = destination::Http::over(CLIENT.clone(), Arc::new(wire), clock.clone());
    Zoho::over(http, settings, Arc::new(secrets), "crm".to_owned(), new_tokens(), clock)
}

/// The body as it goes over the wire.
pub(crate) fn bytes(body: &Value) -> Vec<u8> {
    if body.is_null() {
        Vec::new()
    } else {
        serde_json::to_vec(body).unwrap()
    }
}

fn new_tokens() -> Arc<MemoryTokens> {
    Arc::new(MemoryTokens::new(Arc::new(SystemClock)))
}

fn connect(url: &str, secret: &[(&str, &str)], tokens: Arc<MemoryTokens>) -> Zoho {
    let name = "orderbridge/destinations/crm";
    let settings = Settings::parse("crm", url, "v8", Duration::from_secs(10)).unwrap();
    let secrets = MemorySecrets::new().with(name, secret);
    Zoho::new(settings, Arc::new(secrets), name.to_owned(), tokens, Arc::new(SystemClock)).unwrap()
}

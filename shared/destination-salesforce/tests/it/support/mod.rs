//! The strict simulator, if present beside the project, and the surroundings that a destination
//! needs.

pub(crate) mod both;
pub(crate) mod shop;

use base64::Engine;
use destination::{Call, Destination, Failure, Finding, Outcome, Reading};
use destination_salesforce::{Grant, Salesforce, Settings};
use mapping::Plan;
use ports::{
    SystemClock,
    memory::{MemorySecrets, MemoryTokens},
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, ops::Deref, sync::Arc, time::Duration};
use strict_simulator::Simulator;

/// Credentials that the simulator accepts; obviously no real ones.
const SECRET: &[(&str, &str)] = &[
    ("client_id", "3MVG9simulatedConsumerKey"),
    ("client_secret", "simulated-consumer-secret"),
    ("username", "integration@example.com"),
    ("password", "simulated-password"),
    ("security_token", "SimulatedToken0123456789"),
    ("refresh_token", REFRESH_TOKEN),
];

pub(crate) const REFRESH_TOKEN: &str = "5Aep861simulatedRefreshToken";

/// Calls without a deadline, for tests of the outcomes of plans.
pub(crate) trait WithoutDeadline {
    async fn deliver_all(&self, plans: &[Plan]) -> Vec<Outcome>;
    async fn check_all(&self, plan: &Plan) -> Vec<Finding>;
    async fn read_all(&self, plans: &[Plan]) -> Vec<Result<Reading, Failure>>;
}

impl<D: Destination> WithoutDeadline for D {
    async fn deliver_all(&self, plans: &[Plan]) -> Vec<Outcome> {
        let plans: Vec<&Plan> = plans.iter().collect();
        self.deliver(&in_time(), &plans).await
    }

    async fn check_all(&self, plan: &Plan) -> Vec<Finding> {
        self.check(&Call::without_deadline(), plan).await
    }

    async fn read_all(&self, plans: &[Plan]) -> Vec<Result<Reading, Failure>> {
        let plans: Vec<&Plan> = plans.iter().collect();
        self.read(&in_time(), &plans).await
    }
}

pub(crate) struct Org {
    simulator: Simulator,
    pub(crate) salesforce: Salesforce,
    tokens: Arc<MemoryTokens>,
}

impl Deref for Org {
    type Target = Simulator;

    fn deref(&self) -> &Simulator {
        &self.simulator
    }
}

impl Org {
    /// Starts the simulator; `None`, with a note on the terminal, where there is none.
    pub(crate) async fn start() -> Option<Self> {
        Simulator::start("salesforce").map(Self::over)
    }

    /// Starts the simulator with a configuration that holds from the beginning.
    pub(crate) async fn start_with(config: &Value) -> Option<Self> {
        Simulator::start_with("salesforce", config).map(Self::over)
    }

    fn over(simulator: Simulator) -> Self {
        let tokens = new_tokens();
        let salesforce = connect(&simulator.url, Grant::Password, SECRET, Arc::clone(&tokens));
        Self {
            simulator,
            salesforce,
            tokens,
        }
    }

    /// Creates another worker on the same org: it shares the tokens, but remembers nothing.
    pub(crate) fn another_worker(&self) -> Salesforce {
        connect(&self.url, Grant::Password, SECRET, Arc::clone(&self.tokens))
    }

    /// Creates a worker with another grant and without a token.
    pub(crate) fn with_grant(&self, auth: Grant, more: &[(&str, &str)]) -> Salesforce {
        let secret: Vec<(&str, &str)> = SECRET
            .iter()
            .filter(|(key, _)| more.iter().all(|(other, _)| other != key))
            .chain(more)
            .copied()
            .collect();
        connect(&self.url, auth, &secret, new_tokens())
    }

    /// Creates a worker that logs in with a refresh token, over this store of tokens.
    pub(crate) fn with_refresh_token(
        &self,
        refresh_token: &str,
        tokens: &Arc<MemoryTokens>,
    ) -> Salesforce {
        let secret: Vec<(&str, &str)> = SECRET
            .iter()
            .filter(|(key, _)| *key != "refresh_token")
            .copied()
            .chain([("refresh_token", refresh_token)])
            .collect();
        connect(&self.url, Grant::RefreshToken, &secret, Arc::clone(tokens))
    }

    pub(crate) async fn deliver_one(&self, plan: &Plan) -> Outcome {
        self.salesforce
            .deliver_all(std::slice::from_ref(plan))
            .await
            .pop()
            .unwrap()
    }

    /// Writes a row as a person in the office would.
    pub(crate) async fn by_hand(&self, object: &str, fields: Value) -> String {
        let answer = self.as_user(reqwest::Method::POST, object, fields).await;
        answer["id"]
            .as_str()
            .unwrap_or_else(|| panic!("{answer}"))
            .to_owned()
    }

    pub(crate) async fn change_by_hand(&self, object: &str, id: &str, fields: Value) {
        self.as_user(reqwest::Method::PATCH, &format!("{object}/{id}"), fields)
            .await;
    }

    /// Creates a record of the Tooling API as an administrator would.
    pub(crate) async fn set_up_by_hand(&self, object: &str, fields: Value) {
        let path = format!("tooling/sobjects/{object}");
        let answer = self.as_user_at(reqwest::Method::POST, &path, fields).await;
        assert_eq!(answer["success"], true, "{answer}");
    }

    async fn as_user(&self, method: reqwest::Method, path: &str, fields: Value) -> Value {
        self.as_user_at(method, &format!("sobjects/{path}"), fields)
            .await
    }

    async fn as_user_at(&self, method: reqwest::Method, path: &str, fields: Value) -> Value {
        let token = self.post("token", json!({})).await;
        let url = format!("{}/services/data/v65.0/{path}", self.url);
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
        Outcome::Delivered { records, .. } => records
            .iter()
            .map(|record| (record.name.clone(), record.id.clone()))
            .collect(),
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

/// Creates a private key for this run only.
pub(crate) fn new_private_key() -> String {
    let pair = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
    let der: aws_lc_rs::encoding::Pkcs8V1Der<'_> =
        aws_lc_rs::encoding::AsDer::as_der(&pair).unwrap();
    let base64 = base64::engine::general_purpose::STANDARD.encode(der.as_ref());
    let lines = base64
        .as_bytes()
        .chunks(64)
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect::<Vec<_>>()
        .join("\n");
    format!("-----BEGIN PRIVATE KEY-----\n{lines}\n-----END PRIVATE KEY-----\n")
}

pub(crate) fn new_tokens() -> Arc<MemoryTokens> {
    Arc::new(MemoryTokens::new(Arc::new(SystemClock)))
}

pub(crate) fn connect(
    url: &str,
    auth: Grant,
    secret: &[(&str, &str)],
    tokens: Arc<MemoryTokens>,
) -> Salesforce {
    let name = "orderbridge/destinations/sales";
    let settings = Settings {
        name: "sales".to_owned(),
        auth,
        login_url: url.to_owned(),
        api_version: "v65.0".to_owned(),
        request_timeout: Duration::from_secs(10),
        is_in_batches: false,
    };
    let secrets = MemorySecrets::new().with(name, secret);
    Salesforce::new(
        settings,
        Arc::new(secrets),
        name.to_owned(),
        tokens,
        Arc::new(SystemClock),
    )
    .unwrap()
}

/// Begins a call that has more time than any test takes.
fn in_time() -> Call {
    Call::until("2200-01-01T00:00:00Z".parse().unwrap())
}

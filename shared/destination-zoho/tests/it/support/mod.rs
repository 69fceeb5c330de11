//! The strict simulator, if present beside the project, and the surroundings that a destination
//! needs.

pub(crate) mod both;
pub(crate) mod shop;
pub(crate) mod wires;

use destination::{Call, Destination, Failure, Finding, Outcome, Reading};
use destination_zoho::{Settings, Zoho};
use mapping::Plan;
use ports::{
    SystemClock,
    memory::{MemorySecrets, MemoryTokens},
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, ops::Deref, sync::Arc, time::Duration};
use strict_simulator::Simulator;

/// The refresh token of the simulator.
pub(crate) const REFRESH_TOKEN: &str =
    "1000.simrefresh0000000000000000000000.00000000000000000000000000000000";

/// Credentials that the simulator accepts; obviously no real ones.
const SECRET: &[(&str, &str)] = &[
    ("client_id", "1000.SIMCLIENT0000000000000000000000"),
    (
        "client_secret",
        "simsecret0000000000000000000000000000000000",
    ),
    ("refresh_token", REFRESH_TOKEN),
];

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
    pub(crate) zoho: Zoho,
    tokens: Arc<MemoryTokens>,
}

impl Deref for Org {
    type Target = Simulator;

    fn deref(&self) -> &Simulator {
        &self.simulator
    }
}

impl Org {
    /// Starts the simulator, for tests that are ignored where there is none.
    pub(crate) async fn start() -> Self {
        let started = Self::if_present().await;
        started.unwrap_or_else(|| panic!("the strict simulator does not start"))
    }

    /// Starts the simulator; `None`, with a note on the terminal, where there is none.
    pub(crate) async fn if_present() -> Option<Self> {
        let simulator = Simulator::start("zoho")?;
        let tokens = new_tokens();
        let zoho = connect(&simulator.url, SECRET, Arc::clone(&tokens));
        Some(Self {
            simulator,
            zoho,
            tokens,
        })
    }

    /// Creates another worker on the same organisation: it shares the tokens, but remembers
    /// nothing.
    pub(crate) fn another_worker(&self) -> Zoho {
        connect(&self.url, SECRET, Arc::clone(&self.tokens))
    }

    /// Creates a worker with other credentials and without a token.
    pub(crate) fn with_secret(&self, more: &[(&str, &str)]) -> Zoho {
        let kept = SECRET
            .iter()
            .filter(|(key, _)| more.iter().all(|(other, _)| other != key));
        connect(
            &self.url,
            &kept.chain(more).copied().collect::<Vec<_>>(),
            new_tokens(),
        )
    }

    /// Creates a worker that knows how many credits the organisation has.
    pub(crate) fn with_daily_credits(&self, credits: u32) -> Zoho {
        let settings = Settings {
            daily_credits: Some(credits),
            ..settings(&self.url)
        };
        connect_as(settings, SECRET, Arc::clone(&self.tokens))
    }

    /// Creates a worker whose requests go over this wire.
    pub(crate) fn over(&self, wire: impl destination::Wire + 'static) -> Zoho {
        connect_over(&self.url, SECRET, wire)
    }

    pub(crate) async fn deliver_one(&self, plan: &Plan) -> Outcome {
        self.zoho
            .deliver_all(std::slice::from_ref(plan))
            .await
            .pop()
            .unwrap()
    }

    pub(crate) async fn config(&self, config: Value) {
        self.post("config", config).await;
    }

    /// Creates a record as a person in the office would.
    pub(crate) async fn by_hand(&self, module: &str, fields: Value) -> String {
        let answer = self
            .as_user(
                reqwest::Method::POST,
                module,
                Some(json!({ "data": [fields] })),
            )
            .await;
        answer["data"][0]["details"]["id"]
            .as_str()
            .unwrap_or_else(|| panic!("{answer}"))
            .to_owned()
    }

    pub(crate) async fn delete_by_hand(&self, module: &str, id: &str) {
        let answer = self
            .as_user(reqwest::Method::DELETE, &format!("{module}/{id}"), None)
            .await;
        assert_eq!(answer["data"][0]["code"], "SUCCESS", "{answer}");
    }

    async fn as_user(&self, method: reqwest::Method, path: &str, body: Option<Value>) -> Value {
        use ports::TokenStore;
        let token = self
            .tokens
            .token("crm")
            .await
            .unwrap()
            .expect("a delivery has logged in before");
        let mut request = self
            .http
            .request(method, format!("{}/crm/v8/{path}", self.url))
            .header("Authorization", format!("Zoho-oauthtoken {}", token.value));
        if let Some(body) = body {
            request = request.json(&body);
        }
        request
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap_or_default()
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

/// Creates an adapter for tests that ask nobody.
pub(crate) fn offline() -> Zoho {
    connect("https://accounts.zoho.com", &[], new_tokens())
}

/// Creates an adapter whose requests go over this wire.
pub(crate) fn over(wire: impl destination::Wire + 'static) -> Zoho {
    connect_over("https://accounts.zoho.com", SECRET, wire)
}

fn connect_over(
    url: &str,
    secret: &[(&str, &str)],
    wire: impl destination::Wire + 'static,
) -> Zoho {
    let clock = Arc::new(SystemClock);
    let settings = settings(url);
    let secrets = MemorySecrets::new().with("crm", secret);
    // One client for all: making one takes longer than delivering.
    static CLIENT: std::sync::LazyLock<reqwest::Client> =
        std::sync::LazyLock::new(reqwest::Client::new);
    let http = destination::Http::over(CLIENT.clone(), Arc::new(wire), clock.clone());
    Zoho::over(
        http,
        settings,
        Arc::new(secrets),
        "crm".to_owned(),
        new_tokens(),
        clock,
    )
}

/// Returns the body as it goes over the wire.
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

fn settings(url: &str) -> Settings {
    Settings {
        name: "crm".to_owned(),
        accounts_url: url.to_owned(),
        api_version: "v8".to_owned(),
        request_timeout: Duration::from_secs(10),
        daily_credits: None,
    }
}

fn connect(url: &str, secret: &[(&str, &str)], tokens: Arc<MemoryTokens>) -> Zoho {
    connect_as(settings(url), secret, tokens)
}

fn connect_as(settings: Settings, secret: &[(&str, &str)], tokens: Arc<MemoryTokens>) -> Zoho {
    let name = "orderbridge/destinations/crm";
    let secrets = MemorySecrets::new().with(name, secret);
    Zoho::new(
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

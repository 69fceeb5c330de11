//! The strict simulator, if present beside the project, and the surroundings that a destination
//! needs.

pub(crate) mod both;
pub(crate) mod planned;
pub(crate) mod shop;

use base64::{Engine, engine::general_purpose::STANDARD};
use destination::{Call, Destination, Failure, Finding, Http, Outcome, Wire};
use destination_netsuite::{FEWEST_IN_A_BATCH, Grant, NetSuite, Settings, Speed};
use mapping::Plan;
use ports::{
    Clock, SystemClock,
    memory::{MemorySecrets, MemoryTokens},
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, ops::Deref, sync::Arc, time::Duration};
use strict_simulator::Simulator;

const SECRET_NAME: &str = "orderbridge/destinations/erp";

/// Calls without a deadline, for tests of the outcomes of plans.
pub(crate) trait WithoutDeadline {
    async fn deliver_all(&self, plans: &[Plan]) -> Vec<Outcome>;
    async fn check_all(&self, plan: &Plan) -> Vec<Finding>;
}

impl<D: Destination> WithoutDeadline for D {
    async fn deliver_all(&self, plans: &[Plan]) -> Vec<Outcome> {
        let plans: Vec<&Plan> = plans.iter().collect();
        self.deliver(&in_time(), &plans).await
    }

    async fn check_all(&self, plan: &Plan) -> Vec<Finding> {
        self.check(&Call::without_deadline(), plan).await
    }
}

pub(crate) struct Account {
    simulator: Simulator,
    pub(crate) netsuite: NetSuite,
}

impl Deref for Account {
    type Target = Simulator;

    fn deref(&self) -> &Simulator {
        &self.simulator
    }
}

impl Account {
    /// Starts the simulator, for tests that are ignored where there is none. Customers are numbered,
    /// so that names may repeat.
    pub(crate) async fn start() -> Self {
        let started = Self::if_present().await;
        started.unwrap_or_else(|| panic!("the strict simulator does not start"))
    }

    /// Starts the simulator; `None`, with a note on the terminal, where there is none.
    pub(crate) async fn if_present() -> Option<Self> {
        let simulator = Simulator::start("netsuite")?;
        let netsuite = connect(
            &simulator.url,
            Grant::Token,
            &signing_secret(),
            Arc::new(SystemClock),
        );
        let account = Self {
            simulator,
            netsuite,
        };
        account.post("config", json!({"auto_number": true})).await;
        Some(account)
    }

    /// Creates another worker on the same account, which remembers nothing.
    pub(crate) fn another_worker(&self) -> NetSuite {
        connect(
            &self.url,
            Grant::Token,
            &signing_secret(),
            Arc::new(SystemClock),
        )
    }

    /// Creates a worker with another secret.
    pub(crate) fn with_secret(&self, auth: Grant, secret: &[(&str, &str)]) -> NetSuite {
        connect(&self.url, auth, secret, Arc::new(SystemClock))
    }

    /// Creates a worker with another secret and a clock of its own.
    pub(crate) fn with_secret_and_clock(
        &self,
        auth: Grant,
        secret: &[(&str, &str)],
        clock: Arc<dyn Clock>,
    ) -> NetSuite {
        connect(&self.url, auth, secret, clock)
    }

    /// Creates a worker whose clock shows another time.
    pub(crate) fn with_clock(&self, clock: Arc<dyn Clock>) -> NetSuite {
        connect(&self.url, Grant::Token, &signing_secret(), clock)
    }

    pub(crate) async fn deliver_one(&self, plan: &Plan) -> Outcome {
        one(&self.netsuite, plan).await
    }

    /// Returns the lines of an order as `item: quantity x rate = amount`.
    pub(crate) async fn lines(&self, order: usize) -> Vec<String> {
        let amount = |value: &Value| {
            value
                .as_f64()
                .map_or_else(|| "-".to_owned(), |number| format!("{number:.2}"))
        };
        let orders = self.records("salesOrder").await;
        let lines = orders[order]["item"]["items"].as_array().unwrap().clone();
        let text = |line: &Value| {
            let [quantity, rate, total] =
                ["quantity", "rate", "amount"].map(|name| amount(&line[name]));
            format!(
                "{}: {quantity} x {rate} = {total}",
                line["item"]["id"].as_str().unwrap()
            )
        };
        lines.iter().map(text).collect()
    }

    /// Checks that the simulator found no bad manners. That a guest's provisional key gives way to
    /// the registered customer's external id is none: both are ours. Nor is it that two registered
    /// customers of a shop share an address.
    pub(crate) async fn assert_no_violations(&self) {
        let found = self.get("violations").await;
        let says =
            |entry: &Value, text: &str| entry["detail"].as_str().unwrap_or_default().contains(text);
        let is_known = |entry: &Value| match entry["kind"].as_str().unwrap_or_default() {
            "external_id_replaced" => says(entry, "had WOO_CUST_guest-"),
            "customer_doubled" => says(entry, "external id WOO_CUST_"),
            _ => false,
        };
        let others: Vec<&Value> = found
            .as_array()
            .unwrap()
            .iter()
            .filter(|entry| !is_known(entry))
            .collect();
        assert!(
            others.is_empty(),
            "the simulator found bad manners: {others:#?}"
        );
    }

    /// Returns the kinds of bad manners that the simulator found.
    pub(crate) async fn violations(&self) -> Vec<String> {
        let found = self.get("violations").await;
        found
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["kind"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// Creates a worker whose calls this wire carries instead of the network.
pub(crate) fn over(wire: impl Wire + 'static) -> NetSuite {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let settings = settings("http://127.0.0.1:9", Grant::Token, None);
    let secrets = MemorySecrets::new().with(SECRET_NAME, &signing_secret());
    let tokens = Arc::new(MemoryTokens::new(Arc::clone(&clock)));
    let http = Http::over(reqwest::Client::new(), Arc::new(wire), Arc::clone(&clock));
    NetSuite::over(
        http,
        settings,
        Arc::new(secrets),
        SECRET_NAME.to_owned(),
        tokens,
        clock,
    )
}

pub(crate) async fn one(netsuite: &NetSuite, plan: &Plan) -> Outcome {
    netsuite
        .deliver_all(std::slice::from_ref(plan))
        .await
        .pop()
        .unwrap()
}

/// Returns credentials that the simulator accepts; obviously no real ones.
pub(crate) fn signing_secret() -> [(&'static str, &'static str); 5] {
    [
        ("account_id", "1234567_SB1"),
        (
            "consumer_key",
            "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0",
        ),
        (
            "consumer_secret",
            "c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00",
        ),
        (
            "token_id",
            "11223344556677889900aabbccddeeff11223344556677889900aabbccddeeff",
        ),
        (
            "token_secret",
            "feedfacefeedfacefeedfacefeedfacefeedfacefeedfacefeedfacefeedface",
        ),
    ]
}

/// Returns the secret of a machine whose certificate the account knows.
pub(crate) fn machine_secret(private_key: &str) -> [(&str, &str); 4] {
    [
        ("account_id", "1234567_SB1"),
        (
            "client_id",
            "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0",
        ),
        (
            "certificate_id",
            "simcertificate0000000000000000000000000000",
        ),
        ("private_key", private_key),
    ]
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

/// Creates a private and a public key for this run only, as PEM: RSA with 3,072 bits.
pub(crate) fn new_rsa_key() -> (String, String) {
    use aws_lc_rs::{
        encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der},
        rsa::{KeyPair, KeySize},
        signature::KeyPair as _,
    };
    let pair = KeyPair::generate(KeySize::Rsa3072).unwrap();
    let private: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    let public: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    (
        pem("PRIVATE KEY", private.as_ref()),
        pem("PUBLIC KEY", public.as_ref()),
    )
}

/// Creates a private and a public key for this run only, as PEM: on the curve P-256.
pub(crate) fn new_ec_key() -> (String, String) {
    use aws_lc_rs::{
        encoding::{AsDer, PublicKeyX509Der},
        signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
    };
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let private = pair.to_pkcs8v1().unwrap();
    let public: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    (
        pem("PRIVATE KEY", private.as_ref()),
        pem("PUBLIC KEY", public.as_ref()),
    )
}

fn pem(kind: &str, der: &[u8]) -> String {
    let base64 = STANDARD.encode(der);
    let lines: Vec<String> = base64
        .as_bytes()
        .chunks(64)
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect();
    format!(
        "-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n",
        lines.join("\n")
    )
}

/// Creates a worker on the account at this address, with this language in its settings.
pub(crate) fn speaking(url: &str, secret: &[(&str, &str)], language: Option<&str>) -> NetSuite {
    connect_in(url, Grant::Token, secret, Arc::new(SystemClock), language)
}

pub(crate) fn connect(
    url: &str,
    auth: Grant,
    secret: &[(&str, &str)],
    clock: Arc<dyn Clock>,
) -> NetSuite {
    connect_in(url, auth, secret, clock, None)
}

fn connect_in(
    url: &str,
    auth: Grant,
    secret: &[(&str, &str)],
    clock: Arc<dyn Clock>,
    language: Option<&str>,
) -> NetSuite {
    let settings = settings(url, auth, language);
    let secrets = MemorySecrets::new().with(SECRET_NAME, secret);
    let tokens = Arc::new(MemoryTokens::new(Arc::clone(&clock)));
    NetSuite::new(
        settings,
        Arc::new(secrets),
        SECRET_NAME.to_owned(),
        tokens,
        clock,
    )
    .unwrap()
}

/// Creates a worker on the account at this address, which sends new orders at this speed.
pub(crate) fn at_speed(
    speed: Speed,
    url: &str,
    auth: Grant,
    secret: &[(&str, &str)],
    clock: Arc<dyn Clock>,
) -> NetSuite {
    let settings = Settings {
        speed,
        ..settings(url, auth, None)
    };
    let secrets = MemorySecrets::new().with(SECRET_NAME, secret);
    let tokens = Arc::new(MemoryTokens::new(Arc::clone(&clock)));
    let secrets = Arc::new(secrets);
    NetSuite::new(settings, secrets, SECRET_NAME.to_owned(), tokens, clock).unwrap()
}

fn settings(url: &str, auth: Grant, language: Option<&str>) -> Settings {
    Settings {
        name: "erp".to_owned(),
        auth,
        base_url: Some(url.to_owned()),
        request_timeout: Duration::from_secs(10),
        calls_at_once: 3,
        batches_from: Some(FEWEST_IN_A_BATCH),
        language: language.map(str::to_owned),
        speed: Speed::Single,
    }
}

/// Begins a call that has more time than any test takes.
pub(crate) fn in_time() -> Call {
    Call::until("2200-01-01T00:00:00Z".parse().unwrap())
}

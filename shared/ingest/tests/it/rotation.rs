//! Webhook secrets that change while webhooks come in.

#![expect(clippy::unwrap_used, reason = "tests may fail")]

use async_trait::async_trait;
use config::Config;
use http::HeaderMap;
use ingest::{Answer, Gate, stores};
use ports::{
    Clock, PortError, Secret, Secrets,
    memory::{ManualClock, MemoryQueue, MemorySecrets},
};
use source::{Source, Webhook, WebhookSecrets};
use source_woocommerce::WooCommerce;
use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

const NAME: &str = "orderbridge/stores/acme";
const MINUTE: Duration = Duration::from_secs(60);
const CONFIG: &str = r#"
[stores.acme]
platform = "woocommerce"
secret   = "orderbridge/stores/acme"
[stores.second]
platform = "woocommerce"
secret   = "orderbridge/stores/second"
[destinations.crm]
system = "zoho"
secret = "orderbridge/destinations/crm"
[[routes]]
name = "acme-crm"
store = "acme"
destination = "crm"
mapping = "woocommerce-zoho"
[[routes]]
name = "second-crm"
store = "second"
destination = "crm"
mapping = "woocommerce-zoho"
"#;

/// Secrets in memory that count how often they are read, and may be out of reach.
struct Watched {
    secrets: MemorySecrets,
    reads: AtomicUsize,
    refreshes: AtomicUsize,
    is_away: AtomicBool,
}

#[async_trait]
impl Secrets for Watched {
    async fn secret(&self, name: &str) -> Result<Option<Secret>, PortError> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        if self.is_away.load(Ordering::SeqCst) {
            return Err(PortError::new("secrets: read", "it is away"));
        }
        self.secrets.secret(name).await
    }

    async fn refresh(&self, _: &str) -> Result<bool, PortError> {
        self.refreshes.fetch_add(1, Ordering::SeqCst);
        Ok(true)
    }
}

struct Subject {
    secrets: Arc<Watched>,
    clock: Arc<ManualClock>,
    gate: Gate,
}

fn watched(secrets: MemorySecrets) -> Arc<Watched> {
    Arc::new(Watched {
        secrets,
        reads: AtomicUsize::new(0),
        refreshes: AtomicUsize::new(0),
        is_away: AtomicBool::new(false),
    })
}

async fn subject() -> Subject {
    subject_of(MemorySecrets::new().with(NAME, &[("webhook_secret", "not-a-real-secret-1")])).await
}

async fn subject_of(known: MemorySecrets) -> Subject {
    let known = known.with(
        "orderbridge/stores/second",
        &[("webhook_secret", "not-a-real-secret-of-another")],
    );
    let (secrets, clock) = (watched(known), Arc::new(ManualClock::default()));
    let config = Config::parse(Path::new("orderbridge.toml"), CONFIG).unwrap();
    let (as_secrets, as_clock): (Arc<dyn Secrets>, Arc<dyn Clock>) =
        (secrets.clone(), clock.clone());
    let stores = stores(&config, &as_secrets, &as_clock).await;
    let queue = Arc::new(MemoryQueue::new(as_clock.clone()));
    let gate = Gate::new(stores.by_name, 10_000, queue, as_clock);
    secrets.reads.store(0, Ordering::SeqCst);
    Subject {
        secrets,
        clock,
        gate,
    }
}

impl Subject {
    fn rotate(&self, texts: &[&str]) {
        let texts = texts.iter().map(|text| (*text).to_owned()).collect();
        self.secrets.secrets.put(
            NAME,
            Secret::new(BTreeMap::from([("webhook_secret".to_owned(), texts)])),
        );
    }

    async fn status(&self, secret: &str) -> u16 {
        post(&self.gate, secret).await.status()
    }

    fn reads(&self) -> usize {
        self.secrets.reads.load(Ordering::SeqCst)
    }
}

async fn post(gate: &Gate, secret: &str) -> Answer {
    post_to(gate, "acme", secret).await
}

async fn post_to(gate: &Gate, store: &str, secret: &str) -> Answer {
    let body = br#"{"id":7,"billing":{"email":"jane@example.com"},"line_items":[]}"#;
    let secrets = WebhookSecrets::new(vec![secret.to_owned()]).unwrap();
    let signed = WooCommerce
        .sign("order.created", body, &secrets)
        .into_iter();
    let headers: HeaderMap = signed
        .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
        .collect();
    let webhook = Webhook {
        headers: &headers,
        query: "",
        body,
    };
    gate.accept(store, webhook).await
}

#[tokio::test]
async fn secrets_are_read_again_after_five_minutes_and_not_before() {
    let subject = subject().await;
    for _ in 0..3 {
        assert_eq!(subject.status("not-a-real-secret-1").await, 200);
    }
    subject.clock.advance(4 * MINUTE);
    assert_eq!(subject.status("not-a-real-secret-1").await, 200);
    assert_eq!(subject.reads(), 0, "they are in memory");
    subject.rotate(&["not-a-real-secret-2"]);
    subject.clock.advance(MINUTE);
    assert_eq!(
        subject.status("not-a-real-secret-1").await,
        401,
        "the old one is over"
    );
    assert_eq!(subject.status("not-a-real-secret-2").await, 200);
    assert_eq!(subject.reads(), 1);
}

#[tokio::test]
async fn a_signature_with_a_new_secret_is_accepted_a_minute_after_the_last_reading() {
    let subject = subject().await;
    subject.rotate(&["not-a-real-secret-2", "not-a-real-secret-1"]);
    assert_eq!(
        subject.status("not-a-real-secret-2").await,
        401,
        "read less than a minute ago"
    );
    assert_eq!(subject.reads(), 0);
    subject.clock.advance(MINUTE);
    assert_eq!(subject.status("not-a-real-secret-2").await, 200);
    assert_eq!(
        subject.status("not-a-real-secret-1").await,
        200,
        "both count while the shop is changed"
    );
    assert_eq!(
        (
            subject.reads(),
            subject.secrets.refreshes.load(Ordering::SeqCst)
        ),
        (1, 1)
    );
}

#[tokio::test]
async fn a_stranger_cannot_have_the_secrets_read_more_than_once_a_minute() {
    let subject = subject().await;
    for _ in 0..180 {
        assert_eq!(subject.status("a-strangers-secret").await, 401);
        subject.clock.advance(Duration::from_secs(1));
    }
    assert_eq!(subject.reads(), 2, "in three minutes");
}

#[tokio::test]
async fn webhooks_at_once_with_a_new_secret_are_all_accepted_after_one_reading() {
    let subject = subject().await;
    subject.rotate(&["not-a-real-secret-2"]);
    subject.clock.advance(MINUTE);
    let answers = tokio::join!(
        subject.status("not-a-real-secret-2"),
        subject.status("not-a-real-secret-2"),
        subject.status("not-a-real-secret-2")
    );
    assert_eq!(answers, (200, 200, 200));
    assert_eq!(subject.reads(), 1);
}

#[tokio::test]
async fn while_secrets_cannot_be_read_what_was_read_before_goes_on() {
    let subject = subject().await;
    subject.secrets.is_away.store(true, Ordering::SeqCst);
    subject.clock.advance(5 * MINUTE);
    assert_eq!(subject.status("not-a-real-secret-1").await, 200);
    assert_eq!(subject.status("not-a-real-secret-1").await, 200);
    assert_eq!(subject.reads(), 1, "it is not asked for each webhook");
    subject.secrets.is_away.store(false, Ordering::SeqCst);
    subject.rotate(&[]);
    subject.clock.advance(5 * MINUTE);
    assert_eq!(
        subject.status("not-a-real-secret-1").await,
        200,
        "a secret without a value is a mistake, not a wish"
    );
}

#[tokio::test]
async fn a_store_whose_secret_cannot_be_used_answers_503_for_itself_and_is_received_from_once_it_can()
 {
    let subject = subject_of(MemorySecrets::new()).await;
    for _ in 0..3 {
        let answer = post(&subject.gate, "not-a-real-secret-1").await;
        assert_eq!(
            (answer.status(), answer.retry_after(), answer.word()),
            (503, Some(60), "no_secret")
        );
    }
    assert_eq!(subject.reads(), 0, "it was read at the start");
    let other = post_to(&subject.gate, "second", "not-a-real-secret-of-another").await;
    assert_eq!(other.status(), 200, "no other store suffers from it");
    subject.rotate(&["not-a-real-secret-1"]);
    subject.clock.advance(MINUTE);
    assert_eq!(subject.status("not-a-real-secret-1").await, 200);
    assert_eq!(subject.status("a-strangers-secret").await, 401);
    assert_eq!(subject.reads(), 1);
}

#[tokio::test]
async fn a_mistake_beside_the_webhook_secret_is_told_and_keeps_no_webhook_away() {
    let config = Config::parse(
        Path::new("orderbridge.toml"),
        &CONFIG.replace("\"woocommerce\"", "\"magento\""),
    )
    .unwrap();
    let texts = [
        ("webhook_secret", "not-a-real-secret-1"),
        ("public_key", "not a key"),
    ];
    let secrets: Arc<dyn Secrets> = watched(MemorySecrets::new().with(NAME, &texts));
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::default());
    let found = stores(&config, &secrets, &clock).await;
    assert!(found.is_any_ready());
    assert!(
        found
            .problems
            .iter()
            .any(|problem| problem.to_string().contains("public_key")),
        "{:?}",
        found.problems
    );
}

#[tokio::test]
async fn every_missing_secret_is_told_together_and_no_secret_of_a_destination_is_asked_for() {
    let config = Config::parse(Path::new("orderbridge.toml"), CONFIG).unwrap();
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::default());
    let secrets =
        watched(MemorySecrets::new().with(NAME, &[("webhok_secret", "not-a-real-secret")]));
    let as_secrets: Arc<dyn Secrets> = secrets.clone();
    let found = stores(&config, &as_secrets, &clock).await;
    assert!(!found.is_any_ready());
    let problems = found.problems;
    let text = problems
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n");
    assert!(
        text.contains("`webhook_secret` is missing") && text.contains("orderbridge/stores/second"),
        "{text}"
    );
    assert!(
        !text.contains("destinations") && !text.contains("not-a-real"),
        "{text}"
    );
    assert_eq!(secrets.reads.load(Ordering::SeqCst), 2);
    secrets.is_away.store(true, Ordering::SeqCst);
    let problems = stores(&config, &as_secrets, &clock).await.problems;
    assert_eq!(problems.len(), 2);
    assert!(
        problems
            .iter()
            .all(|problem| problem.to_string().contains("it is away")),
        "{problems:?}"
    );
}

//! Messages to a receiver of the operator's about what needs a person.

use super::{
    compare::Comparisons,
    concern::{self, Concern},
};
use crate::place::Hints;
use ingest::Silence;
use jiff::{SignedDuration, Timestamp};
use platform_sqlite::SqliteStore;
use ports::{Checkpoints, Clock, PortError, Queue, Secrets, WaitingFilter};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::sync::watch;

/// The pause between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// The pause before the first look after a start, when stores were compared once.
const FIRST: Duration = Duration::from_secs(15);
/// The time for which a message is not sent again while its thing is the same.
const QUIET: SignedDuration = SignedDuration::from_hours(24);
/// The time that an order may wait.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(1);
/// The longest time that the receiver may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The name of the checkpoint that remembers what was told, over restarts, too.
const TOLD: &str = "alerts";

/// The messages to one receiver.
pub(crate) struct Alerts {
    /// Name of the secret with the receiver's `url`.
    pub(crate) secret: String,
    /// The secrets.
    pub(crate) secrets: Arc<dyn Secrets>,
    /// The store of what was told, of dead letters and of what waits.
    pub(crate) store: SqliteStore,
    /// The watch over stores that fall silent.
    pub(crate) silence: Arc<Silence>,
    /// What comparing found.
    pub(crate) comparisons: Arc<Comparisons>,
    /// Names of the destinations.
    pub(crate) destinations: Vec<String>,
    /// Commands to paste, as the server was started.
    pub(crate) hints: Hints,
    /// The clock.
    pub(crate) clock: Arc<dyn Clock>,
}

/// What was told of a thing, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Told {
    state: String,
    at: Timestamp,
}

impl Alerts {
    /// Looks around now and then, until `stop` turns true.
    pub(crate) async fn run(self, mut stop: watch::Receiver<bool>) {
        let Ok(client) = client() else {
            tracing::error!("the HTTP client for alerts cannot start; nobody is told");
            return;
        };
        let mut pause = FIRST;
        loop {
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = super::stopped(&mut stop) => return,
            }
            pause = LOOK_EVERY;
            if let Err(error) = self.look(&client).await {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "what needs a person could not be looked up; it is tried again"
                );
            }
        }
    }

    async fn look(&self, client: &reqwest::Client) -> Result<(), PortError> {
        let (now, concerns) = (self.clock.now(), self.concerns().await?);
        let found = self.store.checkpoint(TOLD).await?;
        let mut revision = found.as_ref().map_or(0, |found| found.revision);
        let told = found.and_then(|found| serde_json::from_str(&found.text).ok());
        let mut told: BTreeMap<String, Told> = told.unwrap_or_default();
        told.retain(|_, told| is_quiet(told, now));
        for concern in concerns {
            if told
                .get(&concern.key)
                .is_some_and(|told| told.state == concern.state)
            {
                continue;
            }
            if !self.post(client, &concern).await? {
                // It is away, or was never there: all of them are tried again at the next look.
                return Ok(());
            }
            let state = concern.state;
            told.insert(concern.key, Told { state, at: now });
            let text = serde_json::to_string(&told)
                .map_err(|error| PortError::new("alerts: note", error))?;
            self.store.set_checkpoint(TOLD, text, revision).await?;
            revision += 1;
        }
        Ok(())
    }

    async fn concerns(&self) -> Result<Vec<Concern>, PortError> {
        let now = self.clock.now();
        let comparing =
            |health: &_, config: &_| concern::of_comparing(health, config, now, &self.hints);
        let mut concerns = self.comparisons.with_health(comparing);
        concerns.extend(concern::of_silence(self.silence.silent()));
        concerns.extend(concern::of_letters(
            &self.store.counts().await?.dead,
            &self.hints,
        ));
        for destination in &self.destinations {
            if self.waits_for_long(destination, now).await? {
                concerns.push(concern::of_waiting(destination, &self.hints));
            }
        }
        Ok(concerns)
    }

    async fn waits_for_long(&self, destination: &str, now: Timestamp) -> Result<bool, PortError> {
        let oldest = WaitingFilter {
            destination: Some(destination.to_owned()),
            limit: Some(1),
            ..WaitingFilter::default()
        };
        let oldest = self.store.waiting(&oldest).await?.unwrap_or_default();
        let is_old = |accepted: Timestamp| now.duration_since(accepted) > LONGEST_WAIT;
        Ok(oldest.first().is_some_and(|oldest| is_old(oldest.accepted)))
    }

    /// Posts a message, and returns whether the receiver took it. Its address is a secret.
    async fn post(&self, client: &reqwest::Client, concern: &Concern) -> Result<bool, PortError> {
        let secret = self.secrets.secret(&self.secret).await?;
        let url = secret.as_ref().and_then(|secret| secret.get("url"));
        let Some(url) = url.filter(|url| config::receiver_mistake(url).is_none()) else {
            tracing::warn!(
                secret = self.secret,
                "nobody is told: the secret of [alerts] has no `url` to post to"
            );
            return Ok(false);
        };
        let body = serde_json::json!({ "text": format!("orderbridge: {}", concern.text) });
        let request = client
            .post(url.trim())
            .header(reqwest::header::CONTENT_TYPE, "application/json")
            .body(body.to_string());
        match request.send().await {
            Ok(answer) if answer.status().is_success() => Ok(true),
            Ok(answer) => {
                let status = answer.status().as_u16();
                tracing::warn!(
                    status,
                    "the receiver of alerts takes none; it is tried again"
                );
                Ok(false)
            }
            Err(error) => {
                let error = error.without_url();
                tracing::warn!(%error, "the receiver of alerts is away; it is tried again");
                Ok(false)
            }
        }
    }
}

fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .user_agent(concat!("orderbridge/", env!("CARGO_PKG_VERSION")))
        .timeout(TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .build()
}

fn is_quiet(told: &Told, now: Timestamp) -> bool {
    let age = now.duration_since(told.at);
    age >= SignedDuration::ZERO && age < QUIET
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{Router, extract::State, http::StatusCode, routing::post};
    use config::Config;
    use ports::memory::{ManualClock, MemorySecrets};
    use std::{
        path::Path,
        sync::{
            Mutex,
            atomic::{AtomicBool, Ordering},
        },
    };

    const CONFIG: &str = "[stores.acme]\nplatform = \"woocommerce\"\nsecret = \"acme\"\n[destinations.sales]\nsystem = \"salesforce\"\nauth = \"jwt_bearer\"\nsecret = \"sales\"\n[[routes]]\nname = \"r\"\nstore = \"acme\"\ndestination = \"sales\"\nmapping = \"woocommerce-salesforce\"\n";

    /// A receiver that is away until it is told otherwise.
    #[derive(Clone, Default)]
    struct Receiver {
        is_there: Arc<AtomicBool>,
        got: Arc<Mutex<Vec<String>>>,
    }

    async fn receive(State(receiver): State<Receiver>, body: String) -> StatusCode {
        if !receiver.is_there.load(Ordering::SeqCst) {
            return StatusCode::BAD_GATEWAY;
        }
        receiver.got.lock().unwrap().push(body);
        StatusCode::OK
    }

    #[tokio::test]
    async fn one_message_a_day_until_it_changes_and_again_where_the_receiver_was_away() {
        let receiver = Receiver::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hush", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/hush", post(receive))
            .with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let clock = Arc::new(ManualClock::default());
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(folder.path(), clock.clone()).unwrap();
        let ends = reconcile::Ports {
            ledger: Arc::new(store.clone()),
            queue: Arc::new(store.clone()),
            letters: Arc::new(store.clone()),
            checkpoints: Arc::new(store.clone()),
            clock: clock.clone(),
        };
        let config = Config::parse(Path::new("orderbridge.toml"), CONFIG).unwrap();
        let silence = Silence::new(
            [("acme".to_owned(), Duration::from_secs(3600), clock.now())],
            clock.clone(),
        );
        let alerts = Alerts {
            secret: "alerts".to_owned(),
            secrets: Arc::new(MemorySecrets::new().with("alerts", &[("url", &url)])),
            store,
            silence: Arc::new(silence),
            hints: Hints::of_server(&config, Path::new("/var/lib/orderbridge")),
            comparisons: Arc::new(Comparisons::new(Vec::new(), config, ends)),
            destinations: vec!["sales".to_owned()],
            clock: clock.clone(),
        };
        let client = client().unwrap();
        let got = || receiver.got.lock().unwrap().len();
        alerts.look(&client).await.unwrap();
        clock.advance(Duration::from_secs(2 * 3600));
        alerts.silence.look();
        alerts.look(&client).await.unwrap();
        receiver.is_there.store(true, Ordering::SeqCst);
        assert_eq!(got(), 0);
        for _ in 0..3 {
            alerts.look(&client).await.unwrap();
        }
        assert_eq!(got(), 1, "once");
        clock.advance(Duration::from_secs(25 * 3600));
        alerts.look(&client).await.unwrap();
        assert_eq!(got(), 2, "and once more a day later");
        let first = receiver.got.lock().unwrap().first().cloned().unwrap();
        assert!(
            first.starts_with("{\"text\":\"orderbridge: store acme: no webhook"),
            "{first}"
        );
    }
}

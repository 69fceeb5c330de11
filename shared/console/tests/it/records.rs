//! Records of a folder, with what an operator may find in one.

use bytes::Bytes;
use config::Config;
use console::{Desk, Setup};
use jiff::{Timestamp, tz::TimeZone};
use platform_sqlite::SqliteStore;
use ports::{
    Clock, DeadLetter, DeadLetterFilter, Disposition, Enqueue as _, Ledger as _, LedgerEntry,
    Message, PrivacyLog as _, Queue as _, SubjectRequest, SystemClock,
    conformance::{entry, message},
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

const CONFIG: &str = "[stores.acme]\nplatform = \"woocommerce\"\nsecret = \"acme\"\n[destinations.sales]\nsystem = \"salesforce\"\nauth = \"jwt_bearer\"\nsecret = \"sales\"\n[[routes]]\nname = \"acme-sales\"\nstore = \"acme\"\ndestination = \"sales\"\nmapping = \"woocommerce-salesforce\"\n";

/// A folder that lives as long as this does.
pub(crate) struct Records {
    folder: tempfile::TempDir,
    pub(crate) store: SqliteStore,
}

impl Records {
    /// Creates a folder with a request about personal data, and nothing else.
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let store = SqliteStore::open(folder.path(), clock).unwrap();
        let request = SubjectRequest {
            id: "1".to_owned(),
            kind: "redact_customer".to_owned(),
            store: "acme".to_owned(),
            customer: Some("77".to_owned()),
            orders: vec!["1042".to_owned()],
            received: now(),
            done: None,
            held_back: None,
            waiting_removed: 0,
            dead_removed: 0,
            ledger_redacted: 1,
            records: Vec::new(),
        };
        store.record(request).await.unwrap();
        Self { folder, store }
    }

    /// Creates a folder with a dead letter and the ledger's entry of its order as well.
    pub(crate) async fn with_a_letter() -> Self {
        let records = Self::new().await;
        records
            .bury(
                "1042",
                "no PricebookEntry where ProductCode = TEA-2",
                |_| {},
            )
            .await;
        records
            .note(entry("acme-sales", "1042", 1_767_255_391))
            .await;
        records
    }

    /// Lets a message die, and returns the id of its letter.
    pub(crate) async fn bury(
        &self,
        order: &str,
        reason: &str,
        change: impl FnOnce(&mut DeadLetter),
    ) -> String {
        let body = format!("{{\"id\": {order:?}}}");
        self.bury_body(order, body.into(), reason, change).await
    }

    /// Lets a message with this body die, and returns the id of its letter.
    pub(crate) async fn bury_body(
        &self,
        order: &str,
        body: Bytes,
        reason: &str,
        change: impl FnOnce(&mut DeadLetter),
    ) -> String {
        let message = Message {
            order: Some(order.to_owned()),
            body,
            accepted: now(),
            ..message("sales", order, order)
        };
        self.store.enqueue(vec![message.clone()]).await.unwrap();
        let received = self
            .store
            .receive("sales", 1, Duration::from_secs(60))
            .await;
        let received = received.unwrap().pop().unwrap();
        let mut letter = DeadLetter {
            id: String::new(),
            message,
            mapping: Some("woocommerce-salesforce@1".to_owned()),
            class: "mapping".to_owned(),
            reason: reason.to_owned(),
            request: None,
            response: None,
            attempts: 1,
            died: now(),
            earlier: 0,
        };
        change(&mut letter);
        let dead = received.settled(Disposition::Dead(Box::new(letter)));
        self.store.settle(vec![dead]).await.unwrap();
        self.letters().await.first().unwrap().id.clone()
    }

    /// Writes an entry into the ledger.
    pub(crate) async fn note(&self, entry: LedgerEntry) {
        self.store.store(vec![entry]).await.unwrap();
    }

    /// Returns the dead letters, the newest first.
    pub(crate) async fn letters(&self) -> Vec<DeadLetter> {
        self.store.list_letters().await
    }

    /// Returns how many messages wait.
    pub(crate) async fn waiting(&self) -> u64 {
        self.store.depth("sales").await.unwrap()
    }

    /// Panics where anything has happened to what [`Self::with_a_letter`] made.
    pub(crate) async fn is_untouched(&self) {
        assert_eq!(self.letters().await.len(), 1);
        assert_eq!(self.waiting().await, 0);
        let requests = self.store.requests().await.unwrap();
        assert!(requests.iter().all(|request| request.done.is_none()));
    }

    /// Returns what the operator looks at.
    pub(crate) fn desk(&self) -> Desk {
        self.desk_with(|config| Setup {
            config,
            routes: BTreeMap::new(),
            shops: Vec::new(),
            sides: Vec::new(),
        })
    }

    /// Returns what the operator looks at, with what set-up looks at.
    pub(crate) fn desk_with_sides(&self, sides: Vec<setup::Side>) -> Desk {
        self.desk_with(|config| Setup {
            config,
            routes: BTreeMap::new(),
            shops: Vec::new(),
            sides,
        })
    }

    /// Returns what the operator looks at, with a setup of its own.
    pub(crate) fn desk_with(&self, setup: impl FnOnce(Config) -> Setup) -> Desk {
        let file = self.folder.path().join("orderbridge.toml");
        std::fs::write(&file, CONFIG).unwrap();
        let setup = Arc::new(setup(Config::load(&file).unwrap()));
        Desk {
            records: operator::Records::in_one(self.store.clone(), "nobody delivers"),
            setup: Arc::new(move || Arc::clone(&setup)),
            place: "folder of a test".to_owned(),
            address: Some("http://127.0.0.1:8080".to_owned()),
            clock: Arc::new(SystemClock),
            zone: TimeZone::UTC,
        }
    }
}

/// The dead letters apart from the ledger, which lists as well.
trait Letters {
    async fn list_letters(&self) -> Vec<DeadLetter>;
}

impl Letters for SqliteStore {
    async fn list_letters(&self) -> Vec<DeadLetter> {
        let all = DeadLetterFilter::default();
        ports::DeadLetters::list(self, &all).await.unwrap()
    }
}

pub(crate) fn now() -> Timestamp {
    SystemClock.now()
}

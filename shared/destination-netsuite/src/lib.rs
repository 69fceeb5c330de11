#![doc = include_str!("../README.md")]

mod auth;
mod bulk;
mod calls;
mod check;
mod client;
mod companion;
mod config;
mod deletions;
mod deliver;
mod error;
mod error_table;
mod language;
mod lines;
mod lockout;
mod lookups;
mod orders;
mod owner;
mod payload;
mod prepared;
mod preview;
mod read;
mod reading;
mod row;
mod rules;
mod setup;
mod signature;
mod suiteql;
mod try_out;
mod write;

pub use bulk::FEWEST_IN_A_BATCH;
pub use config::{Grant, Settings, Speed};
pub use setup::{NetSuiteSetup, sdf_project};

use async_trait::async_trait;
use bulk::Bulk;
use client::{Client, Connection};
use companion::Companion;
use deliver::Parts;
use destination::{
    Call, Calls, Destination, Failure, Finding, Http, Outcome, Reading, RequestPreview, Trial,
    TryOut, Unlisted, rounds,
};
use lookups::LookupCache;
use mapping::Plan;
use ports::{Checkpoints, Clock, Secrets, TokenStore};
use std::{fmt, sync::Arc};

/// The adapter for one NetSuite account.
pub struct NetSuite {
    connection: Connection,
    cache: LookupCache,
    companion: Companion,
    unlisted: Unlisted,
    bulk: Option<Bulk>,
}

impl NetSuite {
    /// Creates the adapter for the account of these settings. `secret_name` is read from `secrets`
    /// at every login (token-based authentication: at every call), so that a changed secret counts
    /// at once. Nothing is called yet.
    ///
    /// # Errors
    /// When the HTTP client cannot start.
    pub fn new(
        settings: Settings,
        secrets: Arc<dyn Secrets>,
        secret_name: String,
        tokens: Arc<dyn TokenStore>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Failure> {
        let http = Http::new(settings.request_timeout, Arc::clone(&clock))?;
        Ok(Self::over(
            http,
            settings,
            secrets,
            secret_name,
            tokens,
            clock,
        ))
    }

    /// Creates the adapter over an HTTP client that exists already.
    pub fn over(
        http: Http,
        settings: Settings,
        secrets: Arc<dyn Secrets>,
        secret_name: String,
        tokens: Arc<dyn TokenStore>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            companion: Companion::new(settings.speed),
            connection: Connection::new(http, settings, secrets, secret_name, tokens, clock),
            cache: LookupCache::default(),
            unlisted: Unlisted::default(),
            bulk: None,
        }
    }

    /// Sets where the processes that call the account keep what they have to know of each other. Only
    /// then are orders that nobody waits for sent in batches.
    #[must_use]
    pub fn with_notes(mut self, notes: Arc<dyn Checkpoints>) -> Self {
        self.connection.places.share(Arc::clone(&notes));
        let settings = &self.connection.settings;
        let of = |fewest| {
            let name = settings.name.clone();
            Bulk::new(name, settings.request_timeout, fewest, notes)
        };
        let bulk = settings.batches_from.map(of);
        Self { bulk, ..self }
    }

    /// Returns the counter of calls to the account, those for tokens included.
    #[must_use]
    pub fn calls(&self) -> Calls {
        self.connection.http.calls()
    }

    /// Judges the outcomes together: a refusal that no table knows is the account's where it is said
    /// of several orders.
    fn judge(&self, plans: &[&Plan], outcomes: Vec<Outcome>) -> Vec<Outcome> {
        let orders = plans.iter().map(|plan| plan.order.as_str());
        self.unlisted
            .judge(orders.zip(outcomes).collect(), error::is_unlisted_call)
    }

    fn parts<'a>(&'a self, call: &'a Call) -> Parts<'a> {
        Parts {
            client: self.client(call),
            cache: &self.cache,
            companion: &self.companion,
        }
    }

    fn client<'a>(&'a self, call: &'a Call) -> Client<'a> {
        Client {
            connection: &self.connection,
            call,
        }
    }
}

#[async_trait]
impl Destination for NetSuite {
    fn system(&self) -> &'static str {
        "netsuite"
    }

    async fn deliver(&self, call: &Call, plans: &[&Plan]) -> Vec<Outcome> {
        let parts = self.parts(call);
        let outcomes = rounds::deliver(&parts, plans).await;
        self.judge(plans, outcomes)
    }

    fn bulk(&self) -> Option<destination::Bulk> {
        let most = self.bulk.as_ref()?.most(self.connection.clock.now())?;
        Some(destination::Bulk { most, first: None })
    }

    async fn deliver_in_bulk(&self, call: &Call, plans: &[&Plan]) -> Vec<Outcome> {
        let Some(bulk) = &self.bulk else {
            return self.deliver(call, plans).await;
        };
        let parts = self.parts(call);
        let outcomes = bulk::deliver(&parts, bulk, plans).await;
        self.judge(plans, outcomes)
    }

    async fn read(&self, call: &Call, plans: &[&Plan]) -> Vec<Result<Reading, Failure>> {
        reading::read(&self.client(call), &self.cache, plans).await
    }

    fn preview(&self, plan: &Plan) -> Vec<RequestPreview> {
        preview::preview(plan)
    }

    async fn check(&self, call: &Call, plan: &Plan) -> Vec<Finding> {
        check::check(&self.client(call), plan).await
    }

    fn requests(&self) -> u64 {
        self.calls().total()
    }
}

#[async_trait]
impl TryOut for NetSuite {
    async fn try_order(&self, call: &Call, plan: &Plan) -> Result<Trial, Failure> {
        try_out::try_order(&self.client(call), &self.cache, plan).await
    }
}

impl fmt::Debug for NetSuite {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("NetSuite")
            .field("settings", &self.connection.settings)
            .finish_non_exhaustive()
    }
}

#![doc = include_str!("../README.md")]

mod auth;
mod budget;
mod check;
mod children;
mod client;
mod config;
mod converted;
mod deletions;
mod deliver;
mod duplicates;
mod error;
mod error_table;
mod fit;
mod graph;
mod lookups;
mod needs;
mod node;
mod payload;
mod preview;
mod products;
mod read;
mod reading;
mod refresh;
mod resolve;
mod row;
mod rules;
mod setup;
mod soql;
mod try_out;

pub use config::{Grant, Settings};
pub use setup::SalesforceSetup;

use async_trait::async_trait;
use auth::SalesforceLogin;
use client::{Client, Connection};
use deliver::Parts;
use destination::{
    Access, Bulk, Call, Calls, Credentials, Destination, Failure, Finding, Http, Outcome, Reading,
    RequestPreview, Trial, TryOut, Unlisted, rounds,
};
use lookups::LookupCache;
use mapping::Plan;
use payload::{MOST_GRAPHS, MOST_GRAPHS_IN_BULK};
use ports::{Budget, Clock, Secrets, TokenStore};
use refresh::RefreshTokens;
use std::{
    fmt,
    sync::{Arc, Mutex, atomic::AtomicU32},
};

/// The number of orders in the first calls in bulk: an org whose triggers take half a second for an
/// order answers to so many in time.
const FIRST_IN_BULK: usize = 20;

/// The adapter for one Salesforce org.
pub struct Salesforce {
    connection: Connection,
    cache: LookupCache,
    unlisted: Unlisted,
}

impl Salesforce {
    /// Creates the adapter for the org of these settings. `secret_name` is read from `secrets` at
    /// every login, so that it follows a changed secret as soon as its store of secrets does.
    /// Nothing is called yet.
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
        let http = http.reading_budget(budget::of_answer);
        let login = SalesforceLogin {
            auth: settings.auth,
            login_url: settings.login_url.clone(),
            http: http.clone(),
            credentials: Credentials::new(secrets, secret_name),
            clock: Arc::clone(&clock),
            refresh: RefreshTokens::new(Arc::clone(&tokens), &settings.name),
        };
        let access = Access::new(
            settings.name.clone(),
            tokens,
            Arc::clone(&clock),
            Box::new(login),
        );
        Self {
            connection: Connection {
                http,
                access,
                settings,
                clock,
                lost: AtomicU32::default(),
                asked_where: Mutex::default(),
            },
            cache: LookupCache::default(),
            unlisted: Unlisted::default(),
        }
    }

    /// Returns the counter of calls to the org, those for tokens included.
    #[must_use]
    pub fn calls(&self) -> Calls {
        self.connection.http.calls()
    }

    /// Delivers plans, at most so many with a call.
    async fn deliver_by(&self, call: &Call, plans: &[&Plan], most_graphs: usize) -> Vec<Outcome> {
        let parts = Parts {
            client: self.client(call),
            cache: &self.cache,
            most_graphs,
        };
        let outcomes = rounds::deliver(&parts, plans).await;
        let orders = plans.iter().map(|plan| plan.order.as_str());
        self.unlisted
            .judge(orders.zip(outcomes).collect(), error::is_unlisted_call)
    }

    fn client<'a>(&'a self, call: &'a Call) -> Client<'a> {
        Client {
            connection: &self.connection,
            call,
        }
    }
}

#[async_trait]
impl Destination for Salesforce {
    fn system(&self) -> &'static str {
        "salesforce"
    }

    async fn deliver(&self, call: &Call, plans: &[&Plan]) -> Vec<Outcome> {
        self.deliver_by(call, plans, MOST_GRAPHS).await
    }

    fn bulk(&self) -> Option<Bulk> {
        let bulk = Bulk {
            most: MOST_GRAPHS_IN_BULK,
            first: Some(FIRST_IN_BULK),
        };
        self.connection.settings.is_in_batches.then_some(bulk)
    }

    async fn deliver_in_bulk(&self, call: &Call, plans: &[&Plan]) -> Vec<Outcome> {
        self.deliver_by(call, plans, MOST_GRAPHS_IN_BULK).await
    }

    async fn read(&self, call: &Call, plans: &[&Plan]) -> Vec<Result<Reading, Failure>> {
        reading::read(&self.client(call), &self.cache, plans).await
    }

    fn preview(&self, plan: &Plan) -> Vec<RequestPreview> {
        preview::preview(&self.connection, plan)
    }

    async fn check(&self, call: &Call, plan: &Plan) -> Vec<Finding> {
        check::check(&self.client(call), plan).await
    }

    fn requests(&self) -> u64 {
        self.calls().total()
    }

    fn budget(&self) -> Option<Budget> {
        self.connection.http.budget()
    }
}

#[async_trait]
impl TryOut for Salesforce {
    async fn try_order(&self, call: &Call, plan: &Plan) -> Result<Trial, Failure> {
        try_out::try_order(&self.client(call), plan).await
    }
}

impl fmt::Debug for Salesforce {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Salesforce")
            .field("settings", &self.connection.settings)
            .finish_non_exhaustive()
    }
}

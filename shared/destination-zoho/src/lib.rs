#![doc = include_str!("../README.md")]

mod auth;
mod check;
mod client;
mod config;
mod coql;
mod credits;
mod deletions;
mod deliver;
mod error;
mod error_table;
mod existing;
mod item;
mod lines;
mod lookups;
mod make;
mod preview;
mod progress;
mod question;
mod read;
mod reading;
mod row;
mod rules;
mod same_key;
mod setup;
mod table;
mod write;

pub use config::Settings;
pub use setup::ZohoSetup;

use async_trait::async_trait;
use auth::ZohoLogin;
use client::{Client, Connection};
use destination::{
    Access, Call, Calls, Credentials, Destination, Failure, Finding, Http, KeyLocks, Outcome,
    Reading, RequestPreview, TryOut, Unlisted,
};
use lookups::LookupCache;
use mapping::Plan;
use ports::{Budget, Clock, Secrets, TokenStore};
use std::{
    fmt,
    sync::{Arc, Mutex},
};

/// The adapter for one Zoho CRM organisation.
pub struct Zoho {
    connection: Connection,
    cache: LookupCache,
    key_locks: KeyLocks,
    unlisted: Unlisted,
}

/// The parts of the adapter that one call works with.
pub(crate) struct Parts<'a> {
    pub(crate) client: Client<'a>,
    pub(crate) cache: &'a LookupCache,
    pub(crate) key_locks: &'a KeyLocks,
}

impl Zoho {
    /// Creates the adapter for the organisation of these settings. `secret_name` is read from
    /// `secrets` at every login, so that it follows a changed secret as soon as its store of
    /// secrets does. Nothing is called yet.
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
        let login = ZohoLogin {
            accounts_url: settings.accounts_url.clone(),
            http: http.clone(),
            credentials: Credentials::new(secrets, secret_name),
            clock: Arc::clone(&clock),
            blocked_until: Mutex::default(),
        };
        let access = Access::new(
            settings.name.clone(),
            tokens,
            Arc::clone(&clock),
            Box::new(login),
        );
        Self {
            connection: Connection::new(http, access, settings, clock),
            cache: LookupCache::default(),
            key_locks: KeyLocks::default(),
            unlisted: Unlisted::default(),
        }
    }

    /// Returns the counter of calls to the organisation, those for tokens included.
    #[must_use]
    pub fn calls(&self) -> Calls {
        self.connection.http.calls()
    }

    fn parts<'a>(&'a self, call: &'a Call) -> Parts<'a> {
        Parts {
            client: self.client(call),
            cache: &self.cache,
            key_locks: &self.key_locks,
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
impl Destination for Zoho {
    fn system(&self) -> &'static str {
        "zoho"
    }

    async fn deliver(&self, call: &Call, plans: &[&Plan]) -> Vec<Outcome> {
        let outcomes = deliver::deliver(&self.parts(call), plans).await;
        let orders = plans.iter().map(|plan| plan.order.as_str());
        self.unlisted
            .judge(orders.zip(outcomes).collect(), error::is_unlisted_call)
    }

    async fn read(&self, call: &Call, plans: &[&Plan]) -> Vec<Result<Reading, Failure>> {
        reading::read(&self.parts(call), plans).await
    }

    fn preview(&self, plan: &Plan) -> Vec<RequestPreview> {
        preview::preview(&self.connection, plan)
    }

    async fn check(&self, call: &Call, plan: &Plan) -> Vec<Finding> {
        check::check(&self.client(call), plan).await
    }

    /// Returns `iso_code` from `GET /org` ("Get organization data"). An organisation with several
    /// currencies also keeps amounts that come without one in this currency.
    async fn home_currency(&self, call: &Call) -> Result<Option<String>, Failure> {
        let told = self.client(call).organisation().await?;
        Ok(told.and_then(|told| Some(told.get("iso_code")?.as_str()?.to_uppercase())))
    }

    fn requests(&self) -> u64 {
        self.calls().total()
    }

    fn budget(&self) -> Option<Budget> {
        self.connection.budget()
    }
}

#[async_trait]
impl TryOut for Zoho {}

impl fmt::Debug for Zoho {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Zoho")
            .field("settings", &self.connection.settings)
            .finish_non_exhaustive()
    }
}

use crate::{Platform, Problem, System, SystemSettings};
use indexmap::IndexMap;
use std::{path::PathBuf, time::Duration};

/// A whole `orderbridge.toml`, checked: every name in it that points to another part of it does,
/// every value is in its range, every default is filled in. Holds names of secrets, never secrets.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The file it was read from.
    pub file: PathBuf,
    /// The folder of that file: paths of mappings count from here.
    pub base: PathBuf,
    /// The shops, by name, in the order of the file.
    pub stores: IndexMap<String, Store>,
    /// The CRM and ERP accounts, by name, in the order of the file.
    pub destinations: IndexMap<String, Destination>,
    /// What goes where, in the order of the file.
    pub routes: Vec<Route>,
    /// How patiently and in which portions orders are delivered, unless a destination says
    /// otherwise.
    pub delivery: Delivery,
    /// The HTTP side.
    pub server: Server,
    /// What is allowed but probably not meant, such as a store without a route.
    pub warnings: Vec<Problem>,
}

/// A shop that sends webhooks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    /// Its name: the last part of the webhook's URL.
    pub name: String,
    /// The shop's software.
    pub platform: Platform,
    /// Name of its secret.
    pub secret: String,
    /// After so long without a webhook somebody is told; `None`: never.
    pub silence: Option<Duration>,
    /// Line of its table in the file, from 1.
    pub line: usize,
}

/// A CRM or ERP account that orders are delivered to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// Its name: part of its queue's name.
    pub name: String,
    /// The vendor's system.
    pub system: System,
    /// Name of its secret.
    pub secret: String,
    /// The file's `[delivery]` with what this destination overrides.
    pub delivery: Delivery,
    /// What only this system has; always of the same system as `system`.
    pub settings: SystemSettings,
    /// Line of its table in the file, from 1.
    pub line: usize,
}

/// A store's orders on their way to a destination.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// Its name: in the ledger and in every message about it.
    pub name: String,
    /// Name of the store.
    pub store: String,
    /// Name of the destination.
    pub destination: String,
    /// A built-in mapping's name, or the path of a file, counted from [`Config::base`]. Whether it
    /// exists is for the `mapping` crate to say.
    pub mapping: String,
    /// The topics that are taken, in the platform's own words; `None` means every order topic of
    /// the platform.
    pub topics: Option<Vec<String>>,
    /// Fields that replace the mapping's or are added to it: one table per record of the mapping.
    pub set: toml::Table,
    /// Values that the mapping reads as `vars.*`.
    pub vars: toml::Table,
    /// Line of its `[[routes]]` in the file, from 1: where a problem of its mapping is reported.
    pub line: usize,
}

/// How orders are delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Orders per delivery, 1 to 10 (SQS hands out no more of a FIFO queue at once, and one
    /// Salesforce composite graph takes no more).
    pub batch: usize,
    /// Deliveries at a time to one destination.
    pub concurrency: usize,
    /// The first wait after a failure; it doubles with each further one.
    pub retry_base: Duration,
    /// The longest wait.
    pub retry_cap: Duration,
    /// The age at which an order that still fails becomes a dead letter.
    pub give_up_after: Duration,
    /// The longest that one call may take.
    pub request_timeout: Duration,
    /// How many transient failures in a row open the circuit.
    pub circuit_after: u32,
    /// How long an open circuit waits before it tries one call.
    pub circuit_probe: Duration,
    /// So many requests in a minute on average; `None`: as fast as they go.
    pub requests_per_minute: Option<u32>,
    /// From so many percent of the account's budget of calls on an operator is warned.
    pub budget_warn: u32,
    /// From so many percent on batches are spaced out, so that what is left lasts.
    pub budget_slow: u32,
}

impl Default for Delivery {
    fn default() -> Self {
        Self {
            batch: 10,
            concurrency: 4,
            retry_base: Duration::from_secs(5),
            retry_cap: Duration::from_mins(15),
            give_up_after: Duration::from_hours(3 * 24),
            request_timeout: Duration::from_secs(30),
            circuit_after: 5,
            circuit_probe: Duration::from_secs(30),
            requests_per_minute: None,
            budget_warn: 80,
            budget_slow: 95,
        }
    }
}

/// The HTTP side. All but the limit of the body is for one machine: on AWS it is API Gateway's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Server {
    /// The largest body that is accepted, in bytes; `None`: as large as the way of running can
    /// keep, see [`Server::body_limit_on`].
    pub body_limit: Option<usize>,
    /// The longest that the head of a request may take.
    pub head_timeout: Duration,
    /// The longest that its body may take.
    pub body_timeout: Duration,
    /// How many bytes of a body must come in a second, on average, once it has had a few seconds to
    /// begin.
    pub slowest_rate: u32,
    /// How long a connection is kept open for another request.
    pub idle_timeout: Duration,
    /// So many connections at most, as far as the descriptors of the process go.
    pub connections: u32,
    /// So many bytes of bodies that have not arrived to their end.
    pub bytes_in_flight: usize,
    /// How long a stop waits for requests that have not arrived to their end.
    pub stop_timeout: Duration,
}

/// Where orderbridge runs, as far as that decides what a configuration may say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// `orderbridge serve`.
    OneMachine,
    /// A deployed stack on AWS.
    Stack,
}

impl Way {
    /// The largest limit of a body that it can keep, in bytes.
    #[must_use]
    pub const fn largest_body(self) -> usize {
        match self {
            Self::OneMachine => 32 * 1024 * 1024,
            // Lambda takes events of 6 MiB, in which the body stands in base64 (Lambda, "Quotas":
            // invocation payload; API Gateway, "Payload format version 2.0").
            Self::Stack => 4_500_000,
        }
    }

    const fn usual_body(self) -> usize {
        match self {
            Self::OneMachine => 6 * 1024 * 1024,
            Self::Stack => self.largest_body(),
        }
    }
}

impl Server {
    /// The largest body that is accepted there, in bytes.
    #[must_use]
    pub fn body_limit_on(&self, way: Way) -> usize {
        self.body_limit
            .unwrap_or(way.usual_body())
            .min(way.largest_body())
    }

    /// What keeps this way of running from doing what the file says.
    #[must_use]
    pub fn beyond(&self, way: Way) -> Option<String> {
        let (limit, most) = (self.body_limit?, way.largest_body());
        (limit > most).then(|| {
            format!("`body_limit = {limit}` in [server] is more than a stack on AWS can take; write at most {most}, or leave it away")
        })
    }
}

impl Default for Server {
    fn default() -> Self {
        Self {
            body_limit: None,
            head_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(30),
            slowest_rate: 500,
            idle_timeout: Duration::from_secs(60),
            connections: 1000,
            bytes_in_flight: 32 * 1024 * 1024,
            stop_timeout: Duration::from_secs(10),
        }
    }
}

impl Config {
    /// The store of this name.
    #[must_use]
    pub fn store(&self, name: &str) -> Option<&Store> {
        self.stores.get(name)
    }

    /// The destination of this name.
    #[must_use]
    pub fn destination(&self, name: &str) -> Option<&Destination> {
        self.destinations.get(name)
    }

    /// The route of this name.
    #[must_use]
    pub fn route(&self, name: &str) -> Option<&Route> {
        self.routes.iter().find(|route| route.name == name)
    }

    /// The routes that take the orders of a store.
    pub fn routes_of(&self, store: &str) -> impl Iterator<Item = &Route> {
        self.routes.iter().filter(move |route| route.store == store)
    }

    /// Where the secrets of one machine are looked for when nobody says otherwise: `secrets.toml`
    /// beside the configuration.
    #[must_use]
    pub fn default_secrets_file(&self) -> PathBuf {
        self.base.join("secrets.toml")
    }
}

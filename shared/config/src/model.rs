use crate::{Platform, Problem, System, SystemSettings};
use indexmap::IndexMap;
use std::{path::PathBuf, time::Duration};

/// A checked `orderbridge.toml`: every reference in it leads to an existing part of it, every value
/// is in its range, every default is filled in. It holds names of secrets, never secrets.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The file it was read from.
    pub file: PathBuf,
    /// The folder of that file: paths of mappings count from here.
    pub base: PathBuf,
    /// The folder of the queue and the ledger on one machine; `None`: as the command line says.
    pub data: Option<PathBuf>,
    /// The shops, by name, in the order of the file.
    pub stores: IndexMap<String, Store>,
    /// The CRM and ERP accounts, by name, in the order of the file.
    pub destinations: IndexMap<String, Destination>,
    /// The routes, in the order of the file.
    pub routes: Vec<Route>,
    /// The patience and the batch sizes of deliveries, unless a destination says otherwise.
    pub delivery: Delivery,
    /// The settings of the HTTP server.
    pub server: Server,
    /// The address at which shops reach the server, without a slash at its end; `None`: unknown.
    pub public_url: Option<String>,
    /// The receiver of messages about what needs a person; `None`: nobody.
    pub alerts: Option<Alerts>,
    /// The warnings: what is allowed but probably not meant, such as a store without a route.
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
    /// Time without a webhook after which a warning is logged; `None`: never.
    pub silence: Option<Duration>,
    /// How it is compared with its destinations by itself.
    pub reconcile: Reconcile,
    /// Line of its table in the file, from 1.
    pub line: usize,
}

/// How a store is compared with its destinations by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reconcile {
    /// The pause between two comparisons; `None`: it is never compared by itself.
    pub every: Option<Duration>,
    /// The time by which each comparison reaches back behind the last one.
    pub overlap: Duration,
    /// Whether the destinations are read back once a day.
    pub verify: bool,
    /// The time over whose orders they are read back.
    pub verify_window: Duration,
    /// What becomes of a record that is gone from its destination.
    pub deleted: Deleted,
    /// Line of `overlap` in the file, else of the table, else of the store's, from 1.
    pub line: usize,
}

/// What becomes of a record that somebody deleted in the destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// `leave`: it stays away, and is told of.
    Leave,
    /// `recreate`: its order is delivered again.
    Recreate,
}

/// The receiver of messages about what needs a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alerts {
    /// Name of the secret that holds its `url`.
    pub secret: String,
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
    /// The settings that only this system has; always of the same system as `system`.
    pub settings: SystemSettings,
    /// Line of its table in the file, from 1.
    pub line: usize,
}

/// The way of a store's orders to a destination.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// Its name, in the ledger and in every message about it.
    pub name: String,
    /// Name of the store.
    pub store: String,
    /// Name of the destination.
    pub destination: String,
    /// The name of a built-in mapping, or the path of a file, relative to [`Config::base`]. The
    /// `mapping` crate checks that it exists.
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

/// The settings of deliveries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The number of orders per batch, 1 to 10 (SQS hands out no more messages of a FIFO queue at
    /// once, and one Salesforce composite graph takes no more orders).
    pub batch: usize,
    /// The number of batches in flight to one destination at a time.
    pub concurrency: usize,
    /// The first backoff after a failure; it doubles with each further one.
    pub retry_base: Duration,
    /// The longest backoff.
    pub retry_cap: Duration,
    /// The age at which an order that still fails becomes a dead letter.
    pub give_up_after: Duration,
    /// The longest time of one call.
    pub request_timeout: Duration,
    /// The number of transient failures in a row that open the circuit.
    pub circuit_after: u32,
    /// Time that an open circuit waits before its probe.
    pub circuit_probe: Duration,
    /// The average number of requests a minute that are allowed; `None`: no limit.
    pub requests_per_minute: Option<u32>,
    /// The percentage of the account's budget of calls from which an operator is warned.
    pub budget_warn: u32,
    /// The percentage of the budget from which batches are spaced out, so that the rest lasts.
    pub budget_slow: u32,
}

impl Default for Reconcile {
    fn default() -> Self {
        Self {
            every: Some(Duration::from_mins(15)),
            overlap: Duration::from_hours(2),
            verify: true,
            verify_window: Duration::from_hours(7 * 24),
            deleted: Deleted::Leave,
            line: 0,
        }
    }
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

/// The settings of the HTTP server. All but the limit of the body are for one machine: on AWS, API
/// Gateway has its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Server {
    /// The largest body that is accepted, in bytes; `None`: the usual limit of the way of running,
    /// see [`Server::body_limit_on`].
    pub body_limit: Option<usize>,
    /// The longest time for the head of a request to arrive.
    pub head_timeout: Duration,
    /// The longest time for its body to arrive.
    pub body_timeout: Duration,
    /// The bytes of a body that must arrive in a second, on average, after a few seconds to begin.
    pub slowest_rate: u32,
    /// Time that a connection is kept open for another request.
    pub idle_timeout: Duration,
    /// The most open connections, as far as the descriptors of the process go.
    pub connections: u32,
    /// The most bytes of bodies that have not arrived completely.
    pub bytes_in_flight: usize,
    /// Time that a stop waits for requests that have not arrived completely.
    pub stop_timeout: Duration,
}

/// The way of running orderbridge, as far as it decides what a configuration may say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// `orderbridge serve`.
    OneMachine,
    /// A deployed stack on AWS.
    Stack,
}

impl Way {
    /// Returns the largest limit of a body that it can keep, in bytes.
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
    /// Returns the largest body that is accepted there, in bytes.
    #[must_use]
    pub fn body_limit_on(&self, way: Way) -> usize {
        self.body_limit
            .unwrap_or(way.usual_body())
            .min(way.largest_body())
    }

    /// Returns why this way of running cannot do what the file says, if it cannot.
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
    /// Returns the store of this name.
    #[must_use]
    pub fn store(&self, name: &str) -> Option<&Store> {
        self.stores.get(name)
    }

    /// Returns the destination of this name.
    #[must_use]
    pub fn destination(&self, name: &str) -> Option<&Destination> {
        self.destinations.get(name)
    }

    /// Returns the route of this name.
    #[must_use]
    pub fn route(&self, name: &str) -> Option<&Route> {
        self.routes.iter().find(|route| route.name == name)
    }

    /// Returns the routes that take the orders of a store.
    pub fn routes_of(&self, store: &str) -> impl Iterator<Item = &Route> {
        self.routes.iter().filter(move |route| route.store == store)
    }

    /// Returns the default file of one machine's secrets: `secrets.toml` beside the configuration.
    #[must_use]
    pub fn default_secrets_file(&self) -> PathBuf {
        self.base.join("secrets.toml")
    }
}

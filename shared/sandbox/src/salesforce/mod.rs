//! A Salesforce org on a loopback port. See [`Salesforce::start`].
//!
//! Requests are handled one after the other under one lock; the latency of [`Options`] passes outside of it, so that a client's concurrency shows.

mod answer;
mod auth;
mod composite;
pub mod credentials;
mod describe;
mod error;
mod exchange;
mod fault;
mod field;
mod graph;
mod ids;
mod index;
mod journal;
mod jwt;
mod limits;
mod line_item;
mod opportunity;
mod options;
mod person;
mod prepare;
mod price_book;
mod reference;
mod request;
mod routes;
mod rows;
mod rules;
mod schema;
mod seed;
mod server;
mod soql;
mod store;
mod subrequest;
mod upsert;
mod value;
mod world;
mod write;

use serde_json::{Map, Value};
use std::{io, sync::Arc};
use tokio::{net::TcpListener, task::JoinHandle};

pub use credentials::Credentials;
pub use fault::{Effect, Fault};
pub use journal::{Calls, Change, Kind, Operation};
pub use options::{CustomField, Options, Picklist, Product};

use world::Shared;

/// A running sandbox org. Dropping it ends it as [`Salesforce::stop`] does, but without waiting.
#[derive(Debug)]
pub struct Salesforce {
    url: String,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

impl Salesforce {
    /// Starts an org on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// When no port can be bound, or when the options can not be carried out (a custom field on an unknown object, a key that is no public key).
    pub async fn start(options: Options) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let shared = Arc::new(Shared::new(options, &url)?);
        let server = tokio::spawn(server::run(listener, Arc::clone(&shared)));
        Ok(Self { url, shared, server })
    }

    /// Where it listens, such as `http://127.0.0.1:41234`: both the login host and the instance.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// All records of an object, oldest first, each with its `Id` and without fields that are null. Empty for an unknown object.
    #[must_use]
    pub fn records(&self, object: &str) -> Vec<Map<String, Value>> {
        self.shared.lock().records(object)
    }

    /// Writes a record as somebody in the org would, without HTTP, faults and counting, and gives its id. Such writes are not among the changes.
    ///
    /// # Errors
    /// The org's own message when it refuses the record.
    pub fn create(&self, object: &str, fields: Map<String, Value>) -> Result<String, String> {
        self.shared.lock().create(object, fields).map_err(|error| error.to_string())
    }

    /// How many calls have arrived.
    #[must_use]
    pub fn calls(&self) -> Calls {
        self.shared.lock().calls()
    }

    /// Everything that requests have written, in order. What the org did by itself (roll-ups, cascades) is not listed.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        self.shared.lock().changes_since(0)
    }

    /// Waits until something was written after the change with that sequence number (0 for the beginning), and gives all of it.
    pub async fn changes_since(&self, sequence: u64) -> Vec<Change> {
        let mut newest = self.shared.newest_change();
        // The sender lives as long as this handle, so waiting does not fail.
        let _ = newest.wait_for(|newest| *newest > sequence).await;
        self.shared.lock().changes_since(sequence)
    }

    /// Queues a fault. The oldest one that fits a request is applied to it; a request suffers one fault at most.
    pub fn fault(&self, fault: Fault) {
        self.shared.lock().faults.push(fault);
    }

    /// Forgets the faults that have not struck yet.
    pub fn clear_faults(&self) {
        self.shared.lock().faults.clear();
    }

    /// Ends every token that was given out.
    pub fn expire_tokens(&self) {
        self.shared.lock().tokens.expire_all();
    }

    /// Closes the port and all connections.
    pub async fn stop(mut self) {
        self.server.abort();
        // The task was cancelled on purpose: that is the only thing its result could say.
        let _ = (&mut self.server).await;
    }
}

impl Drop for Salesforce {
    fn drop(&mut self) {
        self.server.abort();
    }
}

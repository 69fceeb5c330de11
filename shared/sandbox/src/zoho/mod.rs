//! A Zoho organisation on a loopback port: the accounts server and CRM API v8. See [`Zoho::start`].
//!
//! Requests are handled one after the other under one lock; the latency of [`Options`] passes
//! outside of it, so that a client's concurrency shows: too many open requests get 429, and upserts
//! by a system-defined field (`Email`, `Account_Name`, `Deal_Name`) do not see the records that
//! another open request has inserted. User-defined unique fields are always enforced.
//!
//! Where Zoho's documents are silent or differ, the stricter reading applies: a field that the
//! module does not have is refused, a look-up by name is refused, the second of two items with one
//! key updates the first, a missing record is status 204, and values outside of a picklist are
//! refused (other values can be set with [`Picklist`]).
//!
//! Not simulated: the search API (its index lags, so it is no guard against duplicates), references
//! inside of composite requests, bulk, `X-EXTERNAL`, `If-Unmodified-Since`, more layouts than one and
//! layout rules, pipelines, multi-currency, workflows, the rights of profiles beyond fields that are
//! hidden.

mod answer;
mod auth;
mod batch;
mod composite;
mod coql;
pub mod credentials;
mod error;
mod field;
mod format;
mod index;
mod kind;
mod metadata;
mod new_fields;
mod options;
mod prepare;
mod request;
mod routes;
mod rows;
mod sales_order;
mod schema;
mod scope;
mod seed;
mod show;
mod store;
mod subform;
mod unique;
mod upsert;
mod value;
mod world;
mod write;

use crate::{barrier::Barrier, carried::Carried, running::Running};
use bytes::Bytes;
use http::Request;
use serde_json::{Map, Value};
use std::{io, time::Duration};
use world::World;

pub use crate::{
    fault::Effect,
    journal::{Change, Operation},
    product::Product,
};
pub use credentials::Credentials;
pub use kind::Kind;
pub use options::{CustomField, Options, Picklist};

/// A fault of this system.
pub type Fault = crate::fault::Fault<Kind>;
/// The calls that this system has counted.
pub type Calls = crate::journal::Calls<Kind>;

/// A running sandbox organisation. Dropping it stops it as [`Zoho::stop`] does, but without
/// waiting.
#[derive(Debug)]
pub struct Zoho(Running<World>);

impl Zoho {
    /// Starts an organisation on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// When no port can be bound, or when the options name a module or a field that does not exist.
    pub async fn start(options: Options) -> io::Result<Self> {
        let (place, latency) = (options.place.clone(), options.latency);
        Running::start(&place, latency, |url| World::new(options, url))
            .await
            .map(Self)
    }

    /// Creates an organisation without a port, for a client that believes it to be at this URL:
    /// requests come by [`Zoho::carry`].
    ///
    /// # Errors
    /// When the options cannot be carried out.
    pub fn offline(options: Options, url: &str) -> io::Result<Self> {
        Running::offline(url, |url| World::new(options, url)).map(Self)
    }

    /// Carries out a request that came on no connection. A given fault strikes it; without one, a
    /// queued fault may.
    #[must_use]
    pub fn carry(&self, request: Request<Bytes>, fault: Option<Effect>) -> Carried {
        self.0.carry(request, fault)
    }

    /// Returns the URL at which it listens, such as `http://127.0.0.1:41234`: the accounts server,
    /// and the `api_domain` of its tokens.
    #[must_use]
    pub fn url(&self) -> &str {
        self.0.url()
    }

    /// Returns all records of a module, oldest first, each with its `id`, its look-ups as `{"name",
    /// "id"}` and its lines, and without fields that are empty or name the user. Empty for an
    /// unknown module.
    #[must_use]
    pub fn records(&self, module: &str) -> Vec<Map<String, Value>> {
        self.0.lock().records(module)
    }

    /// Creates a record as a user of the organisation would, without HTTP, faults and counting, and
    /// returns its id. Such changes are not in the journal.
    ///
    /// # Errors
    /// The organisation's own message when it refuses the record.
    pub fn create(&self, module: &str, fields: &Map<String, Value>) -> Result<String, String> {
        self.0
            .lock()
            .create(module, fields)
            .map_err(|failure| failure.to_string())
    }

    /// Converts a lead as a user of the organisation would: it cannot be changed any more.
    pub fn convert(&self, lead: &str) {
        self.0.lock().store.converted.insert(lead.to_owned());
    }

    /// Changes a record as a user of the organisation would. Such changes are not in the journal.
    ///
    /// # Errors
    /// The organisation's own message when it refuses the change, or when there is no such record.
    pub fn edit(&self, module: &str, id: &str, fields: &Map<String, Value>) -> Result<(), String> {
        self.0
            .lock()
            .edit(module, id, fields)
            .map_err(|failure| failure.to_string())
    }

    /// Deletes a record as a user of the organisation would. Such changes are not in the journal.
    ///
    /// # Errors
    /// The organisation's own message when there is no such record.
    pub fn delete(&self, module: &str, id: &str) -> Result<(), String> {
        let mut world = self.0.lock();
        world
            .delete(module, id)
            .map_err(|failure| failure.to_string())
    }

    /// Puts up a barrier, which keeps a record from requests.
    pub fn put_up(&self, barrier: Barrier) {
        self.0.lock().store.barriers.put_up(barrier);
    }

    /// Takes down a barrier, so that requests can write the record again.
    pub fn take_down(&self, barrier: &Barrier) {
        self.0.lock().store.barriers.take_down(barrier);
    }

    /// Sets whether the storage is full, so that there is no room for new records
    /// (`MAX_RECORDS_LIMIT_REACHED`).
    pub fn fill_storage(&self, is_full: bool) {
        self.0.lock().store.is_full = is_full;
    }

    /// Returns the number of calls that have arrived.
    #[must_use]
    pub fn calls(&self) -> Calls {
        self.0.calls()
    }

    /// Returns the API credits that the calls have cost: one for most, one to three for a query by
    /// its limit, and one for every ten records of a call that writes.
    #[must_use]
    pub fn credits(&self) -> u64 {
        self.0.lock().spent()
    }

    /// Returns all changes by requests, in order.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        self.0.changes(0)
    }

    /// Waits until there are changes after the one with this sequence number (0 for the beginning),
    /// and returns all of them.
    pub async fn changes_since(&self, sequence: u64) -> Vec<Change> {
        self.0.changes_since(sequence).await
    }

    /// Queues a fault. The oldest one that fits a request is applied to it; a request suffers one
    /// fault at most.
    pub fn fault(&self, fault: Fault) {
        self.0.fault(fault);
    }

    /// Makes each record that a request writes take this time from now on. A record is written even
    /// if the client does not wait for it.
    pub fn slow_down(&self, per_record: Duration) {
        self.0.slow_down(per_record);
    }

    /// Forgets the faults that have not struck yet.
    pub fn clear_faults(&self) {
        self.0.clear_faults();
    }

    /// Ends every token that was given out.
    pub fn expire_tokens(&self) {
        self.0.lock().tokens.expire_all();
    }

    /// Closes the port and all connections.
    pub async fn stop(self) {
        self.0.stop().await;
    }
}

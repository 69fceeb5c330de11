//! A Salesforce org on a loopback port. See [`Salesforce::start`].
//!
//! Requests are handled one after the other under one lock; the latency of [`Options`] passes
//! outside of it, so that a client's concurrency shows.

mod address;
mod administration;
mod answer;
mod auth;
mod composite;
pub mod credentials;
mod describe;
mod error;
mod exchange;
mod field;
mod graph;
mod ids;
mod index;
mod jwt;
mod kind;
mod limits;
mod line_item;
mod my_domain;
mod opportunity;
mod options;
mod permissions;
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
mod soql;
mod store;
mod subrequest;
mod tooling;
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
pub use administration::{Administration, Right};
pub use credentials::Credentials;
pub use kind::Kind;
pub use my_domain::OldDomain;
pub use options::{Country, CustomField, DuplicateRule, Options, Picklist};

/// A fault of this system.
pub type Fault = crate::fault::Fault<Kind>;
/// The calls that this system has counted.
pub type Calls = crate::journal::Calls<Kind>;

/// A running sandbox org. Dropping it stops it as [`Salesforce::stop`] does, but without waiting.
#[derive(Debug)]
pub struct Salesforce(Running<World>);

impl Salesforce {
    /// Starts an org on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// When no port can be bound, or when the options cannot be carried out (a custom field on an
    /// unknown object, a key that is no public key).
    pub async fn start(options: Options) -> io::Result<Self> {
        let (place, latency) = (options.place.clone(), options.latency);
        Running::start(&place, latency, |url| World::new(options, url))
            .await
            .map(Self)
    }

    /// Creates an org without a port, for a client that believes it to be at this URL: requests
    /// come by [`Salesforce::carry`].
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

    /// Returns the URL at which it listens, such as `http://127.0.0.1:41234`: both the login host
    /// and the instance.
    #[must_use]
    pub fn url(&self) -> &str {
        self.0.url()
    }

    /// Returns all records of an object, oldest first, each with its `Id` and without fields that
    /// are null. Empty for an unknown object.
    #[must_use]
    pub fn records(&self, object: &str) -> Vec<Map<String, Value>> {
        self.0.lock().records(object)
    }

    /// Creates a record as a user of the org would, without HTTP, faults and counting, and returns
    /// its id. Such changes are not in the journal.
    ///
    /// # Errors
    /// The org's own message when it refuses the record.
    pub fn create(&self, object: &str, fields: Map<String, Value>) -> Result<String, String> {
        self.0
            .lock()
            .create(object, fields)
            .map_err(|error| error.to_string())
    }

    /// Converts a lead as a user of the org would: to an account and a contact, and on request to
    /// an opportunity. Returns their ids.
    ///
    /// # Errors
    /// The org's own message when there is no such lead.
    pub fn convert(&self, lead: &str, with_opportunity: bool) -> Result<Vec<String>, String> {
        self.0
            .lock()
            .convert(lead, with_opportunity)
            .map_err(|error| error.to_string())
    }

    /// Changes a record as a user of the org would. Such changes are not in the journal.
    ///
    /// # Errors
    /// The org's own message when it refuses the change, or when there is no such record.
    pub fn edit(&self, object: &str, id: &str, fields: &Map<String, Value>) -> Result<(), String> {
        self.0
            .lock()
            .edit(object, id, fields)
            .map_err(|error| error.to_string())
    }

    /// Deletes a record as a user of the org would. Such changes are not in the journal.
    ///
    /// # Errors
    /// The org's own message when it refuses the deletion, or when there is no such record.
    pub fn delete(&self, object: &str, id: &str) -> Result<(), String> {
        let mut world = self.0.lock();
        world.delete(object, id).map_err(|error| error.to_string())
    }

    /// Empties the recycle bin, as Salesforce does with what has been in it for fifteen days.
    pub fn empty_recycle_bin(&self) {
        self.0.lock().store.empty_bin();
    }

    /// Merges a record into another one, its master, as a user of the org would.
    ///
    /// # Errors
    /// The org's own message when there are no such records.
    pub fn merge(&self, object: &str, id: &str, master: &str) -> Result<(), String> {
        let mut world = self.0.lock();
        world
            .merge(object, id, master)
            .map_err(|error| error.to_string())
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
    /// (`STORAGE_LIMIT_EXCEEDED`; SOAP API Developer Guide, "StatusCode").
    pub fn fill_storage(&self, is_full: bool) {
        self.0.lock().store.is_full = is_full;
    }

    /// Gives the org another My Domain name. From now on logins return this URL as the instance,
    /// and data calls to another host get the answer of the old domain.
    pub fn rename(&self, url: &str, old: OldDomain) {
        self.0.lock().rename(url, old);
    }

    /// Takes rights from whoever calls, and gives back all others.
    pub fn take_rights(&self, lacks: &[Right]) {
        self.0.lock().take_rights(lacks);
    }

    /// Closes objects to the integration user, until a permission set opens them.
    pub fn close_objects(&self, objects: &[&str]) {
        self.0.lock().close_objects(objects);
    }

    /// Returns the number of calls that have arrived.
    #[must_use]
    pub fn calls(&self) -> Calls {
        self.0.calls()
    }

    /// Returns all changes by requests, in order. Changes that the org made by itself (roll-ups,
    /// cascades) are not listed.
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

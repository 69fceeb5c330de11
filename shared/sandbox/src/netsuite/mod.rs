//! A NetSuite account on a loopback port: SuiteTalk REST web services. See [`NetSuite::start`].
//!
//! It has customers, contacts, sales orders and items, SuiteQL over them, both ways to log in, the
//! one pool of concurrent requests, asynchronous batches of new records, and NetSuite's messages
//! for its refusals. It has no other asynchronous requests, transforms, other RESTlets than our
//! companion, SOAP, taxes or stock: such requests get an
//! error. A role has all permissions but for the kinds of record that are out of its reach. Rules name their pages of the help, which are at
//! `docs.oracle.com/en/cloud/saas/netsuite/ns-online-help/PAGE.html`.

mod account;
mod answer;
mod assertion;
mod catalog;
mod check;
mod credentials;
mod customer;
mod error;
mod items;
mod jobs;
mod kind;
mod language;
mod login;
mod metadata;
mod options;
mod property;
mod records;
mod request;
mod restlet;
mod routes;
mod sales_order;
mod schema;
mod store;
mod sublist;
mod suiteql;
mod tba;
mod value;
mod view;
mod write;

use crate::{barrier::Barrier, carried::Carried, running::Running};
use account::Account;
use bytes::Bytes;
use http::Request;
use serde_json::{Map, Value};
use std::{io, time::Duration};

pub use crate::{
    fault::Effect,
    journal::{Change, Operation},
    product::Product,
};
pub use credentials::Credentials;
pub use kind::Kind;
pub use options::{Companion, CustomField, Item, ItemKind, ListEntry, Options};

/// A fault of this system. `LockRow` makes the next write fail with "Record has been changed.",
/// `RequestLimit` is the 429 of concurrency governance.
pub type Fault = crate::fault::Fault<Kind>;
/// The calls that this system has counted.
pub type Calls = crate::journal::Calls<Kind>;

/// A running sandbox account. Dropping it stops it as [`NetSuite::stop`] does, but without waiting.
#[derive(Debug)]
pub struct NetSuite(Running<Account>);

impl NetSuite {
    /// Starts an account on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// When no port can be bound, or when the options cannot be carried out (a custom field on an
    /// unknown record, a key that NetSuite would not take).
    pub async fn start(options: Options) -> io::Result<Self> {
        let (place, latency) = (options.place.clone(), options.latency);
        let running = Running::start(&place, latency, |url| Account::new(&options, url)).await?;
        running.slow_down(options.per_record);
        Ok(Self(running))
    }

    /// Creates an account without a port, for a client that believes it to be at this URL: requests
    /// come by [`NetSuite::carry`].
    ///
    /// # Errors
    /// When the options cannot be carried out.
    pub fn offline(options: Options, url: &str) -> io::Result<Self> {
        Running::offline(url, |url| Account::new(&options, url)).map(Self)
    }

    /// Carries out a request that came on no connection. A given fault strikes it; without one, a
    /// queued fault may.
    #[must_use]
    pub fn carry(&self, request: Request<Bytes>, fault: Option<Effect>) -> Carried {
        self.0.carry(request, fault)
    }

    /// Returns the URL at which it listens, such as `http://127.0.0.1:41234`: it replaces
    /// `https://1234567-sb1.suitetalk.api.netsuite.com`.
    #[must_use]
    pub fn url(&self) -> &str {
        self.0.url()
    }

    /// Returns the credentials of a client. They were made at the start unless the options had
    /// them.
    #[must_use]
    pub fn credentials(&self) -> Credentials {
        self.0.lock().door.credentials.clone()
    }

    /// Returns all records of a kind (`customer`, `contact`, `salesOrder`), oldest first: `id`,
    /// `externalId` and the properties that are not null, in the form in which a request writes
    /// them. Empty for an unknown kind.
    #[must_use]
    pub fn records(&self, kind: &str) -> Vec<Map<String, Value>> {
        let mut account = self.0.lock();
        account.run_jobs();
        account.records(kind)
    }

    /// Creates a record as a user of the account would, without HTTP, faults and counting, and
    /// returns its id. Such changes are not in the journal.
    ///
    /// # Errors
    /// NetSuite's own message when it refuses the record.
    pub fn create(&self, kind: &str, fields: &Map<String, Value>) -> Result<String, String> {
        self.0
            .lock()
            .create(kind, fields)
            .map_err(|error| error.to_string())
    }

    /// Locks a record as a workflow would: it cannot be read or written any more, only found by
    /// SuiteQL. Returns whether there is a record with this id.
    #[must_use]
    pub fn lock(&self, kind: &str, id: &str) -> bool {
        self.0.lock().lock(kind, id)
    }

    /// Puts up a barrier, which keeps a record from requests.
    pub fn put_up(&self, barrier: Barrier) {
        self.0.lock().books.barriers.put_up(barrier);
    }

    /// Takes down a barrier, so that requests can write the record again.
    pub fn take_down(&self, barrier: &Barrier) {
        self.0.lock().books.barriers.take_down(barrier);
    }

    /// Deletes an item and creates the same under another id: a client that remembers the former id
    /// gets "Invalid item reference key". Returns whether there was an item with this id.
    #[must_use]
    pub fn replace_item(&self, id: u64, new: u64) -> bool {
        self.0.lock().books.catalog.replace_item(id, new)
    }

    /// Bills a sales order, so that its lines cannot be removed any more. Returns whether there is
    /// an order with this id.
    #[must_use]
    pub fn bill(&self, id: &str) -> bool {
        self.0.lock().bill(id)
    }

    /// Fulfils a sales order, or the one line of it with this `line` key: such lines cannot be
    /// removed any more, nor have a quantity below the fulfilled one. Returns whether there is an
    /// order with this id.
    #[must_use]
    pub fn fulfil(&self, id: &str, line: Option<u32>) -> bool {
        self.0.lock().fulfil(id, line)
    }

    /// Changes a record as a user of the account would: lines with their `line` keys change, lines
    /// without one are added. Such changes are not in the journal.
    ///
    /// # Errors
    /// NetSuite's own message when it refuses the change, or when there is no such record.
    pub fn edit(&self, kind: &str, id: &str, fields: &Map<String, Value>) -> Result<(), String> {
        self.0
            .lock()
            .edit(kind, id, fields)
            .map_err(|error| error.to_string())
    }

    /// Returns the reasons why logins were refused, oldest first. Clients never learn them.
    #[must_use]
    pub fn audit_trail(&self) -> Vec<String> {
        self.0.lock().door.audit_trail.clone()
    }

    /// Returns the number of calls that have arrived.
    #[must_use]
    pub fn calls(&self) -> Calls {
        self.0.calls()
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
        self.0.lock().jobs.per_record = per_record;
    }

    /// Sets whether the asynchronous jobs that are accepted from now on never begin.
    pub fn stall_jobs(&self, stall: bool) {
        self.0.lock().jobs.stall = stall;
    }

    /// Forgets all asynchronous jobs, and the records that they have not saved yet.
    pub fn lose_jobs(&self) {
        self.0.lock().jobs.lose();
    }

    /// Forgets the faults that have not struck yet.
    pub fn clear_faults(&self) {
        self.0.clear_faults();
    }

    /// Ends every Bearer token that was given out.
    pub fn expire_tokens(&self) {
        self.0.lock().door.expire_tokens();
    }

    /// Closes the port and all connections.
    pub async fn stop(self) {
        self.0.stop().await;
    }
}

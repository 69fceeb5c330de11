use crate::{
    Barrier, Carried, Change, Effect, Place,
    netsuite::{self, NetSuite},
    salesforce::{self, Salesforce},
    zoho::{self, Zoho},
};
use bytes::Bytes;
use http::Request;
use serde_json::{Map, Value, json};
use std::{io, time::Duration};

/// A double of any of the systems, for demos and tests that go through all of them.
#[derive(Debug)]
pub enum Double {
    /// A Salesforce org.
    Salesforce(Salesforce),
    /// A Zoho organisation.
    Zoho(Zoho),
    /// A NetSuite account.
    NetSuite(NetSuite),
}

impl Double {
    /// Starts a double of `salesforce`, `zoho` or `netsuite` with its default options; every answer
    /// takes `latency` to arrive.
    ///
    /// # Errors
    /// When no port can be bound, or there is no double of that system.
    pub async fn start(system: &str, latency: Duration) -> io::Result<Self> {
        Self::start_at(system, latency, Place::default()).await
    }

    /// Starts such a double at this place.
    ///
    /// # Errors
    /// When the place cannot be bound, or there is no double of that system.
    pub async fn start_at(system: &str, latency: Duration, place: Place) -> io::Result<Self> {
        match system {
            "salesforce" => {
                let options = salesforce::Options {
                    latency,
                    place,
                    ..Default::default()
                };
                Salesforce::start(options).await.map(Self::Salesforce)
            }
            "zoho" => {
                let options = zoho::Options {
                    latency,
                    place,
                    ..Default::default()
                };
                Zoho::start(options).await.map(Self::Zoho)
            }
            "netsuite" => {
                let options = netsuite::Options {
                    latency,
                    place,
                    ..Default::default()
                };
                NetSuite::start(options).await.map(Self::NetSuite)
            }
            _ => Err(io::Error::new(
                io::ErrorKind::Unsupported,
                format!("there is no double of {system}"),
            )),
        }
    }

    /// Carries out a request that came on no connection. A given fault strikes it; without one, a
    /// queued fault may.
    #[must_use]
    pub fn carry(&self, request: Request<Bytes>, fault: Option<Effect>) -> Carried {
        match self {
            Self::Salesforce(double) => double.carry(request, fault),
            Self::Zoho(double) => double.carry(request, fault),
            Self::NetSuite(double) => double.carry(request, fault),
        }
    }

    /// Returns the system's name in the configuration.
    #[must_use]
    pub fn system(&self) -> &'static str {
        match self {
            Self::Salesforce(_) => "salesforce",
            Self::Zoho(_) => "zoho",
            Self::NetSuite(_) => "netsuite",
        }
    }

    /// Returns the URL at which it listens.
    #[must_use]
    pub fn url(&self) -> &str {
        match self {
            Self::Salesforce(double) => double.url(),
            Self::Zoho(double) => double.url(),
            Self::NetSuite(double) => double.url(),
        }
    }

    /// Returns the lines of its `[destinations.NAME]` that tell how to reach it.
    #[must_use]
    pub fn settings(&self) -> String {
        let (system, url) = (self.system(), self.url());
        match self {
            Self::Salesforce(_) => format!(
                "system = \"{system}\"\nauth = \"client_credentials\"\nlogin_url = \"{url}\"\n"
            ),
            Self::Zoho(_) => format!("system = \"{system}\"\naccounts_url = \"{url}\"\n"),
            Self::NetSuite(_) => {
                format!("system = \"{system}\"\nauth = \"token\"\nbase_url = \"{url}\"\n")
            }
        }
    }

    /// Returns the secret with its credentials.
    #[must_use]
    pub fn secret(&self) -> Map<String, Value> {
        let secret = match self {
            Self::Salesforce(_) => json!({
                "client_id": salesforce::credentials::CLIENT_ID, "client_secret": salesforce::credentials::CLIENT_SECRET,
            }),
            Self::Zoho(_) => json!({
                "client_id": zoho::credentials::CLIENT_ID, "client_secret": zoho::credentials::CLIENT_SECRET,
                "refresh_token": zoho::credentials::REFRESH_TOKEN,
            }),
            Self::NetSuite(double) => double
                .credentials()
                .token(&netsuite::Options::default().account_id),
        };
        match secret {
            Value::Object(secret) => secret,
            _ => Map::new(),
        }
    }

    /// Returns all records of a kind, oldest first, by the system's own word for the kind.
    #[must_use]
    pub fn records(&self, kind: &str) -> Vec<Map<String, Value>> {
        match self {
            Self::Salesforce(double) => double.records(kind),
            Self::Zoho(double) => double.records(kind),
            Self::NetSuite(double) => double.records(kind),
        }
    }

    /// Returns the system's words for the records that an order may become: that of the order
    /// itself first, then that of the customer.
    #[must_use]
    pub fn kinds(&self) -> &'static [&'static str] {
        match self {
            Self::Salesforce(_) => &[
                "Opportunity",
                "Contact",
                "Account",
                "OpportunityLineItem",
                "Lead",
            ],
            Self::Zoho(_) => &["Deals", "Contacts", "Accounts", "Sales_Orders"],
            Self::NetSuite(_) => &["salesOrder", "customer"],
        }
    }

    /// Changes a record as a user of the organisation would. Such changes are not in the journal.
    ///
    /// # Errors
    /// The system's own message when it refuses the change, or when there is no such record.
    pub fn edit(&self, kind: &str, id: &str, fields: &Map<String, Value>) -> Result<(), String> {
        match self {
            Self::Salesforce(double) => double.edit(kind, id, fields),
            Self::Zoho(double) => double.edit(kind, id, fields),
            Self::NetSuite(double) => double.edit(kind, id, fields),
        }
    }

    /// Puts up a barrier, which keeps a record from requests.
    pub fn put_up(&self, barrier: Barrier) {
        match self {
            Self::Salesforce(double) => double.put_up(barrier),
            Self::Zoho(double) => double.put_up(barrier),
            Self::NetSuite(double) => double.put_up(barrier),
        }
    }

    /// Takes down a barrier, so that requests can write the record again.
    pub fn take_down(&self, barrier: &Barrier) {
        match self {
            Self::Salesforce(double) => double.take_down(barrier),
            Self::Zoho(double) => double.take_down(barrier),
            Self::NetSuite(double) => double.take_down(barrier),
        }
    }

    /// Sets whether the storage is full, so that there is no room for new records. NetSuite has no
    /// such limit.
    pub fn fill_storage(&self, is_full: bool) {
        match self {
            Self::Salesforce(double) => double.fill_storage(is_full),
            Self::Zoho(double) => double.fill_storage(is_full),
            Self::NetSuite(_) => {}
        }
    }

    /// Returns the number of calls that count against the system's limits: all but those for
    /// tokens.
    #[must_use]
    pub fn calls(&self) -> u64 {
        match self {
            Self::Salesforce(double) => double.calls().total,
            Self::Zoho(double) => double.calls().total,
            Self::NetSuite(double) => double.calls().total,
        }
    }

    /// Returns the number of records that requests have written so far, deletions included.
    #[must_use]
    pub fn changes(&self) -> usize {
        match self {
            Self::Salesforce(double) => double.changes().len(),
            Self::Zoho(double) => double.changes().len(),
            Self::NetSuite(double) => double.changes().len(),
        }
    }

    /// Returns all changes by requests, in order.
    #[must_use]
    pub fn journal(&self) -> Vec<Change> {
        match self {
            Self::Salesforce(double) => double.changes(),
            Self::Zoho(double) => double.changes(),
            Self::NetSuite(double) => double.changes(),
        }
    }

    /// Queues a fault for the requests that write orders.
    pub fn fault_writes(&self, effect: Effect, times: u32) {
        match self {
            Self::Salesforce(double) => double.fault(
                salesforce::Fault::new(effect)
                    .on(salesforce::Kind::Graph)
                    .times(times),
            ),
            Self::Zoho(double) => {
                double.fault(zoho::Fault::new(effect).on(zoho::Kind::Upsert).times(times))
            }
            Self::NetSuite(double) => double.fault(
                netsuite::Fault::new(effect)
                    .on(netsuite::Kind::Create)
                    .times(times),
            ),
        }
    }

    /// Makes each record that a request writes take this time from now on. A record is written even
    /// if the client does not wait for it.
    pub fn slow_down(&self, per_record: Duration) {
        match self {
            Self::Salesforce(double) => double.slow_down(per_record),
            Self::Zoho(double) => double.slow_down(per_record),
            Self::NetSuite(double) => double.slow_down(per_record),
        }
    }

    /// Forgets the faults that have not struck yet.
    pub fn clear_faults(&self) {
        match self {
            Self::Salesforce(double) => double.clear_faults(),
            Self::Zoho(double) => double.clear_faults(),
            Self::NetSuite(double) => double.clear_faults(),
        }
    }

    /// Queues a fault for the next requests, whatever they are.
    pub fn fault(&self, effect: Effect, times: u32) {
        match self {
            Self::Salesforce(double) => double.fault(salesforce::Fault::new(effect).times(times)),
            Self::Zoho(double) => double.fault(zoho::Fault::new(effect).times(times)),
            Self::NetSuite(double) => double.fault(netsuite::Fault::new(effect).times(times)),
        }
    }
}

use crate::{PortError, RecordRef};
use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A request about personal data ("subject request") as the operator sees it: what was asked, what
/// was removed here, and which records in the destinations remain to be looked at. Holds the shop's
/// ids only; an e-mail is never kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectRequest {
    /// The id of this request; the same delivery of the shop has the same id, however often it
    /// comes.
    pub id: String,
    /// The kind of the request: `access`, `redact_customer`, `redact_order` or `redact_store`.
    pub kind: String,
    /// Name of the store.
    pub store: String,
    /// The shop's id of the customer, where the shop told it.
    pub customer: Option<String>,
    /// The shop's ids of the orders that the request listed.
    pub orders: Vec<String>,
    /// The time at which the shop's request was accepted.
    pub received: Timestamp,
    /// The time at which the operator marked the request as done: the destinations are dealt with.
    pub done: Option<Timestamp>,
    /// The reason for which nothing was removed, and what to do about it, where the request was not
    /// carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_back: Option<String>,
    /// The number of messages removed that waited or were in hand.
    pub waiting_removed: u64,
    /// The number of dead letters removed.
    pub dead_removed: u64,
    /// The number of ledger entries that lost their texts.
    pub ledger_redacted: u64,
    /// The records in the destinations that hold the orders concerned. For a whole store none are
    /// listed: its ledger entries have them.
    pub records: Vec<HeldRecord>,
}

/// A record in a destination that holds an order concerned by a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldRecord {
    /// Name of the destination.
    pub destination: String,
    /// The shop's id of the order.
    pub order: String,
    /// The record.
    #[serde(flatten)]
    pub record: RecordRef,
}

impl SubjectRequest {
    /// Returns this request with what another pass over it found: each destination's queue brings
    /// the request, and a pass that broke off is repeated. Where something new is found, a request
    /// that was done is open again. Whether it is held back is what the last pass says.
    #[must_use]
    pub fn and(mut self, pass: Self) -> Self {
        let new: Vec<HeldRecord> = pass
            .records
            .into_iter()
            .filter(|record| !self.records.contains(record))
            .collect();
        let removed = pass.waiting_removed + pass.dead_removed + pass.ledger_redacted;
        if removed > 0 || !new.is_empty() {
            self.done = None;
        }
        self.held_back = pass.held_back;
        self.waiting_removed += pass.waiting_removed;
        self.dead_removed += pass.dead_removed;
        self.ledger_redacted += pass.ledger_redacted;
        self.records.extend(new);
        self
    }
}

/// The operator's list of requests about personal data.
#[async_trait]
pub trait PrivacyLog: Send + Sync {
    /// Writes a request down, or adds to the one with the same id, see [`SubjectRequest::and`].
    ///
    /// # Errors
    /// Fails where the list cannot be written.
    async fn record(&self, request: SubjectRequest) -> Result<(), PortError>;

    /// Lists the requests, the last received first.
    ///
    /// # Errors
    /// Fails where the list cannot be read.
    async fn requests(&self) -> Result<Vec<SubjectRequest>, PortError>;

    /// Marks a request as done; one that was done already keeps its time. Returns false where there
    /// is none with this id.
    ///
    /// # Errors
    /// Fails where the list cannot be written.
    async fn done(&self, id: &str, at: Timestamp) -> Result<bool, PortError>;
}

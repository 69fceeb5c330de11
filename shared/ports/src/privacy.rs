use crate::{PortError, RecordRef};
use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A request about personal data ("subject request") as the operator sees it: what was asked, what
/// went from here, and which records of the destinations remain to be looked at. Holds the shop's
/// ids only; an e-mail is never kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectRequest {
    /// Names this request; the same delivery of the shop has the same name, however often it comes.
    pub id: String,
    /// What was asked: `access`, `redact_customer`, `redact_order`, `redact_store`.
    pub kind: String,
    /// Name of the store.
    pub store: String,
    /// The shop's id of the customer, where it told one.
    pub customer: Option<String>,
    /// The shop's ids of the orders that it listed.
    pub orders: Vec<String>,
    /// When the shop's request was accepted.
    pub received: Timestamp,
    /// When the operator said that the destinations are dealt with.
    pub done: Option<Timestamp>,
    /// Why nothing was removed, and what to do about it, where the request was not carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_back: Option<String>,
    /// How many messages that waited or were in hand went.
    pub waiting_removed: u64,
    /// How many dead letters went.
    pub dead_removed: u64,
    /// How many ledger entries lost their texts.
    pub ledger_redacted: u64,
    /// The records in the destinations that hold the orders concerned. None are listed for a whole
    /// store: its ledger entries have them.
    pub records: Vec<HeldRecord>,
}

/// A record in a destination that holds an order of somebody who asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldRecord {
    /// Name of the destination.
    pub destination: String,
    /// The shop's id of the order.
    pub order: String,
    /// Which record.
    #[serde(flatten)]
    pub record: RecordRef,
}

impl SubjectRequest {
    /// This request and what another pass over it found: each destination's queue brings it, and a
    /// pass that broke off is repeated. What is found anew opens a request again that was done;
    /// whether it is held back is what the last pass says.
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
    /// Writes a request down, or adds to the one of this name, see [`SubjectRequest::and`].
    async fn record(&self, request: SubjectRequest) -> Result<(), PortError>;

    /// The last received first.
    async fn requests(&self) -> Result<Vec<SubjectRequest>, PortError>;

    /// Marks a request as done; one that was done already keeps its time. False when there is none
    /// of this name.
    async fn done(&self, id: &str, at: Timestamp) -> Result<bool, PortError>;
}

use crate::{Holder, PortError, Redaction, Revision, Version};
use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};

/// One entry per route and order.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LedgerKey {
    /// Name of the route.
    pub route: String,
    /// Id of the order in the shop.
    pub order: String,
}

/// What became of an order at one destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// Which order on which route.
    pub key: LedgerKey,
    /// Fencing token; `None` before the first write.
    pub revision: Option<Revision>,
    /// Where the order stands.
    pub state: State,
    /// What the destination holds, once anything was delivered.
    pub delivered: Option<Delivered>,
    /// Which message group may write this order to the destination; `None` until one claims it.
    #[serde(default)]
    pub holder: Option<Holder>,
    /// Failed tries since the last delivery.
    pub attempts: u32,
    /// When the first of these failed; later by what any pause between two of them had beyond a
    /// day, because that may have been a clock that leapt.
    #[serde(default)]
    pub failing_since: Option<Timestamp>,
    /// For how long tries have failed while the destination was well: giving up goes by this age,
    /// not by count.
    #[serde(default)]
    pub failing_for: Duration,
    /// How often in a row its tries ended without a proper answer while the destination was not
    /// known to be away: the more, the fewer other orders are tried with it.
    #[serde(default)]
    pub suspicion: u32,
    /// Why the last try failed, without personal data.
    pub last_error: Option<String>,
    /// What an operator should know although the order was delivered.
    pub warnings: Vec<String>,
    /// When the order was first seen.
    pub first_seen: Timestamp,
    /// When this entry last changed.
    pub updated: Timestamp,
}

/// What a redacted entry says in place of what it said.
const REDACTED: &str = "what was noted here was removed, as the customer or the shop asked for";

impl LedgerEntry {
    /// Returns the entry as the ledger holds it after this write.
    #[must_use]
    pub fn written(self) -> Self {
        Self {
            revision: Some(Revision::after(self.revision)),
            ..self
        }
    }

    /// Whether there is any text about the order, or a state that says that it is still tried.
    #[must_use]
    pub fn holds_texts(&self) -> bool {
        let is_redacted =
            self.last_error.is_none() && self.warnings.iter().all(|text| text == REDACTED);
        !is_redacted || !matches!(self.state, State::Delivered | State::Skipped)
    }

    /// The same without any text about the order, as a write of its own, after which whoever has
    /// the order in hand cannot write texts back; `None` where there is neither a text nor anybody
    /// who could. The watermark, the content's hash and the record ids stay: they are not personal,
    /// and without them the order could be delivered twice.
    #[must_use]
    pub fn redacted(self) -> Option<Self> {
        let is_held = self
            .holder
            .as_ref()
            .is_some_and(|holder| holder.version.is_some());
        if !self.holds_texts() && !is_held {
            return None;
        }
        // Whatever was still to be tried has left the queue.
        let state = if self.delivered.is_some() {
            State::Delivered
        } else {
            State::Skipped
        };
        let warnings = if self.holds_texts() {
            vec![REDACTED.to_owned()]
        } else {
            self.warnings
        };
        Some(Self {
            revision: Some(Revision::after(self.revision)),
            state,
            holder: self.holder.map(Holder::released),
            attempts: 0,
            failing_since: None,
            failing_for: Duration::ZERO,
            suspicion: 0,
            last_error: None,
            warnings,
            ..self
        })
    }
}

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The destination holds the newest state that was accepted and tried.
    Delivered,
    /// There was rightly nothing to deliver, such as a draft.
    Skipped,
    /// It is being tried for the first time, or the last try failed; another one follows.
    Retrying,
    /// The last state could not be delivered and is a dead letter.
    Rejected,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Delivered,
        Self::Skipped,
        Self::Retrying,
        Self::Rejected,
    ];

    /// The word in lists and filters.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Skipped => "skipped",
            Self::Retrying => "retrying",
            Self::Rejected => "rejected",
        }
    }
}

/// What a destination holds of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivered {
    /// The watermark: older states are stale.
    pub version: Version,
    /// What of it is there.
    pub content: Content,
    /// The records that hold the order.
    pub records: Vec<RecordRef>,
    /// What the order's lines were delivered as: the product's code by the id of the line. A
    /// product that is deleted in the shop is no longer in the order, and a line keeps what it had.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub products: BTreeMap<String, String>,
    /// When.
    pub at: Timestamp,
}

/// What a destination holds of the plan that was delivered last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Content {
    /// All of it, by its hash: the same plan again is unchanged.
    Whole(String),
    /// Nobody knows, because a later call failed: nothing counts as unchanged until it is written
    /// again.
    InDoubt,
}

impl Content {
    /// Whether the destination surely holds the plan of this hash.
    #[must_use]
    pub fn is(&self, plan: &str) -> bool {
        matches!(self, Self::Whole(held) if held == plan)
    }
}

/// As ledgers keep it.
impl From<String> for Content {
    fn from(stored: String) -> Self {
        if stored.is_empty() {
            Self::InDoubt
        } else {
            Self::Whole(stored)
        }
    }
}

/// As ledgers keep it: doubt is an empty text.
impl From<Content> for String {
    fn from(content: Content) -> Self {
        match content {
            Content::Whole(hash) => hash,
            Content::InDoubt => Self::new(),
        }
    }
}

/// A record in a destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordRef {
    /// The mapping's name of the record.
    pub name: String,
    /// The destination's kind of record.
    pub object: String,
    /// The destination's id.
    pub id: String,
}

/// Which entries. `None` means any.
#[derive(Clone, Debug, Default)]
pub struct LedgerFilter {
    /// Only this route.
    pub route: Option<String>,
    /// Only this order.
    pub order: Option<String>,
    /// Only this state.
    pub state: Option<State>,
    /// At most so many, the last changed first; `None` means all.
    pub limit: Option<usize>,
}

/// Whether a write to the ledger took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// It did.
    Yes,
    /// Somebody else wrote the entry since it was read; nothing changed.
    Conflict,
}

/// The memory of what was delivered: idempotency, watermarks and the operator's answer to "what
/// happened to order 1042?".
#[async_trait]
pub trait Ledger: Send + Sync {
    /// The entries of these keys, in their order; `None` where there is none yet.
    async fn load(&self, keys: &[LedgerKey]) -> Result<Vec<Option<LedgerEntry>>, PortError>;

    /// Writes each entry on condition that the stored revision still is `entry.revision` (`None`:
    /// that there is none), and counts it up. Each entry for itself.
    async fn store(&self, entries: Vec<LedgerEntry>) -> Result<Vec<Stored>, PortError>;

    /// The last changed first.
    async fn list(&self, filter: &LedgerFilter) -> Result<Vec<LedgerEntry>, PortError>;

    /// Redacts the entries concerned, see [`LedgerEntry::redacted`], and tells how many had texts.
    /// Each counts its revision up, so that whoever had read it before cannot write the texts
    /// back.
    async fn redact(&self, redaction: &Redaction) -> Result<u64, PortError>;
}

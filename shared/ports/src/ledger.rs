use crate::{Event, Happened, Holder, PortError, Redaction, Revision, Tried, Version, history};
use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};

/// The key of a ledger entry: there is one entry per route and order.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LedgerKey {
    /// Name of the route.
    pub route: String,
    /// Id of the order in the shop.
    pub order: String,
}

/// The state of one order at one destination, as the ledger remembers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// The route and the order.
    pub key: LedgerKey,
    /// Fencing token; `None` before the first write.
    pub revision: Option<Revision>,
    /// The state of the delivery.
    pub state: State,
    /// The part of the order that the destination holds, once anything was delivered.
    pub delivered: Option<Delivered>,
    /// The message group that may write this order to the destination; `None` until one claims it.
    #[serde(default)]
    pub holder: Option<Holder>,
    /// The states that groups may have tried from which the order was taken over, one of each group:
    /// older states wait until the group has come back with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tried: Vec<Tried>,
    /// The number of failed tries since the order was last delivered, skipped or rejected.
    pub attempts: u32,
    /// The time of the first of these failures. Where the pause between two of them was longer than
    /// a day, it is moved later by the excess, because the clock may have leapt.
    #[serde(default)]
    pub failing_since: Option<Timestamp>,
    /// The time for which tries have failed while the destination was well. Giving up goes by this
    /// age, not by the number of tries.
    #[serde(default)]
    pub failing_for: Duration,
    /// The number of tries in a row that ended without a proper answer while the destination was
    /// not known to be away. The higher it is, the fewer other orders are tried together with this
    /// one.
    #[serde(default)]
    pub suspicion: u32,
    /// The shop's modification time of the state that was rejected last, until another one is settled.
    #[serde(rename = "rejected", default, skip_serializing_if = "Option::is_none")]
    pub rejected_modified: Option<Timestamp>,
    /// The reason for which the last try failed, without personal data.
    pub last_error: Option<String>,
    /// Notes for an operator: warnings about a delivered order, or why there was nothing to
    /// deliver.
    pub warnings: Vec<String>,
    /// The time at which the order was first seen.
    pub first_seen: Timestamp,
    /// The time at which this entry last changed.
    pub updated: Timestamp,
    /// Name of the store from which it came last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
    /// The number that the shop's customer sees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// The total of the newest state that was read, as a decimal number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<String>,
    /// Code of the currency of the total.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Name and version of the mapping of the last delivery, joined by `@`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapping: Option<String>,
    /// The last events, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<Event>,
}

/// The note of a redacted entry, in place of all its texts.
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

    /// Adds an event to the history.
    pub fn happened(&mut self, what: Happened, at: Timestamp) {
        history::add(&mut self.history, what, at);
    }

    /// Returns whether a person may mean this order by this text: its id, its number (with or
    /// without the `#` before it), or the id of a record that holds it.
    #[must_use]
    pub fn is_called(&self, text: &str) -> bool {
        let bare = |number: &str| number.trim_start_matches('#').to_owned();
        let is_number = || {
            self.number
                .as_ref()
                .is_some_and(|number| bare(number) == bare(text))
        };
        let mut records = self.delivered.iter().flat_map(|held| &held.records);
        self.key.order == text || is_number() || records.any(|record| record.id == text)
    }

    /// Returns what a person may look for in the entry, in lower case: its id and number, the ids of
    /// its records, the last error and the notes.
    #[must_use]
    pub fn texts(&self) -> String {
        let records = self.delivered.iter().flat_map(|held| &held.records);
        let mut parts = vec![self.key.order.as_str()];
        parts.extend(self.number.as_deref());
        parts.extend(records.map(|record| record.id.as_str()));
        parts.extend(self.last_error.as_deref());
        parts.extend(self.warnings.iter().map(String::as_str));
        parts.join("\n").to_lowercase()
    }

    /// Returns whether the entry holds this text, in whatever case, see [`Self::texts`].
    #[must_use]
    pub fn says(&self, text: &str) -> bool {
        self.texts().contains(&text.to_lowercase())
    }

    /// Returns the position in lists.
    #[must_use]
    pub fn cursor(&self) -> LedgerCursor {
        LedgerCursor {
            updated: self.updated,
            key: self.key.clone(),
        }
    }

    /// Returns whether the entry holds any text about the order, or a state that says that it is
    /// still being tried.
    #[must_use]
    pub fn holds_texts(&self) -> bool {
        let is_redacted =
            self.last_error.is_none() && self.warnings.iter().all(|text| text == REDACTED);
        !is_redacted || !matches!(self.state, State::Delivered | State::Skipped)
    }

    /// Returns the entry without any text about the order, as a write of its own: whoever has the
    /// order in hand cannot write texts back afterwards. Returns `None` where there is neither a
    /// text nor anybody who could write one. The watermark, the content's hash and the record ids
    /// stay: they are not personal, and without them the order could be delivered twice.
    #[must_use]
    pub fn redacted(self) -> Option<Self> {
        let is_held = self
            .holder
            .as_ref()
            .is_some_and(|holder| holder.version.is_some())
            || !self.tried.is_empty();
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
            tried: Vec::new(),
            attempts: 0,
            failing_since: None,
            failing_for: Duration::ZERO,
            rejected_modified: None,
            suspicion: 0,
            last_error: None,
            warnings,
            ..self
        })
    }
}

/// The state of an order's delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The destination holds the newest state that was accepted and tried.
    Delivered,
    /// There was rightly nothing to deliver, such as a draft.
    Skipped,
    /// It is being tried for the first time, or the last try failed and another one follows.
    Retrying,
    /// The last state could not be delivered and is a dead letter.
    Rejected,
}

impl State {
    /// All states.
    pub const ALL: [Self; 4] = [
        Self::Delivered,
        Self::Skipped,
        Self::Retrying,
        Self::Rejected,
    ];

    /// Returns the state's word in lists and filters.
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

/// The part of an order that a destination holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivered {
    /// The watermark: older states are stale.
    pub version: Version,
    /// The plan that the destination holds, as far as it is known.
    pub content: Content,
    /// The records that hold the order.
    pub records: Vec<RecordRef>,
    /// The products that the order's lines were delivered with: the product's code by the line's
    /// id. A product that is deleted in the shop is no longer in the order, and its line keeps the
    /// code from here.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub products: BTreeMap<String, String>,
    /// The time of the last delivery.
    pub at: Timestamp,
}

/// The knowledge of whether a destination holds the plan that was delivered last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Content {
    /// The destination holds all of the plan with this hash: the same plan again is unchanged.
    Whole(String),
    /// Unknown, because a later call failed or another message group took the order: nothing counts
    /// as unchanged until it is written again.
    InDoubt,
}

impl Content {
    /// Returns whether the destination surely holds the plan with this hash.
    #[must_use]
    pub fn is(&self, plan: &str) -> bool {
        matches!(self, Self::Whole(held) if held == plan)
    }
}

/// Reads the content as ledgers store it: an empty text is doubt.
impl From<String> for Content {
    fn from(stored: String) -> Self {
        if stored.is_empty() {
            Self::InDoubt
        } else {
            Self::Whole(stored)
        }
    }
}

/// Writes the content as ledgers store it: doubt is an empty text.
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
    /// The name of the record in the mapping.
    pub name: String,
    /// The kind of the record in the destination.
    pub object: String,
    /// The id of the record in the destination.
    pub id: String,
}

/// A filter for ledger entries. `None` means any.
#[derive(Clone, Debug, Default)]
pub struct LedgerFilter {
    /// Only this route.
    pub route: Option<String>,
    /// Only this order.
    pub order: Option<String>,
    /// Only orders that are called this, see [`LedgerEntry::is_called`].
    pub called: Option<String>,
    /// Only this state.
    pub state: Option<State>,
    /// Only orders of this store.
    pub store: Option<String>,
    /// Only entries that changed at this time or later.
    pub since: Option<Timestamp>,
    /// Only entries that last changed before this time.
    pub until: Option<Timestamp>,
    /// Only entries that hold this text, see [`LedgerEntry::says`].
    pub text: Option<String>,
    /// Only entries that come after this position, from the last changed to the first.
    pub after: Option<LedgerCursor>,
    /// The largest number of entries, the last changed first; `None` means all.
    pub limit: Option<usize>,
}

impl LedgerFilter {
    /// Returns whether an entry passes, whatever the limit.
    #[must_use]
    pub fn passes(&self, entry: &LedgerEntry) -> bool {
        let is = |wanted: &Option<String>, found: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == found)
        };
        is(&self.route, &entry.key.route)
            && is(&self.order, &entry.key.order)
            && self
                .called
                .as_ref()
                .is_none_or(|text| entry.is_called(text))
            && self.state.is_none_or(|state| state == entry.state)
            && (self.store.is_none() || self.store == entry.store)
            && self.since.is_none_or(|since| entry.updated >= since)
            && self.until.is_none_or(|until| entry.updated < until)
            && self.text.as_ref().is_none_or(|text| entry.says(text))
            && self
                .after
                .as_ref()
                .is_none_or(|after| entry.cursor().comes_after(after))
    }
}

/// A position in a list of ledger entries: the last changed come first, of equals the one with the
/// lower key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerCursor {
    /// The time at which the entry last changed.
    pub updated: Timestamp,
    /// The entry's key.
    pub key: LedgerKey,
}

impl LedgerCursor {
    /// Returns whether this position comes after another one in a list.
    #[must_use]
    pub fn comes_after(&self, other: &Self) -> bool {
        (other.updated, &self.key) > (self.updated, &other.key)
    }
}

/// The result of a write to the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// The entry was written.
    Yes,
    /// Somebody else has written the entry since it was read; nothing changed.
    Conflict,
}

/// The memory of what was delivered: idempotency, watermarks and the operator's answer to "what
/// happened to order 1042?".
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Reads the entries of these keys, in the order of the keys; `None` where there is no entry
    /// yet.
    ///
    /// # Errors
    /// Fails where the ledger cannot be read; without it nothing may be delivered.
    async fn load(&self, keys: &[LedgerKey]) -> Result<Vec<Option<LedgerEntry>>, PortError>;

    /// Writes each entry if the stored revision still is `entry.revision` (`None`: if there is no
    /// entry yet), and counts the revision up. Each entry is written or refused on its own.
    ///
    /// # Errors
    /// Fails where the ledger cannot be written. Some of the entries may have been written all the
    /// same.
    async fn store(&self, entries: Vec<LedgerEntry>) -> Result<Vec<Stored>, PortError>;

    /// Lists the entries that pass the filter, the last changed first.
    ///
    /// # Errors
    /// Fails where the ledger cannot be read.
    async fn list(&self, filter: &LedgerFilter) -> Result<Vec<LedgerEntry>, PortError>;

    /// Redacts the entries concerned, see [`LedgerEntry::redacted`], and returns how many had
    /// texts. The revision of each is counted up, so that whoever had read it before cannot write
    /// the texts back.
    ///
    /// # Errors
    /// Fails where the ledger cannot be read or written. Some entries may have been redacted;
    /// another call redacts the rest.
    async fn redact(&self, redaction: &Redaction) -> Result<u64, PortError>;
}

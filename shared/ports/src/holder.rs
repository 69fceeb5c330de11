use crate::Version;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The message group that may write an order. The queue keeps the messages of one group apart, so
/// one group at a time is one writer at a time: an order whose customer changed is in two groups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredHolder", into = "StoredHolder")]
pub struct Holder {
    /// The message group.
    pub group: String,
    /// The state that it delivers or delivered last: whoever has an older one waits until this one
    /// is settled. `None` once it has nothing left to deliver: then any other group may take the
    /// order.
    pub version: Option<Version>,
    /// How the order came from another group, until a call of that one has surely ended.
    pub takeover: Option<Takeover>,
}

/// An order was taken from another message group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Takeover {
    /// Until then a call of that group may still be on its way.
    pub until: Timestamp,
    /// That group; `None` where there may be a call of yet another one.
    pub from: Option<String>,
}

impl Holder {
    /// The same with nothing left to deliver: any other group may take the order, after the wait
    /// that taking it needs.
    #[must_use]
    pub fn released(self) -> Self {
        Self {
            version: None,
            ..self
        }
    }
}

/// A [`Holder`] as ledgers keep it. Entries of years are written like this, so it stays.
#[derive(Serialize, Deserialize)]
struct StoredHolder {
    group: String,
    version: Version,
    wait_until: Option<Timestamp>,
    taken_from: Option<String>,
}

/// What is kept in place of the version of a group that has nothing left to deliver: older than
/// everything that a shop ever sends.
const RELEASED: Version = Version {
    modified: None,
    accepted: Timestamp::MIN,
};

impl From<StoredHolder> for Holder {
    fn from(stored: StoredHolder) -> Self {
        let from = stored.taken_from;
        Self {
            group: stored.group,
            version: Some(stored.version).filter(|version| *version != RELEASED),
            takeover: stored.wait_until.map(|until| Takeover { until, from }),
        }
    }
}

impl From<Holder> for StoredHolder {
    fn from(holder: Holder) -> Self {
        let (wait_until, taken_from) = match holder.takeover {
            Some(Takeover { until, from }) => (Some(until), from),
            None => (None, None),
        };
        Self {
            group: holder.group,
            version: holder.version.unwrap_or(RELEASED),
            wait_until,
            taken_from,
        }
    }
}

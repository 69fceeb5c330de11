use crate::Version;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The message group that may write an order. The queue keeps the messages of one group apart, so
/// one group at a time means one writer at a time. An order whose customer changed has messages in
/// two groups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredHolder", into = "StoredHolder")]
pub struct Holder {
    /// The message group.
    pub group: String,
    /// The state that the group delivers or delivered last: a group with an older one waits until
    /// this one is settled. `None` once the group has nothing left to deliver: then any other group
    /// may take the order.
    pub version: Option<Version>,
    /// The takeover of the order from another group; kept until a call of that group has surely
    /// ended.
    pub takeover: Option<Takeover>,
}

/// A state that a message group may have tried before another group took the order over, and of which
/// the ledger does not know what came: the destination may hold it, and its message comes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    /// The message group.
    pub group: String,
    /// The state.
    pub version: Version,
}

/// The takeover of an order from another message group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Takeover {
    /// The time until which a call of that group may still be on its way.
    pub until: Timestamp,
    /// The group that held the order; `None` where a call of yet another group may be on its way.
    pub from: Option<String>,
}

impl Holder {
    /// Marks the holder as having nothing left to deliver: any other group may take the order,
    /// after the wait that taking it needs.
    #[must_use]
    pub fn released(self) -> Self {
        Self {
            version: None,
            ..self
        }
    }
}

/// A [`Holder`] as ledgers store it. Entries of many years have this format, so it must not change.
#[derive(Serialize, Deserialize)]
struct StoredHolder {
    group: String,
    version: Version,
    wait_until: Option<Timestamp>,
    taken_from: Option<String>,
}

/// The version that is stored for a group with nothing left to deliver: older than any that a shop
/// ever sends.
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

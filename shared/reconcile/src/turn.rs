//! One comparison of a store at a time, whoever asks: a lease in the checkpoints.

use crate::{Ports, Problem};
use jiff::Timestamp;
use ports::{Checkpoints, was_ahead};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The time for which a turn lasts without being renewed.
const LEASE: Duration = Duration::from_secs(30);

/// The kind of work whose turn a comparison by itself takes: the operator's own comparisons take it
/// as well.
pub(crate) const WORK: &str = "reconcile";

/// A turn at a store, with the place from which work goes on.
pub struct Turn<'a> {
    ports: &'a Ports,
    name: String,
    revision: u64,
    /// The state that outlives the turn.
    pub place: Place,
}

/// The state of the work on a store, between its turns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The request, as it was asked for, and the position in its window; `None` when it is done.
    #[serde(default)]
    pub unfinished: Option<Unfinished>,
    /// The end of the last window that was compared by itself.
    #[serde(default)]
    pub compared_until: Option<Timestamp>,
    /// The time at which destinations were last read back by themselves.
    #[serde(default)]
    pub verified: Option<Timestamp>,
    /// The number of orders of which a record was gone then.
    #[serde(default)]
    pub gone: u64,
    /// The number of orders that were otherwise in a destination then.
    #[serde(default)]
    pub differs: u64,
    /// The orders that were put on their way lately, where the queue cannot tell what waits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub put: Vec<Put>,
    /// The time at which the shop last posted an order, as far as comparisons met it.
    #[serde(default)]
    pub heard: Option<Timestamp>,
    /// What the shop said of its webhooks.
    #[serde(default)]
    pub webhooks: Option<SeenWebhooks>,
    /// The result of the last comparison, in one line.
    #[serde(default)]
    pub last: Option<String>,
}

/// An order that was put on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Put {
    /// Name of the route.
    pub route: String,
    /// The shop's id of the order.
    pub order: String,
    /// The modification time of the state that was put on its way.
    pub modified: Option<Timestamp>,
    /// The time at which it was.
    pub at: Timestamp,
}

/// What a shop said of its webhooks to us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenWebhooks {
    /// The time at which it was asked.
    pub at: Timestamp,
    /// What is wrong with them; `None` where nothing is, or where the shop does not tell.
    pub wrong: Option<String>,
    /// Whether the shop told of them.
    #[serde(default)]
    pub is_told: bool,
}

/// Work that was interrupted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unfinished {
    /// The request in its own words, by which the same one is known again.
    pub request: String,
    /// The window.
    pub window: source::reader::Window,
    /// The position in it.
    pub cursor: source::reader::Cursor,
    /// The number of orders so far.
    pub orders: u64,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    /// The time at which the turn began or was renewed; `None` when nobody has it.
    #[serde(default)]
    taken: Option<Timestamp>,
    #[serde(flatten)]
    place: Place,
}

/// Returns the state of a store's comparisons by itself; `None` where none was ever begun.
///
/// # Errors
/// Fails where the checkpoints cannot be read.
pub async fn place_of(
    checkpoints: &dyn Checkpoints,
    store: &str,
) -> Result<Option<Place>, ports::PortError> {
    let found = checkpoints.checkpoint(&format!("{WORK} {store}")).await?;
    let stored: Option<Stored> = found.and_then(|found| serde_json::from_str(&found.text).ok());
    Ok(stored.map(|stored| stored.place))
}

/// Takes the turn at a store for this kind of work.
///
/// # Errors
/// Fails where another process has it, or where the checkpoints fail.
pub async fn take_turn<'a>(ports: &'a Ports, work: &str, store: &str) -> Result<Turn<'a>, Problem> {
    let name = format!("{work} {store}");
    let found = ports.checkpoints.checkpoint(&name).await?;
    let revision = found.as_ref().map_or(0, |found| found.revision);
    // What no program of ours wrote is begun anew.
    let stored: Option<Stored> = found.and_then(|found| serde_json::from_str(&found.text).ok());
    let now = ports.clock.now();
    let busy = |until| Problem::Busy {
        store: store.to_owned(),
        until,
    };
    let ends = stored.as_ref().and_then(|stored| stored.taken).map(after);
    if let Some(until) = ends.filter(|until| *until > now && !was_ahead(*until, after(now))) {
        return Err(busy(until));
    }
    let mut turn = Turn {
        ports,
        name,
        revision,
        place: stored.map(|stored| stored.place).unwrap_or_default(),
    };
    if turn.write(Some(now)).await? {
        Ok(turn)
    } else {
        Err(busy(after(now)))
    }
}

impl Turn<'_> {
    /// Keeps the turn and writes the place down.
    ///
    /// # Errors
    /// Fails where somebody else has taken the turn, because this one was too slow, or where the
    /// checkpoints fail.
    pub async fn renew(&mut self) -> Result<(), Problem> {
        let now = self.ports.clock.now();
        if self.write(Some(now)).await? {
            return Ok(());
        }
        Err(Problem::Busy {
            store: self.name.clone(),
            until: after(now),
        })
    }

    /// Ends the turn and writes the place down.
    ///
    /// # Errors
    /// Fails where the checkpoints fail; then the turn ends by itself.
    pub async fn end(mut self) -> Result<(), Problem> {
        self.write(None).await.map(drop)
    }

    async fn write(&mut self, taken: Option<Timestamp>) -> Result<bool, Problem> {
        let stored = Stored {
            taken,
            place: self.place.clone(),
        };
        let text = serde_json::to_string(&stored)
            .map_err(|error| ports::PortError::new("checkpoints: write", error))?;
        let set = self
            .ports
            .checkpoints
            .set_checkpoint(&self.name, text, self.revision);
        let took = set.await?;
        self.revision = self.revision.saturating_add(u64::from(took));
        Ok(took)
    }
}

fn after(taken: Timestamp) -> Timestamp {
    taken.saturating_add(LEASE).unwrap_or(Timestamp::MAX)
}

//! The journal: the requests that were counted and the changes that were committed.

use serde::Serialize;
use serde_json::{Map, Value};
use std::{collections::BTreeMap, ops::Range};

/// The number of requests that have arrived, refused ones included. `Kind` is the system's own list
/// of kinds of requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(bound(serialize = "Kind: Serialize + Ord"))]
pub struct Calls<Kind> {
    /// Calls that count against the system's limits: all but those to the token endpoint.
    pub total: u64,
    /// All requests by kind.
    pub by_kind: BTreeMap<Kind, u64>,
}

impl<Kind: Ord> Calls<Kind> {
    pub(crate) fn count(&mut self, kind: Kind, is_login: bool) {
        if !is_login {
            self.total += 1;
        }
        *self.by_kind.entry(kind).or_default() += 1;
    }

    /// Returns the number of requests of one kind.
    #[must_use]
    pub fn of(&self, kind: Kind) -> u64 {
        self.by_kind.get(&kind).copied().unwrap_or_default()
    }
}

impl<Kind> Default for Calls<Kind> {
    fn default() -> Self {
        Self {
            total: 0,
            by_kind: BTreeMap::new(),
        }
    }
}

/// The kind of a change to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// A new record.
    Create,
    /// Fields of an existing record were written.
    Update,
    /// The record is gone.
    Delete,
}

/// A committed change to one record by a request.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// The number of the change: 1 for the first, then growing by one.
    pub sequence: u64,
    /// The kind of the change.
    pub operation: Operation,
    /// Object, module or record type of the record.
    pub object: String,
    /// Its id.
    pub id: String,
    /// The fields that the request gave, by their API names.
    pub fields: Map<String, Value>,
}

/// All committed changes. The sequence number of a change is its place, counted from 1.
#[derive(Debug, Default)]
pub(crate) struct Journal(Vec<Change>);

impl Journal {
    /// Appends changes and gives them their sequence numbers.
    pub(crate) fn append(&mut self, changes: Vec<Change>) {
        for change in changes {
            self.0.push(Change {
                sequence: self.newest() + 1,
                ..change
            });
        }
    }

    pub(crate) fn newest(&self) -> u64 {
        self.0.last().map_or(0, |change| change.sequence)
    }

    /// Returns the changes after the first sequence number, up to the second.
    pub(crate) fn between(&self, wrote: Range<u64>) -> Vec<Change> {
        let place = |sequence: u64| usize::try_from(sequence).unwrap_or(usize::MAX);
        let changes = self.0.get(place(wrote.start)..place(wrote.end));
        changes.map(<[Change]>::to_vec).unwrap_or_default()
    }

    pub(crate) fn since(&self, sequence: u64) -> Vec<Change> {
        self.0
            .iter()
            .skip_while(|change| change.sequence <= sequence)
            .cloned()
            .collect()
    }
}

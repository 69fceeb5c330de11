use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The token endpoint.
    Token,
    /// SOQL, and further pages of it.
    Query,
    /// `/composite`.
    Composite,
    /// `/composite/graph`.
    Graph,
    /// One record under `/sobjects`.
    Row,
    /// `/sobjects/X/describe`.
    Describe,
    /// `/limits`.
    Limits,
    /// Everything else.
    Other,
}

impl Kind {
    /// The kind of a request by its path.
    pub(super) fn of_path(path: &str) -> Self {
        if path == "/services/oauth2/token" {
            return Self::Token;
        }
        let resource: Vec<&str> = path.split('/').skip(4).collect();
        match resource.as_slice() {
            ["query", ..] => Self::Query,
            ["composite"] => Self::Composite,
            ["composite", "graph"] => Self::Graph,
            ["sobjects", _, "describe"] => Self::Describe,
            ["sobjects", ..] => Self::Row,
            ["limits"] => Self::Limits,
            _ => Self::Other,
        }
    }
}

/// How many requests have arrived, refused ones included.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Calls {
    /// Calls that count against Salesforce's daily limit: all but those to the token endpoint.
    pub total: u64,
    /// All requests by kind.
    pub by_kind: BTreeMap<Kind, u64>,
}

impl Calls {
    pub(super) fn count(&mut self, kind: Kind) {
        if kind != Kind::Token {
            self.total += 1;
        }
        *self.by_kind.entry(kind).or_default() += 1;
    }

    /// Requests of one kind.
    #[must_use]
    pub fn of(&self, kind: Kind) -> u64 {
        self.by_kind.get(&kind).copied().unwrap_or_default()
    }
}

/// What was done to a record.
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

/// One record that a request wrote, committed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// 1 for the first change, then growing by one.
    pub sequence: u64,
    /// What was done.
    pub operation: Operation,
    /// Object of the record.
    pub object: String,
    /// Its id.
    pub id: String,
    /// The fields that the request gave, by their API names.
    pub fields: Map<String, Value>,
}

/// All committed changes. Their sequence is their place, counted from 1.
#[derive(Debug, Default)]
pub(super) struct Journal(Vec<Change>);

impl Journal {
    pub(super) fn append(&mut self, changes: Vec<Change>) {
        for change in changes {
            self.0.push(Change {
                sequence: self.newest() + 1,
                ..change
            });
        }
    }

    pub(super) fn newest(&self) -> u64 {
        self.0.last().map_or(0, |change| change.sequence)
    }

    pub(super) fn since(&self, sequence: u64) -> Vec<Change> {
        self.0.iter().skip_while(|change| change.sequence <= sequence).cloned().collect()
    }
}

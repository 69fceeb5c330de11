//! What the companion is sent and what it answers. The script in `config/netsuite` is the other side.

use crate::row::Row;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// The version of the protocol, which the script must speak.
pub(crate) const VERSION: u64 = 1;

/// One call: queries, and orders that are written where the queries answer as expected.
#[derive(Debug, Serialize)]
pub(crate) struct Delivery {
    pub(crate) v: u64,
    /// The number of seconds after which no further order is begun.
    pub(crate) seconds: u64,
    /// The headers of every request.
    pub(crate) headers: Map<String, Json>,
    pub(crate) queries: Vec<Json>,
    pub(crate) orders: Vec<Parcel>,
    /// Whether the queries are asked again after the writes.
    pub(crate) after: bool,
}

/// One order: its requests, and what must hold for them to be sent.
#[derive(Debug, Serialize)]
pub(crate) struct Parcel {
    pub(crate) guard: Vec<Guard>,
    pub(crate) requests: Vec<Sent>,
}

/// The expectation that of a query's rows those that hold one of these texts in one of these
/// columns, in any case, are exactly these.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Guard {
    /// The place of the query.
    pub(crate) query: usize,
    #[serde(rename = "where")]
    pub(crate) of: Holding,
    pub(crate) rows: Vec<Row>,
}

/// Texts by the columns that may hold them.
pub(crate) type Holding = BTreeMap<String, Vec<String>>;

/// A request as the adapter would send it. Its body is a text, so that the script passes amounts on
/// as they are.
#[derive(Debug, Serialize)]
pub(crate) struct Sent {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) body: String,
}

/// The answer of a script, of whatever version.
#[derive(Debug, Deserialize)]
pub(crate) struct Said {
    pub(crate) v: u64,
    /// The reason why nothing was looked at.
    pub(crate) refused: Option<String>,
    /// One entry per order, in their order.
    #[serde(default)]
    pub(crate) orders: Vec<Answered>,
    /// The rows of each query before the writes.
    #[serde(default)]
    pub(crate) rows: Vec<Vec<Row>>,
    /// The rows of each query after the writes, where something was written.
    pub(crate) after: Option<Vec<Vec<Row>>>,
    /// The refusal of a query, after which nothing was written.
    pub(crate) failure: Option<Json>,
}

/// What became of an order.
#[derive(Debug, Deserialize)]
pub(crate) struct Answered {
    pub(crate) status: Status,
    #[serde(default)]
    pub(crate) answers: Vec<Inner>,
}

/// The end of an order in the script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    /// All of its requests succeeded.
    Done,
    /// Its queries did not answer as expected; nothing was sent.
    Guard,
    /// Time or units did not suffice; nothing was sent.
    Deferred,
    /// One of its requests was refused, or it is not known what became of it.
    #[serde(other)]
    Stuck,
}

/// The answer to one request.
#[derive(Debug, Deserialize)]
pub(crate) struct Inner {
    pub(crate) location: Option<String>,
    #[serde(default)]
    pub(crate) body: String,
}

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use ports::{LedgerCursor, LetterCursor};
use serde::{Deserialize, Serialize, Serializer};
use std::{fmt, str::FromStr};

/// A part of a list.
#[derive(Clone, Debug, Serialize)]
pub struct Page<T> {
    /// The lines.
    pub items: Vec<T>,
    /// The position from which the list goes on; `None` at its end.
    pub next: Option<Cursor>,
    /// Whether messages that wait are among the lines; false where the queue cannot tell which
    /// these are.
    pub tells_waiting: bool,
}

/// A position in a list. As a text it fits into an address and a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(pub(crate) Position);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Position {
    /// In a list of orders: behind this ledger entry and this place in the queue, where there were
    /// any so far.
    Orders {
        entry: Option<LedgerCursor>,
        place: Option<u64>,
    },
    /// In a list of dead letters: behind this one.
    Letters(LetterCursor),
}

/// A text that is no position in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no position in a list; begin at the list's first page")]
pub struct NoCursor;

impl fmt::Display for Cursor {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = serde_json::to_vec(&self.0).map_err(|_| fmt::Error)?;
        out.write_str(&BASE64_URL_SAFE_NO_PAD.encode(json))
    }
}

impl FromStr for Cursor {
    type Err = NoCursor;

    fn from_str(text: &str) -> Result<Self, NoCursor> {
        let json = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| NoCursor)?;
        serde_json::from_slice(&json)
            .map(Self)
            .map_err(|_| NoCursor)
    }
}

impl Serialize for Cursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

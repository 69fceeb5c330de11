#![doc = include_str!("../README.md")]

mod budget;
mod choice;
mod circuit;
mod clock;
#[cfg(any(test, feature = "conformance"))]
#[expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "test code: a case fails by panicking"
)]
pub mod conformance;
mod error;
mod identity;
mod ledger;
pub mod memory;
mod privacy;
mod queue;
mod redaction;
mod secrets;
mod token;

pub use budget::Budget;
pub use choice::{Candidate, anywhere, choose};
pub use circuit::{CircuitStore, OpenCircuit};
pub use clock::{Clock, SKEW, SystemClock, was_ahead};
pub use error::{PortError, TooLarge, in_one_line};
pub use identity::{dedupe_id, event_id, group_id};
pub use ledger::{
    Delivered, FROM_THE_FUTURE, Holder, Ledger, LedgerEntry, LedgerFilter, LedgerKey, RecordRef,
    State, Stored, Version,
};
pub use privacy::{HeldRecord, PrivacyLog, SubjectRequest};
pub use queue::{
    BATCH_BYTES, DeadLetter, DeadLetterFilter, DeadLetters, Enqueue, GroupState, Kind, LOST_OFTEN,
    Message, Queue, Received, Settlement, Verdict,
};
pub use redaction::{Redaction, Removed, Subject};
pub use secrets::{Secret, Secrets};
pub use token::{Refresh, RefreshLimit, Token, TokenStore};

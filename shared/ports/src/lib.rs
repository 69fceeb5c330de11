#![doc = include_str!("../README.md")]

#[cfg(feature = "blob")]
pub mod blob;
mod budget;
mod checkpoint;
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
mod dead_letter;
mod error;
mod history;
mod holder;
mod identity;
mod ledger;
pub mod memory;
mod privacy;
mod queue;
mod reason;
mod redaction;
mod revision;
mod secrets;
mod token;
mod version;
mod waiting;

pub use budget::Budget;
pub use checkpoint::{Checkpoint, Checkpoints};
pub use choice::{Candidate, anywhere, choose};
pub use circuit::{CircuitStore, OpenCircuit};
pub use clock::{Clock, SKEW, SystemClock, was_ahead};
pub use dead_letter::{DeadLetter, DeadLetterFilter, DeadLetters, LetterCursor, LetterGroup};
pub use error::{PortError, TooLarge, in_one_line};
pub use history::{Event, Happened};
pub use holder::{Holder, Takeover, Tried};
pub use identity::{dedupe_id, event_id, group_id};
pub use ledger::{
    Content, Delivered, Ledger, LedgerCursor, LedgerEntry, LedgerFilter, LedgerKey, RecordRef,
    State, Stored,
};
pub use privacy::{HeldRecord, PrivacyLog, SubjectRequest};
pub use queue::{
    BATCH_BYTES, DAMAGED, Disposition, Enqueue, GroupState, Kind, LOST_OFTEN, Message, Origin,
    Queue, READ, Received, Settlement,
};
pub use reason::ReasonKey;
pub use redaction::{Redaction, Removed, Subject};
pub use revision::Revision;
pub use secrets::{Secret, Secrets};
pub use token::{Refresh, RefreshLimit, Token, TokenStore};
pub use version::{FROM_THE_FUTURE, Version};
pub use waiting::{Waiting, WaitingFilter};

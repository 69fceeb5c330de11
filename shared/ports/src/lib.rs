#![doc = include_str!("../README.md")]

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
mod ledger;
pub mod memory;
mod queue;
mod secrets;
mod token;

pub use clock::{Clock, SystemClock};
pub use error::PortError;
pub use ledger::{Delivered, Ledger, LedgerEntry, LedgerFilter, LedgerKey, RecordRef, State, Stored, Version};
pub use queue::{DeadLetter, DeadLetterFilter, DeadLetters, Message, Queue, Received, Settlement, Verdict};
pub use secrets::{Secret, Secrets};
pub use token::{Refresh, Token, TokenStore};

#![doc = include_str!("../README.md")]

mod access;
mod address;
mod call;
mod credentials;
mod error_table;
mod failure;
mod http;
pub mod json;
mod key_locks;
pub mod lookups;
pub mod matching;
mod outcome;
mod reading;
pub mod rendering;
pub mod rounds;
mod try_out;
mod unlisted;
mod wire;

pub use access::{Access, Login, NewToken};
pub use address::service_address;
pub use call::{Call, Counters};
pub use credentials::Credentials;
pub use error_table::{ErrorRule, Meaning, Scope, look_up};
pub use failure::{Class, Failure, Retry};
pub use http::{Answer, Calls, Http};
pub use key_locks::{KeyLocks, Makers, Making};
pub use outcome::{Bulk, Destination, Finding, Outcome, RequestPreview};
pub use reading::{
    Change, Difference, Held, Reading, RecordReading, is_same_text, per_plan, shown,
};
pub use try_out::{Trial, TryOut};
pub use unlisted::Unlisted;
use wire::Network;
pub use wire::{Lost, Wire};

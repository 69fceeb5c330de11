#![doc = include_str!("../README.md")]

mod access;
mod address;
mod call;
mod failure;
mod http;
pub mod lookups;
mod outcome;
mod unlisted;
mod wire;

pub use access::{Access, Login, NewToken};
pub use address::service_address;
pub use call::{Call, Counters};
pub use failure::{Class, Failure};
pub use http::{Answer, Calls, Http};
pub use outcome::{Destination, Finding, Outcome, RequestPreview};
pub use unlisted::Unlisted;
use wire::Network;
pub use wire::{Lost, Wire};

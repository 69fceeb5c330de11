#![doc = include_str!("../README.md")]

mod access;
mod failure;
mod http;
mod outcome;
mod wire;

pub use access::{Access, Login, NewToken};
pub use failure::{Class, Failure};
pub use http::{Answer, Calls, Http};
pub use outcome::{Destination, Finding, Outcome, RequestPreview};
use wire::Network;
pub use wire::{Lost, Wire};

#![doc = include_str!("../README.md")]
#![expect(
    clippy::result_large_err,
    reason = "a failure carries its whole story; it is made once per failed call, never in a loop that counts"
)]

mod access;
mod failure;
mod http;
mod outcome;

pub use access::{Access, Login, NewToken};
pub use failure::{Class, Failure};
pub use http::{Answer, Calls, Http};
pub use outcome::{Destination, Finding, Outcome, RequestPreview};

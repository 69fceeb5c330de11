//! The function over memory ports: the fate of each message of an event, and the answer to Lambda.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod bad_input;
mod calls;
mod circuit;
mod crm;
mod failures;
mod samples;
mod support;
mod time;

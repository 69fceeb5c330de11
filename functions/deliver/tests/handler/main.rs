//! The function over memory ports: what becomes of each message of an event, and what Lambda is
//! told.

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

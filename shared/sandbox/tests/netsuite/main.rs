//! The sandbox account over HTTP, rule by rule.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test ends where its expectations do, and says why it was skipped"
)]

mod assertion;
mod client;
mod faults;
mod fields;
mod jobs;
mod lines;
mod login;
mod query;
mod questions;
mod records;
mod references;
mod restlet;
mod strict_simulator;

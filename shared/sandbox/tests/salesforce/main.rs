//! The sandbox org over HTTP, rule by rule.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test ends where its expectations do, and says why it was skipped"
)]

mod auth;
mod client;
mod composite;
mod faults;
mod fields;
mod graph;
mod lines;
mod query;
mod rows;
mod set_up;
mod strict_simulator;
mod upserts;

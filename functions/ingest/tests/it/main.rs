//! Tests of the crate from outside, in one binary, because linking is what costs.

mod requests;
mod sample_events;
mod start;
#[cfg(test)]
mod support;

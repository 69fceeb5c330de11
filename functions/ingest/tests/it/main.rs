//! Tests of the crate from outside, in one binary, because linking takes most of the time.

mod requests;
mod sample_events;
mod start;
#[cfg(test)]
mod support;

//! Tests of the crate from outside, in one binary, because linking is what costs.

mod metrics;
mod pairs;

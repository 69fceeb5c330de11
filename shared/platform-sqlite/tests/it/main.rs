//! Tests of the crate from outside, in one binary, because linking is what costs.

mod concurrency;
mod conformance;
mod file;
mod processes;
mod properties;

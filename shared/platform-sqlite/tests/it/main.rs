//! Tests of the crate from outside, in one binary, because linking takes most of the time.

mod backup;
mod concurrency;
mod conformance;
mod file;
mod log;
mod processes;
mod properties;
mod stranded;

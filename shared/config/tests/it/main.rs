//! Tests of the crate from outside, in one binary, because linking takes most of the time.

mod parse;
mod secrets;

//! Tests of the crate from outside, in one binary, because linking is what takes time.

mod corpus;
mod properties;

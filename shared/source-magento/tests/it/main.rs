//! Tests of the crate from outside, in one binary, because linking is what takes time.

mod normalize;
mod samples;
mod verify;

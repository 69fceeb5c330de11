//! Tests of the crate from outside, in one binary, because linking is what costs.

mod backlog;
mod destinations;
mod footprint;
mod reading;
mod sources;
mod support;

#![doc = include_str!("../README.md")]

mod failure;
mod outcome;

pub use failure::{Class, Failure};
pub use outcome::{Destination, Finding, Outcome, RequestPreview};

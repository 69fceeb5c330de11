#![doc = include_str!("../README.md")]

mod environment;
mod run;
mod start;

pub use environment::Environment;
pub use run::{Comparisons, Ran};
pub use start::start;

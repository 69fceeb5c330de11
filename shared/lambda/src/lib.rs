#![doc = include_str!("../README.md")]

mod serve;
mod start;

pub use serve::Shell;
pub use start::Start;

#![doc = include_str!("../README.md")]

mod courier;
mod environment;
mod event;
mod function;
mod inbox;
mod put_back;
mod start;

pub use courier::Courier;
pub use environment::Environment;
pub use function::Function;
pub use inbox::Inbox;
pub use start::start;

#![doc = include_str!("../README.md")]

mod attempt;
mod courier;
mod environment;
mod event;
mod function;
mod inbox;
mod invocation;
mod put_back;
mod put_off;
mod start;
mod watch;

pub use courier::Courier;
pub use environment::Environment;
pub use event::Event;
pub use function::Function;
pub use inbox::Inbox;
pub use put_off::put_off;
pub use start::{Started, start};
pub use watch::Watch;

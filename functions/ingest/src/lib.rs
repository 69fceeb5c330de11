#![doc = include_str!("../README.md")]

mod failed;
mod queues;
mod request;
mod response;
mod start;

pub use failed::Failed;
pub use request::handle;
pub use start::gate;

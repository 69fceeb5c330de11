#![doc = include_str!("../README.md")]

mod failed;
mod patience;
mod queues;
mod request;
mod response;
mod start;

pub use failed::Failed;
pub use request::handle;
pub use response::not_started;
pub use start::gate;

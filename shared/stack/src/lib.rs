#![doc = include_str!("../README.md")]

mod concurrency;
mod connect;
mod error;
mod json;
mod lookup;
mod overlap;
mod secrets_manager;

pub use concurrency::Concurrency;
pub use connect::connect;
pub use error::StackError;
pub use lookup::Stack;
pub use secrets_manager::{Change, SecretsManager};

#![doc = include_str!("../README.md")]

mod barrier;
mod carried;
mod double;
mod exchange;
mod fault;
mod journal;
pub mod netsuite;
mod place;
mod product;
mod running;
pub mod salesforce;
mod server;
mod system;
mod tokens;
pub mod zoho;

pub use barrier::{Barrier, Keeps};
pub use carried::Carried;
pub use double::Double;
pub use fault::{Effect, Fault};
pub use journal::{Calls, Change, Operation};
pub use place::Place;
pub use product::Product;

#![doc = include_str!("../README.md")]

mod choice;
mod model;
mod problem;

pub use choice::{NetSuiteAuth, Platform, SalesforceAuth, System};
pub use model::{Config, Delivery, Destination, Route, Server, Store, SystemSettings};
pub use problem::{Problem, Severity};

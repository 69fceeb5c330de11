#![doc = include_str!("../README.md")]

mod backoff;
mod breaker;
mod decision;
mod engine;
mod in_hand;
mod prepare;
mod record;
mod report;
mod route;
mod worker;

pub use breaker::{Breaker, Permit};
pub use engine::Engine;
pub use report::{Event, Health, Report, Result};
pub use route::{DeliveryRoute, Policy};
pub use worker::Worker;

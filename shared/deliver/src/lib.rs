#![doc = include_str!("../README.md")]

mod backoff;
mod breaker;
mod call;
mod claim;
mod compare;
mod currency;
mod decide;
mod decision;
mod engine;
mod entries;
mod expected;
mod figures;
mod known;
mod lease;
mod pace;
mod patience;
mod portion;
mod prepare;
mod privacy;
mod record;
mod reference;
mod report;
mod route;
mod size;
mod watched;
mod wave;
mod worker;

pub use breaker::{Breaker, Permit, Settings as CircuitSettings, Sign};
pub use engine::{Engine, Ports};
pub use expected::{Expected, ExpectedPlan};
pub use lease::Lease;
pub use pace::{Pace, Usage};
pub use prepare::Facts;
pub use report::{Event, Health, Report, Result};
pub use route::{DeliveryRoute, Owner, Policy};
pub use worker::Worker;

#![doc = include_str!("../README.md")]

mod builtin;
mod charge;
mod error;
mod grammar;
mod mapping;
#[cfg(feature = "memo")]
mod memo;
pub mod plan;
mod planner;
mod problem;
mod scope;
mod spec;
mod template;

pub use builtin::Origin;
pub use error::{NoPlan, PlanError};
pub use mapping::{Mapping, Overrides};
pub use order::EXAMPLE_CODE;
pub use plan::Plan;
pub use problem::Problem;

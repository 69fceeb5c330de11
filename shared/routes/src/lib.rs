#![doc = include_str!("../README.md")]

mod adapters;
mod clash;
mod delivery;
mod mappings;
mod problems;

pub use adapters::{circuit_settings, destinations, pace};
pub use delivery::delivery_routes;
pub use mappings::{checked_mappings, mapping};
pub use problems::Problems;

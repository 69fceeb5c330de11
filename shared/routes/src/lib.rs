#![doc = include_str!("../README.md")]

mod adapters;
mod clash;
mod delivery;
mod mappings;
mod problems;

pub use adapters::{circuit_settings, destinations, pace, unready_destinations};
pub use delivery::{Readers, delivery_routes, readers};
pub use mappings::{
    checked_mappings, mapping, mapping_versions, mappings, text_to_try, tried_mapping,
};
pub use problems::Problems;

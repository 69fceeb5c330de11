#![doc = include_str!("../README.md")]

mod answer;
mod gate;
mod message;

pub use answer::Answer;
pub use gate::{Gate, RouteGate, StoreGate};
pub use message::{event_id, group_id};

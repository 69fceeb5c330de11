#![doc = include_str!("../README.md")]

mod answer;
mod gate;

pub use answer::Answer;
pub use gate::{Gate, RouteGate, StoreGate};

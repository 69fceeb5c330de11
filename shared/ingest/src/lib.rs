#![doc = include_str!("../README.md")]

mod answer;
mod figures;
mod gate;
mod keys;
mod stores;

pub use answer::Answer;
pub use gate::{Gate, RouteGate, StoreGate};
pub use keys::{Keys, KeysError, webhook_secrets};
pub use stores::{Stores, stores};

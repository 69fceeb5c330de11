#![doc = include_str!("../README.md")]

mod allowance;
mod answer;
mod gate;
mod incoming;
mod keys;
mod metrics;
mod plain;
mod silence;
mod stores;

pub use allowance::Allowance;
pub use answer::Answer;
pub use gate::{Gate, RouteGate, StoreGate};
pub use incoming::Incoming;
pub use keys::{Keys, KeysError, webhook_secrets};
pub use plain::Plain;
pub use silence::Silence;
pub use stores::{Stores, stores};

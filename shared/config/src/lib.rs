#![doc = include_str!("../README.md")]

mod address;
mod alerts;
mod file_secrets;
mod keys;
mod load;
mod model;
mod name;
mod pem;
mod platforms;
mod problem;
mod public_key;
mod read_alerts;
mod read_delivery;
mod read_destination;
mod read_reconcile;
mod read_route;
mod read_server;
mod read_store;
mod secret_check;
mod secret_needs;
mod secret_text;
mod secret_wants;
mod section;
mod section_services;
mod section_values;
mod source;
mod suggest;
pub mod systems;
mod topics;

pub use address::service_address;
pub use alerts::receiver_mistake;
pub use file_secrets::{FileSecrets, environment_variable};
pub use model::{
    Alerts, Config, Deleted, Delivery, Destination, Reconcile, Route, Server, Store, Way,
};
pub use platforms::Platform;
pub use problem::{Problem, Severity};
pub use secret_check::{
    CheckedSecret, check_destination_secret, check_secrets, check_store_secret,
    webhook_secret_mistake,
};
pub use secret_text::{SecretTextError, secret_from_json};
pub use secret_wants::{RequiredKey, SecretWants, secret_wants};
pub use systems::{Backfill, System, SystemSettings};

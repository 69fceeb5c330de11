#![doc = include_str!("../README.md")]

mod backup;
mod body;
mod checkpoints;
mod circuits;
mod counts;
mod dead_letters;
mod error;
mod file;
mod flush;
mod json;
mod ledger;
mod log;
mod message;
mod privacy;
mod queue;
mod reader;
mod ready;
mod receive;
mod redact;
mod schema;
mod settle;
mod space;
mod store;
mod stranded;
mod time;
mod tokens;
mod turns;
mod waiting;
mod wake;
mod writer;

pub use backup::BackupError;
pub use counts::Counts;
pub use error::{OpenError, StoreError};
pub use store::{LEDGER_RETENTION, Pruned, SqliteStore};

/// Name of the file in the data folder that holds everything.
pub const FILE_NAME: &str = "orderbridge.db";

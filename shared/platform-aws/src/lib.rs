#![doc = include_str!("../README.md")]

mod blob;
mod bodies;
#[cfg(feature = "table")]
mod checkpoints;
#[cfg(feature = "table")]
mod circuits;
mod claim;
#[cfg(feature = "table")]
mod claimed;
mod connect;
#[cfg(feature = "table")]
mod dead_letter_queue;
#[cfg(feature = "table")]
mod dead_letter_table;
#[cfg(feature = "table")]
mod dead_letters;
#[cfg(feature = "table")]
mod document;
mod envelope;
mod error;
mod identity;
#[cfg(feature = "table")]
mod intake;
#[cfg(feature = "table")]
mod key;
#[cfg(feature = "table")]
mod ledger;
#[cfg(feature = "table")]
mod letter;
#[cfg(feature = "table")]
mod notice;
#[cfg(feature = "table")]
mod packed;
mod patient;
#[cfg(feature = "table")]
mod postpone;
#[cfg(feature = "table")]
mod privacy;
#[cfg(feature = "table")]
mod queue;
#[cfg(feature = "table")]
mod queues;
#[cfg(feature = "table")]
mod receipt;
#[cfg(feature = "table")]
mod receive;
#[cfg(feature = "table")]
mod redact;
#[cfg(feature = "table")]
mod redactions;
#[cfg(feature = "table")]
mod scan;
mod secrets;
mod send;
mod sender;
#[cfg(feature = "table")]
mod settle;
mod sqs;
#[cfg(feature = "table")]
mod table;
#[cfg(feature = "table")]
mod tokens;
mod unsent;

pub use aws_config::SdkConfig;
pub use bodies::Bodies;
pub use connect::{Credentials, configuration, configuration_in, environment};
pub use envelope::{EnvelopeError, open as open_envelope, seal as seal_envelope};
pub use error::AwsError;
#[cfg(feature = "table")]
pub use intake::{Opened, Record, Unopened};
pub use patient::PatientSender;
#[cfg(feature = "table")]
pub use postpone::postpone;
#[cfg(feature = "table")]
pub use queue::SqsQueue;
#[cfg(feature = "table")]
pub use queues::{QueueUrls, Queues};
pub use secrets::{AwsSecrets, OVERLAP};
pub use sender::SqsSender;
#[cfg(feature = "table")]
pub use table::{LEDGER_RETENTION, LETTER_RETENTION, Table};

#![doc = include_str!("../README.md")]
#![cfg_attr(
    not(feature = "table"),
    expect(
        dead_code,
        reason = "what reads and writes dead letters serves the table only"
    )
)]

mod blob;
mod bodies;
#[cfg(feature = "table")]
mod circuits;
mod claim;
mod connect;
mod dead_letters;
#[cfg(feature = "table")]
mod document;
mod envelope;
mod error;
mod identity;
mod intake;
mod keeper;
#[cfg(feature = "table")]
mod key;
#[cfg(feature = "table")]
mod ledger;
mod letter;
#[cfg(feature = "table")]
mod letters;
mod notice;
mod patient;
#[cfg(feature = "table")]
mod privacy;
mod queue;
mod queues;
mod receipt;
mod redact;
#[cfg(feature = "table")]
mod redactions;
#[cfg(feature = "table")]
mod scan;
mod secrets;
mod send;
mod settle;
mod sqs;
mod sweep;
#[cfg(feature = "table")]
mod table;
#[cfg(feature = "table")]
mod tokens;
mod unsent;
mod warm;

pub use aws_config::SdkConfig;
pub use bodies::Bodies;
pub use connect::{Credentials, configuration, configuration_in, environment};
pub use envelope::{EnvelopeError, open as open_envelope, seal as seal_envelope};
pub use error::AwsError;
pub use intake::{Opened, Record};
pub use patient::PatientQueue;
pub use queue::SqsQueue;
pub use queues::{QueueUrls, Queues};
pub use secrets::{AwsSecrets, OVERLAP};
#[cfg(feature = "table")]
pub use table::{LEDGER_RETENTION, LETTER_RETENTION, Table};

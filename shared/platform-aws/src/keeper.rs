use crate::{AwsError, letter::Letter};
use async_trait::async_trait;
use ports::{Message, PortError, Redaction};
use std::{collections::BTreeSet, sync::Arc};

/// What a queue needs of the table. A process that only sends does without, and without linking the
/// table's client.
#[async_trait]
pub(crate) trait Keeper: Send + Sync {
    /// Keeps a dead letter; again changes nothing.
    async fn bury(&self, letter: &Letter) -> Result<(), PortError>;

    /// All dead letters, the newest first.
    async fn letters(&self) -> Result<Vec<Letter>, PortError>;

    /// One of them.
    async fn letter(&self, id: &str) -> Result<Option<Letter>, PortError>;

    /// Forgets a dead letter. True for one caller only.
    async fn forget(&self, id: &str) -> Result<bool, PortError>;

    /// Those of the names that have a dead letter.
    async fn known(&self, ids: &[String]) -> Result<BTreeSet<String>, PortError>;

    /// What was redacted lately; `now` asks the table, else what was read a few seconds ago will
    /// do.
    async fn redactions(&self, now: bool) -> Result<Arc<Vec<Redaction>>, PortError>;

    /// Has messages that a redaction concerns forgotten wherever they turn up.
    async fn remember(&self, redaction: &Redaction) -> Result<(), PortError>;

    /// Takes the texts out of the ledger entry of a message that is forgotten.
    async fn forget_texts(&self, message: &Message) -> Result<(), PortError>;
}

/// No table.
pub(crate) struct Nowhere;

fn sends_only<T>() -> Result<T, PortError> {
    Err(PortError::new("queue: use the table", AwsError::SendsOnly))
}

#[async_trait]
impl Keeper for Nowhere {
    async fn bury(&self, _: &Letter) -> Result<(), PortError> {
        sends_only()
    }

    async fn letters(&self) -> Result<Vec<Letter>, PortError> {
        sends_only()
    }

    async fn letter(&self, _: &str) -> Result<Option<Letter>, PortError> {
        sends_only()
    }

    async fn forget(&self, _: &str) -> Result<bool, PortError> {
        sends_only()
    }

    async fn known(&self, _: &[String]) -> Result<BTreeSet<String>, PortError> {
        sends_only()
    }

    async fn redactions(&self, _: bool) -> Result<Arc<Vec<Redaction>>, PortError> {
        sends_only()
    }

    async fn remember(&self, _: &Redaction) -> Result<(), PortError> {
        sends_only()
    }

    async fn forget_texts(&self, _: &Message) -> Result<(), PortError> {
        sends_only()
    }
}

use async_trait::async_trait;
use platform_aws::{Opened, Record, SqsQueue};
use ports::{PortError, Settlement};
use std::collections::BTreeSet;

/// What a function needs of the queue that woke it: Lambda receives and deletes by itself.
#[async_trait]
pub trait Inbox: Send + Sync {
    /// Makes messages of the records of a queue, in their order, and deals with what is none, see
    /// [`SqsQueue::open`].
    async fn open(&self, queue: &str, records: Vec<Record>) -> Result<Opened, PortError>;

    /// Settles, and answers the ids of what is done with, see [`SqsQueue::settle_event`].
    async fn settle(&self, settlements: Vec<Settlement>) -> BTreeSet<String>;
}

#[async_trait]
impl Inbox for SqsQueue {
    async fn open(&self, queue: &str, records: Vec<Record>) -> Result<Opened, PortError> {
        Self::open(self, queue, records).await
    }

    async fn settle(&self, settlements: Vec<Settlement>) -> BTreeSet<String> {
        self.settle_event(settlements).await
    }
}

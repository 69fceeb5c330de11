use async_trait::async_trait;
use platform_aws::{Opened, Record, SqsQueue, Unopened};
use ports::Settlement;
use std::{collections::BTreeSet, time::Duration};

/// The part of the queue that a function needs: Lambda receives and deletes by itself.
#[async_trait]
pub trait Inbox: Send + Sync {
    /// Turns the records of a queue into messages, in their order, and deals with records that are
    /// none, see [`SqsQueue::open`].
    ///
    /// # Errors
    /// When the records could not be looked at; then all of them must come back.
    async fn open(&self, queue: &str, records: Vec<Record>) -> Result<Opened, Unopened>;

    /// Settles messages, and returns the ids of those that are settled, see
    /// [`SqsQueue::settle_event`].
    async fn settle(&self, settlements: Vec<Settlement>) -> BTreeSet<String>;

    /// Sets when records of a queue come back that could not be opened, see
    /// [`SqsQueue::postpone`].
    async fn postpone(&self, queue: &str, records: Vec<(&Record, Duration)>);
}

#[async_trait]
impl Inbox for SqsQueue {
    async fn open(&self, queue: &str, records: Vec<Record>) -> Result<Opened, Unopened> {
        Self::open(self, queue, records).await
    }

    async fn settle(&self, settlements: Vec<Settlement>) -> BTreeSet<String> {
        self.settle_event(settlements).await
    }

    async fn postpone(&self, queue: &str, records: Vec<(&Record, Duration)>) {
        Self::postpone(self, queue, records).await;
    }
}

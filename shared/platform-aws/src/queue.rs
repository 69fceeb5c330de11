use crate::{
    bodies::Bodies, intake::Record, queues::Queues, sender::SqsSender, sqs::Sqs, table::Table,
};
use async_trait::async_trait;
use aws_config::SdkConfig;
use jiff::Timestamp;
use ports::{
    Clock, Disposition, Enqueue, Message, PortError, Queue, Received, Redaction, Removed,
    Settlement,
};
use std::{sync::Arc, time::Duration};

/// The first pause of a waiting caller between two looks, and the longest; it doubles.
const LOOK: Duration = Duration::from_millis(200);
const LOOK_LATER: Duration = Duration::from_secs(5);

/// The queues and dead letters of a stack. Cheap to clone.
#[derive(Clone)]
pub struct SqsQueue(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    sender: SqsSender,
    queues: Queues,
    table: Table,
    clock: Arc<dyn Clock>,
}

impl SqsQueue {
    /// Creates the port over these queues, with their dead letters in this table. Makes no call.
    #[must_use]
    pub fn new(config: &SdkConfig, queues: Queues, table: Table, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Inner {
            sender: SqsSender::new(config, queues.urls()),
            queues,
            table,
            clock,
        }))
    }

    /// Sets the bucket for bodies that are too large for a message; without one these are refused.
    #[must_use]
    pub fn with_bodies(self, bodies: Bodies) -> Self {
        let inner = Arc::unwrap_or_clone(self.0);
        Self(Arc::new(Inner {
            sender: inner.sender.with_bodies(bodies),
            ..inner
        }))
    }

    /// Returns the sender to these queues.
    #[must_use]
    pub fn sender(&self) -> &SqsSender {
        &self.0.sender
    }

    pub(crate) fn sqs(&self) -> &Sqs {
        self.sender().sqs()
    }

    pub(crate) fn queues(&self) -> &Queues {
        &self.0.queues
    }

    pub(crate) fn table(&self) -> &Table {
        &self.0.table
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }
}

#[async_trait]
impl Enqueue for SqsQueue {
    async fn enqueue(&self, messages: Vec<Message>) -> Result<(), PortError> {
        self.sender().enqueue(messages).await
    }
}

#[async_trait]
impl Queue for SqsQueue {
    async fn receive(
        &self,
        destination: &str,
        max: usize,
        visibility: Duration,
    ) -> Result<Vec<Received>, PortError> {
        let operation = "queue: receive";
        let queue = self.sender().url(operation, destination)?;
        if max == 0 {
            return Ok(Vec::new());
        }
        let messages = self
            .sqs()
            .receive(operation, queue, max, visibility)
            .await?;
        let records = messages.into_iter().filter_map(Record::of).collect();
        let opened = self.open(queue, records).await;
        let received = opened.map_err(|unopened| unopened.error)?.messages;
        let (here, elsewhere): (Vec<_>, Vec<_>) = received
            .into_iter()
            .partition(|one| one.message.destination == destination);
        // Destinations of one system share a queue; a message of another one goes back at once.
        let release = elsewhere
            .into_iter()
            .map(|one| one.settled(Disposition::Release));
        self.settle_all(release.collect()).await?;
        Ok(here)
    }

    async fn settle(&self, settlements: Vec<Settlement>) -> Result<(), PortError> {
        self.settle_all(settlements).await
    }

    async fn wait(&self, destination: &str, limit: Duration) {
        let looking = async {
            let mut pause = LOOK;
            loop {
                tokio::time::sleep(pause).await;
                let Ok(queue) = self.sender().url("queue: wait", destination) else {
                    continue;
                };
                if self
                    .sqs()
                    .count("queue: wait", queue)
                    .await
                    .is_ok_and(|(visible, _)| visible > 0)
                {
                    return;
                }
                pause = pause.saturating_mul(2).min(LOOK_LATER);
            }
        };
        // Both ends of the wait mean the same to the caller: look for messages.
        let _ = tokio::time::timeout(limit, looking).await;
    }

    async fn depth(&self, destination: &str) -> Result<u64, PortError> {
        let operation = "queue: depth";
        let (_, all) = self
            .sqs()
            .count(operation, self.sender().url(operation, destination)?)
            .await?;
        Ok(all)
    }

    async fn redact(&self, redaction: &Redaction) -> Result<Removed, PortError> {
        self.redact_letters(redaction).await
    }
}

#[cfg(feature = "table")]
use crate::table::Table;
use crate::{
    bodies::Bodies,
    intake::Record,
    keeper::{Keeper, Nowhere},
    queues::Queues,
    send::Outgoing,
    sqs::Sqs,
};
use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use futures::future::try_join_all;
use jiff::Timestamp;
use ports::{Clock, Message, PortError, Queue, Received, Redaction, Removed, Settlement, Verdict};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// How long a waiting caller sleeps before it looks; it doubles up to the second of these.
const LOOK: Duration = Duration::from_millis(200);
const LOOK_LATER: Duration = Duration::from_secs(5);

/// The queues and dead letters of a stack. Cheap to clone.
#[derive(Clone)]
pub struct SqsQueue(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    sqs: Sqs,
    queues: Queues,
    keeper: Arc<dyn Keeper>,
    clock: Arc<dyn Clock>,
    bodies: Option<Bodies>,
}

impl SqsQueue {
    /// These queues, with their dead letters in this table. Makes no call.
    #[cfg(feature = "table")]
    #[must_use]
    pub fn new(config: &SdkConfig, queues: Queues, table: Table, clock: Arc<dyn Clock>) -> Self {
        Self::with(config, queues, Arc::new(table), clock)
    }

    /// These queues for a process that only sends, such as `ingest`: it needs no right to any
    /// table, and links no client of one. Anything but [`Queue::enqueue`], [`Queue::depth`] and
    /// [`Queue::wait`] is an error.
    #[must_use]
    pub fn sending_only(config: &SdkConfig, queues: Queues, clock: Arc<dyn Clock>) -> Self {
        Self::with(config, queues, Arc::new(Nowhere), clock)
    }

    fn with(
        config: &SdkConfig,
        queues: Queues,
        keeper: Arc<dyn Keeper>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self(Arc::new(Inner {
            sqs: Sqs(Client::new(config)),
            queues,
            keeper,
            clock,
            bodies: None,
        }))
    }

    /// The same with a bucket for bodies that no message holds; without one these are refused.
    #[must_use]
    pub fn with_bodies(self, bodies: Bodies) -> Self {
        Self(Arc::new(Inner {
            bodies: Some(bodies),
            ..Arc::unwrap_or_clone(self.0)
        }))
    }

    pub(crate) fn bodies(&self) -> Option<&Bodies> {
        self.0.bodies.as_ref()
    }

    pub(crate) fn sqs(&self) -> &Sqs {
        &self.0.sqs
    }

    pub(crate) fn queues(&self) -> &Queues {
        &self.0.queues
    }

    pub(crate) fn keeper(&self) -> &dyn Keeper {
        &*self.0.keeper
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    pub(crate) fn url(
        &self,
        operation: &'static str,
        destination: &str,
    ) -> Result<&str, PortError> {
        let urls = self
            .queues()
            .of(destination)
            .map_err(|error| PortError::new(operation, error))?;
        Ok(&urls.queue)
    }
}

#[async_trait]
impl Queue for SqsQueue {
    async fn enqueue(&self, messages: Vec<Message>) -> Result<(), PortError> {
        let operation = "queue: enqueue";
        let (mut by_queue, mut claims): (BTreeMap<&str, Vec<Outgoing>>, _) =
            (BTreeMap::new(), BTreeMap::new());
        for message in &messages {
            let outgoing = self
                .outgoing(message, Outgoing::dedupe_of(message)?, &mut claims)
                .await?;
            by_queue
                .entry(self.url(operation, &message.destination)?)
                .or_default()
                .push(outgoing);
        }
        let sent = by_queue
            .iter()
            .map(|(queue, outgoing)| self.sqs().send(operation, queue, outgoing));
        try_join_all(sent).await.map(drop)
    }

    async fn receive(
        &self,
        destination: &str,
        max: usize,
        visibility: Duration,
    ) -> Result<Vec<Received>, PortError> {
        let operation = "queue: receive";
        let queue = self.url(operation, destination)?;
        if max == 0 {
            return Ok(Vec::new());
        }
        let messages = self
            .sqs()
            .receive(operation, queue, max, visibility)
            .await?;
        let records = messages.into_iter().filter_map(Record::of).collect();
        let received = self.open(queue, records).await?.messages;
        let (here, elsewhere): (Vec<_>, Vec<_>) = received
            .into_iter()
            .partition(|one| one.message.destination == destination);
        // Destinations of one system share a queue; nobody waits for what is another one's.
        let release = elsewhere.into_iter().map(|one| Settlement {
            receipt: one.receipt,
            verdict: Verdict::Release,
        });
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
                let Ok(queue) = self.url("queue: wait", destination) else {
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
        // Both ends of the wait mean the same to the caller: look whether there is something.
        let _ = tokio::time::timeout(limit, looking).await;
    }

    async fn depth(&self, destination: &str) -> Result<u64, PortError> {
        let operation = "queue: depth";
        let (_, all) = self
            .sqs()
            .count(operation, self.url(operation, destination)?)
            .await?;
        Ok(all)
    }

    async fn redact(&self, redaction: &Redaction) -> Result<Removed, PortError> {
        self.redact_letters(redaction).await
    }
}

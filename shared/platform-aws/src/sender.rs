use crate::{AwsError, bodies::Bodies, send::Outgoing, sqs::Sqs};
use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use futures::future::try_join_all;
use ports::{Enqueue, Message, PortError};
use std::collections::BTreeMap;

/// The sender of messages to the queues of a stack, which is all that a process needs that accepts
/// webhooks. It needs no right to any table, and links no client of one.
#[derive(Clone)]
pub struct SqsSender {
    sqs: Sqs,
    /// The URL of each destination's queue.
    queues: BTreeMap<String, String>,
    bodies: Option<Bodies>,
}

impl SqsSender {
    /// Creates the sender to these queues: their URLs, by name of the destination. Makes no call.
    #[must_use]
    pub fn new(config: &SdkConfig, queues: BTreeMap<String, String>) -> Self {
        Self {
            sqs: Sqs(Client::new(config)),
            queues,
            bodies: None,
        }
    }

    /// Sets the bucket for bodies that are too large for a message; without one these are refused.
    #[must_use]
    pub fn with_bodies(self, bodies: Bodies) -> Self {
        Self {
            bodies: Some(bodies),
            ..self
        }
    }

    /// Opens the connection to SQS, so that the first message need not wait for it. It does so with
    /// a call that sends nothing and needs no right but the one to send: SQS refuses it
    /// (`EmptyBatchRequest`), which is as good as any answer.
    pub async fn warm(&self) {
        let Some(queue) = self.queues.values().next() else {
            return;
        };
        let call = self.sqs.0.send_message_batch().queue_url(queue);
        let sent = call.set_entries(Some(Vec::new())).send().await;
        if sent.is_err_and(|error| error.as_service_error().is_none()) {
            tracing::warn!("SQS does not answer; the first message opens the connection");
        }
    }

    pub(crate) fn bodies(&self) -> Option<&Bodies> {
        self.bodies.as_ref()
    }

    pub(crate) fn sqs(&self) -> &Sqs {
        &self.sqs
    }

    /// Groups the messages by the URL of their queue, with large bodies put into the bucket.
    pub(crate) async fn by_queue(
        &self,
        messages: &[Message],
    ) -> Result<BTreeMap<&str, Vec<Outgoing>>, PortError> {
        let (mut by_queue, mut claims): (BTreeMap<&str, Vec<Outgoing>>, _) =
            (BTreeMap::new(), BTreeMap::new());
        for message in messages {
            let queue = self.url("queue: enqueue", &message.destination)?;
            let dedupe = Outgoing::dedupe_of(message)?;
            let outgoing = self.outgoing(message, dedupe, &mut claims).await?;
            by_queue.entry(queue).or_default().push(outgoing);
        }
        Ok(by_queue)
    }

    pub(crate) fn url(
        &self,
        operation: &'static str,
        destination: &str,
    ) -> Result<&str, PortError> {
        let unknown = || AwsError::NoQueue {
            destination: destination.to_owned(),
        };
        let url = self.queues.get(destination).map(String::as_str);
        url.ok_or_else(|| PortError::new(operation, unknown()))
    }
}

#[async_trait]
impl Enqueue for SqsSender {
    async fn enqueue(&self, messages: Vec<Message>) -> Result<(), PortError> {
        let by_queue = self.by_queue(&messages).await?;
        let sent = by_queue
            .iter()
            .map(|(queue, outgoing)| self.sqs.send("queue: enqueue", queue, outgoing));
        try_join_all(sent).await.map(drop)
    }
}

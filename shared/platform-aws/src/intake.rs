//! The step from messages of SQS to messages of the pipeline: what cannot be read becomes a dead
//! letter, what was redacted is deleted, and neither holds up the rest.

use crate::{
    AwsError,
    claimed::Unread,
    envelope::{self, Envelope, EnvelopeError},
    letter::Letter,
    notice::letter_in,
    queue::SqsQueue,
    receipt::Receipt,
};
use aws_sdk_sqs::types::{Message as SqsMessage, MessageSystemAttributeName};
use jiff::{SignedDuration, Timestamp};
use ports::{DeadLetters, Message, PortError, Received, Redaction};

/// The largest size of the claimed bodies of one batch together: an order is several times as large
/// in memory as its body, and a function has 256 MiB.
const MOST_FETCHED: usize = 8 * 1024 * 1024;
/// The age at which a message is late: a day less than SQS keeps it.
const KEPT_BY_SQS: SignedDuration = SignedDuration::from_hours(13 * 24);

/// A message in the form of SQS, from `ReceiveMessage` or from an event of Lambda.
#[derive(Clone)]
pub struct Record {
    /// `MessageId`.
    pub id: String,
    /// `ReceiptHandle`.
    pub handle: String,
    /// `Body`.
    pub body: String,
    /// `ApproximateReceiveCount`.
    pub attempts: u32,
    /// `MessageGroupId`.
    pub group: String,
    /// `SentTimestamp`.
    pub sent: Option<Timestamp>,
}

impl Record {
    /// Returns the receipt that settles the message if it came out of `queue`, see
    /// [`Received::receipt`].
    #[must_use]
    pub fn receipt(&self, queue: &str) -> String {
        self.receipt_in(queue).text()
    }

    fn receipt_in(&self, queue: &str) -> Receipt {
        Receipt {
            message: self.id.clone(),
            handle: self.handle.clone(),
            queue: queue.to_owned(),
        }
    }

    /// Returns whether SQS may drop it before it is received next: SQS keeps a message for 14 days.
    fn is_late(&self, now: Timestamp) -> bool {
        self.sent
            .is_some_and(|sent| now.duration_since(sent) >= KEPT_BY_SQS)
    }

    pub(crate) fn of(message: SqsMessage) -> Option<Self> {
        let attempts = receipts(&message);
        let attribute = |name| message.attributes.as_ref().and_then(|all| all.get(&name));
        let sent = attribute(MessageSystemAttributeName::SentTimestamp)
            .and_then(|millis| millis.parse().ok());
        Some(Self {
            group: attribute(MessageSystemAttributeName::MessageGroupId)
                .cloned()
                .unwrap_or_default(),
            sent: sent.and_then(|millis| Timestamp::from_millisecond(millis).ok()),
            id: message.message_id?,
            handle: message.receipt_handle?,
            body: message.body.unwrap_or_default(),
            attempts,
        })
    }
}

/// The outcome of opening records.
#[derive(Default)]
pub struct Opened {
    /// The messages that can be read, in the order of the records.
    pub messages: Vec<Received>,
    /// Ids of the records that were no messages and are settled.
    pub done: Vec<String>,
    /// The records that could not be settled: they must come back.
    pub stuck: Vec<Record>,
}

/// The failure to open records: all of them must come back.
pub struct Unopened {
    /// The records.
    pub records: Vec<Record>,
    /// The reason.
    pub error: PortError,
}

impl SqsQueue {
    /// Turns received records of a queue into messages, in the same order. A record that cannot be
    /// read (somebody else's, damaged, or of a newer version) is moved to the dead letters with the
    /// reason; one that a redaction concerns is deleted.
    ///
    /// # Errors
    /// When the redactions cannot be read from the table.
    pub async fn open(&self, queue: &str, records: Vec<Record>) -> Result<Opened, Unopened> {
        let redactions = match self.table().redactions(false).await {
            Ok(redactions) => redactions,
            Err(error) => return Err(Unopened { records, error }),
        };
        let (mut opened, mut fetched) = (Opened::default(), 0);
        for record in records {
            match self
                .open_one(queue, &record, &redactions, &mut fetched)
                .await
            {
                OpenedRecord::Message(message) => opened.messages.push(*message),
                OpenedRecord::Done => opened.done.push(record.id),
                OpenedRecord::Stuck => opened.stuck.push(record),
            }
        }
        Ok(opened)
    }

    async fn open_one(
        &self,
        queue: &str,
        record: &Record,
        redactions: &[Redaction],
        fetched: &mut usize,
    ) -> OpenedRecord {
        let receipt = record.receipt_in(queue);
        let envelope = match envelope::read(&record.body) {
            Err(error) => {
                let is_done = self.set_aside_unless_late(&receipt, record, error).await;
                return OpenedRecord::done_if(is_done);
            }
            Ok(envelope) if self.is_redacted(&envelope, redactions) => {
                return OpenedRecord::done_if(self.drop_redacted(&receipt, envelope).await);
            }
            Ok(envelope) => envelope,
        };
        match self.fetch(envelope, fetched).await {
            Ok(message) => OpenedRecord::Message(Box::new(Received {
                message,
                receipt: receipt.text(),
                attempts: record.attempts,
                lost: 0,
                sent: record.sent,
            })),
            Err(Unread::Never(error)) => {
                let is_done = self.set_aside(&receipt, record, &error.to_string()).await;
                OpenedRecord::done_if(is_done)
            }
            Err(Unread::NotNow(error)) => {
                tracing::warn!(message = receipt.message, operation = error.operation, error = %error.source, "a body could not be fetched; its message comes back");
                OpenedRecord::Stuck
            }
        }
    }

    fn is_redacted(&self, envelope: &Envelope, redactions: &[Redaction]) -> bool {
        !redactions.is_empty() && {
            let head = envelope.clone().head();
            redactions.iter().any(|redaction| redaction.concerns(&head))
        }
    }

    /// Returns the message of an envelope. The size of what a batch holds at once is bounded:
    /// beyond that, a large body waits for the next batch.
    async fn fetch(&self, envelope: Envelope, fetched: &mut usize) -> Result<Message, Unread> {
        let raw = envelope.claim.as_ref().map_or(0, |claim| claim.raw);
        if *fetched > 0 && *fetched + raw > MOST_FETCHED {
            return Err(Unread::NotNow(PortError::new(
                "queue: fetch a body",
                AwsError::EnoughAtOnce,
            )));
        }
        *fetched += raw;
        self.sender().message_in(envelope).await
    }

    /// Moves an unreadable message to the dead letters at once. A message that a newer program
    /// wrote waits for that program, which is deployed already or comes back with the next
    /// deployment, unless SQS would drop the message before. Returns whether the message is
    /// settled.
    async fn set_aside_unless_late(
        &self,
        receipt: &Receipt,
        record: &Record,
        error: EnvelopeError,
    ) -> bool {
        if let Some(letter) = letter_in(&record.body) {
            return self.replay_moved(receipt, &letter).await;
        }
        if matches!(error, EnvelopeError::Newer { .. }) && !record.is_late(self.now()) {
            tracing::warn!(
                message = receipt.message,
                "a message of a newer orderbridge comes back until that is deployed: {error}"
            );
            return false;
        }
        self.set_aside(receipt, record, &error.to_string()).await
    }

    /// Moves an unreadable message to the dead letters. Returns false where that fails: then the
    /// message comes back, and the move is tried again.
    async fn set_aside(&self, receipt: &Receipt, record: &Record, reason: &str) -> bool {
        tracing::error!(
            message = receipt.message,
            reason,
            "a message cannot be read; it is moved to the dead letters"
        );
        let group = if record.group.is_empty() {
            &record.id
        } else {
            &record.group
        };
        let letter = Letter::sealed(
            &record.id,
            &receipt.queue,
            &record.body,
            group,
            reason.to_owned(),
            record.attempts,
            self.now(),
        );
        let moved = async {
            let urls = self
                .queues()
                .of_queue(&receipt.queue)
                .map_err(|error| PortError::new("dead letters: bury", error))?;
            self.put_down(urls, &letter).await?;
            self.sqs()
                .delete(
                    "dead letters: bury",
                    &receipt.queue,
                    std::slice::from_ref(&receipt.handle),
                )
                .await
        };
        let moved = moved.await.inspect_err(|error| {
            tracing::error!(message = receipt.message, operation = error.operation, error = %error.source, "it could not be moved, and comes back");
        });
        moved.is_ok()
    }

    /// Replays the letter of a notice that somebody moved back to its queue, as the console's
    /// redrive does: a replay is what that person meant. Returns false where it fails.
    async fn replay_moved(&self, receipt: &Receipt, letter: &str) -> bool {
        let replayed = async {
            self.replay(letter).await?;
            self.sqs()
                .delete(
                    "dead letters: replay",
                    &receipt.queue,
                    std::slice::from_ref(&receipt.handle),
                )
                .await
        };
        let replayed = replayed.await.inspect_err(|error| {
            tracing::error!(letter, operation = error.operation, error = %error.source, "a dead letter could not be replayed; it is tried again");
        });
        replayed.is_ok()
    }

    /// Deletes a message that a redaction concerns, and the texts of its order in the ledger.
    /// Returns false where that fails.
    async fn drop_redacted(&self, receipt: &Receipt, envelope: Envelope) -> bool {
        let claim = envelope.claim.clone();
        let message = envelope.head();
        let (route, order) = (&message.route, message.order.as_deref());
        let dropped = async {
            self.sender().forget_body(claim.as_ref()).await?;
            self.table().forget_texts(&message).await?;
            self.sqs()
                .delete(
                    "queue: redact",
                    &receipt.queue,
                    std::slice::from_ref(&receipt.handle),
                )
                .await
        };
        let dropped = dropped.await.inspect_err(|error| {
            tracing::warn!(route, order, error = %error.source, "could not forget a message; it comes back");
        });
        if dropped.is_ok() {
            tracing::info!(
                route,
                order,
                "forgot a message, as the customer or the shop asked for"
            );
        }
        dropped.is_ok()
    }
}

/// The outcome of opening one record.
enum OpenedRecord {
    /// It is a message.
    Message(Box<Received>),
    /// It was none, and is settled.
    Done,
    /// It could not be settled.
    Stuck,
}

impl OpenedRecord {
    fn done_if(is_done: bool) -> Self {
        if is_done { Self::Done } else { Self::Stuck }
    }
}

/// Returns how many times a message was received, this time included.
pub(crate) fn receipts(message: &SqsMessage) -> u32 {
    let count = message
        .attributes()
        .and_then(|all| all.get(&MessageSystemAttributeName::ApproximateReceiveCount));
    count.and_then(|text| text.parse().ok()).unwrap_or(1)
}

use crate::{PortError, Redaction, Removed};
use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What a message is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An order, or something that happened to one.
    #[default]
    Order,
    /// A request about personal data: it needs no destination, and waits for no order.
    Request,
}

impl Kind {
    /// Whether it is what most messages are.
    #[must_use]
    pub fn is_order(&self) -> bool {
        *self == Self::Order
    }
}

/// One delivery of a shop, addressed to one route: what is made durable before the shop gets
/// its 200.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Name of the route.
    pub route: String,
    /// Name of the destination: decides the queue.
    pub destination: String,
    /// Name of the store.
    pub store: String,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Kind::is_order")]
    pub kind: Kind,
    /// The platform's topic.
    pub topic: String,
    /// Identity of the event: hash of store and raw body, in hexadecimal.
    pub event: String,
    /// Id of the order, where the body told one.
    pub order: Option<String>,
    /// Modification time of the order, where the body told one.
    pub modified: Option<Timestamp>,
    /// When the shop's request was accepted.
    pub accepted: Timestamp,
    /// Message group: a hash of destination and customer. Messages of one group are handled one
    /// after the other.
    pub group: String,
    /// Messages with the same value within the queue's deduplication window (five minutes) are one;
    /// `None` is never a duplicate.
    pub dedupe: Option<String>,
    /// How often this message came back from the dead letters.
    pub replays: u32,
    /// The raw body as the shop sent it.
    pub body: Bytes,
}

/// A message in hand. Its group is locked until it is settled or its visibility timeout has passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// What was enqueued.
    pub message: Message,
    /// Names this very receipt; a later receipt of the same message has another one.
    pub receipt: String,
    /// How often the message was received, this time included.
    pub attempts: u32,
    /// How often in a row it was received before and never settled: whoever had it in hand died, or
    /// had it for too long. 0 where the queue cannot tell.
    pub lost: u32,
}

/// What was lost so often is [`Queue::receive`]d alone: it may be what its worker died of.
pub const LOST_OFTEN: u32 = 2;
/// So many bytes of bodies come in one batch, unless one body alone is larger.
pub const BATCH_BYTES: usize = 4 << 20;

/// What a queue holds of a message group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupState {
    /// Nothing: all of its messages are settled for good.
    Empty,
    /// Messages, none of which is in hand.
    Waiting,
    /// A message that somebody has in hand: its visibility timeout is not over and it is not
    /// settled.
    InHand,
}

/// What becomes of a message in hand.
#[derive(Clone, Debug, PartialEq)]
pub struct Settlement {
    /// From [`Received::receipt`].
    pub receipt: String,
    /// What to do.
    pub verdict: Verdict,
}

/// See [`Settlement`].
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Done: the message goes away.
    Done,
    /// Comes back after this time; until then its group waits.
    Retry(Duration),
    /// Comes back at once, unspent: it was not tried.
    Release,
    /// Moves to the dead letters.
    Dead(Box<DeadLetter>),
}

/// Everything needed to understand and replay a message that could not be delivered. Holds personal
/// data: it is stored, shown to the operator, never logged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// Names this dead letter; given by the store.
    pub id: String,
    /// What was enqueued.
    pub message: Message,
    /// Name and version of the route's mapping at that time, joined by `@`; `None` where the route
    /// was gone.
    #[serde(default)]
    pub mapping: Option<String>,
    /// The class of the failure: `authentication`, `validation`, `mapping`, ...
    pub class: String,
    /// Why, for a person: what happened and what to do.
    pub reason: String,
    /// The request that was refused, if one was made.
    pub request: Option<String>,
    /// The destination's answer to it.
    pub response: Option<String>,
    /// How often delivery was tried.
    pub attempts: u32,
    /// When it died.
    pub died: Timestamp,
}

/// Which dead letters. `None` means any.
#[derive(Clone, Debug, Default)]
pub struct DeadLetterFilter {
    /// Only this route.
    pub route: Option<String>,
    /// Only this order.
    pub order: Option<String>,
    /// Only this class.
    pub class: Option<String>,
    /// At most so many, the newest first; `None` means all.
    pub limit: Option<usize>,
}

/// Where accepted messages are made durable: all that accepting a webhook needs of a queue.
#[async_trait]
pub trait Enqueue: Send + Sync {
    /// Returns only after all of the messages are durable; on an error none of them counts as
    /// accepted.
    async fn enqueue(&self, messages: Vec<Message>) -> Result<(), PortError>;
}

/// A durable queue with message groups and visibility timeouts, as SQS FIFO defines them.
#[async_trait]
pub trait Queue: Enqueue {
    /// Up to `max` messages for a destination, in order within a group, none of a group that
    /// another receipt holds or that waits for a retry, and no more bodies than [`BATCH_BYTES`].
    /// Returns at once, possibly with nothing. Where the queue can choose (SQS cannot):
    /// - Stores take turns, each with its oldest first, so that one store's flood does not make
    ///   another's orders wait.
    /// - What comes back after a try gets a part of each batch and no more, that which was received
    ///   least often first: it keeps nobody new waiting, and nobody new keeps it waiting for ever.
    /// - What was [lost](Received::lost) [often](LOST_OFTEN) comes alone, one of all at a time, and
    ///   after what else there is.
    async fn receive(
        &self,
        destination: &str,
        max: usize,
        visibility: Duration,
    ) -> Result<Vec<Received>, PortError>;

    /// One message to try whether a destination is back: of all that can be received one of those
    /// that were received least often, first the oldest, then one from anywhere. Whatever fails
    /// again and again keeps nothing else from being tried, and neither does a crowd of what fails
    /// at once.
    async fn receive_probe(
        &self,
        destination: &str,
        visibility: Duration,
    ) -> Result<Vec<Received>, PortError> {
        self.receive(destination, 1, visibility).await
    }

    /// Up to `max` requests about personal data, which [`Self::receive`] does not hand out then. A
    /// queue that does not tell them apart has none here.
    async fn receive_requests(
        &self,
        destination: &str,
        max: usize,
        visibility: Duration,
    ) -> Result<Vec<Received>, PortError> {
        let _ = (destination, max, visibility);
        Ok(Vec::new())
    }

    /// Settles messages in hand. A settlement whose receipt is no longer valid (the visibility
    /// timeout passed and somebody else received the message) changes nothing.
    async fn settle(&self, settlements: Vec<Settlement>) -> Result<(), PortError>;

    /// Waits until there may be something to receive for this destination, at most `limit`.
    async fn wait(&self, destination: &str, limit: Duration);

    /// Waits until there may be a request about personal data for this destination, at most
    /// `limit`.
    async fn wait_for_requests(&self, destination: &str, limit: Duration) {
        let _ = destination;
        tokio::time::sleep(limit).await;
    }

    /// What there is of a message group. `None` where the queue cannot tell.
    async fn group_state(
        &self,
        destination: &str,
        group: &str,
    ) -> Result<Option<GroupState>, PortError> {
        let _ = (destination, group);
        Ok(None)
    }

    /// How many messages wait or are in hand for this destination.
    async fn depth(&self, destination: &str) -> Result<u64, PortError>;

    /// Forgets the messages that a redaction concerns, whichever destination they are for, waiting,
    /// in hand or dead, all at once: a receipt of one of them is no longer valid, so that it can
    /// neither come back nor become a dead letter.
    async fn redact(&self, redaction: &Redaction) -> Result<Removed, PortError>;
}

/// The operator's view of what could not be delivered.
#[async_trait]
pub trait DeadLetters: Send + Sync {
    /// The newest first.
    async fn list(&self, filter: &DeadLetterFilter) -> Result<Vec<DeadLetter>, PortError>;

    /// One of them.
    async fn get(&self, id: &str) -> Result<Option<DeadLetter>, PortError>;

    /// Puts the message back at the end of its queue with `replays` one higher and no dedupe value,
    /// so that nothing swallows it, and forgets the dead letter; both or neither. False when there
    /// is no such dead letter.
    async fn replay(&self, id: &str) -> Result<bool, PortError>;

    /// Forgets it. False when there is no such dead letter.
    async fn discard(&self, id: &str) -> Result<bool, PortError>;

    /// Called once after letters were replayed or discarded, one or many: whatever else shows them
    /// forgets them, too. Where nothing else does, there is nothing to do.
    async fn tidy(&self) -> Result<(), PortError> {
        Ok(())
    }
}

use crate::{DeadLetter, PortError, Redaction, Removed, Version, Waiting, WaitingFilter};
use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, time::Duration};

/// The subject of a message.
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
    /// Returns whether the message is about an order, as most messages are.
    #[must_use]
    pub fn is_order(&self) -> bool {
        *self == Self::Order
    }
}

/// The way on which a state of an order came here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The shop posted it.
    #[default]
    Posted,
    /// It was read from the shop, to catch up. It gives way to what shops post.
    Read,
    /// An operator wants it written, even where the destination holds it already.
    Forced,
    /// An operator changed what the shop had sent. Its dead letter takes nobody's place, so that
    /// what the shop sent is kept beside it.
    Edited,
}

impl Origin {
    /// All origins.
    pub const ALL: [Self; 4] = [Self::Posted, Self::Read, Self::Forced, Self::Edited];

    /// Returns whether the shop posted it, as most messages.
    #[must_use]
    pub fn is_posted(&self) -> bool {
        *self == Self::Posted
    }

    /// Returns the word in stored rows.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Posted => "posted",
            Self::Read => "read",
            Self::Forced => "forced",
            Self::Edited => "edited",
        }
    }
}

/// One delivery of a shop, addressed to one route; made durable before the shop gets its 200.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Name of the route.
    pub route: String,
    /// Name of the destination, which decides the queue.
    pub destination: String,
    /// Name of the store.
    pub store: String,
    /// The subject of the message.
    #[serde(default, skip_serializing_if = "Kind::is_order")]
    pub kind: Kind,
    /// The way on which it came here.
    #[serde(default, skip_serializing_if = "Origin::is_posted")]
    pub origin: Origin,
    /// The platform's topic.
    pub topic: String,
    /// Identity of the event: hash of store and raw body, in hexadecimal.
    pub event: String,
    /// Id of the order, where the body told one.
    pub order: Option<String>,
    /// Modification time of the order, where the body told one.
    pub modified: Option<Timestamp>,
    /// The time at which the shop's request was accepted.
    pub accepted: Timestamp,
    /// Message group: a hash of destination and customer. Messages of one group are handled one
    /// after the other.
    pub group: String,
    /// The dedupe value: messages with the same value within the queue's deduplication window (five
    /// minutes) are one. A message with `None` is never a duplicate.
    pub dedupe: Option<String>,
    /// The number of times that this message was replayed from the dead letters.
    pub replays: u32,
    /// The raw body as the shop sent it.
    pub body: Bytes,
}

impl Message {
    /// Returns the version of the state that it holds.
    #[must_use]
    pub const fn version(&self) -> Version {
        Version {
            modified: self.modified,
            accepted: self.accepted,
        }
    }

    /// Returns the name under which it takes turns with others: its store, and apart from that what
    /// was read from the store.
    #[must_use]
    pub fn turn(&self) -> Cow<'_, str> {
        match self.origin {
            Origin::Read => Cow::Owned(format!("{}{READ}", self.store)),
            Origin::Posted | Origin::Forced | Origin::Edited => Cow::Borrowed(&self.store),
        }
    }
}

/// The end of the name under which what was read from a store takes turns, see [`Message::turn`].
pub const READ: &str = " (read)";

/// A message in hand. Its group is locked until it is settled or its visibility timeout has passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The message as it was enqueued.
    pub message: Message,
    /// The name of this receipt; a later receipt of the same message has another one.
    pub receipt: String,
    /// The number of times that the message was received, this time included.
    pub attempts: u32,
    /// The number of times in a row that the message was received before and never settled, because
    /// its worker died or had it for too long. 0 where the queue cannot tell.
    pub lost: u32,
    /// The time at which the queue took it; `None` where the queue does not tell.
    pub sent: Option<Timestamp>,
}

impl Disposition {
    /// Returns how long the message waits before it is received again, where it waits for a time.
    #[must_use]
    pub fn pause(&self) -> Option<Duration> {
        match self {
            Self::Retry(time) | Self::Wait(time) => Some(*time),
            Self::Done | Self::Release | Self::Dead(_) => None,
        }
    }
}

impl Received {
    /// Returns the settlement that does this with the message.
    #[must_use]
    pub fn settled(self, disposition: Disposition) -> Settlement {
        Settlement {
            received: self,
            disposition,
        }
    }
}

/// The number of losses in a row from which [`Queue::receive`] hands a message out alone: its
/// worker may have died of it.
pub const LOST_OFTEN: u32 = 2;
/// The largest total size of the bodies in one batch, in bytes, unless one body alone is larger.
pub const BATCH_BYTES: usize = 4 << 20;

/// The messages that a queue holds of a message group.
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

/// The decision about a message in hand.
#[derive(Clone, Debug, PartialEq)]
pub struct Settlement {
    /// The message.
    pub received: Received,
    /// What the queue is to do with it.
    pub disposition: Disposition,
}

/// What stands in the place of the body of a message that its store finds damaged. It is no JSON, so
/// that nobody takes it for what a shop sent.
pub const DAMAGED: &str = "the disk has damaged this message: `orderbridge sync --store` asks the shop for the order once more";

/// What the queue does with a settled message, see [`Settlement`].
#[derive(Clone, Debug, PartialEq)]
pub enum Disposition {
    /// Done: the message goes away.
    Done,
    /// The message is requeued after this time; until then its group waits.
    Retry(Duration),
    /// The same, unspent: it was not tried, because something else comes first.
    Wait(Duration),
    /// The message is requeued at once, unspent: it was not tried.
    Release,
    /// The message becomes a dead letter.
    Dead(Box<DeadLetter>),
}

/// The part of a queue that makes accepted messages durable: all that accepting a webhook needs.
#[async_trait]
pub trait Enqueue: Send + Sync {
    /// Makes the messages durable, and returns only after all of them are.
    ///
    /// # Errors
    /// Fails where one of the messages could not be made durable; then none of them counts as
    /// accepted. A message may be too large for the store, see [`PortError::too_large`].
    async fn enqueue(&self, messages: Vec<Message>) -> Result<(), PortError>;
}

/// A durable queue with message groups and visibility timeouts, as SQS FIFO defines them.
#[async_trait]
pub trait Queue: Enqueue {
    /// Receives up to `max` messages for a destination, in order within a group, none of a group
    /// that another receipt holds or that waits for a retry, and no more bodies than
    /// [`BATCH_BYTES`]. Returns at once, possibly with nothing. Where the queue can choose (SQS
    /// cannot):
    /// - Stores take turns, each with its oldest first, so that one store's flood does not make
    ///   another's orders wait. What was read from a store ([`Origin::Read`]) takes turns like
    ///   another store, so that catching up keeps no new order waiting.
    /// - Messages that come back after a try get a part of each batch and no more, the least often
    ///   received first: they keep no new message waiting, and no new message keeps them waiting
    ///   for ever.
    /// - A message that was [lost](Received::lost) [often](LOST_OFTEN) comes alone, one of all of
    ///   them at a time, and after everything else.
    ///
    /// # Errors
    /// Fails where the queue cannot be read. A message that was received all the same comes back
    /// after its visibility timeout.
    async fn receive(
        &self,
        destination: &str,
        max: usize,
        visibility: Duration,
    ) -> Result<Vec<Received>, PortError>;

    /// Receives like [`Self::receive`], but only what was posted to us, nothing that was read from a
    /// store ([`Origin::Read`]): for a worker that catching up must never occupy. A queue that
    /// cannot choose receives anything.
    ///
    /// # Errors
    /// See [`Self::receive`].
    async fn receive_posted(
        &self,
        destination: &str,
        max: usize,
        visibility: Duration,
    ) -> Result<Vec<Received>, PortError> {
        self.receive(destination, max, visibility).await
    }

    /// Receives like [`Self::receive`], but only what was read from a store ([`Origin::Read`]): for a
    /// worker that works it off in bulk. A queue that cannot choose returns nothing.
    ///
    /// # Errors
    /// See [`Self::receive`].
    async fn receive_read(
        &self,
        destination: &str,
        max: usize,
        visibility: Duration,
    ) -> Result<Vec<Received>, PortError> {
        let _ = (destination, max, visibility);
        Ok(Vec::new())
    }

    /// Receives one message as a probe of whether a destination is back: one of the least often
    /// received messages, first the oldest of them, then one from anywhere among them. So messages
    /// that fail again and again keep nothing else from being tried, and neither does a crowd of
    /// messages that fail at once.
    ///
    /// # Errors
    /// See [`Self::receive`].
    async fn receive_probe(
        &self,
        destination: &str,
        visibility: Duration,
    ) -> Result<Vec<Received>, PortError> {
        self.receive(destination, 1, visibility).await
    }

    /// Receives up to `max` requests about personal data; a queue that has them here does not hand
    /// them out in [`Self::receive`]. A queue that does not tell them apart returns none.
    ///
    /// # Errors
    /// See [`Self::receive`].
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
    ///
    /// # Errors
    /// Fails where the queue cannot be written. Some of the messages may be settled; the others
    /// come back after their visibility timeout.
    async fn settle(&self, settlements: Vec<Settlement>) -> Result<(), PortError>;

    /// Waits until there may be a message to receive for this destination, at most for `limit`.
    async fn wait(&self, destination: &str, limit: Duration);

    /// Waits until there may be a message for [`Self::receive_posted`], at most for `limit`.
    async fn wait_for_posted(&self, destination: &str, limit: Duration) {
        self.wait(destination, limit).await;
    }

    /// Waits until there may be a message for [`Self::receive_read`], at most for `limit`.
    async fn wait_for_read(&self, destination: &str, limit: Duration) {
        let _ = destination;
        tokio::time::sleep(limit).await;
    }

    /// Waits until there may be a request about personal data for this destination, at most for
    /// `limit`.
    async fn wait_for_requests(&self, destination: &str, limit: Duration) {
        let _ = destination;
        tokio::time::sleep(limit).await;
    }

    /// Returns what the queue holds of a message group; `None` where the queue cannot tell.
    ///
    /// # Errors
    /// Fails where the queue cannot be read.
    async fn group_state(
        &self,
        destination: &str,
        group: &str,
    ) -> Result<Option<GroupState>, PortError> {
        let _ = (destination, group);
        Ok(None)
    }

    /// Returns the messages about orders that wait or are in hand, the oldest first; `None` where the
    /// queue cannot tell (SQS cannot).
    ///
    /// # Errors
    /// Fails where the queue cannot be read.
    async fn waiting(&self, filter: &WaitingFilter) -> Result<Option<Vec<Waiting>>, PortError> {
        let _ = filter;
        Ok(None)
    }

    /// Returns the same messages as [`Self::waiting`], whole, without receiving them; `None` where the
    /// queue cannot tell. They hold personal data: for the operator's screen, never for a log.
    ///
    /// # Errors
    /// Fails where the queue cannot be read.
    async fn waiting_messages(
        &self,
        filter: &WaitingFilter,
    ) -> Result<Option<Vec<Message>>, PortError> {
        let _ = filter;
        Ok(None)
    }

    /// Returns how many messages about orders came before the one at this place (see
    /// [`Waiting::place`]) and wait or are in hand for the same destination; `None` where the queue
    /// cannot tell.
    ///
    /// # Errors
    /// Fails where the queue cannot be read.
    async fn before(&self, destination: &str, place: u64) -> Result<Option<u64>, PortError> {
        let _ = (destination, place);
        Ok(None)
    }

    /// Returns how many messages wait or are in hand for this destination.
    ///
    /// # Errors
    /// Fails where the queue cannot be read.
    async fn depth(&self, destination: &str) -> Result<u64, PortError>;

    /// Forgets the messages that a redaction concerns, whichever destination they are for, whether
    /// they wait, are in hand or are dead letters: all at once, or, where the queue cannot look at
    /// what waits (SQS cannot), each message as it turns up. A receipt of one of them is no longer
    /// valid, so that the message can neither come back nor become a dead letter.
    ///
    /// # Errors
    /// Fails where the queue cannot be read or written. Some of the messages may be gone; another
    /// call takes the rest.
    async fn redact(&self, redaction: &Redaction) -> Result<Removed, PortError>;
}

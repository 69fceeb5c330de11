use crate::{
    envelope::{self, Envelope},
    error::AwsError,
    packed,
};
use bytes::Bytes;
use jiff::Timestamp;
use ports::{DeadLetter, Kind, Message};
use serde::{Deserialize, Serialize};
use std::io;

/// A dead letter in the form of the table.
#[derive(Clone)]
pub(crate) struct Letter {
    /// The time when it was put into the table.
    pub(crate) buried: Timestamp,
    /// URL of the queue that it came from and goes back to.
    pub(crate) queue: String,
    /// Whether the body of the dead letter's message is not a shop's, but the text of a message
    /// that could not be read.
    pub(crate) is_sealed: bool,
    pub(crate) dead: DeadLetter,
}

/// A [`Letter`] as JSON.
#[derive(Serialize, Deserialize)]
struct Kept {
    id: String,
    buried: Timestamp,
    queue: String,
    #[serde(default)]
    is_sealed: bool,
    message: Envelope,
    mapping: Option<String>,
    class: String,
    reason: String,
    request: Option<String>,
    response: Option<String>,
    attempts: u32,
    died: Timestamp,
    #[serde(default)]
    earlier: u32,
}

impl Letter {
    /// Creates the letter of a message that could not be read, whose text is kept as it is.
    pub(crate) fn sealed(
        id: &str,
        queue: &str,
        text: &str,
        group: &str,
        reason: String,
        attempts: u32,
        now: Timestamp,
    ) -> Self {
        let message = Message {
            route: String::new(),
            destination: String::new(),
            store: String::new(),
            kind: Kind::Order,
            origin: ports::Origin::Posted,
            topic: String::new(),
            event: ports::event_id("", text.as_bytes()),
            order: None,
            modified: None,
            accepted: now,
            group: group.to_owned(),
            dedupe: None,
            replays: 0,
            body: Bytes::copy_from_slice(text.as_bytes()),
        };
        let dead = DeadLetter {
            id: id.to_owned(),
            message,
            mapping: None,
            class: "envelope".to_owned(),
            reason,
            request: None,
            response: None,
            attempts,
            died: now,
            earlier: 0,
        };
        Self {
            buried: now,
            queue: queue.to_owned(),
            is_sealed: true,
            dead,
        }
    }

    /// Turns a sealed letter into an ordinary one if this program can read it after all, for
    /// instance because it is newer now.
    pub(crate) fn opened(self) -> Self {
        let text = self
            .is_sealed
            .then(|| std::str::from_utf8(&self.dead.message.body))
            .and_then(Result::ok);
        let Some(Ok(message)) = text.map(envelope::open) else {
            return self;
        };
        Self {
            is_sealed: false,
            dead: DeadLetter {
                message,
                ..self.dead
            },
            ..self
        }
    }

    pub(crate) fn pack(&self) -> io::Result<Vec<u8>> {
        let dead = self.dead.clone();
        packed::pack(&Kept {
            id: dead.id,
            buried: self.buried,
            queue: self.queue.clone(),
            is_sealed: self.is_sealed,
            message: Envelope::of(&dead.message)?,
            mapping: dead.mapping,
            class: dead.class,
            reason: dead.reason,
            request: dead.request,
            response: dead.response,
            attempts: dead.attempts,
            died: dead.died,
            earlier: dead.earlier,
        })
    }

    pub(crate) fn unpack(bytes: &[u8]) -> Result<Self, AwsError> {
        let kept: Kept = packed::unpack("a dead letter", bytes)?;
        let message = kept
            .message
            .message()
            .map_err(|error| AwsError::Unreadable {
                what: format!("dead letter {}", kept.id),
                source: Some(error.into()),
            })?;
        let dead = DeadLetter {
            id: kept.id,
            message,
            mapping: kept.mapping,
            class: kept.class,
            reason: kept.reason,
            request: kept.request,
            response: kept.response,
            attempts: kept.attempts,
            died: kept.died,
            earlier: kept.earlier,
        };
        let letter = Self {
            buried: kept.buried,
            queue: kept.queue,
            is_sealed: kept.is_sealed,
            dead,
        };
        Ok(letter.opened())
    }
}

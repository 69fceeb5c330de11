//! Bodies that a message claims: what is read from the bucket must be what was put there.

use crate::{
    AwsError,
    bodies::Found,
    claim::{Claim, digest},
    envelope::{self, Envelope, EnvelopeError},
    sender::SqsSender,
};
use ports::{Message, PortError};

/// The reason why a text cannot be read as a message now.
pub(crate) enum Unread {
    /// It can never be read.
    Never(EnvelopeError),
    /// It may be readable later.
    NotNow(PortError),
}

impl SqsSender {
    /// Returns the message of an envelope, with its body fetched from the bucket where it is
    /// claimed.
    pub(crate) async fn message_in(&self, envelope: Envelope) -> Result<Message, Unread> {
        let Some(claim) = &envelope.claim else {
            return envelope.message().map_err(Unread::Never);
        };
        let Some(bodies) = self.bodies() else {
            return Err(Unread::NotNow(PortError::new(
                "queue: fetch a body",
                AwsError::NoBucket,
            )));
        };
        let found = bodies
            .get("queue: fetch a body", &claim.key)
            .await
            .map_err(Unread::NotNow)?;
        let Found::Bytes(compressed) = found else {
            return Err(Unread::Never(EnvelopeError::Gone));
        };
        if digest(&compressed) != claim.sha256 {
            return Err(Unread::Never(EnvelopeError::Changed));
        }
        envelope.message_with(&compressed).map_err(Unread::Never)
    }

    /// Returns the message of a text.
    pub(crate) async fn message_of(&self, text: &str) -> Result<Message, Unread> {
        self.message_in(envelope::read(text).map_err(Unread::Never)?)
            .await
    }

    /// Deletes a body that nobody will claim any more.
    pub(crate) async fn forget_body(&self, claim: Option<&Claim>) -> Result<(), PortError> {
        match (claim, self.bodies()) {
            (Some(claim), Some(bodies)) => bodies.delete("queue: forget a body", &claim.key).await,
            _ => Ok(()),
        }
    }
}

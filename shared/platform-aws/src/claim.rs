//! Bodies that no message of SQS holds: they are put into a bucket, the message has a claim to
//! them, and what is read there must be what was put there.

use crate::{
    AwsError, blob,
    bodies::{Bodies, Found},
    envelope::{self, Envelope, EnvelopeError},
    identity,
    queue::SqsQueue,
    send::Outgoing,
};
use ports::{Message, PortError, TooLarge};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// What a claimed body may be, compressed: as a dead letter it still fits into the table, whose
/// transactions take 4 MB (Amazon DynamoDB, "Service quotas").
const LARGEST: usize = 3 * 1024 * 1024;
/// What the bodies are called by that a message claims; the template lets them expire.
const PREFIX: &str = "bodies/";

/// Where a body is, and how it is known again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claim {
    /// Its name in the bucket.
    pub(crate) key: String,
    /// SHA-256 of what is there, in hexadecimal.
    pub(crate) sha256: String,
    /// Size of the shop's body.
    pub(crate) raw: usize,
}

/// Why a text is no message now.
pub(crate) enum Unread {
    /// It will never be one.
    Never(EnvelopeError),
    /// It may be later.
    NotNow(PortError),
}

impl SqsQueue {
    /// A message on its way into its queue, its body in the bucket where it is too large. `claims`
    /// are those of this webhook so far, by event: its routes share a body.
    pub(crate) async fn outgoing(
        &self,
        message: &Message,
        dedupe: String,
        claims: &mut BTreeMap<String, Claim>,
    ) -> Result<Outgoing, PortError> {
        if !claims.contains_key(&message.event) {
            match (Outgoing::of(message, dedupe.clone()), self.bodies()) {
                (Err(refused), Some(bodies)) if refused.too_large().is_some() => {
                    claims.insert(message.event.clone(), put(bodies, message).await?);
                }
                (outgoing, _) => return outgoing,
            }
        }
        match claims.get(&message.event) {
            Some(claim) => {
                Outgoing::sealed(message, &Envelope::claiming(message, claim.clone()), dedupe)
            }
            None => Outgoing::of(message, dedupe),
        }
    }

    /// The message of an envelope.
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

    /// The message of a text.
    pub(crate) async fn message_of(&self, text: &str) -> Result<Message, Unread> {
        self.message_in(envelope::read(text).map_err(Unread::Never)?)
            .await
    }

    /// Forgets a body that nobody will claim any more.
    pub(crate) async fn forget_body(&self, claim: Option<&Claim>) -> Result<(), PortError> {
        match (claim, self.bodies()) {
            (Some(claim), Some(bodies)) => bodies.delete("queue: forget a body", &claim.key).await,
            _ => Ok(()),
        }
    }
}

async fn put(bodies: &Bodies, message: &Message) -> Result<Claim, PortError> {
    let operation = "queue: put a body away";
    let compressed =
        blob::compress(&message.body).map_err(|error| PortError::new(operation, error))?;
    if compressed.len() > LARGEST {
        let (event, bytes) = (message.event.clone(), compressed.len());
        let source = TooLarge {
            bytes,
            limit: LARGEST,
        };
        return Err(PortError::new(
            operation,
            AwsError::TooLarge { event, source },
        ));
    }
    let claim = Claim {
        key: format!("{PREFIX}{}-{}", message.event, identity::fresh(operation)?),
        sha256: digest(&compressed),
        raw: message.body.len(),
    };
    bodies.put(operation, &claim.key, compressed).await?;
    Ok(claim)
}

fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

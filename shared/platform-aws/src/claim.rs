//! Bodies that are too large for a message of SQS: they are put into a bucket, and the message
//! carries a claim to them.

use crate::{
    AwsError, blob, bodies::Bodies, envelope::Envelope, identity, send::Outgoing, sender::SqsSender,
};
use ports::{Message, PortError, TooLarge};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The largest claimed body, compressed: as a dead letter it still fits into the table, whose
/// transactions take 4 MB (Amazon DynamoDB, "Service quotas").
const LARGEST: usize = 3 * 1024 * 1024;
/// The prefix of the names of claimed bodies; the template lets them expire.
const PREFIX: &str = "bodies/";

/// The place of a body in the bucket, and how it is recognised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claim {
    /// Its name in the bucket.
    pub(crate) key: String,
    /// SHA-256 of what is there, in hexadecimal.
    pub(crate) sha256: String,
    /// Size of the shop's body.
    pub(crate) raw: usize,
}

impl SqsSender {
    /// Returns a message on its way into its queue, with its body in the bucket where it is too
    /// large. `claims` holds the claims of this webhook so far, by event: its routes share a body.
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

/// Returns the hash by which a body is recognised.
pub(crate) fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

//! Messages that SQS did not take when their webhooks were accepted: one object in the bucket for
//! each queue of a webhook, until the messages are sent.

use crate::{
    AwsError,
    bodies::{Bodies, Found},
    identity,
    send::Outgoing,
    sender::SqsSender,
};
use jiff::Timestamp;
use ports::PortError;
use serde::{Deserialize, Serialize};

/// The prefix of their names. The time after it keeps them in order.
const PREFIX: &str = "unsent/";
/// The most objects that are sent at a time; the rest is left to the next time.
const MOST: usize = 200;

#[derive(Serialize, Deserialize)]
struct Unsent {
    queue: String,
    messages: Vec<Kept>,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    body: String,
    group: String,
    dedupe: String,
}

/// Puts the messages for a queue into the bucket.
pub(crate) async fn put_down(
    bodies: &Bodies,
    queue: &str,
    messages: &[Outgoing],
    accepted: Timestamp,
) -> Result<(), PortError> {
    let operation = "queue: put messages down";
    let kept = |message: &Outgoing| Kept {
        body: message.body.clone(),
        group: message.group.clone(),
        dedupe: message.dedupe.clone(),
    };
    let unsent = Unsent {
        queue: queue.to_owned(),
        messages: messages.iter().map(kept).collect(),
    };
    let bytes = serde_json::to_vec(&unsent).map_err(|error| PortError::new(operation, error))?;
    let key = format!(
        "{PREFIX}{:013}-{}",
        accepted.as_millisecond(),
        identity::fresh(operation)?
    );
    bodies.put(operation, &key, bytes).await
}

impl SqsSender {
    /// Sends what was put into the bucket, the oldest first, and returns how many objects are left,
    /// up to a thousand. Each is sent first and deleted then: a crash between the two repeats the
    /// message, which changes nothing.
    ///
    /// # Errors
    /// When the bucket does not answer, or SQS still takes no messages.
    pub async fn send_unsent(&self) -> Result<usize, PortError> {
        let operation = "queue: send what was put down";
        let Some(bodies) = self.bodies() else {
            return Ok(0);
        };
        let names = bodies.names(operation, PREFIX).await?;
        for name in names.iter().take(MOST) {
            if let Found::Bytes(bytes) = bodies.get(operation, name).await? {
                self.send_again(operation, name, &bytes).await?;
                tracing::info!(name, "sent what SQS did not take before");
            }
            bodies.delete(operation, name).await?;
        }
        Ok(names.len().saturating_sub(MOST))
    }

    async fn send_again(
        &self,
        operation: &'static str,
        name: &str,
        bytes: &[u8],
    ) -> Result<(), PortError> {
        let unsent: Unsent = serde_json::from_slice(bytes).map_err(|error| {
            let what = format!("the object {name} of the bucket");
            let source = Some(error.into());
            PortError::new(operation, AwsError::Unreadable { what, source })
        })?;
        let outgoing: Vec<Outgoing> = unsent
            .messages
            .into_iter()
            .map(|kept| Outgoing {
                body: kept.body,
                group: kept.group,
                dedupe: kept.dedupe,
                attributes: Vec::new(),
            })
            .collect();
        self.sqs().send(operation, &unsent.queue, &outgoing).await
    }
}

//! Acceptance of webhooks while SQS does not answer: a shop that is told 503 may never come back,
//! so the sender uses all the time that the shop waits, and then another place.

use crate::{AwsError, bodies::Bodies, error::cause, send::Outgoing, sender::SqsSender, unsent};
use async_trait::async_trait;
use ports::{Enqueue, Message, PortError};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// The upper bound of the first pause between two tries, and its largest value. The pause itself is
/// drawn between nothing and the bound.
const PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// The part of the time that is reserved for the last resort and the answer.
const LAST_RESORT: Duration = Duration::from_millis(1500);
/// The shortest time for which a try is started.
const SHORTEST_TRY: Duration = Duration::from_millis(50);

/// Sends messages for a process that accepts webhooks. It tries again for as long as the shop waits
/// for its answer. A message that SQS has not taken by then, or refuses for good, is put into the
/// bucket, from which [`SqsSender::send_unsent`] takes it. That is durable, too.
pub struct PatientSender {
    sender: SqsSender,
    /// The patience of each store's shop, by store.
    patience: BTreeMap<String, Duration>,
}

impl PatientSender {
    /// Creates the sender. `patience` is how long the shop of each store waits for an answer,
    /// without the time of the way there and back.
    #[must_use]
    pub fn new(sender: SqsSender, patience: BTreeMap<String, Duration>) -> Self {
        Self { sender, patience }
    }

    /// Sends until the deadline, and removes what was sent from `rest`. A repeated try creates no
    /// second message: SQS recognises it by its deduplication id.
    async fn send(
        &self,
        rest: &mut BTreeMap<&str, Vec<Outgoing>>,
        deadline: Instant,
    ) -> Result<(), PortError> {
        let operation = "queue: enqueue";
        let mut longest = PAUSE;
        loop {
            let Some((queue, messages)) = rest.first_key_value() else {
                return Ok(());
            };
            let left = deadline.saturating_duration_since(Instant::now());
            let sent =
                tokio::time::timeout(left, self.sender.sqs().send(operation, queue, messages))
                    .await;
            let error = match sent {
                Ok(Ok(())) => {
                    rest.pop_first();
                    continue;
                }
                Ok(Err(error)) => error,
                Err(_) => PortError::new(operation, AwsError::OutOfTime),
            };
            let pause = drawn(longest);
            let left = deadline.saturating_duration_since(Instant::now());
            if !cause(&error).is_none_or(AwsError::may_pass) || left < pause + SHORTEST_TRY {
                return Err(error);
            }
            tracing::warn!(
                operation,
                error = ports::in_one_line(&error),
                "SQS does not take messages; it is tried again"
            );
            tokio::time::sleep(pause).await;
            longest = longest.saturating_mul(2).min(LONGEST_PAUSE);
        }
    }
}

#[async_trait]
impl Enqueue for PatientSender {
    async fn enqueue(&self, messages: Vec<Message>) -> Result<(), PortError> {
        let store = messages
            .first()
            .map_or("", |message| message.store.as_str());
        let patience = self.patience.get(store).copied().unwrap_or_default();
        let deadline = Instant::now() + patience.saturating_sub(LAST_RESORT);
        let mut rest = self.sender.by_queue(&messages).await?;
        let Err(error) = self.send(&mut rest, deadline).await else {
            return Ok(());
        };
        let Some(bodies) = self.sender.bodies() else {
            return Err(error);
        };
        let put_down = tokio::time::timeout(LAST_RESORT, put_down(bodies, &rest, &messages)).await;
        if let Err(second) = put_down.unwrap_or_else(|_| {
            Err(PortError::new(
                "queue: put messages down",
                AwsError::OutOfTime,
            ))
        }) {
            tracing::error!(
                error = ports::in_one_line(&second),
                "the bucket takes no messages, either"
            );
            return Err(error);
        }
        tracing::error!(
            store,
            messages = rest.values().map(Vec::len).sum::<usize>(),
            error = ports::in_one_line(&error),
            "SQS does not take messages; they are in the bucket, and are sent from there within minutes"
        );
        Ok(())
    }
}

async fn put_down(
    bodies: &Bodies,
    rest: &BTreeMap<&str, Vec<Outgoing>>,
    messages: &[Message],
) -> Result<(), PortError> {
    let accepted = messages
        .first()
        .map(|message| message.accepted)
        .unwrap_or_default();
    for (queue, outgoing) in rest {
        unsent::put_down(bodies, queue, outgoing, accepted).await?;
    }
    metrics::counter!("orderbridge_unsent_total")
        .increment(u64::try_from(rest.values().map(Vec::len).sum::<usize>()).unwrap_or(u64::MAX));
    Ok(())
}

/// Returns a random part of this time, so that callers who failed together do not come back
/// together.
fn drawn(longest: Duration) -> Duration {
    let millis = u32::try_from(longest.as_millis())
        .unwrap_or(u32::MAX)
        .max(1);
    Duration::from_millis(u64::from(getrandom::u32().unwrap_or(millis / 2) % millis))
}

//! The synchronization of the dead-letter queue with the table: notices of letters that are gone are
//! deleted, and messages that SQS moved there by itself become letters.

use crate::{
    claimed::Unread,
    letter::Letter,
    notice::{letter_of, notice},
    queue::SqsQueue,
    queues::QueueUrls,
};
use aws_sdk_sqs::types::Message;
use ports::{DeadLetter, PortError};
use std::time::Duration;

/// The number of receives, of ten messages each, per pass; the rest is left to the next one.
const RECEIPTS: usize = 20;
/// The time that received messages stay hidden: as long as a pass takes, so that it does not see a
/// message twice.
const HELD: Duration = Duration::from_secs(30);

/// The extent of a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Synced {
    /// It saw the end of the queue, or there was nothing to delete.
    All,
    /// It deleted something and did not see the end.
    Part,
}

impl SqsQueue {
    /// Looks through a dead-letter queue.
    pub(crate) async fn sync_dead_letter_queue(
        &self,
        urls: &QueueUrls,
    ) -> Result<Synced, PortError> {
        let operation = "dead letters: sweep";
        let (mut kept, mut seen, mut is_end) = (Vec::new(), 0, false);
        let mut outcome = Ok(());
        for _ in 0..RECEIPTS {
            let batch = self
                .sqs()
                .receive(operation, &urls.dead_letters, 10, HELD)
                .await?;
            is_end = batch.is_empty();
            if is_end {
                break;
            }
            seen += batch.len();
            outcome = outcome.and(self.sweep_batch(urls, batch, &mut kept).await);
        }
        let is_all = is_end || kept.len() == seen;
        let free: Vec<(String, Duration)> = kept
            .into_iter()
            .map(|handle| (handle, Duration::ZERO))
            .collect();
        self.sqs()
            .hide(operation, &urls.dead_letters, &free)
            .await?;
        outcome.map(|()| if is_all { Synced::All } else { Synced::Part })
    }

    async fn sweep_batch(
        &self,
        urls: &QueueUrls,
        batch: Vec<Message>,
        kept: &mut Vec<String>,
    ) -> Result<(), PortError> {
        let operation = "dead letters: sweep";
        let named: Vec<String> = batch
            .iter()
            .filter_map(letter_of)
            .map(str::to_owned)
            .collect();
        let known = self.table().known(&named).await?;
        let mut gone = Vec::new();
        for message in batch {
            let Some(handle) = message.receipt_handle.clone() else {
                continue;
            };
            match letter_of(&message) {
                Some(letter) if known.contains(letter) => kept.push(handle),
                Some(_) => gone.push(handle),
                None => {
                    self.put_down(urls, &self.adopted(urls, &message).await?)
                        .await?;
                    gone.push(handle);
                }
            }
        }
        self.sqs()
            .delete(operation, &urls.dead_letters, &gone)
            .await
    }

    /// Creates the letter of a message that was received again and again without ever being
    /// settled, as when the worker crashes over it.
    async fn adopted(&self, urls: &QueueUrls, message: &Message) -> Result<Letter, PortError> {
        let now = self.now();
        let (id, text) = (
            message.message_id().unwrap_or_default(),
            message.body().unwrap_or_default(),
        );
        let opened = match self.sender().message_of(text).await {
            Ok(opened) => opened,
            Err(Unread::Never(error)) => {
                return Ok(Letter::sealed(
                    id,
                    &urls.queue,
                    text,
                    id,
                    error.to_string(),
                    0,
                    now,
                ));
            }
            Err(Unread::NotNow(error)) => return Err(error),
        };
        Ok(Letter {
            buried: now,
            queue: urls.queue.clone(),
            is_sealed: false,
            dead: DeadLetter {
                id: id.to_owned(),
                message: opened,
                mapping: None,
                class: "abandoned".to_owned(),
                reason: "it was received as often as the queue allows and never settled: the function crashed or ran out of time or memory over it; see its log, then replay"
                    .to_owned(),
                request: None,
                response: None,
                attempts: crate::intake::receipts(message),
                died: now,
                earlier: 0,
            },
        })
    }

    /// Puts a letter into the table, then its notice into the dead-letter queue: where the second
    /// step fails, the message is still in its queue and both are done again.
    pub(crate) async fn put_down(
        &self,
        urls: &QueueUrls,
        letter: &Letter,
    ) -> Result<(), PortError> {
        self.table().put_letter(letter).await?;
        self.sqs()
            .send(
                "dead letters: give notice",
                &urls.dead_letters,
                &[notice(letter)?],
            )
            .await
    }

    /// Sweeps where a failure changes nothing for the caller: a notice too many is deleted by the
    /// next pass.
    pub(crate) async fn sweep_quietly(&self, queue: &str) {
        let Ok(urls) = self.queues().of_queue(queue) else {
            return;
        };
        if let Err(error) = self.sync_dead_letter_queue(urls).await {
            tracing::warn!(error = %error.source, "the dead-letter queue could not be looked through; it still shows letters that are dealt with");
        }
    }
}

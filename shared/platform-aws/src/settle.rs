//! What becomes of messages in hand.

use crate::{letter::Letter, queue::SqsQueue, queues::QueueUrls, receipt::Receipt};
use futures::future::join_all;
use ports::{DeadLetter, PortError, Settlement, Verdict};
use std::{collections::BTreeMap, time::Duration};

/// How long a message stays hidden while it is moved to the dead letters.
const MOVING: Duration = Duration::from_secs(60);

/// The settlements of one queue, by what they need.
#[derive(Default)]
struct Settled {
    done: Vec<String>,
    hidden: Vec<(String, Duration)>,
    dead: Vec<(Receipt, DeadLetter)>,
}

impl SqsQueue {
    /// Each for itself: everything is tried, and the first error is told.
    pub(crate) async fn settle_all(&self, settlements: Vec<Settlement>) -> Result<(), PortError> {
        let mut by_queue: BTreeMap<String, Settled> = BTreeMap::new();
        for Settlement { receipt, verdict } in settlements {
            let Some(receipt) = Receipt::parse(&receipt) else { continue };
            let settled = by_queue.entry(receipt.queue.clone()).or_default();
            match verdict {
                Verdict::Done => settled.done.push(receipt.handle),
                Verdict::Retry(pause) => settled.hidden.push((receipt.handle, pause)),
                Verdict::Release => settled.hidden.push((receipt.handle, Duration::ZERO)),
                Verdict::Dead(letter) => settled.dead.push((receipt, *letter)),
            }
        }
        let mut outcome = Ok(());
        for (queue, settled) in by_queue {
            // A receipt of a queue that is not ours is none of ours.
            let Ok(urls) = self.queues().of_queue(&queue) else { continue };
            outcome = outcome.and(self.settle_queue(urls, settled).await);
        }
        outcome
    }

    async fn settle_queue(&self, urls: &QueueUrls, settled: Settled) -> Result<(), PortError> {
        let operation = "queue: settle";
        let (dead, done, hidden) = tokio::join!(
            self.move_dead(urls, settled.dead),
            self.sqs().delete(operation, &urls.queue, &settled.done),
            self.sqs().hide(operation, &urls.queue, &settled.hidden),
        );
        dead.and(done).and(hidden.map(drop))
    }

    /// Into the table, a notice into the dead-letter queue, out of the queue: in this order, so that a crash between leaves a message that is moved once more, under the
    /// same name.
    async fn move_dead(&self, urls: &QueueUrls, dead: Vec<(Receipt, DeadLetter)>) -> Result<(), PortError> {
        if dead.is_empty() {
            return Ok(());
        }
        let operation = "queue: settle";
        let handles: Vec<(String, Duration)> = dead.iter().map(|(receipt, _)| (receipt.handle.clone(), MOVING)).collect();
        // A receipt whose time is over makes no dead letter: somebody else has the message.
        let stale = self.sqs().hide(operation, &urls.queue, &handles).await?;
        let valid = dead.into_iter().enumerate().filter(|(number, _)| !stale.contains(number));
        let moved = valid.map(|(_, (receipt, letter))| async move {
            self.move_one(urls, &receipt.message, letter).await?;
            Ok(receipt.handle)
        });
        let mut outcome = Ok(());
        let mut gone = Vec::new();
        for one in join_all(moved).await {
            match one {
                Ok(handle) => gone.push(handle),
                Err(error) => outcome = outcome.and(Err(error)),
            }
        }
        outcome.and(self.sqs().delete(operation, &urls.queue, &gone).await)
    }

    async fn move_one(&self, urls: &QueueUrls, id: &str, dead: DeadLetter) -> Result<(), PortError> {
        let letter = Letter {
            buried: self.now(),
            queue: urls.queue.clone(),
            is_sealed: false,
            dead: DeadLetter { id: id.to_owned(), ..dead },
        };
        self.put_down(urls, &letter).await?;
        // Asked after the letter is there: a redaction is written down before it looks for letters, so that one of both sees the other.
        let redactions = self.keeper().redactions(true).await?;
        if redactions.iter().any(|redaction| redaction.concerns(&letter.dead.message)) {
            self.keeper().forget(id).await?;
        }
        Ok(())
    }
}

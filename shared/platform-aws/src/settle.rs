//! The settlement of received messages.

use crate::{intake::Record, letter::Letter, queue::SqsQueue, queues::QueueUrls, receipt::Receipt};
use futures::future::join_all;
use ports::{DeadLetter, Disposition, PortError, Settlement};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// Time that a message stays hidden while it is moved to the dead letters.
const MOVING: Duration = Duration::from_secs(60);

/// The settlements of one queue, by the calls that they need.
#[derive(Default)]
struct Settled {
    done: Vec<Receipt>,
    hidden: Vec<(Receipt, Duration)>,
    dead: Vec<(Receipt, DeadLetter)>,
}

/// The messages that are dead letters now, and the error that kept others from it.
struct Moved {
    receipts: Vec<Receipt>,
    outcome: Result<(), PortError>,
}

impl Moved {
    fn nothing(outcome: Result<(), PortError>) -> Self {
        Self {
            receipts: Vec::new(),
            outcome,
        }
    }
}

impl SqsQueue {
    /// Sets when records come back that could not be opened. Where that fails, they come back after
    /// the queue's visibility timeout.
    pub async fn postpone(&self, queue: &str, records: Vec<(&Record, Duration)>) {
        self.sqs().postpone(queue, records).await;
    }

    /// Settles each message on its own: all are tried, and the first error is returned.
    pub(crate) async fn settle_all(&self, settlements: Vec<Settlement>) -> Result<(), PortError> {
        let mut outcome = Ok(());
        for (queue, settled) in by_queue(settlements) {
            // A receipt of an unknown queue was not given by this adapter.
            let Ok(urls) = self.queues().of_queue(&queue) else {
                continue;
            };
            outcome = outcome.and(self.settle_queue(urls, settled).await);
        }
        outcome
    }

    /// Settles messages of an event of Lambda, which deletes every message that is not reported as
    /// failed: `Done` costs no call here. Returns the ids of the settled messages; all others are
    /// to be reported. A message that could not be settled comes back at the latest after the
    /// queue's visibility timeout, so no error here fails the invocation.
    pub async fn settle_event(&self, settlements: Vec<Settlement>) -> BTreeSet<String> {
        let mut gone = Vec::new();
        for (queue, settled) in by_queue(settlements) {
            gone.extend(settled.done);
            let Ok(urls) = self.queues().of_queue(&queue) else {
                continue;
            };
            let hidden = handles(settled.hidden);
            let (moved, hidden) = tokio::join!(
                self.move_dead(urls, settled.dead),
                self.sqs().hide("queue: settle", &urls.queue, &hidden),
            );
            for error in [moved.outcome.err(), hidden.err()].into_iter().flatten() {
                tracing::error!(operation = error.operation, error = %error.source, "not all messages could be settled; they come back");
            }
            gone.extend(moved.receipts);
        }
        gone.into_iter().map(|receipt| receipt.message).collect()
    }

    async fn settle_queue(&self, urls: &QueueUrls, settled: Settled) -> Result<(), PortError> {
        let operation = "queue: settle";
        let (done, hidden) = (texts(settled.done), handles(settled.hidden));
        let dead = async {
            let moved = self.move_dead(urls, settled.dead).await;
            let deleted = self
                .sqs()
                .delete(operation, &urls.queue, &texts(moved.receipts))
                .await;
            moved.outcome.and(deleted)
        };
        let (dead, done, hidden) = tokio::join!(
            dead,
            self.sqs().delete(operation, &urls.queue, &done),
            self.sqs().hide(operation, &urls.queue, &hidden),
        );
        dead.and(done).and(hidden.map(drop))
    }

    /// Puts each letter into the table, then a notice into the dead-letter queue. Only then may the
    /// message be deleted: after a crash in between it is moved once more, under the same id.
    async fn move_dead(&self, urls: &QueueUrls, dead: Vec<(Receipt, DeadLetter)>) -> Moved {
        if dead.is_empty() {
            return Moved::nothing(Ok(()));
        }
        let handles: Vec<(String, Duration)> = dead
            .iter()
            .map(|(receipt, _)| (receipt.handle.clone(), MOVING))
            .collect();
        // An expired receipt makes no dead letter: another worker has the message.
        let stale = match self
            .sqs()
            .hide("queue: settle", &urls.queue, &handles)
            .await
        {
            Ok(stale) => stale,
            Err(error) => return Moved::nothing(Err(error)),
        };
        let valid = dead
            .into_iter()
            .enumerate()
            .filter(|(number, _)| !stale.contains(number));
        let moved = valid.map(|(_, (receipt, letter))| async move {
            self.move_one(urls, &receipt.message, letter).await?;
            Ok(receipt)
        });
        let mut all = Moved::nothing(Ok(()));
        for one in join_all(moved).await {
            match one {
                Ok(receipt) => all.receipts.push(receipt),
                Err(error) => all.outcome = all.outcome.and(Err(error)),
            }
        }
        all
    }

    async fn move_one(
        &self,
        urls: &QueueUrls,
        id: &str,
        dead: DeadLetter,
    ) -> Result<(), PortError> {
        let letter = Letter {
            buried: self.now(),
            queue: urls.queue.clone(),
            is_sealed: false,
            dead: DeadLetter {
                id: id.to_owned(),
                ..dead
            },
        };
        self.put_down(urls, &letter).await?;
        // Read after the letter is in the table: a redaction is recorded before it looks for
        // letters, so one of the two sees the other.
        let redactions = self.table().redactions(true).await?;
        if redactions
            .iter()
            .any(|redaction| redaction.concerns(&letter.dead.message))
        {
            self.table().forget(id).await?;
        }
        Ok(())
    }
}

fn by_queue(settlements: Vec<Settlement>) -> BTreeMap<String, Settled> {
    let mut by_queue: BTreeMap<String, Settled> = BTreeMap::new();
    for Settlement {
        received,
        disposition,
    } in settlements
    {
        let Some(receipt) = Receipt::parse(&received.receipt) else {
            continue;
        };
        let settled = by_queue.entry(receipt.queue.clone()).or_default();
        match disposition {
            Disposition::Done => settled.done.push(receipt),
            // SQS counts each receipt.
            Disposition::Retry(pause) | Disposition::Wait(pause) => {
                settled.hidden.push((receipt, pause))
            }
            Disposition::Release => settled.hidden.push((receipt, Duration::ZERO)),
            Disposition::Dead(letter) => settled.dead.push((receipt, *letter)),
        }
    }
    by_queue
}

fn texts(receipts: Vec<Receipt>) -> Vec<String> {
    receipts.into_iter().map(|receipt| receipt.handle).collect()
}

fn handles(hidden: Vec<(Receipt, Duration)>) -> Vec<(String, Duration)> {
    hidden
        .into_iter()
        .map(|(receipt, time)| (receipt.handle, time))
        .collect()
}

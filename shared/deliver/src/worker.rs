use crate::{Breaker, Engine, Event, Lease, Permit};
use ports::{Clock, Queue};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// One task that works off the queue of one destination. Several of them share an engine and a breaker.
pub struct Worker {
    /// Where the messages are.
    pub queue: Arc<dyn Queue>,
    /// What delivers them.
    pub engine: Arc<Engine>,
    /// The only source of now.
    pub clock: Arc<dyn Clock>,
    /// Shared by all workers of the destination.
    pub breaker: Arc<Breaker>,
    /// Name of the destination.
    pub destination: String,
    /// How many messages at a time.
    pub batch: usize,
    /// Longest time that one call to the destination takes.
    pub request_timeout: Duration,
    /// Is told of every message that was settled.
    pub observe: Arc<dyn Fn(&Event) + Send + Sync>,
}

/// A batch is given up to this many request timeouts before it counts as lost; half of them may pass before the last message of it is begun.
const TIMEOUTS_PER_BATCH: u32 = 8;
/// How long a worker waits for something to do before it looks again.
const IDLE: Duration = Duration::from_secs(5);

impl Worker {
    /// How long a batch may be in hand before it counts as lost.
    #[must_use]
    pub fn batch_limit(request_timeout: Duration) -> Duration {
        request_timeout.saturating_mul(TIMEOUTS_PER_BATCH)
    }

    /// Works until `stop` turns true, then finishes what is in hand.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            let now = self.clock.now();
            let permit = self.breaker.permit(now).await;
            let (most, probing) = match permit {
                Permit::Closed => (self.batch, false),
                Permit::Probe => (1, true),
                Permit::Open(until) => {
                    pause(until.duration_since(now).unsigned_abs(), &mut stop).await;
                    continue;
                }
            };
            if !self.work(most, probing).await {
                if probing {
                    self.breaker.nothing_to_probe().await;
                }
                tokio::select! {
                    () = self.queue.wait(&self.destination, IDLE) => {}
                    _ = stop.changed() => {}
                }
            }
        }
    }

    /// Receives, delivers and settles one batch. False when there was nothing to do.
    async fn work(&self, most: usize, probing: bool) -> bool {
        let lease = Lease {
            since: self.clock.now(),
            time: Self::batch_limit(self.request_timeout),
            request_timeout: self.request_timeout,
            probe: probing,
        };
        let batch = match self.queue.receive(&self.destination, most, lease.time).await {
            Ok(batch) => batch,
            Err(error) => {
                tracing::error!(
                    destination = self.destination,
                    error = &error as &dyn std::error::Error,
                    "the queue is unavailable"
                );
                return false;
            }
        };
        if batch.is_empty() {
            return false;
        }
        let report = self.engine.deliver_watched(batch, lease, &self.breaker).await;
        if let Err(error) = self.queue.settle(report.settlements).await {
            // Nothing is lost: the messages come back after their visibility timeout and the ledger knows what was delivered.
            tracing::error!(
                destination = self.destination,
                error = &error as &dyn std::error::Error,
                "a batch could not be settled; it comes back"
            );
        }
        report.events.iter().for_each(|event| (self.observe)(event));
        true
    }
}

async fn pause(time: Duration, stop: &mut watch::Receiver<bool>) {
    tokio::select! {
        () = tokio::time::sleep(time) => {}
        _ = stop.changed() => {}
    }
}

use crate::{Breaker, Engine, Event, Lease, Permit, Report};
use ports::{Clock, PortError, Queue, Received};
use std::{sync::Arc, time::Duration};
use tokio::{sync::watch, time::Instant};

/// A worker: one task that works off the queue of one destination. Several workers share an engine
/// and a breaker.
pub struct Worker {
    /// The queue from which it receives.
    pub queue: Arc<dyn Queue>,
    /// The engine that delivers the messages.
    pub engine: Arc<Engine>,
    /// The only source of the present time.
    pub clock: Arc<dyn Clock>,
    /// The breaker that all workers of the destination share.
    pub breaker: Arc<Breaker>,
    /// Name of the destination.
    pub destination: String,
    /// The part of the queue that it takes.
    pub takes: Takes,
    /// The largest number of messages in one batch.
    pub batch: usize,
    /// The longest time that one call to the destination takes.
    pub request_timeout: Duration,
    /// The observer that is told of every message about which a decision was made.
    pub observe: Arc<dyn Fn(&Event) + Send + Sync>,
}

/// The part of a queue that a worker takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// All; but what was read from a shop is left to the worker for it, while the destination takes
    /// that in bulk.
    Anything,
    /// What was posted, so that the worker is free when a shop posts, however much is being read
    /// from the shops.
    Posted,
    /// What was read from a shop, as much at a time as the destination takes in bulk; nothing while
    /// it takes nothing in bulk.
    Read,
}

/// The number of request timeouts after which a batch counts as lost; half of them may pass before
/// its last message is begun.
const TIMEOUTS_PER_BATCH: u32 = 8;
/// The time for which a worker waits for something to do before it looks again.
const IDLE: Duration = Duration::from_secs(5);
/// The longest pause before a worker looks whether it still has to wait: another process may have
/// found the destination well, or a clock that was ahead may have set the end of the wait.
const RECHECK_AFTER: Duration = Duration::from_secs(60);
/// The time for which what is read from a shop is left to gather, so that the first batch is not a
/// small one.
const GATHER: Duration = Duration::from_secs(2);
/// The time below which a wait counts as none.
const BRIEF: Duration = Duration::from_millis(5);
/// The number of times that the pause doubles: up to 1.3 seconds.
const LONGEST_IN_VAIN: u32 = 8;
/// The time for which a worker waits for requests about personal data before it looks again, longer
/// than [`IDLE`], because the queue wakes it.
const REQUESTS_IDLE: Duration = Duration::from_secs(60);

impl Worker {
    /// Returns how long a batch may be in hand before it counts as lost.
    #[must_use]
    pub fn batch_limit(request_timeout: Duration) -> Duration {
        request_timeout.saturating_mul(TIMEOUTS_PER_BATCH)
    }

    /// Returns how many of so many workers of a destination take only what was posted: one, where it
    /// costs catching up at most a fifth of its speed.
    #[must_use]
    pub fn posted_only_of(workers: usize) -> usize {
        usize::from(workers >= 5)
    }

    /// Works until `stop` turns true, then finishes what is in hand. Requests about personal data
    /// are worked off separately: they need no destination.
    pub async fn run(&self, stop: watch::Receiver<bool>) {
        tokio::join!(self.deliver(stop.clone()), self.fulfil(stop));
    }

    async fn deliver(&self, mut stop: watch::Receiver<bool>) {
        let mut idle = Idle::default();
        while !*stop.borrow() {
            let now = self.clock.now();
            let permit = self.breaker.permit(now).await;
            let probing = match permit {
                Permit::Closed => false,
                Permit::Probe => true,
                Permit::Open(until) => {
                    pause(
                        until.duration_since(now).unsigned_abs().min(RECHECK_AFTER),
                        &mut stop,
                    )
                    .await;
                    continue;
                }
            };
            if self.work(probing).await {
                idle = Idle::default();
                continue;
            }
            if probing {
                self.breaker.nothing_to_probe().await;
            }
            idle.wait(self.wait(), &mut stop).await;
            if matches!(self.part(), Part::Read(_)) {
                pause(GATHER, &mut stop).await;
            }
        }
    }

    async fn fulfil(&self, mut stop: watch::Receiver<bool>) {
        let mut idle = Idle::default();
        while !*stop.borrow() {
            let lease = self.lease(false);
            let requests = self
                .queue
                .receive_requests(&self.destination, self.batch, lease.time)
                .await;
            let requests = self.received(requests);
            if requests.is_empty() {
                let wait = self
                    .queue
                    .wait_for_requests(&self.destination, REQUESTS_IDLE);
                idle.wait(wait, &mut stop).await;
                continue;
            }
            idle = Idle::default();
            let report = self.engine.deliver(requests, lease).await;
            self.settle(report).await;
        }
    }

    /// Receives, delivers and settles one batch. Returns false when there was nothing to do.
    async fn work(&self, probing: bool) -> bool {
        let lease = self.lease(probing);
        let (queue, destination) = (&self.queue, self.destination.as_str());
        let batch = if probing {
            queue.receive_probe(destination, lease.time).await
        } else {
            match self.part() {
                Part::Anything => queue.receive(destination, self.batch, lease.time).await,
                Part::Posted => {
                    queue
                        .receive_posted(destination, self.batch, lease.time)
                        .await
                }
                Part::Read(most) => queue.receive_read(destination, most, lease.time).await,
                Part::Nothing => Ok(Vec::new()),
            }
        };
        let batch = self.received(batch);
        if batch.is_empty() {
            return false;
        }
        let report = self
            .engine
            .deliver_with_breaker(batch, lease, &self.breaker)
            .await;
        self.settle(report).await;
        true
    }

    /// Returns the part of the queue that it takes now.
    fn part(&self) -> Part {
        match (self.takes, self.engine.bulk(&self.destination)) {
            (Takes::Anything, None) => Part::Anything,
            (Takes::Anything, Some(_)) | (Takes::Posted, _) => Part::Posted,
            (Takes::Read, Some(most)) => Part::Read(most),
            (Takes::Read, None) => Part::Nothing,
        }
    }

    /// Waits until there may be something to receive.
    async fn wait(&self) {
        match self.part() {
            Part::Anything => self.queue.wait(&self.destination, IDLE).await,
            Part::Posted => self.queue.wait_for_posted(&self.destination, IDLE).await,
            Part::Read(_) => self.queue.wait_for_read(&self.destination, IDLE).await,
            Part::Nothing => tokio::time::sleep(IDLE).await,
        }
    }

    fn lease(&self, probe: bool) -> Lease {
        Lease {
            since: self.clock.now(),
            time: Self::batch_limit(self.request_timeout),
            request_timeout: self.request_timeout,
            probe,
        }
    }

    fn received(&self, batch: Result<Vec<Received>, PortError>) -> Vec<Received> {
        let told = batch.inspect_err(|error| {
            tracing::error!(
                destination = self.destination,
                error = error as &dyn std::error::Error,
                "the queue is unavailable"
            );
        });
        told.unwrap_or_default()
    }

    async fn settle(&self, report: Report) {
        if let Err(error) = self.queue.settle(report.settlements).await {
            // Nothing is lost: the messages come back after their visibility timeout and the ledger
            // knows what was delivered.
            tracing::error!(
                destination = self.destination,
                error = &error as &dyn std::error::Error,
                "a batch could not be settled; it comes back"
            );
        }
        report.events.iter().for_each(|event| (self.observe)(event));
    }
}

/// The part of a queue that a worker takes now.
enum Part {
    Anything,
    Posted,
    /// What was read from a shop, up to so many at a time.
    Read(usize),
    Nothing,
}

/// The number of times in a row that a worker was told that there is something to do, and found
/// nothing: because the queue cannot be written, or what is there must wait for something else.
#[derive(Default)]
struct Idle {
    in_vain: u32,
}

impl Idle {
    /// Waits, and longer each time that the wait was over at once and in vain.
    async fn wait(&mut self, wait: impl Future<Output = ()>, stop: &mut watch::Receiver<bool>) {
        let begun = Instant::now();
        tokio::select! {
            () = wait => {}
            _ = stop.changed() => return,
        }
        if begun.elapsed() >= BRIEF {
            self.in_vain = 0;
            return;
        }
        self.in_vain = self.in_vain.saturating_add(1).min(LONGEST_IN_VAIN);
        pause(BRIEF.saturating_mul(1 << self.in_vain), stop).await;
    }
}

async fn pause(time: Duration, stop: &mut watch::Receiver<bool>) {
    tokio::select! {
        () = tokio::time::sleep(time) => {}
        _ = stop.changed() => {}
    }
}

//! Tests of real workers over the memory ports, in virtual time.

use crate::support::{REQUEST_TIMEOUT, Setup};
use async_trait::async_trait;
use deliver::{Breaker, CircuitSettings, Takes, Worker};
use destination::Destination;
use ports::{
    Clock, Enqueue, Message, PortError, Queue, Received, Redaction, Removed, Settlement,
    memory::{MemoryCircuits, MemoryQueue},
};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

const DAY: Duration = Duration::from_secs(86_400);

/// The queue, whose idle workers look again at every step, so that days pass faster.
struct Patient(Arc<MemoryQueue>, Duration);

#[async_trait]
impl Enqueue for Patient {
    async fn enqueue(&self, messages: Vec<Message>) -> Result<(), PortError> {
        self.0.enqueue(messages).await
    }
}

#[async_trait]
impl Queue for Patient {
    async fn receive(
        &self,
        destination: &str,
        max: usize,
        visibility: Duration,
    ) -> Result<Vec<Received>, PortError> {
        self.0.receive(destination, max, visibility).await
    }
    async fn receive_probe(
        &self,
        destination: &str,
        visibility: Duration,
    ) -> Result<Vec<Received>, PortError> {
        self.0.receive_probe(destination, visibility).await
    }
    async fn receive_requests(
        &self,
        destination: &str,
        max: usize,
        visibility: Duration,
    ) -> Result<Vec<Received>, PortError> {
        self.0.receive_requests(destination, max, visibility).await
    }
    async fn settle(&self, settlements: Vec<Settlement>) -> Result<(), PortError> {
        self.0.settle(settlements).await
    }
    async fn wait(&self, _: &str, _: Duration) {
        tokio::time::sleep(self.1).await;
    }
    async fn depth(&self, destination: &str) -> Result<u64, PortError> {
        self.0.depth(destination).await
    }
    async fn redact(&self, redaction: &Redaction) -> Result<Removed, PortError> {
        Queue::redact(&*self.0, redaction).await
    }
}

/// Lets four workers work until every order is settled, or twenty days have passed.
pub(crate) async fn endure(
    setup: &Setup,
    destination: Arc<dyn Destination>,
    circuits: &Arc<MemoryCircuits>,
    opens_after: u32,
    step: Duration,
) {
    let end = setup.clock.now() + DAY * 20;
    let is_over = async || setup.kept.depth("crm").await.unwrap() == 0 || setup.clock.now() >= end;
    work_until(setup, destination, circuits, opens_after, step, is_over).await;
}

/// Lets four workers with the default settings work until `is_over`. Tokio's virtual time jumps to
/// the next timer, and the clock follows in steps.
pub(crate) async fn work_until(
    setup: &Setup,
    destination: Arc<dyn Destination>,
    circuits: &Arc<MemoryCircuits>,
    opens_after: u32,
    step: Duration,
    is_over: impl AsyncFn() -> bool,
) {
    let engine = Arc::new(setup.engine_to(destination));
    let settings = CircuitSettings {
        opens_after,
        probe_every: Duration::from_secs(30),
        probe_limit: Worker::batch_limit(REQUEST_TIMEOUT),
    };
    let breaker = Arc::new(Breaker::new("crm", settings, circuits.clone()));
    let (stopper, stop) = watch::channel(false);
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let worker = Worker {
            queue: Arc::new(Patient(setup.kept.clone(), step)),
            engine: engine.clone(),
            clock: setup.clock.clone(),
            breaker: breaker.clone(),
            destination: "crm".to_owned(),
            takes: Takes::Anything,
            batch: 10,
            request_timeout: REQUEST_TIMEOUT,
            observe: Arc::new(|_| {}),
        };
        let stop = stop.clone();
        workers.spawn(async move { worker.run(stop).await });
    }
    while !is_over().await {
        tokio::time::sleep(step).await;
        setup.clock.advance(step);
    }
    stopper.send_replace(true);
    workers.join_all().await;
}

use super::{fifo::Fifo, lock};
use crate::{
    Clock, DeadLetter, DeadLetterFilter, DeadLetters, Enqueue, GroupState, Kind, Message,
    PortError, Queue, Received, Redaction, Removed, Settlement, Waiting, WaitingFilter,
};
use async_trait::async_trait;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{sync::Notify, time};

/// A queue with its dead letters, in memory. It hands out one message of a group at a time.
pub struct MemoryQueue {
    clock: Arc<dyn Clock>,
    state: Mutex<Fifo>,
    changed: Notify,
    tells_waiting: bool,
}

/// The pause after which a waiting caller looks whether the clock has made something visible: a
/// manual clock moves without a notice.
const LOOK: Duration = Duration::from_millis(10);

impl MemoryQueue {
    /// Creates an empty queue.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            state: Mutex::default(),
            changed: Notify::new(),
            tells_waiting: true,
        }
    }

    /// Makes it a queue that cannot tell what waits, as SQS cannot.
    #[must_use]
    pub fn not_telling_what_waits(self) -> Self {
        Self {
            tells_waiting: false,
            ..self
        }
    }

    async fn wait_for(&self, destination: &str, kind: Kind, limit: Duration) {
        let deadline = time::Instant::now() + limit;
        while !lock(&self.state).has_receivable(destination, kind, self.clock.now())
            && time::Instant::now() < deadline
        {
            let look_again = deadline.min(time::Instant::now() + LOOK);
            // It was woken or has waited: the loop's condition decides.
            let _ = time::timeout_at(look_again, self.changed.notified()).await;
        }
    }
}

#[async_trait]
impl Enqueue for MemoryQueue {
    async fn enqueue(&self, messages: Vec<Message>) -> Result<(), PortError> {
        let now = self.clock.now();
        let mut state = lock(&self.state);
        for message in messages {
            state.add(message, now);
        }
        self.changed.notify_waiters();
        Ok(())
    }
}

#[async_trait]
impl Queue for MemoryQueue {
    async fn receive(
        &self,
        destination: &str,
        max: usize,
        visibility: Duration,
    ) -> Result<Vec<Received>, PortError> {
        Ok(lock(&self.state).take(destination, max, self.clock.now(), visibility))
    }

    async fn receive_posted(
        &self,
        destination: &str,
        max: usize,
        visibility: Duration,
    ) -> Result<Vec<Received>, PortError> {
        Ok(lock(&self.state).take_posted(destination, max, self.clock.now(), visibility))
    }

    async fn receive_read(
        &self,
        destination: &str,
        max: usize,
        visibility: Duration,
    ) -> Result<Vec<Received>, PortError> {
        Ok(lock(&self.state).take_read(destination, max, self.clock.now(), visibility))
    }

    async fn receive_probe(
        &self,
        destination: &str,
        visibility: Duration,
    ) -> Result<Vec<Received>, PortError> {
        Ok(lock(&self.state).take_probe(destination, self.clock.now(), visibility))
    }

    async fn receive_requests(
        &self,
        destination: &str,
        max: usize,
        visibility: Duration,
    ) -> Result<Vec<Received>, PortError> {
        Ok(lock(&self.state).take_requests(destination, max, self.clock.now(), visibility))
    }

    async fn settle(&self, settlements: Vec<Settlement>) -> Result<(), PortError> {
        let now = self.clock.now();
        let mut state = lock(&self.state);
        for settlement in settlements {
            state.settle(settlement, now);
        }
        self.changed.notify_waiters();
        Ok(())
    }

    async fn wait(&self, destination: &str, limit: Duration) {
        self.wait_for(destination, Kind::Order, limit).await;
    }

    async fn wait_for_read(&self, destination: &str, limit: Duration) {
        self.wait_for(destination, Kind::Order, limit).await;
    }

    async fn wait_for_requests(&self, destination: &str, limit: Duration) {
        self.wait_for(destination, Kind::Request, limit).await;
    }

    async fn group_state(
        &self,
        destination: &str,
        group: &str,
    ) -> Result<Option<GroupState>, PortError> {
        Ok(Some(lock(&self.state).group_state(
            destination,
            group,
            self.clock.now(),
        )))
    }

    async fn waiting(&self, filter: &WaitingFilter) -> Result<Option<Vec<Waiting>>, PortError> {
        let told = || lock(&self.state).waiting(filter, self.clock.now());
        Ok(self.tells_waiting.then(told))
    }

    async fn waiting_messages(
        &self,
        filter: &WaitingFilter,
    ) -> Result<Option<Vec<Message>>, PortError> {
        let told = || lock(&self.state).waiting_messages(filter, self.clock.now());
        Ok(self.tells_waiting.then(told))
    }

    async fn before(&self, destination: &str, place: u64) -> Result<Option<u64>, PortError> {
        let told = || lock(&self.state).before(destination, place);
        Ok(self.tells_waiting.then(told))
    }

    async fn depth(&self, destination: &str) -> Result<u64, PortError> {
        Ok(lock(&self.state).depth(destination))
    }

    async fn redact(&self, redaction: &Redaction) -> Result<Removed, PortError> {
        let removed = lock(&self.state).redact(redaction);
        self.changed.notify_waiters();
        Ok(removed)
    }
}

#[async_trait]
impl DeadLetters for MemoryQueue {
    async fn list(&self, filter: &DeadLetterFilter) -> Result<Vec<DeadLetter>, PortError> {
        let state = lock(&self.state);
        let found = state
            .dead
            .values()
            .rev()
            .filter(|letter| filter.passes(letter))
            .filter(|letter| is_after(letter, filter))
            .cloned();
        Ok(found.take(filter.limit.unwrap_or(usize::MAX)).collect())
    }

    async fn get(&self, id: &str) -> Result<Option<DeadLetter>, PortError> {
        let state = lock(&self.state);
        Ok(id
            .parse()
            .ok()
            .and_then(|id: i64| state.dead.get(&id))
            .cloned())
    }

    async fn replay(&self, id: &str) -> Result<bool, PortError> {
        let now = self.clock.now();
        let mut state = lock(&self.state);
        let Some(letter) = id.parse().ok().and_then(|id: i64| state.dead.remove(&id)) else {
            return Ok(false);
        };
        let replays = letter.message.replays.saturating_add(1);
        state.add(
            Message {
                dedupe: None,
                replays,
                ..letter.message
            },
            now,
        );
        self.changed.notify_waiters();
        Ok(true)
    }

    async fn discard(&self, id: &str) -> Result<bool, PortError> {
        let mut state = lock(&self.state);
        Ok(id
            .parse()
            .ok()
            .and_then(|id: i64| state.dead.remove(&id))
            .is_some())
    }
}

/// Returns whether a letter comes after the filter's position. Ids count up.
fn is_after(letter: &DeadLetter, filter: &DeadLetterFilter) -> bool {
    let number = |id: &str| id.parse::<i64>().unwrap_or_default();
    filter
        .after
        .as_ref()
        .is_none_or(|after| number(&letter.id) < number(&after.id))
}

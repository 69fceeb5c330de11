//! A queue with message groups as SQS FIFO has them. Unlike the one in `ports::memory` it may hand
//! out several messages of a group at once, and it waits without looking.

use super::{Trouble, state::QueueState};
use crate::{clock::SimClock, judge::known, sabotage::Sabotage, scenario::own_number};
use async_trait::async_trait;
use ports::{
    Clock, DeadLetter, Disposition, Enqueue, GroupState, Ledger, LedgerKey, Message, Origin,
    PortError, Queue, Received, Redaction, Removed, Settlement, Version, Waiting, WaitingFilter,
    memory::MemoryLedger,
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::Notify, time};

/// A waiting caller looks again after so long, whatever happens.
const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// The queue of all machines.
pub(crate) struct SimQueue {
    pub(crate) clock: Arc<SimClock>,
    pub(crate) trouble: Trouble,
    /// What the ledger must know before a message may go.
    pub(crate) ledger: Arc<MemoryLedger>,
    pub(crate) hands_out_several: bool,
    pub(crate) sabotage: Option<Sabotage>,
    state: Mutex<QueueState>,
    changed: Notify,
}

impl SimQueue {
    pub(crate) fn new(
        clock: Arc<SimClock>,
        trouble: Trouble,
        ledger: Arc<MemoryLedger>,
        hands_out_several: bool,
        sabotage: Option<Sabotage>,
    ) -> Self {
        Self {
            clock,
            trouble,
            ledger,
            hands_out_several,
            sabotage,
            state: Mutex::default(),
            changed: Notify::new(),
        }
    }

    /// Somebody moved the clock.
    pub(crate) fn look_again(&self) {
        self.changed.notify_waiters();
    }

    pub(crate) fn dead(&self) -> Vec<DeadLetter> {
        self.lock().dead.clone()
    }

    pub(super) fn waiting_messages(&self) -> Vec<(u64, Message)> {
        let state = self.lock();
        state
            .waiting
            .iter()
            .map(|(id, entry)| (*id, entry.message.clone()))
            .collect()
    }

    /// What becomes of a message before it is stored.
    async fn sabotaged(&self, message: Message) -> Result<Option<Message>, PortError> {
        match self.sabotage.filter(|_| message.origin == Origin::Read) {
            Some(Sabotage::CountsReadingLate) => Ok(Some(Message {
                accepted: self.clock.now(),
                ..message
            })),
            Some(Sabotage::ForgetsChanges) => {
                let key = LedgerKey {
                    route: message.route.clone(),
                    order: message.order.clone().unwrap_or_default(),
                };
                let known = self.ledger.load(&[key]).await?.into_iter().flatten().next();
                let is_delivered = known.is_some_and(|entry| entry.delivered.is_some());
                Ok((!is_delivered).then_some(message))
            }
            _ => Ok(Some(message)),
        }
    }

    /// How many messages are left, by route.
    pub(crate) fn left(&self) -> BTreeMap<String, usize> {
        let mut left = BTreeMap::new();
        for entry in self.lock().waiting.values() {
            *left.entry(entry.message.route.clone()).or_default() += 1;
        }
        left
    }

    /// The operator replays every dead letter.
    pub(crate) fn replay(&self) {
        let mut state = self.lock();
        let now = self.clock.now();
        for letter in std::mem::take(&mut state.dead) {
            let order = letter.message.order.as_deref().and_then(own_number);
            self.trouble
                .judge
                .note(order, || format!("replayed on {}", letter.message.route));
            let replays = letter.message.replays + 1;
            let again = Message {
                dedupe: None,
                replays,
                ..letter.message
            };
            state.add(again, now);
        }
        self.changed.notify_waiters();
    }

    async fn check_and_settle(&self, settlement: Settlement) -> Result<(), PortError> {
        let is_final = matches!(
            settlement.disposition,
            Disposition::Done | Disposition::Dead(_)
        );
        let Some((id, number)) = parts(&settlement.received.receipt) else {
            return Ok(());
        };
        let Some(message) = self.held(id, number) else {
            if is_final {
                self.lock().came_too_late(id);
            }
            return Ok(());
        };
        let order = message.order.as_deref().and_then(own_number);
        self.trouble.judge.note(order, || {
            format!(
                "settled on {}: {}",
                message.route,
                word(&settlement.disposition)
            )
        });
        if is_final {
            self.check_turn(id, &message, order);
        }
        if settlement.disposition == Disposition::Done {
            self.check_ledger(&message, order).await?;
        }
        self.lock()
            .settle(id, settlement.disposition, self.clock.now());
        Ok(())
    }

    fn held(&self, id: u64, number: u64) -> Option<Message> {
        let state = self.lock();
        let entry = state
            .waiting
            .get(&id)
            .filter(|entry| entry.receipt == Some(number))?;
        Some(entry.message.clone())
    }

    /// A worker may settle a message for good when it has done so with all earlier ones of the
    /// group. That the queue no longer let it, because the lease was over and the message in other
    /// hands, is no break of the order: the ledger holds what came of each in their order, and
    /// whoever has the earlier one in hand finds that there.
    fn check_turn(&self, id: u64, message: &Message, order: Option<u64>) {
        let is_early = self
            .lock()
            .waiting
            .range(..id)
            .any(|(_, entry)| entry.message.group == message.group && !entry.is_decided);
        if is_early {
            let text = format!(
                "a message of route {} is settled while an earlier one of its group waits",
                message.route
            );
            self.trouble
                .judge
                .violate("messages of a group are settled in order", order, text);
        }
    }

    async fn check_ledger(&self, message: &Message, order: Option<u64>) -> Result<(), PortError> {
        let key = LedgerKey {
            route: message.route.clone(),
            order: message.order.clone().unwrap_or_default(),
        };
        let entry = self.ledger.load(&[key]).await?.into_iter().flatten().next();
        let version = Version {
            modified: message.modified,
            accepted: message.accepted,
        };
        let is_silent =
            known(&self.trouble.judge.scenario, message).is_some_and(|(_, known)| known.silent);
        let is_known = entry
            .and_then(|entry| entry.delivered)
            .is_some_and(|delivered| !delivered.version.is_older_than(&version));
        if !is_known && !is_silent {
            let text = format!(
                "a message of route {} goes as done, and the ledger does not know its state",
                message.route
            );
            self.trouble
                .judge
                .violate("the ledger is written before the queue", order, text);
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Enqueue for SimQueue {
    async fn enqueue(&self, messages: Vec<Message>) -> Result<(), PortError> {
        let work = async {
            for message in messages {
                let Some(message) = self.sabotaged(message).await? else {
                    continue;
                };
                if self.lock().add(message.clone(), self.clock.now()) {
                    self.trouble.judge.stored(&message);
                }
            }
            self.changed.notify_waiters();
            Ok(())
        };
        self.trouble.around("queue: enqueue", work).await
    }
}

#[async_trait]
impl Queue for SimQueue {
    async fn receive(
        &self,
        destination: &str,
        max: usize,
        visibility: Duration,
    ) -> Result<Vec<Received>, PortError> {
        let work = async {
            Ok(self.lock().take(
                destination,
                max,
                self.clock.now(),
                visibility,
                self.hands_out_several,
            ))
        };
        self.trouble.around("queue: receive", work).await
    }

    async fn receive_probe(
        &self,
        destination: &str,
        visibility: Duration,
    ) -> Result<Vec<Received>, PortError> {
        let work = async {
            Ok(self
                .lock()
                .take_probe(destination, self.clock.now(), visibility))
        };
        self.trouble.around("queue: receive a probe", work).await
    }

    async fn settle(&self, settlements: Vec<Settlement>) -> Result<(), PortError> {
        let work = async {
            for settlement in settlements {
                self.check_and_settle(settlement).await?;
            }
            self.changed.notify_waiters();
            Ok(())
        };
        self.trouble.around("queue: settle", work).await
    }

    /// Longer than `limit` where nothing can come: a receive in between would only find nothing.
    async fn wait(&self, destination: &str, _limit: Duration) {
        let changed = self.changed.notified();
        let due = self.lock().due(destination);
        let limit = time::Instant::now() + LONGEST_WAIT;
        let until = due.map_or(limit, |due| self.clock.instant_of(due).min(limit));
        // Whether it was woken or has waited: the caller looks.
        let _ = time::timeout_at(until, changed).await;
    }

    /// No shop of the simulation asks for anything.
    async fn wait_for_requests(&self, _destination: &str, _limit: Duration) {
        std::future::pending().await
    }

    async fn waiting(&self, filter: &WaitingFilter) -> Result<Option<Vec<Waiting>>, PortError> {
        let work = async { Ok(self.told_waiting(filter)) };
        self.trouble.around("queue: waiting", work).await
    }

    async fn depth(&self, destination: &str) -> Result<u64, PortError> {
        let state = self.lock();
        Ok(state
            .waiting
            .values()
            .filter(|entry| entry.message.destination == destination)
            .count() as u64)
    }

    async fn group_state(
        &self,
        destination: &str,
        group: &str,
    ) -> Result<Option<GroupState>, PortError> {
        let work = async {
            Ok(Some(self.lock().group_state(
                destination,
                group,
                self.clock.now(),
            )))
        };
        self.trouble.around("queue: group_state", work).await
    }

    async fn redact(&self, redaction: &Redaction) -> Result<Removed, PortError> {
        self.lock()
            .waiting
            .retain(|_, entry| !redaction.concerns(&entry.message));
        Ok(Removed::default())
    }
}

/// Id of the message and number of the receipt.
fn parts(receipt: &str) -> Option<(u64, u64)> {
    let (id, number) = receipt.split_once('.')?;
    Some((id.parse().ok()?, number.parse().ok()?))
}

fn word(disposition: &Disposition) -> String {
    match disposition {
        Disposition::Done => "done".to_owned(),
        Disposition::Retry(after) => format!("retry after {} ms", after.as_millis()),
        Disposition::Release => "released".to_owned(),
        Disposition::Dead(letter) => format!("dead: {}: {}", letter.class, letter.reason),
    }
}

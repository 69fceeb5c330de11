//! A queue with message groups as SQS FIFO has them. Unlike the one in `ports::memory` it may hand
//! out several messages of a group at once, and it waits without looking.

use super::Trouble;
use crate::{clock::SimClock, judge::known, sabotage::Sabotage, scenario::own_number};
use async_trait::async_trait;
use ports::{
    Clock, DeadLetter, Disposition, Enqueue, GroupState, Ledger, LedgerKey, Message, Origin,
    PortError, Queue, Received, Redaction, Removed, Settlement, Waiting, WaitingFilter,
    memory::{Fifo, MemoryLedger, id_of},
};
use std::{
    collections::{BTreeMap, BTreeSet},
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
    fifo: Mutex<Fifo>,
    /// The messages with which somebody was done for good, but too late to settle them.
    decided: Mutex<BTreeSet<i64>>,
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
            fifo: Mutex::default(),
            decided: Mutex::default(),
            changed: Notify::new(),
        }
    }

    /// Somebody moved the clock.
    pub(crate) fn look_again(&self) {
        self.changed.notify_waiters();
    }

    pub(crate) fn dead(&self) -> Vec<DeadLetter> {
        self.lock().dead.values().cloned().collect()
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
        for (_, message) in self.lock().messages() {
            *left.entry(message.route.clone()).or_default() += 1;
        }
        left
    }

    /// The operator replays every dead letter.
    pub(crate) fn replay(&self) {
        let mut fifo = self.lock();
        let now = self.clock.now();
        for letter in std::mem::take(&mut fifo.dead).into_values() {
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
            fifo.add(again, now);
        }
        self.changed.notify_waiters();
    }

    async fn check_and_settle(&self, settlement: Settlement) -> Result<(), PortError> {
        let is_final = matches!(
            settlement.disposition,
            Disposition::Done | Disposition::Dead(_)
        );
        let receipt = &settlement.received.receipt;
        let Some(id) = id_of(receipt) else {
            return Ok(());
        };
        let Some(message) = self.lock().held(receipt).cloned() else {
            if is_final {
                self.decided().insert(id);
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
        self.decided().remove(&id);
        self.lock().settle(settlement, self.clock.now());
        Ok(())
    }

    /// A worker may settle a message for good when it has done so with all earlier ones of the
    /// group. That the queue no longer let it, because the lease was over and the message in other
    /// hands, is no break of the order: the ledger holds what came of each in their order, and
    /// whoever has the earlier one in hand finds that there.
    fn check_turn(&self, id: i64, message: &Message, order: Option<u64>) {
        let is_early = {
            let (fifo, decided) = (self.lock(), self.decided());
            fifo.messages()
                .take_while(|(earlier, _)| *earlier < id)
                .any(|(earlier, one)| one.group == message.group && !decided.contains(&earlier))
        };
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
        let version = message.version();
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

    pub(super) fn lock(&self) -> MutexGuard<'_, Fifo> {
        self.fifo.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn decided(&self) -> MutexGuard<'_, BTreeSet<i64>> {
        self.decided.lock().unwrap_or_else(PoisonError::into_inner)
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
            let (mut fifo, now) = (self.lock(), self.clock.now());
            Ok(if self.hands_out_several {
                fifo.take_several(destination, max, now, visibility)
            } else {
                fifo.take(destination, max, now, visibility)
            })
        };
        self.trouble.around("queue: receive", work).await
    }

    async fn receive_posted(
        &self,
        destination: &str,
        max: usize,
        visibility: Duration,
    ) -> Result<Vec<Received>, PortError> {
        if self.hands_out_several {
            return self.receive(destination, max, visibility).await;
        }
        let work = async {
            Ok(self
                .lock()
                .take_posted(destination, max, self.clock.now(), visibility))
        };
        self.trouble.around("queue: receive", work).await
    }

    async fn receive_read(
        &self,
        destination: &str,
        max: usize,
        visibility: Duration,
    ) -> Result<Vec<Received>, PortError> {
        let work = async {
            Ok(self
                .lock()
                .take_read(destination, max, self.clock.now(), visibility))
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

    async fn wait_for_read(&self, destination: &str, limit: Duration) {
        self.wait(destination, limit).await;
    }

    /// No shop of the simulation asks for anything.
    async fn wait_for_requests(&self, _destination: &str, _limit: Duration) {
        std::future::pending().await
    }

    async fn waiting(&self, filter: &WaitingFilter) -> Result<Option<Vec<Waiting>>, PortError> {
        let work = async { Ok(self.told_waiting(filter)) };
        self.trouble.around("queue: waiting", work).await
    }

    async fn waiting_messages(
        &self,
        filter: &WaitingFilter,
    ) -> Result<Option<Vec<Message>>, PortError> {
        let work = async { Ok(self.told_messages(filter)) };
        self.trouble.around("queue: waiting_messages", work).await
    }

    async fn depth(&self, destination: &str) -> Result<u64, PortError> {
        Ok(self.lock().depth(destination))
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
        Ok(self.lock().redact(redaction))
    }
}

fn word(disposition: &Disposition) -> String {
    match disposition {
        Disposition::Done => "done".to_owned(),
        Disposition::Retry(after) => format!("retry after {} ms", after.as_millis()),
        Disposition::Wait(time) => format!("wait for {} ms", time.as_millis()),
        Disposition::Release => "released".to_owned(),
        Disposition::Dead(letter) => format!("dead: {}: {}", letter.class, letter.reason),
    }
}

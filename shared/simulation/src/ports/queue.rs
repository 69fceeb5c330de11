//! A queue with message groups as SQS FIFO has them. Unlike the one in `ports::memory` it may hand out several messages of a group at once, and it waits without looking.

use super::Trouble;
use crate::{clock::SimClock, judge::known};
use async_trait::async_trait;
use jiff::Timestamp;
use ports::{
    Clock, DeadLetter, GroupState, Ledger, LedgerKey, Message, PortError, Queue, Received, Redaction, Removed, Settlement, Verdict, Version,
    memory::MemoryLedger,
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
    shelf: Mutex<Shelf>,
    changed: Notify,
}

#[derive(Default)]
struct Shelf {
    waiting: BTreeMap<u64, Entry>,
    dead: Vec<DeadLetter>,
    newest: u64,
    receipts: u64,
}

struct Entry {
    message: Message,
    receipt: Option<u64>,
    attempts: u32,
    hidden_until: Option<Timestamp>,
}

impl SimQueue {
    pub(crate) fn new(clock: Arc<SimClock>, trouble: Trouble, ledger: Arc<MemoryLedger>, hands_out_several: bool) -> Self {
        Self {
            clock,
            trouble,
            ledger,
            hands_out_several,
            shelf: Mutex::default(),
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
        let mut shelf = self.lock();
        for letter in std::mem::take(&mut shelf.dead) {
            let order = letter.message.order.as_ref().and_then(|order| order.parse().ok());
            self.trouble.judge.note(order, || format!("replayed on {}", letter.message.route));
            let replays = letter.message.replays + 1;
            shelf.add(Message { replays, ..letter.message });
        }
        self.changed.notify_waiters();
    }

    async fn check_and_settle(&self, settlement: Settlement) -> Result<(), PortError> {
        let Some((id, message)) = self.held(&settlement.receipt) else {
            return Ok(());
        };
        let order = message.order.as_ref().and_then(|order| order.parse().ok());
        self.trouble
            .judge
            .note(order, || format!("settled on {}: {}", message.route, word(&settlement.verdict)));
        if matches!(settlement.verdict, Verdict::Done | Verdict::Dead(_)) {
            self.check_turn(id, &message, order);
        }
        if settlement.verdict == Verdict::Done {
            self.check_ledger(&message, order).await?;
        }
        self.lock().settle(id, settlement.verdict, self.clock.now());
        Ok(())
    }

    fn held(&self, receipt: &str) -> Option<(u64, Message)> {
        let (id, number) = receipt.split_once('.')?;
        let (id, number): (u64, u64) = (id.parse().ok()?, number.parse().ok()?);
        let shelf = self.lock();
        let entry = shelf.waiting.get(&id).filter(|entry| entry.receipt == Some(number))?;
        Some((id, entry.message.clone()))
    }

    fn check_turn(&self, id: u64, message: &Message, order: Option<u64>) {
        let is_early = self
            .lock()
            .waiting
            .range(..id)
            .any(|(_, entry)| entry.message.group == message.group);
        if is_early {
            let text = format!(
                "a message of route {} is settled while an earlier one of its group waits",
                message.route
            );
            self.trouble.judge.violate("messages of a group are settled in order", order, text);
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
        let is_silent = known(&self.trouble.judge.scenario, message).is_some_and(|(_, known)| known.silent);
        let is_known = entry
            .and_then(|entry| entry.delivered)
            .is_some_and(|delivered| !delivered.version.is_older_than(&version));
        if !is_known && !is_silent {
            let text = format!(
                "a message of route {} goes as done, and the ledger does not know its state",
                message.route
            );
            self.trouble.judge.violate("the ledger is written before the queue", order, text);
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Queue for SimQueue {
    async fn enqueue(&self, messages: Vec<Message>) -> Result<(), PortError> {
        let work = async {
            messages.iter().for_each(|message| self.trouble.judge.stored(message));
            let mut shelf = self.lock();
            messages.into_iter().for_each(|message| shelf.add(message));
            self.changed.notify_waiters();
            Ok(())
        };
        self.trouble.around("queue: enqueue", work).await
    }

    async fn receive(&self, destination: &str, max: usize, visibility: Duration) -> Result<Vec<Received>, PortError> {
        let work = async {
            Ok(self
                .lock()
                .take(destination, max, self.clock.now(), visibility, self.hands_out_several))
        };
        self.trouble.around("queue: receive", work).await
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

    async fn depth(&self, destination: &str) -> Result<u64, PortError> {
        let shelf = self.lock();
        Ok(shelf
            .waiting
            .values()
            .filter(|entry| entry.message.destination == destination)
            .count() as u64)
    }

    async fn group_state(&self, destination: &str, group: &str) -> Result<Option<GroupState>, PortError> {
        let work = async { Ok(Some(self.lock().group_state(destination, group, self.clock.now()))) };
        self.trouble.around("queue: group_state", work).await
    }

    async fn redact(&self, redaction: &Redaction) -> Result<Removed, PortError> {
        self.lock().waiting.retain(|_, entry| !redaction.concerns(&entry.message));
        Ok(Removed::default())
    }
}

impl Shelf {
    fn add(&mut self, message: Message) {
        self.newest += 1;
        let entry = Entry {
            message,
            receipt: None,
            attempts: 0,
            hidden_until: None,
        };
        self.waiting.insert(self.newest, entry);
    }

    fn take(&mut self, destination: &str, max: usize, now: Timestamp, visibility: Duration, several: bool) -> Vec<Received> {
        let is_hidden = |entry: &Entry| entry.hidden_until.is_some_and(|until| until > now);
        let hidden = self.waiting.values().filter(|entry| is_hidden(entry));
        let mut blocked: BTreeSet<String> = hidden.map(|entry| entry.message.group.clone()).collect();
        let mut taken = Vec::new();
        for (id, entry) in self
            .waiting
            .iter_mut()
            .filter(|(_, entry)| entry.message.destination == destination)
        {
            if taken.len() == max {
                break;
            }
            if blocked.contains(&entry.message.group) {
                continue;
            }
            if !several {
                blocked.insert(entry.message.group.clone());
            }
            self.receipts += 1;
            (entry.receipt, entry.attempts) = (Some(self.receipts), entry.attempts + 1);
            entry.hidden_until = Some(now + visibility);
            taken.push(Received {
                message: entry.message.clone(),
                receipt: format!("{id}.{}", self.receipts),
                attempts: entry.attempts,
            });
        }
        taken
    }

    fn settle(&mut self, id: u64, verdict: Verdict, now: Timestamp) {
        let Some(entry) = self.waiting.get_mut(&id) else { return };
        entry.receipt = None;
        match verdict {
            Verdict::Done => drop(self.waiting.remove(&id)),
            Verdict::Retry(after) => entry.hidden_until = Some(now + after),
            Verdict::Release => {
                entry.attempts = entry.attempts.saturating_sub(1);
                entry.hidden_until = None;
            }
            Verdict::Dead(letter) => {
                let Some(entry) = self.waiting.remove(&id) else { return };
                self.dead.push(DeadLetter {
                    message: entry.message,
                    ..*letter
                });
            }
        }
    }

    fn group_state(&self, destination: &str, group: &str, now: Timestamp) -> GroupState {
        let of_group = |entry: &&Entry| entry.message.destination == destination && entry.message.group == group;
        let in_hand = |entry: &Entry| entry.receipt.is_some() && entry.hidden_until.is_some_and(|until| until > now);
        let mut messages = self.waiting.values().filter(of_group).peekable();
        match (messages.peek().is_some(), messages.any(in_hand)) {
            (false, _) => GroupState::Empty,
            (true, false) => GroupState::Waiting,
            (true, true) => GroupState::InHand,
        }
    }

    /// When there is something to receive, if nothing else happens.
    fn due(&self, destination: &str) -> Option<Timestamp> {
        let mut groups: BTreeMap<&str, Timestamp> = BTreeMap::new();
        for entry in self.waiting.values().filter(|entry| entry.message.destination == destination) {
            let due = entry.hidden_until.unwrap_or(Timestamp::MIN);
            // A group waits for the last of its messages that is hidden.
            let group = groups.entry(&entry.message.group).or_insert(due);
            *group = (*group).max(due);
        }
        groups.into_values().min()
    }
}

fn word(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Done => "done".to_owned(),
        Verdict::Retry(after) => format!("retry after {} ms", after.as_millis()),
        Verdict::Release => "released".to_owned(),
        Verdict::Dead(letter) => format!("dead: {}: {}", letter.class, letter.reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::BEGINNING;
    use bytes::Bytes;

    const LEASE: Duration = Duration::from_secs(60);

    fn message(order: &str, group: &str) -> Message {
        Message {
            route: "shop-to-crm".to_owned(),
            destination: "crm".to_owned(),
            store: "shop".to_owned(),
            topic: "order.created".to_owned(),
            event: order.to_owned(),
            order: Some(order.to_owned()),
            modified: None,
            accepted: BEGINNING,
            group: group.to_owned(),
            dedupe: None,
            replays: 0,
            body: Bytes::new(),
        }
    }

    fn shelf() -> Shelf {
        let mut shelf = Shelf::default();
        for (order, group) in [("1", "a"), ("2", "a"), ("3", "b")] {
            shelf.add(message(order, group));
        }
        shelf
    }

    fn orders(taken: &[Received]) -> Vec<&str> {
        taken.iter().filter_map(|received| received.message.order.as_deref()).collect()
    }

    #[test]
    fn one_of_a_group_or_several_in_their_order() {
        assert_eq!(orders(&shelf().take("crm", 10, BEGINNING, LEASE, false)), ["1", "3"]);
        assert_eq!(orders(&shelf().take("crm", 10, BEGINNING, LEASE, true)), ["1", "2", "3"]);
        assert_eq!(orders(&shelf().take("crm", 2, BEGINNING, LEASE, true)), ["1", "2"]);
        assert!(shelf().take("erp", 10, BEGINNING, LEASE, true).is_empty());
    }

    #[test]
    fn a_group_waits_while_one_of_it_is_in_hand_or_backing_off() {
        let mut shelf = shelf();
        shelf.take("crm", 1, BEGINNING, LEASE, true);
        assert_eq!(orders(&shelf.take("crm", 10, BEGINNING, LEASE, true)), ["3"]);
        shelf.settle(1, Verdict::Retry(LEASE * 2), BEGINNING);
        assert!(
            shelf
                .take("crm", 10, BEGINNING + LEASE, LEASE, true)
                .iter()
                .all(|received| received.message.group == "b")
        );
        assert_eq!(orders(&shelf.take("crm", 1, BEGINNING + LEASE * 2, LEASE, true)), ["1"]);
    }

    #[test]
    fn it_tells_when_something_is_due() {
        let mut shelf = shelf();
        assert_eq!(shelf.due("crm"), Some(Timestamp::MIN));
        shelf.take("crm", 10, BEGINNING, LEASE, true);
        assert_eq!(shelf.due("crm"), Some(BEGINNING + LEASE));
        [1, 2, 3].into_iter().for_each(|id| shelf.settle(id, Verdict::Done, BEGINNING));
        assert_eq!(shelf.due("crm"), None);
    }
}

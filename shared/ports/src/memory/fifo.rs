//! The model of a queue with message groups, as SQS FIFO defines them.

mod entry;
mod hand_out;
mod tell;

use crate::{DeadLetter, Disposition, Kind, Message, Redaction, Removed, Settlement};
use entry::{Entry, Hidden};
use jiff::Timestamp;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// The time within which messages with the same dedupe value are one, as in SQS FIFO queues.
pub const DEDUPE_WINDOW: Duration = Duration::from_secs(5 * 60);

/// A queue's messages and dead letters, and the rules by which they change, without a lock or a
/// clock: [`super::MemoryQueue`] is one behind both.
#[derive(Default)]
pub struct Fifo {
    /// The dead letters, oldest first.
    pub dead: BTreeMap<i64, DeadLetter>,
    /// The messages that wait or are in hand, in the order of arrival.
    waiting: BTreeMap<i64, Entry>,
    /// The ids of those that are no orders: every worker looks for them at each change.
    requests: BTreeSet<i64>,
    /// The time until which a dedupe value swallows other messages, by destination and value.
    seen: BTreeMap<(String, String), Timestamp>,
    last_id: i64,
    last_receipt: u64,
    /// The number of receives for each destination.
    turns: BTreeMap<String, u64>,
}

impl Fifo {
    /// Adds a message. Returns false where it is a duplicate, and forgets it.
    pub fn add(&mut self, message: Message, now: Timestamp) -> bool {
        if let Some(dedupe) = &message.dedupe {
            let key = (message.destination.clone(), dedupe.clone());
            if self.seen.get(&key).is_some_and(|until| *until > now) {
                return false;
            }
            self.seen.insert(key, later(now, DEDUPE_WINDOW));
        }
        self.last_id += 1;
        if message.kind == Kind::Request {
            self.requests.insert(self.last_id);
        }
        self.waiting.insert(
            self.last_id,
            Entry {
                message,
                receipt: None,
                attempts: 0,
                lost: 0,
                hidden: None,
            },
        );
        true
    }

    /// Makes what a clock that was ahead put off wait from now on, for no longer than it was to
    /// wait.
    fn heal(&mut self, now: Timestamp) {
        for entry in self.waiting.values_mut() {
            entry.hidden = entry.hidden.map(|hidden| hidden.healed(now));
        }
    }

    /// Returns the message that this is the latest receipt of.
    #[must_use]
    pub fn held(&self, receipt: &str) -> Option<&Message> {
        let (id, number) = parse(receipt)?;
        let entry = self.waiting.get(&id)?;
        (entry.receipt == Some(number)).then_some(&entry.message)
    }

    /// Settles a message, if the receipt is its latest.
    pub fn settle(&mut self, settlement: Settlement, now: Timestamp) {
        let receipt = &settlement.received.receipt;
        let Some((id, _)) = parse(receipt).filter(|_| self.held(receipt).is_some()) else {
            return;
        };
        let Some(entry) = self.waiting.get_mut(&id) else {
            return;
        };
        (entry.receipt, entry.lost) = (None, 0);
        match settlement.disposition {
            Disposition::Done => _ = self.remove(id),
            Disposition::Retry(after) => entry.hidden = Some(Hidden::from(now, after)),
            Disposition::Wait(time) => {
                entry.attempts = entry.attempts.saturating_sub(1);
                entry.hidden = Some(Hidden::from(now, time));
            }
            Disposition::Release => {
                entry.attempts = entry.attempts.saturating_sub(1);
                entry.hidden = None;
            }
            Disposition::Dead(letter) => {
                let Some(entry) = self.remove(id) else {
                    return;
                };
                self.last_id += 1;
                let letter = DeadLetter {
                    id: self.last_id.to_string(),
                    message: entry.message,
                    ..*letter
                };
                let letter = self.take_places(letter);
                self.dead.insert(self.last_id, letter);
            }
        }
    }

    fn remove(&mut self, id: i64) -> Option<Entry> {
        self.requests.remove(&id);
        self.waiting.remove(&id)
    }

    /// Removes the letters whose place this one takes, and returns it with their count.
    fn take_places(&mut self, letter: DeadLetter) -> DeadLetter {
        let older = self
            .dead
            .extract_if(.., |_, older| letter.takes_place_of(older));
        let older: Vec<DeadLetter> = older.map(|(_, older)| older).collect();
        older.iter().fold(letter, DeadLetter::in_place_of)
    }

    /// Forgets the messages that a redaction concerns.
    pub fn redact(&mut self, redaction: &Redaction) -> Removed {
        let mut removed = Removed::default();
        self.waiting.retain(|_, entry| {
            let goes = redaction.concerns(&entry.message);
            removed.waiting += u64::from(goes);
            removed
                .orders
                .extend(entry.message.order.clone().filter(|_| goes));
            !goes
        });
        self.requests.retain(|id| self.waiting.contains_key(id));
        self.dead.retain(|_, letter| {
            let goes = redaction.concerns(&letter.message);
            removed.dead += u64::from(goes);
            removed
                .orders
                .extend(letter.message.order.clone().filter(|_| goes));
            !goes
        });
        removed
    }
}

/// Returns the id of a receipt's message.
#[must_use]
pub fn id_of(receipt: &str) -> Option<i64> {
    parse(receipt).map(|(id, _)| id)
}

fn parse(receipt: &str) -> Option<(i64, u64)> {
    let (id, number) = receipt.split_once('.')?;
    Some((id.parse().ok()?, number.parse().ok()?))
}

fn later(now: Timestamp, time: Duration) -> Timestamp {
    now.saturating_add(time).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
#[path = "fifo_tests.rs"]
mod tests;

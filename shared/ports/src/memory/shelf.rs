//! What a [`super::MemoryQueue`] holds, and the rules by which it changes.

use crate::{DeadLetter, GroupState, Message, Received, Redaction, Removed, Settlement, Verdict};
use jiff::Timestamp;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// Messages with the same dedupe value within this time are one, as in SQS FIFO queues.
const DEDUPE_WINDOW: Duration = Duration::from_secs(5 * 60);

/// Everything in the queue and everything dead.
#[derive(Default)]
pub(super) struct Shelf {
    /// The dead letters, oldest first.
    pub(super) dead: BTreeMap<u64, DeadLetter>,
    /// What waits or is in hand, in the order of arrival.
    waiting: BTreeMap<u64, Entry>,
    /// Until when a dedupe value of a destination swallows others.
    seen: BTreeMap<(String, String), Timestamp>,
    last_id: u64,
    last_receipt: u64,
}

struct Entry {
    message: Message,
    /// The latest receipt; a settled message that came back has none.
    receipt: Option<u64>,
    attempts: u32,
    /// In hand or backing off until then.
    hidden_until: Option<Timestamp>,
}

impl Shelf {
    /// Adds a message, unless it is a duplicate.
    pub(super) fn add(&mut self, message: Message, now: Timestamp) {
        if let Some(dedupe) = &message.dedupe {
            let key = (message.destination.clone(), dedupe.clone());
            if self.seen.get(&key).is_some_and(|until| *until > now) {
                return;
            }
            self.seen.insert(key, later(now, DEDUPE_WINDOW));
        }
        self.last_id += 1;
        self.waiting.insert(
            self.last_id,
            Entry {
                message,
                receipt: None,
                attempts: 0,
                hidden_until: None,
            },
        );
    }

    /// Hands out up to `max` messages, the first of each group that is not blocked.
    pub(super) fn take(&mut self, destination: &str, max: usize, now: Timestamp, visibility: Duration) -> Vec<Received> {
        let ids: Vec<u64> = self.receivable(destination, now).take(max).collect();
        let mut taken = Vec::with_capacity(ids.len());
        for id in ids {
            let Some(entry) = self.waiting.get_mut(&id) else { continue };
            self.last_receipt += 1;
            entry.receipt = Some(self.last_receipt);
            entry.attempts = entry.attempts.saturating_add(1);
            entry.hidden_until = Some(later(now, visibility));
            let receipt = format!("{id}.{}", self.last_receipt);
            taken.push(Received {
                message: entry.message.clone(),
                receipt,
                attempts: entry.attempts,
            });
        }
        taken
    }

    /// Does what a settlement says, if its receipt is the latest of its message.
    pub(super) fn settle(&mut self, settlement: Settlement, now: Timestamp) {
        let Some((id, receipt)) = parse(&settlement.receipt) else { return };
        let Some(entry) = self.waiting.get_mut(&id).filter(|entry| entry.receipt == Some(receipt)) else {
            return;
        };
        entry.receipt = None;
        match settlement.verdict {
            Verdict::Done => _ = self.waiting.remove(&id),
            Verdict::Retry(after) => entry.hidden_until = Some(later(now, after)),
            Verdict::Release => {
                entry.attempts = entry.attempts.saturating_sub(1);
                entry.hidden_until = None;
            }
            Verdict::Dead(letter) => {
                let Some(entry) = self.waiting.remove(&id) else { return };
                self.last_id += 1;
                self.dead.insert(
                    self.last_id,
                    DeadLetter {
                        id: self.last_id.to_string(),
                        message: entry.message,
                        ..*letter
                    },
                );
            }
        }
    }

    /// Forgets what a redaction concerns.
    pub(super) fn redact(&mut self, redaction: &Redaction) -> Removed {
        let mut removed = Removed::default();
        self.waiting.retain(|_, entry| {
            let goes = redaction.concerns(&entry.message);
            removed.waiting += u64::from(goes);
            removed.orders.extend(entry.message.order.clone().filter(|_| goes));
            !goes
        });
        self.dead.retain(|_, letter| {
            let goes = redaction.concerns(&letter.message);
            removed.dead += u64::from(goes);
            removed.orders.extend(letter.message.order.clone().filter(|_| goes));
            !goes
        });
        removed
    }

    /// Whether a receive would give something.
    pub(super) fn has_receivable(&self, destination: &str, now: Timestamp) -> bool {
        self.receivable(destination, now).next().is_some()
    }

    /// What there is of a group.
    pub(super) fn group_state(&self, destination: &str, group: &str, now: Timestamp) -> GroupState {
        let is_of_group = |entry: &&Entry| entry.message.destination == destination && entry.message.group == group;
        let is_in_hand = |entry: &Entry| entry.receipt.is_some() && entry.hidden_until.is_some_and(|until| until > now);
        match self.waiting.values().filter(is_of_group).map(is_in_hand).max() {
            None => GroupState::Empty,
            Some(false) => GroupState::Waiting,
            Some(true) => GroupState::InHand,
        }
    }

    /// How many messages wait or are in hand.
    pub(super) fn depth(&self, destination: &str) -> u64 {
        self.waiting
            .values()
            .filter(|entry| entry.message.destination == destination)
            .map(|_| 1)
            .sum()
    }

    /// The first message of each group, where it is not hidden.
    fn receivable(&self, destination: &str, now: Timestamp) -> impl Iterator<Item = u64> {
        let mut groups = BTreeSet::new();
        let of_destination = self
            .waiting
            .iter()
            .filter(move |(_, entry)| entry.message.destination == destination);
        let heads = of_destination.filter(move |(_, entry)| groups.insert(entry.message.group.as_str()));
        heads
            .filter(move |(_, entry)| entry.hidden_until.is_none_or(|until| until <= now))
            .map(|(id, _)| *id)
    }
}

fn parse(receipt: &str) -> Option<(u64, u64)> {
    let (id, number) = receipt.split_once('.')?;
    Some((id.parse().ok()?, number.parse().ok()?))
}

fn later(now: Timestamp, time: Duration) -> Timestamp {
    now.saturating_add(time).unwrap_or(Timestamp::MAX)
}

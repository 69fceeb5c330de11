//! The model of a queue with message groups, as SQS FIFO defines them.

use crate::{
    BATCH_BYTES, Candidate, DeadLetter, Disposition, GroupState, Kind, LOST_OFTEN, Message, READ,
    Received, Redaction, Removed, Settlement, Waiting, WaitingFilter, anywhere, choose, was_ahead,
};
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
    /// The time until which a dedupe value swallows other messages, by destination and value.
    seen: BTreeMap<(String, String), Timestamp>,
    last_id: i64,
    last_receipt: u64,
    /// The number of receives for each destination.
    turns: BTreeMap<String, u64>,
}

struct Entry {
    message: Message,
    /// The latest receipt; a message that was settled and came back has none.
    receipt: Option<u64>,
    attempts: u32,
    lost: u32,
    /// The time for which the message is in hand or waits for its retry.
    hidden: Option<Hidden>,
}

#[derive(Clone, Copy)]
struct Hidden {
    since: Timestamp,
    until: Timestamp,
}

impl Hidden {
    fn from(now: Timestamp, time: Duration) -> Self {
        Self {
            since: now,
            until: later(now, time),
        }
    }

    /// Returns the same time counted from now, where a clock that was ahead wrote it.
    fn healed(self, now: Timestamp) -> Self {
        if !was_ahead(self.since, now) {
            return self;
        }
        Self::from(now, self.until.duration_since(self.since).unsigned_abs())
    }
}

impl Entry {
    fn is_hidden(&self, now: Timestamp) -> bool {
        self.hidden.is_some_and(|hidden| hidden.until > now)
    }

    fn is_in_hand(&self, now: Timestamp) -> bool {
        self.receipt.is_some() && self.is_hidden(now)
    }

    /// Returns what is told of it while it waits.
    fn told(&self, id: i64, now: Timestamp) -> Waiting {
        let message = &self.message;
        Waiting {
            place: id.unsigned_abs(),
            route: message.route.clone(),
            destination: message.destination.clone(),
            store: message.store.clone(),
            order: message.order.clone(),
            modified: message.modified,
            accepted: message.accepted,
            attempts: self.attempts,
            hidden_until: self
                .hidden
                .map(|hidden| hidden.until)
                .filter(|until| *until > now),
        }
    }

    /// Returns how often in a row it was lost, if it is received now.
    fn losses(&self) -> u32 {
        self.lost.saturating_add(u32::from(self.receipt.is_some()))
    }
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

    /// Hands out up to `max` orders, one of each group, as [`choose`] says.
    pub fn take(
        &mut self,
        destination: &str,
        max: usize,
        now: Timestamp,
        visibility: Duration,
    ) -> Vec<Received> {
        self.take_among(destination, max, now, visibility, |_| true)
    }

    /// Hands out like [`Self::take`], but only what was posted.
    pub fn take_posted(
        &mut self,
        destination: &str,
        max: usize,
        now: Timestamp,
        visibility: Duration,
    ) -> Vec<Received> {
        self.take_among(destination, max, now, visibility, |one| {
            !one.store.ends_with(READ)
        })
    }

    fn take_among(
        &mut self,
        destination: &str,
        max: usize,
        now: Timestamp,
        visibility: Duration,
        is_wanted: impl Fn(&Candidate) -> bool,
    ) -> Vec<Received> {
        self.heal(now);
        let turn = self.next_turn(destination);
        let mut candidates = self.candidates(destination, now);
        candidates.retain(is_wanted);
        self.hand_out(&choose(candidates, max, turn), now, visibility)
    }

    /// Hands out up to `max` orders, several of a group in their order of arrival, as SQS does.
    pub fn take_several(
        &mut self,
        destination: &str,
        max: usize,
        now: Timestamp,
        visibility: Duration,
    ) -> Vec<Received> {
        self.heal(now);
        let free = self.free(destination, now);
        let of_kind = free.filter(|(_, entry)| entry.message.kind == Kind::Order);
        let chosen: Vec<i64> = of_kind.map(|(id, _)| id).take(max).collect();
        self.hand_out(&chosen, now, visibility)
    }

    /// Hands out one of the messages that were received least often.
    pub fn take_probe(
        &mut self,
        destination: &str,
        now: Timestamp,
        visibility: Duration,
    ) -> Vec<Received> {
        self.heal(now);
        let turn = self.next_turn(destination);
        let tried = |one: &Candidate| (one.lost >= LOST_OFTEN, one.attempts);
        let mut candidates = self.candidates(destination, now);
        let least = candidates.iter().map(tried).min();
        candidates.retain(|one| Some(tried(one)) == least);
        let place = usize::try_from(anywhere(candidates.len() as u64, turn)).unwrap_or_default();
        let chosen: Vec<i64> = candidates
            .get(place)
            .map(|one| one.id)
            .into_iter()
            .collect();
        self.hand_out(&chosen, now, visibility)
    }

    /// Counts this receive for a destination, and returns how many there were before.
    fn next_turn(&mut self, destination: &str) -> u64 {
        let turn = self.turns.entry(destination.to_owned()).or_default();
        let this = *turn;
        *turn = this.wrapping_add(1);
        this
    }

    /// Hands out up to `max` requests about personal data.
    pub fn take_requests(
        &mut self,
        destination: &str,
        max: usize,
        now: Timestamp,
        visibility: Duration,
    ) -> Vec<Received> {
        self.heal(now);
        let chosen: Vec<i64> = self
            .receivable(destination, Kind::Request, now)
            .take(max)
            .collect();
        self.hand_out(&chosen, now, visibility)
    }

    fn candidates(&self, destination: &str, now: Timestamp) -> Vec<Candidate> {
        let is_one_in_hand = self
            .waiting
            .values()
            .any(|entry| entry.lost >= LOST_OFTEN && entry.is_in_hand(now));
        let all = self
            .receivable(destination, Kind::Order, now)
            .filter_map(|id| {
                let entry = self.waiting.get(&id)?;
                Some(Candidate {
                    id,
                    store: entry.message.turn().into_owned(),
                    attempts: entry.attempts,
                    lost: entry.losses(),
                })
            });
        all.filter(|one| !is_one_in_hand || one.lost < LOST_OFTEN)
            .collect()
    }

    fn hand_out(&mut self, chosen: &[i64], now: Timestamp, visibility: Duration) -> Vec<Received> {
        let (mut taken, mut bytes) = (Vec::with_capacity(chosen.len()), 0_usize);
        for id in chosen {
            let Some(entry) = self.waiting.get_mut(id) else {
                continue;
            };
            bytes = bytes.saturating_add(entry.message.body.len());
            if bytes > BATCH_BYTES && !taken.is_empty() {
                break;
            }
            self.last_receipt += 1;
            entry.lost = entry.losses();
            entry.receipt = Some(self.last_receipt);
            entry.attempts = entry.attempts.saturating_add(1);
            entry.hidden = Some(Hidden::from(now, visibility));
            let receipt = format!("{id}.{}", self.last_receipt);
            taken.push(Received {
                message: entry.message.clone(),
                receipt,
                attempts: entry.attempts,
                lost: entry.lost,
                sent: None,
            });
        }
        taken
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
            Disposition::Done => _ = self.waiting.remove(&id),
            Disposition::Retry(after) => entry.hidden = Some(Hidden::from(now, after)),
            Disposition::Release => {
                entry.attempts = entry.attempts.saturating_sub(1);
                entry.hidden = None;
            }
            Disposition::Dead(letter) => {
                let Some(entry) = self.waiting.remove(&id) else {
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

    /// Returns whether a receive would hand out something of this kind.
    pub fn has_receivable(&self, destination: &str, kind: Kind, now: Timestamp) -> bool {
        self.receivable(destination, kind, now).next().is_some()
    }

    /// Returns what there is of a message group.
    pub fn group_state(&self, destination: &str, group: &str, now: Timestamp) -> GroupState {
        let is_of_group = |entry: &&Entry| {
            entry.message.destination == destination && entry.message.group == group
        };
        match self
            .waiting
            .values()
            .filter(is_of_group)
            .map(|entry| entry.is_in_hand(now))
            .max()
        {
            None => GroupState::Empty,
            Some(false) => GroupState::Waiting,
            Some(true) => GroupState::InHand,
        }
    }

    /// Returns the messages about orders that a filter lets through.
    pub(super) fn waiting(&self, filter: &WaitingFilter, now: Timestamp) -> Vec<Waiting> {
        let orders = self
            .waiting
            .iter()
            .filter(|(_, entry)| entry.message.kind == Kind::Order);
        let mut found: Vec<Waiting> = orders
            .map(|(id, entry)| entry.told(*id, now))
            .filter(|waiting| filter.passes(waiting))
            .collect();
        if filter.newest_first {
            found.reverse();
        }
        found.truncate(filter.limit.unwrap_or(usize::MAX));
        found
    }

    /// Returns the messages that [`Self::waiting`] tells of.
    pub(super) fn waiting_messages(&self, filter: &WaitingFilter, now: Timestamp) -> Vec<Message> {
        let told = self.waiting(filter, now);
        let places = told.iter().map(|one| one.place.cast_signed());
        places
            .filter_map(|id| Some(self.waiting.get(&id)?.message.clone()))
            .collect()
    }

    /// Returns how many messages about orders came before a place.
    pub(super) fn before(&self, destination: &str, place: u64) -> u64 {
        let is_before = |(id, entry): &(&i64, &Entry)| {
            let message = &entry.message;
            message.destination == destination
                && message.kind == Kind::Order
                && id.unsigned_abs() < place
        };
        self.waiting.iter().filter(is_before).map(|_| 1).sum()
    }

    /// Returns how many messages wait or are in hand for a destination.
    pub fn depth(&self, destination: &str) -> u64 {
        self.waiting
            .values()
            .filter(|entry| entry.message.destination == destination)
            .map(|_| 1)
            .sum()
    }

    /// Returns the messages that wait or are in hand, with their ids, in the order of arrival.
    pub fn messages(&self) -> impl Iterator<Item = (i64, &Message)> {
        self.waiting.iter().map(|(id, entry)| (*id, &entry.message))
    }

    /// Returns when the next message of a destination can be received, if nothing else happens.
    #[must_use]
    pub fn due(&self, destination: &str) -> Option<Timestamp> {
        let mut groups: BTreeMap<&str, Timestamp> = BTreeMap::new();
        for (_, entry) in self.of(destination) {
            let due = entry.hidden.map_or(Timestamp::MIN, |hidden| hidden.until);
            // A group waits for the last of its messages that is hidden.
            let group = groups.entry(&entry.message.group).or_insert(due);
            *group = (*group).max(due);
        }
        groups.into_values().min()
    }

    fn of(&self, destination: &str) -> impl Iterator<Item = (i64, &Entry)> {
        self.waiting
            .iter()
            .filter(move |(_, entry)| entry.message.destination == destination)
            .map(|(id, entry)| (*id, entry))
    }

    /// Returns the messages of the groups of which none is hidden.
    fn free(&self, destination: &str, now: Timestamp) -> impl Iterator<Item = (i64, &Entry)> {
        let hidden = self
            .of(destination)
            .filter(|(_, entry)| entry.is_hidden(now));
        let held: BTreeSet<&str> = hidden.map(|(_, one)| one.message.group.as_str()).collect();
        self.of(destination)
            .filter(move |(_, entry)| !held.contains(entry.message.group.as_str()))
    }

    /// Returns the first message of each group, where it is of this kind and not hidden.
    fn receivable(
        &self,
        destination: &str,
        kind: Kind,
        now: Timestamp,
    ) -> impl Iterator<Item = i64> {
        let mut groups = BTreeSet::new();
        self.free(destination, now)
            .filter(move |(_, entry)| groups.insert(entry.message.group.as_str()))
            .filter(move |(_, entry)| entry.message.kind == kind)
            .map(|(id, _)| id)
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

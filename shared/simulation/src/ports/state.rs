//! What a `SimQueue` holds, and the rules by which it changes.

use jiff::Timestamp;
use ports::{
    Candidate, DeadLetter, Disposition, GroupState, LOST_OFTEN, Message, Received, anywhere,
    choose, was_ahead,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// As in SQS FIFO queues.
const DEDUPE_WINDOW: Duration = Duration::from_secs(300);

/// Everything in the queue and everything dead.
#[derive(Default)]
pub(super) struct QueueState {
    pub(super) waiting: BTreeMap<u64, Entry>,
    pub(super) dead: Vec<DeadLetter>,
    /// Until when a dedupe value of a destination swallows others.
    seen: BTreeMap<(String, String), Timestamp>,
    newest: u64,
    receipts: u64,
    turns: u64,
}

/// A message that is not settled for good.
pub(super) struct Entry {
    pub(super) message: Message,
    pub(super) receipt: Option<u64>,
    /// Somebody was done with it for good, but too late to settle it.
    pub(super) is_decided: bool,
    attempts: u32,
    lost: u32,
    hidden: Option<Hidden>,
}

#[derive(Clone, Copy)]
struct Hidden {
    since: Timestamp,
    until: Timestamp,
}

impl Entry {
    fn hide(&mut self, now: Timestamp, time: Duration) {
        self.hidden = Some(Hidden {
            since: now,
            until: now + time,
        });
    }

    fn is_hidden(&self, now: Timestamp) -> bool {
        self.hidden.is_some_and(|hidden| hidden.until > now)
    }

    /// What a clock that was ahead put off waits from now on, and no longer than it was to.
    fn heal(&mut self, now: Timestamp) {
        if let Some(Hidden { since, until }) =
            self.hidden.filter(|hidden| was_ahead(hidden.since, now))
        {
            self.hide(now, until.duration_since(since).unsigned_abs());
        }
    }
}

impl QueueState {
    /// Adds a message. False where it is the repetition of one: within five minutes they count as
    /// one.
    pub(super) fn add(&mut self, message: Message, now: Timestamp) -> bool {
        if let Some(dedupe) = &message.dedupe {
            let key = (message.destination.clone(), dedupe.clone());
            if self.seen.get(&key).is_some_and(|until| *until > now) {
                return false;
            }
            self.seen.insert(key, now + DEDUPE_WINDOW);
        }
        self.newest += 1;
        let entry = Entry {
            message,
            receipt: None,
            is_decided: false,
            attempts: 0,
            lost: 0,
            hidden: None,
        };
        self.waiting.insert(self.newest, entry);
        true
    }

    /// Several of a group, in the order of arrival, as SQS does; or one of each, and as a queue
    /// that can choose does.
    pub(super) fn take(
        &mut self,
        destination: &str,
        max: usize,
        now: Timestamp,
        visibility: Duration,
        several: bool,
    ) -> Vec<Received> {
        self.waiting.values_mut().for_each(|entry| entry.heal(now));
        let chosen = if several {
            self.receivable(destination, now, true)
                .into_iter()
                .take(max)
                .collect()
        } else {
            self.turns += 1;
            choose(self.candidates(destination, now), max, self.turns)
        };
        self.hand_out(&chosen, now, visibility)
    }

    /// One of those that were received least often.
    pub(super) fn take_probe(
        &mut self,
        destination: &str,
        now: Timestamp,
        visibility: Duration,
    ) -> Vec<Received> {
        self.waiting.values_mut().for_each(|entry| entry.heal(now));
        self.turns += 1;
        let tried = |one: &Candidate| (one.lost >= LOST_OFTEN, one.attempts);
        let mut candidates = self.candidates(destination, now);
        let least = candidates.iter().map(tried).min();
        candidates.retain(|one| Some(tried(one)) == least);
        let place =
            usize::try_from(anywhere(candidates.len() as u64, self.turns)).unwrap_or_default();
        let chosen: Vec<i64> = candidates
            .get(place)
            .map(|one| one.id)
            .into_iter()
            .collect();
        self.hand_out(&chosen, now, visibility)
    }

    fn receivable(&self, destination: &str, now: Timestamp, several: bool) -> Vec<i64> {
        let hidden = self.waiting.values().filter(|entry| entry.is_hidden(now));
        let mut blocked: BTreeSet<&str> =
            hidden.map(|entry| entry.message.group.as_str()).collect();
        let mut ids = Vec::new();
        for (id, entry) in self
            .waiting
            .iter()
            .filter(|(_, entry)| entry.message.destination == destination)
        {
            let group = entry.message.group.as_str();
            if !blocked.contains(group) {
                ids.push(i64::try_from(*id).unwrap_or(i64::MAX));
            }
            if !several {
                blocked.insert(group);
            }
        }
        ids
    }

    fn candidates(&self, destination: &str, now: Timestamp) -> Vec<Candidate> {
        let is_out = |entry: &Entry| {
            entry.lost >= LOST_OFTEN && entry.receipt.is_some() && entry.is_hidden(now)
        };
        let is_one_out = self.waiting.values().any(is_out);
        let candidate = |id: i64| {
            let entry = self.waiting.get(&u64::try_from(id).ok()?)?;
            Some(Candidate {
                id,
                store: entry.message.turn().into_owned(),
                attempts: entry.attempts,
                lost: entry.lost + u32::from(entry.receipt.is_some()),
            })
        };
        let all = self
            .receivable(destination, now, false)
            .into_iter()
            .filter_map(candidate);
        all.filter(|one| !is_one_out || one.lost < LOST_OFTEN)
            .collect()
    }

    fn hand_out(&mut self, chosen: &[i64], now: Timestamp, visibility: Duration) -> Vec<Received> {
        let mut taken = Vec::new();
        for id in chosen.iter().filter_map(|id| u64::try_from(*id).ok()) {
            let Some(entry) = self.waiting.get_mut(&id) else {
                continue;
            };
            self.receipts += 1;
            entry.lost += u32::from(entry.receipt.is_some());
            (entry.receipt, entry.attempts) = (Some(self.receipts), entry.attempts + 1);
            entry.hide(now, visibility);
            taken.push(Received {
                message: entry.message.clone(),
                receipt: format!("{id}.{}", self.receipts),
                attempts: entry.attempts,
                lost: entry.lost,
                sent: None,
            });
        }
        taken
    }

    pub(super) fn settle(&mut self, id: u64, disposition: Disposition, now: Timestamp) {
        let Some(entry) = self.waiting.get_mut(&id) else {
            return;
        };
        (entry.receipt, entry.is_decided, entry.lost) = (None, false, 0);
        match disposition {
            Disposition::Done => drop(self.waiting.remove(&id)),
            Disposition::Retry(after) => entry.hide(now, after),
            Disposition::Release => {
                entry.attempts = entry.attempts.saturating_sub(1);
                entry.hidden = None;
            }
            Disposition::Dead(letter) => {
                let Some(entry) = self.waiting.remove(&id) else {
                    return;
                };
                self.dead.push(DeadLetter {
                    message: entry.message,
                    ..*letter
                });
            }
        }
    }

    /// Who had this message in hand was done with it for good, but it is in other hands by now.
    pub(super) fn came_too_late(&mut self, id: u64) {
        if let Some(entry) = self.waiting.get_mut(&id) {
            entry.is_decided = true;
        }
    }

    pub(super) fn group_state(&self, destination: &str, group: &str, now: Timestamp) -> GroupState {
        let of_group = |entry: &&Entry| {
            entry.message.destination == destination && entry.message.group == group
        };
        let in_hand = |entry: &Entry| entry.receipt.is_some() && entry.is_hidden(now);
        let mut messages = self.waiting.values().filter(of_group).peekable();
        match (messages.peek().is_some(), messages.any(in_hand)) {
            (false, _) => GroupState::Empty,
            (true, false) => GroupState::Waiting,
            (true, true) => GroupState::InHand,
        }
    }

    /// When there is something to receive, if nothing else happens.
    pub(super) fn due(&self, destination: &str) -> Option<Timestamp> {
        let mut groups: BTreeMap<&str, Timestamp> = BTreeMap::new();
        for entry in self
            .waiting
            .values()
            .filter(|entry| entry.message.destination == destination)
        {
            let due = entry.hidden.map_or(Timestamp::MIN, |hidden| hidden.until);
            // A group waits for the last of its messages that is hidden.
            let group = groups.entry(&entry.message.group).or_insert(due);
            *group = (*group).max(due);
        }
        groups.into_values().min()
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
            kind: ports::Kind::Order,
            origin: ports::Origin::Posted,
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

    fn state() -> QueueState {
        let mut state = QueueState::default();
        for (order, group) in [("1", "a"), ("2", "a"), ("3", "b")] {
            state.add(message(order, group), BEGINNING);
        }
        state
    }

    fn orders(taken: &[Received]) -> Vec<&str> {
        taken
            .iter()
            .filter_map(|received| received.message.order.as_deref())
            .collect()
    }

    #[test]
    fn one_of_a_group_or_several_in_their_order() {
        assert_eq!(
            orders(&state().take("crm", 10, BEGINNING, LEASE, false)),
            ["1", "3"]
        );
        assert_eq!(
            orders(&state().take("crm", 10, BEGINNING, LEASE, true)),
            ["1", "2", "3"]
        );
        assert_eq!(
            orders(&state().take("crm", 2, BEGINNING, LEASE, true)),
            ["1", "2"]
        );
        assert!(state().take("erp", 10, BEGINNING, LEASE, true).is_empty());
    }

    #[test]
    fn a_group_waits_while_one_of_it_is_in_hand_or_backing_off() {
        let mut state = state();
        state.take("crm", 1, BEGINNING, LEASE, true);
        assert_eq!(
            orders(&state.take("crm", 10, BEGINNING, LEASE, true)),
            ["3"]
        );
        state.settle(1, Disposition::Retry(LEASE * 2), BEGINNING);
        assert!(
            state
                .take("crm", 10, BEGINNING + LEASE, LEASE, true)
                .iter()
                .all(|received| received.message.group == "b")
        );
        assert_eq!(
            orders(&state.take("crm", 1, BEGINNING + LEASE * 2, LEASE, true)),
            ["1"]
        );
    }

    #[test]
    fn a_repeated_delivery_is_swallowed_for_five_minutes() {
        let again = || Message {
            dedupe: Some("delivery 7".to_owned()),
            ..message("9", "c")
        };
        let mut state = QueueState::default();
        assert!(state.add(again(), BEGINNING));
        assert!(!state.add(again(), BEGINNING + DEDUPE_WINDOW / 2));
        assert!(state.add(again(), BEGINNING + DEDUPE_WINDOW));
        assert_eq!(state.waiting.len(), 2);
    }

    #[test]
    fn what_was_done_too_late_counts_as_decided_until_somebody_puts_it_back() {
        let mut state = state();
        let is_decided =
            |state: &QueueState| state.waiting.get(&1).is_some_and(|entry| entry.is_decided);
        state.came_too_late(1);
        state.take("crm", 10, BEGINNING, LEASE, true);
        assert!(is_decided(&state));
        state.settle(1, Disposition::Retry(LEASE), BEGINNING);
        assert!(!is_decided(&state));
    }

    #[test]
    fn it_tells_when_something_is_due() {
        let mut state = state();
        assert_eq!(state.due("crm"), Some(Timestamp::MIN));
        state.take("crm", 10, BEGINNING, LEASE, true);
        assert_eq!(state.due("crm"), Some(BEGINNING + LEASE));
        [1, 2, 3]
            .into_iter()
            .for_each(|id| state.settle(id, Disposition::Done, BEGINNING));
        assert_eq!(state.due("crm"), None);
    }
}

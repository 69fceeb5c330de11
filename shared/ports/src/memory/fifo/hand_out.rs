//! The choice of what is handed out.

use super::{Entry, Fifo, Hidden};
use crate::{BATCH_BYTES, Candidate, Kind, LOST_OFTEN, READ, Received, anywhere, choose};
use jiff::Timestamp;
use std::{
    collections::{BTreeSet, HashSet},
    time::Duration,
};

impl Fifo {
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

    /// Hands out like [`Self::take`], but only what was read from a store.
    pub fn take_read(
        &mut self,
        destination: &str,
        max: usize,
        now: Timestamp,
        visibility: Duration,
    ) -> Vec<Received> {
        self.take_among(destination, max, now, visibility, |one| {
            one.store.ends_with(READ)
        })
    }

    fn take_among(
        &mut self,
        destination: &str,
        max: usize,
        now: Timestamp,
        visibility: Duration,
        is_wanted: impl Fn(&Candidate<'_>) -> bool,
    ) -> Vec<Received> {
        self.heal(now);
        let turn = self.next_turn(destination);
        let mut candidates = self.candidates(destination, now);
        candidates.retain(is_wanted);
        let chosen = choose(candidates, max, turn);
        self.hand_out(&chosen, now, visibility)
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

    fn candidates(&self, destination: &str, now: Timestamp) -> Vec<Candidate<'_>> {
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
                    store: entry.message.turn(),
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

    /// Returns whether a receive would hand out something of this kind.
    pub fn has_receivable(&self, destination: &str, kind: Kind, now: Timestamp) -> bool {
        let is_any = match kind {
            Kind::Order => self.waiting.len() > self.requests.len(),
            Kind::Request => !self.requests.is_empty(),
        };
        is_any && self.receivable(destination, kind, now).next().is_some()
    }

    pub(super) fn of(&self, destination: &str) -> impl Iterator<Item = (i64, &Entry)> {
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
        let mut groups = HashSet::new();
        self.free(destination, now)
            .filter(move |(_, entry)| groups.insert(entry.message.group.as_str()))
            .filter(move |(_, entry)| entry.message.kind == kind)
            .map(|(id, _)| id)
    }
}

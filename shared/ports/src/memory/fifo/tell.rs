//! What is told of what waits.

use super::{Entry, Fifo};
use crate::{GroupState, Kind, Message, Waiting, WaitingFilter};
use jiff::Timestamp;
use std::collections::BTreeMap;

impl Fifo {
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
    #[must_use]
    pub fn waiting(&self, filter: &WaitingFilter, now: Timestamp) -> Vec<Waiting> {
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
    #[must_use]
    pub fn waiting_messages(&self, filter: &WaitingFilter, now: Timestamp) -> Vec<Message> {
        let told = self.waiting(filter, now);
        let places = told.iter().map(|one| one.place.cast_signed());
        places
            .filter_map(|id| Some(self.waiting.get(&id)?.message.clone()))
            .collect()
    }

    /// Returns how many messages about orders came before a place.
    pub(in crate::memory) fn before(&self, destination: &str, place: u64) -> u64 {
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
}

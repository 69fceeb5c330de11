use super::later;
use crate::{Message, Waiting, was_ahead};
use jiff::Timestamp;
use std::time::Duration;

/// A message that waits or is in hand.
pub(super) struct Entry {
    pub(super) message: Message,
    /// The latest receipt; a message that was settled and came back has none.
    pub(super) receipt: Option<u64>,
    pub(super) attempts: u32,
    pub(super) lost: u32,
    /// The time for which the message is in hand or waits for its retry.
    pub(super) hidden: Option<Hidden>,
}

#[derive(Clone, Copy)]
pub(super) struct Hidden {
    pub(super) since: Timestamp,
    pub(super) until: Timestamp,
}

impl Hidden {
    pub(super) fn from(now: Timestamp, time: Duration) -> Self {
        Self {
            since: now,
            until: later(now, time),
        }
    }

    /// Returns the same time counted from now, where a clock that was ahead wrote it.
    pub(super) fn healed(self, now: Timestamp) -> Self {
        if !was_ahead(self.since, now) {
            return self;
        }
        Self::from(now, self.until.duration_since(self.since).unsigned_abs())
    }
}

impl Entry {
    pub(super) fn is_hidden(&self, now: Timestamp) -> bool {
        self.hidden.is_some_and(|hidden| hidden.until > now)
    }

    pub(super) fn is_in_hand(&self, now: Timestamp) -> bool {
        self.receipt.is_some() && self.is_hidden(now)
    }

    /// Returns what is told of it while it waits.
    pub(super) fn told(&self, id: i64, now: Timestamp) -> Waiting {
        let message = &self.message;
        let hidden = self.hidden.map(|hidden| hidden.until);
        let until = hidden.filter(|until| *until > now);
        Waiting {
            place: id.unsigned_abs(),
            route: message.route.clone(),
            destination: message.destination.clone(),
            store: message.store.clone(),
            group: message.group.clone(),
            order: message.order.clone(),
            modified: message.modified,
            accepted: message.accepted,
            attempts: self.attempts,
            is_tried: self.attempts > self.losses(),
            next_try: until.filter(|_| self.receipt.is_none()),
            in_hand_until: until.filter(|_| self.receipt.is_some()),
        }
    }

    /// Returns how often in a row it was lost, if it is received now.
    pub(super) fn losses(&self) -> u32 {
        self.lost.saturating_add(u32::from(self.receipt.is_some()))
    }
}

use crate::was_ahead;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{cmp::Ordering, time::Duration};

/// The version of a state of an order: it says which of two states is the newer one. Two states
/// compare by the shop's modification time; where one has none, or both have the same, they compare
/// by arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// The shop's modification time.
    pub modified: Option<Timestamp>,
    /// The time at which the shop's request was accepted.
    pub accepted: Timestamp,
}

/// The largest lead of a shop's clock over ours that is believed. A modification time that lies
/// further than this after the order's arrival is not believed.
pub const FROM_THE_FUTURE: Duration = Duration::from_secs(24 * 3600);

impl Version {
    /// Returns the version as it counts beside a state that comes now. A wrong clock, the shop's or
    /// ours, may have written it: a modification time that is too far ahead, and an arrival that is
    /// still to come, are ignored, or every later state would be taken for an older one. Where the
    /// same clock wrote both states, they compare as they are.
    #[must_use]
    pub fn counting_beside(self, coming: &Self, now: Timestamp) -> Self {
        let latest = now
            .saturating_add(FROM_THE_FUTURE)
            .unwrap_or(Timestamp::MAX);
        let is_far = |modified: Timestamp| modified > latest;
        Self {
            modified: self
                .modified
                .filter(|modified| !is_far(*modified) || coming.modified.is_some_and(is_far)),
            accepted: if was_ahead(self.accepted, now) && !was_ahead(coming.accepted, now) {
                Timestamp::MIN
            } else {
                self.accepted
            },
        }
    }

    /// Returns whether nobody can tell which of two states is the newer one: the one that comes now
    /// would be older than this one if this one counted as it is written.
    #[must_use]
    pub fn is_in_doubt_beside(&self, coming: &Self, now: Timestamp) -> bool {
        let counting = self.counting_beside(coming, now);
        coming.is_older_than(self) && !coming.is_older_than(&counting)
    }

    /// Returns whether the dead letter of this state, which died now, may take the place of that of
    /// the other: where this state may be the older one, both are kept.
    #[must_use]
    pub fn takes_place_of(&self, other: &Self, now: Timestamp) -> bool {
        let (mine, theirs) = (
            self.counting_beside(other, now),
            other.counting_beside(self, now),
        );
        !mine.is_older_than(&theirs)
    }

    /// Returns the watermark after this state, where `before` is the watermark so far. For one
    /// modification time it never goes back, not even to an arrival that was noted after a clock
    /// was set right.
    #[must_use]
    pub fn after(self, before: &Self) -> Self {
        if self.modified == before.modified {
            let accepted = self.accepted.max(before.accepted);
            return Self { accepted, ..self };
        }
        self
    }

    /// Returns whether `self` is older than `other`.
    #[must_use]
    pub fn is_older_than(&self, other: &Self) -> bool {
        let by_shop = match (self.modified, other.modified) {
            (Some(mine), Some(theirs)) => mine.cmp(&theirs),
            _ => Ordering::Equal,
        };
        by_shop.then(self.accepted.cmp(&other.accepted)) == Ordering::Less
    }
}

use crate::was_ahead;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{cmp::Ordering, time::Duration};

/// How new a state of an order is. Two states compare by the shop's modification time; where one
/// has none, or both have the same, by arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// The shop's modification time.
    pub modified: Option<Timestamp>,
    /// When the shop's request was accepted.
    pub accepted: Timestamp,
}

/// A shop's clock may be this much ahead of ours. What it says was changed later than that after it
/// came here is not believed.
pub const FROM_THE_FUTURE: Duration = Duration::from_secs(24 * 3600);

impl Version {
    /// As what is written down counts beside a state that comes now. A clock that was wrong may
    /// have written it, the shop's or ours: a modification time of the day after tomorrow and an
    /// arrival that is still to come say nothing, or every later state would be taken for an older
    /// one. Where the same clock wrote both, they compare as they are.
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

    /// The watermark after this state, where that was the one before: of one modification it never
    /// goes back, not even to what a clock wrote that is right again.
    #[must_use]
    pub fn after(self, before: &Self) -> Self {
        if self.modified == before.modified {
            let accepted = self.accepted.max(before.accepted);
            return Self { accepted, ..self };
        }
        self
    }

    /// Whether `self` is older than `other`.
    #[must_use]
    pub fn is_older_than(&self, other: &Self) -> bool {
        let by_shop = match (self.modified, other.modified) {
            (Some(mine), Some(theirs)) => mine.cmp(&theirs),
            _ => Ordering::Equal,
        };
        by_shop.then(self.accepted.cmp(&other.accepted)) == Ordering::Less
    }
}

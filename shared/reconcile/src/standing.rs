//! The comparison of one order of the shop with what the ledger knows of it. No I/O.

use deliver::Expected;
use jiff::Timestamp;
use ports::{Delivered, LedgerEntry, State, was_ahead};

/// The standing of an order of the shop on a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The destination holds the shop's newest state, as far as the ledger knows.
    Agrees,
    /// It was never seen here.
    Missing,
    /// The shop has a newer state.
    Behind,
    /// It is on its way.
    Waits,
    /// It is a dead letter.
    Rejected,
    /// There is rightly nothing to deliver.
    Skipped,
}

/// The knowledge about one order on one route.
pub(crate) struct Known<'a> {
    /// The ledger's entry.
    pub(crate) entry: Option<&'a LedgerEntry>,
    /// The time at which the shop last changed the order.
    pub(crate) modified: Option<Timestamp>,
    /// What waits of it.
    pub(crate) waits: Waits,
    /// Whether what waits of the shop's own modification time would be written as something else
    /// than the shop's state. Shops change an order more than once in a second.
    pub(crate) is_other_waiting: bool,
    /// Whether this state was put on its way lately, and nobody can tell whether it still waits.
    pub(crate) was_put: bool,
    /// The modification time of its dead letter's state; `None` where there is none.
    pub(crate) letter: Option<Option<Timestamp>>,
    /// Whether the dead letter would be written as something else than the shop's state.
    pub(crate) is_other_letter: bool,
    /// Whether the route takes this kind of change.
    pub(crate) is_taken: bool,
    /// Name and version of the route's mapping as it is now.
    pub(crate) mapping: &'a str,
}

/// The messages about an order in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waits {
    /// The queue cannot tell.
    Untold,
    /// None waits.
    No,
    /// Some wait; the newest is of this modification time.
    State(Option<Timestamp>),
}

impl Known<'_> {
    /// Returns the standing of an order that should be as expected.
    pub(crate) fn standing(&self, expected: &Expected) -> Standing {
        match self.known_standing(expected) {
            Standing::Missing | Standing::Behind if self.was_put => Standing::Waits,
            standing => standing,
        }
    }

    /// Returns whether the destination holds the shop's state, and the ledger knows an earlier one of
    /// the same content: an order went there and back. Until it knows the newer one, a webhook of the
    /// state in between that comes late would be written.
    pub(crate) fn is_to_be_noted(&self, expected: &Expected) -> bool {
        let (Expected::Plan(plan), Some(entry)) = (expected, self.entry) else {
            return false;
        };
        let waits = matches!(self.waits, Waits::State(waiting) if waiting >= self.modified);
        let is_known_as_older = entry.delivered.as_ref().is_some_and(|delivered| {
            delivered.content.is(&plan.content)
                && is_newer(plan.version.modified, delivered.version.modified)
        });
        is_known_as_older
            && entry.state == State::Delivered
            && self.is_taken
            && !waits
            && !self.was_put
    }

    /// Returns whether the shop's state would count as older than what the destination holds of the same
    /// modification time, which a clock noted that was ahead by no more than clocks may differ: within
    /// a minute that is over.
    pub(crate) fn is_too_early(&self, asked: Timestamp) -> bool {
        let delivered = self.entry.and_then(|entry| entry.delivered.as_ref());
        delivered.is_some_and(|Delivered { version, .. }| {
            version.modified == self.modified
                && version.accepted > asked
                && !was_ahead(version.accepted, asked)
        })
    }

    fn known_standing(&self, expected: &Expected) -> Standing {
        let plan = match expected {
            Expected::Nothing(_) => return Standing::Skipped,
            Expected::Plan(plan) => Some(plan.as_ref()),
            Expected::Broken(_) => None,
        };
        let Some(entry) = self.entry else {
            return match self.waits {
                Waits::State(_) => self.against_waiting(),
                Waits::No | Waits::Untold => Standing::Missing,
            };
        };
        let delivered = entry.delivered.as_ref();
        if let (Some(plan), Some(delivered)) = (plan, delivered)
            && delivered.content.is(&plan.content)
        {
            return Standing::Agrees;
        }
        let modified = plan.map_or(self.modified, |plan| plan.version.modified);
        match entry.state {
            _ if self.against_waiting() == Standing::Waits => Standing::Waits,
            // Where the queue can tell, nothing brings it back.
            State::Retrying if self.waits != Waits::Untold => Standing::Behind,
            State::Retrying => self.against_tried(entry),
            State::Rejected if self.is_newer_than_rejected(entry, modified) => Standing::Behind,
            State::Rejected => Standing::Rejected,
            State::Delivered | State::Skipped if !self.is_taken => Standing::Agrees,
            State::Delivered | State::Skipped => self.against_delivered(entry, modified),
        }
    }

    /// What waits is on its way; whether that is what the shop has is another question.
    fn against_waiting(&self) -> Standing {
        match self.waits {
            Waits::State(_) if self.is_other_waiting => Standing::Behind,
            Waits::State(waiting) if !is_newer(self.modified, waiting) => Standing::Waits,
            _ => Standing::Behind,
        }
    }

    /// The state that is tried comes back; the shop may have made a newer one since, which nobody
    /// posted.
    fn against_tried(&self, entry: &LedgerEntry) -> Standing {
        let tried = entry.holder.as_ref().and_then(|holder| holder.version);
        match tried {
            Some(tried) if !is_newer(self.modified, tried.modified) => Standing::Waits,
            _ => Standing::Behind,
        }
    }

    fn is_newer_than_rejected(&self, entry: &LedgerEntry, modified: Option<Timestamp>) -> bool {
        match self.letter {
            // Shops change an order more than once in a second.
            Some(Some(dead)) => modified.is_some_and(|modified| {
                modified > dead || (modified == dead && self.is_other_letter)
            }),
            Some(None) => false,
            // An operator dropped it, or replays it. What the shop has now is another matter only where
            // it changed.
            None => is_newer(modified, entry.rejected_modified),
        }
    }

    fn against_delivered(&self, entry: &LedgerEntry, modified: Option<Timestamp>) -> Standing {
        let Some(delivered) = &entry.delivered else {
            return Standing::Behind;
        };
        let held = delivered.version.modified;
        let is_newer = match (modified, held) {
            (Some(modified), Some(held)) => modified > held,
            _ => true,
        };
        let is_older = matches!((modified, held), (Some(modified), Some(held)) if modified < held);
        // A change that moves no date shows in the plan alone, unless the plan is another one
        // because the mapping is.
        let same_mapping = entry
            .mapping
            .as_deref()
            .is_some_and(|used| used == self.mapping);
        if is_newer || (same_mapping && !is_older) {
            Standing::Behind
        } else {
            Standing::Agrees
        }
    }
}

/// Returns whether the shop's state is certainly newer than another one.
fn is_newer(shop: Option<Timestamp>, other: Option<Timestamp>) -> bool {
    matches!((shop, other), (Some(shop), Some(other)) if shop > other)
}

#[cfg(test)]
#[path = "standing_tests.rs"]
mod tests;

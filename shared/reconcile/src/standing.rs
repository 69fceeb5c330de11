//! The comparison of one order of the shop with what the ledger knows of it. No I/O.

use deliver::Expected;
use jiff::Timestamp;
use ports::{LedgerEntry, State};

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
    /// Whether a message about it waits; `None` where the queue cannot tell.
    pub(crate) waits: Option<bool>,
    /// Whether this state was put on its way lately, and nobody can tell whether it still waits.
    pub(crate) was_put: bool,
    /// The modification time of its dead letter's state; `None` where there is none.
    pub(crate) letter: Option<Option<Timestamp>>,
    /// Whether the route takes this kind of change.
    pub(crate) is_taken: bool,
    /// Name and version of the route's mapping as it is now.
    pub(crate) mapping: &'a str,
}

impl Known<'_> {
    /// Returns the standing of an order that should be as expected.
    pub(crate) fn standing(&self, expected: &Expected) -> Standing {
        match self.known_standing(expected) {
            Standing::Missing | Standing::Behind if self.was_put => Standing::Waits,
            standing => standing,
        }
    }

    fn known_standing(&self, expected: &Expected) -> Standing {
        let plan = match expected {
            Expected::Nothing(_) => return Standing::Skipped,
            Expected::Plan(plan) => Some(plan.as_ref()),
            Expected::Broken(_) => None,
        };
        let waits = self.waits == Some(true);
        let Some(entry) = self.entry else {
            return if waits {
                Standing::Waits
            } else {
                Standing::Missing
            };
        };
        let delivered = entry.delivered.as_ref();
        if let (Some(plan), Some(delivered)) = (plan, delivered)
            && delivered.content.is(&plan.content)
        {
            return Standing::Agrees;
        }
        let modified = plan.and_then(|plan| plan.version.modified);
        match entry.state {
            _ if waits => Standing::Waits,
            // Where the queue can tell, nothing brings it back.
            State::Retrying if self.waits.is_some() => Standing::Behind,
            State::Retrying => Standing::Waits,
            State::Rejected if self.is_newer_than_letter(modified) => Standing::Behind,
            State::Rejected => Standing::Rejected,
            State::Delivered | State::Skipped if !self.is_taken => Standing::Agrees,
            State::Delivered | State::Skipped => self.against_delivered(entry, modified),
        }
    }

    fn is_newer_than_letter(&self, modified: Option<Timestamp>) -> bool {
        match self.letter {
            Some(Some(dead)) => modified.is_some_and(|modified| modified > dead),
            Some(None) => false,
            // An operator dropped it. What the shop has now is another matter only where it changed,
            // which nobody can tell any more.
            None => false,
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

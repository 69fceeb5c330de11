use jiff::Timestamp;
use ports::was_ahead;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The state that this process keeps between two calls for messages.
#[derive(Default)]
pub(crate) struct Turns(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    by_destination: HashMap<String, u64>,
    latest: Option<Timestamp>,
}

impl Turns {
    /// Counts the calls for a destination, and returns the number of this one.
    pub(crate) fn next(&self, destination: &str) -> u64 {
        let mut inner = self.lock();
        if let Some(turn) = inner.by_destination.get_mut(destination) {
            *turn = turn.wrapping_add(1);
            return *turn;
        }
        inner.by_destination.insert(destination.to_owned(), 0);
        0
    }

    /// Returns whether a clock may have been ahead when something was postponed: the clock of this
    /// process, which now shows less than before, or, at the first call, that of an earlier
    /// process.
    pub(crate) fn clock_went_back(&self, now: Timestamp) -> bool {
        let mut inner = self.lock();
        let went_back = inner.latest.is_none_or(|latest| was_ahead(latest, now));
        inner.latest = if went_back {
            Some(now)
        } else {
            inner.latest.max(Some(now))
        };
        went_back
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

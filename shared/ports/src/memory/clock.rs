use super::lock;
use crate::Clock;
use jiff::Timestamp;
use std::{sync::Mutex, time::Duration};

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct ManualClock(Mutex<Timestamp>);

impl ManualClock {
    /// Creates a clock that shows this instant.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self(Mutex::new(now))
    }

    /// Sets the clock to this instant, which may be earlier than the last.
    pub fn set(&self, now: Timestamp) {
        *lock(&self.0) = now;
    }

    /// Moves the clock on by this much; stops at the end of time.
    pub fn advance(&self, time: Duration) {
        let mut now = lock(&self.0);
        *now = now.saturating_add(time).unwrap_or(Timestamp::MAX);
    }
}

impl Default for ManualClock {
    /// Creates a clock that shows 2026-01-01T00:00:00Z.
    fn default() -> Self {
        Self::new(Timestamp::constant(1_767_225_600, 0))
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *lock(&self.0)
    }
}

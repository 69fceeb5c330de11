use jiff::{SignedDuration, Timestamp};
use ports::Clock;
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;

/// When every simulation begins: 2026-01-01T00:00:00Z.
pub(crate) const BEGINNING: Timestamp = Timestamp::constant(1_767_225_600, 0);

/// A clock over the runtime's virtual time, which may be wrong.
#[derive(Debug)]
pub(crate) struct SimClock {
    start: Instant,
    /// Of all clocks alike.
    wrong_by: Arc<AtomicI64>,
    /// Of this one besides.
    ahead_by: i64,
}

impl SimClock {
    /// A clock that shows [`BEGINNING`] and runs with the runtime's time.
    pub(crate) fn new() -> Self {
        Self {
            start: Instant::now(),
            wrong_by: Arc::default(),
            ahead_by: 0,
        }
    }

    /// Another clock, which steps with this one and is ahead of it by so many milliseconds.
    pub(crate) fn of_machine(&self, ahead_by: i64) -> Self {
        Self {
            start: self.start,
            wrong_by: Arc::clone(&self.wrong_by),
            ahead_by,
        }
    }

    /// Another clock, which is right whatever this one shows: that of a destination.
    pub(crate) fn right(&self) -> Self {
        Self {
            start: self.start,
            wrong_by: Arc::default(),
            ahead_by: 0,
        }
    }

    /// Moves its hands by so many milliseconds.
    pub(crate) fn step(&self, milliseconds: i64) {
        self.wrong_by.fetch_add(milliseconds, Ordering::Relaxed);
    }

    /// Virtual time since the beginning, whatever the hands show.
    pub(crate) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// What a clock would show that is right.
    pub(crate) fn truth(&self) -> Timestamp {
        BEGINNING + SignedDuration::try_from(self.elapsed()).unwrap_or_default()
    }

    /// When the hands will show that, if nobody moves them.
    pub(crate) fn instant_of(&self, time: Timestamp) -> Instant {
        let wait = Duration::try_from(time.duration_since(self.now())).unwrap_or_default();
        Instant::now() + wait + Duration::from_millis(1)
    }
}

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        self.truth()
            + SignedDuration::from_millis(self.wrong_by.load(Ordering::Relaxed) + self.ahead_by)
    }
}

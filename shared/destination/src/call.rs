use jiff::Timestamp;
use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// One call of a destination's adapter: its deadline for sending requests, and the number sent so
/// far. A clone is the same call, so that a task that gets one keeps the deadline and is counted.
#[derive(Clone, Debug)]
pub struct Call(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    deadline: Timestamp,
    /// Whether one of its requests was not answered in time: then the destination is too slow for
    /// all of it, and whatever else it sent would take the rest of the time too.
    has_timed_out: AtomicBool,
    counters: Mutex<Counters>,
}

/// The requests that a call has made to its destination so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// The number of requests, those for tokens included.
    pub requests: u64,
    /// The time that the slowest of them took.
    pub slowest: Duration,
    /// The number of access tokens that it got.
    pub tokens_renewed: u64,
    /// The number of requests for an access token that were refused because the credentials are.
    pub tokens_refused: u64,
    /// The number of requests for an access token that failed for another reason.
    pub tokens_failed: u64,
}

impl Call {
    /// Begins a call that starts no request at this instant or later, nor after one of its requests
    /// was not answered in time: [`crate::Http::send`] refuses it.
    #[must_use]
    pub fn until(deadline: Timestamp) -> Self {
        Self(Arc::new(Inner {
            deadline,
            has_timed_out: AtomicBool::new(false),
            counters: Mutex::default(),
        }))
    }

    /// Begins a call that may take as long as it likes, for whoever holds no lease. A request that
    /// is not answered in time says nothing about the next one: each question of a check is asked.
    #[must_use]
    pub fn without_deadline() -> Self {
        Self::until(Timestamp::MAX)
    }

    /// Returns how much time is left for sending requests.
    #[must_use]
    pub fn time_left(&self, now: Timestamp) -> Duration {
        Duration::try_from(self.0.deadline.duration_since(now)).unwrap_or_default()
    }

    /// Returns the counters as they are now.
    #[must_use]
    pub fn counters(&self) -> Counters {
        *self.lock()
    }

    /// Returns whether no more requests may start.
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        let has_deadline = self.0.deadline < Timestamp::MAX;
        now >= self.0.deadline || has_deadline && self.0.has_timed_out.load(Ordering::Relaxed)
    }

    /// Notes that a request was not answered in time.
    pub(crate) fn note_timeout(&self) {
        self.0.has_timed_out.store(true, Ordering::Relaxed);
    }

    /// Adds to the counters.
    pub(crate) fn count(&self, add: impl FnOnce(&mut Counters)) {
        add(&mut self.lock());
    }

    fn lock(&self) -> MutexGuard<'_, Counters> {
        self.0
            .counters
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_call_counts_for_itself_whatever_tasks_it_spawns() {
        let (one, other) = (Call::without_deadline(), Call::without_deadline());
        let ask = |call: &Call, times| {
            let call = call.clone();
            tokio::spawn(async move { call.count(|counters| counters.requests += times) })
        };
        for task in [ask(&one, 2), ask(&other, 3), ask(&other, 4)] {
            task.await.unwrap();
        }
        assert_eq!((one.counters().requests, other.counters().requests), (2, 7));
    }
}

use jiff::{SignedDuration, Timestamp};
use ports::Clock;
use std::{fmt::Display, sync::Arc};
use tokio::sync::{Mutex, OnceCell};

/// The shortest time between two tries of a start.
const AGAIN: SignedDuration = SignedDuration::from_mins(1);

/// The value that a function needs, made once, at the first request; where that failed, it is tried
/// again.
pub struct Start<T> {
    made: OnceCell<T>,
    failed: Mutex<Option<Timestamp>>,
    clock: Arc<dyn Clock>,
}

impl<T> Start<T> {
    /// Creates the start, with nothing made yet.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            made: OnceCell::new(),
            failed: Mutex::default(),
            clock,
        }
    }

    /// Returns the value; `None` where it cannot be made now. Each failed try is logged and
    /// counted.
    pub async fn get<E, F>(&self, make: impl FnOnce() -> F) -> Option<&T>
    where
        E: Display,
        F: Future<Output = Result<T, E>>,
    {
        if let Some(made) = self.made.get() {
            return Some(made);
        }
        let mut failed = self.failed.lock().await;
        let now = self.clock.now();
        if failed.is_some_and(|failed| now.duration_since(failed) < AGAIN) {
            return None;
        }
        match self.made.get_or_try_init(make).await {
            Ok(made) => Some(made),
            Err(why) => {
                *failed = Some(now);
                metrics::counter!("orderbridge_failed_starts_total").increment(1);
                // One entry of Lambda's log is one line.
                let why = why.to_string().replace('\n', "; ");
                tracing::error!("the function cannot start: {why}; it is tried again every minute");
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Start;
    use ports::memory::ManualClock;
    use std::{cell::Cell, sync::Arc, time::Duration};

    #[tokio::test]
    async fn what_failed_is_tried_again_after_a_minute_and_what_was_made_is_made_once() {
        let (clock, tries) = (Arc::new(ManualClock::default()), Cell::new(0));
        let start = Start::new(clock.clone());
        let make = |outcome: Result<&'static str, &'static str>| {
            tries.set(tries.get() + 1);
            async move { outcome }
        };
        assert_eq!(start.get(|| make(Err("no table"))).await, None);
        assert_eq!(
            start.get(|| make(Ok("parts"))).await,
            None,
            "not within the minute"
        );
        clock.advance(Duration::from_mins(1));
        assert_eq!(start.get(|| make(Ok("parts"))).await, Some(&"parts"));
        assert_eq!(start.get(|| make(Err("never asked"))).await, Some(&"parts"));
        assert_eq!(tries.get(), 2);
    }
}

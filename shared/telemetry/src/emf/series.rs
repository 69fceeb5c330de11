use metrics::{CounterFn, GaugeFn, HistogramFn};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The values of one metric with one set of labels since the last flush. A metric is one of
/// counter, gauge and histogram, so only one half of this is used.
#[derive(Default)]
pub(super) struct Series(Mutex<Recorded>);

#[derive(Default)]
struct Recorded {
    /// A counter's total, and the part of it that was flushed.
    total: u64,
    flushed: u64,
    /// Every value of a gauge or a histogram: an alarm on the maximum sees a state that lasted for
    /// a moment only.
    values: Vec<f64>,
}

/// The values of a series that go to CloudWatch.
#[derive(Debug, PartialEq)]
pub(super) enum Taken {
    Nothing,
    Count(u64),
    Values(Vec<f64>),
}

impl Series {
    /// Returns the values recorded since the last call.
    pub(super) fn take(&self) -> Taken {
        let mut recorded = self.lock();
        let count = recorded.total.saturating_sub(recorded.flushed);
        recorded.flushed = recorded.total;
        let mut values = std::mem::take(&mut recorded.values);
        values.retain(|value| value.is_finite());
        match (count, values.is_empty()) {
            (0, true) => Taken::Nothing,
            (0, false) => Taken::Values(values),
            _ => Taken::Count(count),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Recorded> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, value: f64) {
        self.lock().values.push(value);
    }
}

impl CounterFn for Series {
    fn increment(&self, value: u64) {
        let mut recorded = self.lock();
        recorded.total = recorded.total.saturating_add(value);
    }

    fn absolute(&self, value: u64) {
        let mut recorded = self.lock();
        recorded.total = recorded.total.max(value);
    }
}

/// The gauges here are only ever set. The value before the last flush is forgotten, so there is
/// nothing to add to.
impl GaugeFn for Series {
    fn increment(&self, _: f64) {}

    fn decrement(&self, _: f64) {}

    fn set(&self, value: f64) {
        self.push(value);
    }
}

impl HistogramFn for Series {
    fn record(&self, value: f64) {
        self.push(value);
    }
}

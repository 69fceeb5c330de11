use jiff::Timestamp;
use std::time::Duration;

/// The lease of a batch: the time for which it may be in hand, and the bounds that follow from it
/// for the calls about the batch.
#[derive(Clone, Copy, Debug)]
pub struct Lease {
    /// The time at which the batch was asked for, by the clock of this process: not later than the
    /// queue's own count begins.
    pub since: Timestamp,
    /// The time for which the queue keeps the batch from others.
    pub time: Duration,
    /// The longest time that one call to the destination takes.
    pub request_timeout: Duration,
    /// True where the circuit is open and this batch is a probe of whether the destination is back.
    pub probe: bool,
}

impl Lease {
    /// Returns the time after which no new message is begun.
    #[must_use]
    pub fn begin_until(&self) -> Timestamp {
        after(self.since, self.time / 2)
    }

    /// Returns the time after which no request starts, so that the last one has ended, answered or
    /// not, a whole request timeout before somebody else may have the messages in hand.
    #[must_use]
    pub fn call_until(&self) -> Timestamp {
        after(
            self.since,
            self.time
                .saturating_sub(self.request_timeout.saturating_mul(2)),
        )
    }
}

fn after(since: Timestamp, time: Duration) -> Timestamp {
    since.saturating_add(time).unwrap_or(Timestamp::MAX)
}

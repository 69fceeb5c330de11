use jiff::Timestamp;
use std::time::Duration;

/// How long a batch may be in hand, and what follows from that for the calls about it.
#[derive(Clone, Copy, Debug)]
pub struct Lease {
    /// When the batch was asked for, by the clock of this process: not later than the queue's own
    /// count begins.
    pub since: Timestamp,
    /// For how long the queue keeps the batch from others.
    pub time: Duration,
    /// Longest time that one call to the destination takes.
    pub request_timeout: Duration,
    /// The circuit is open, and this batch tries whether the destination is back.
    pub probe: bool,
}

impl Lease {
    /// No new message is begun afterwards.
    #[must_use]
    pub fn begin_until(&self) -> Timestamp {
        after(self.since, self.time / 2)
    }

    /// No request starts afterwards, so that the last of them has ended, answered or not, a whole
    /// request timeout before somebody else may have the messages in hand.
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

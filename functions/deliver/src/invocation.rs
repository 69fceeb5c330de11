use deliver::Lease;
use jiff::Timestamp;
use std::time::Duration;

/// The part of the function's time that is reserved for settling: a call or two, or half a dozen
/// for a dead letter, each of which takes milliseconds and gives up after 4.5 s.
pub(crate) const SETTLING: Duration = Duration::from_secs(10);

/// The time of one invocation for deliveries.
#[derive(Clone, Copy)]
pub(crate) struct Invocation {
    pub(crate) since: Timestamp,
    pub(crate) time: Duration,
}

impl Invocation {
    /// Returns a lease of the whole invocation, whenever a batch begins in it: others assume as
    /// much when they wait for a call of this one.
    pub(crate) fn lease(&self, request_timeout: Duration) -> Lease {
        Lease {
            since: self.since,
            time: self.time,
            request_timeout,
            probe: false,
        }
    }

    /// Returns how much of it is left.
    pub(crate) fn left(&self, now: Timestamp) -> Duration {
        self.time
            .saturating_sub(now.duration_since(self.since).unsigned_abs())
    }
}

use crate::{Budget, PortError, SKEW, was_ahead};
use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A circuit that is open: the destination is left alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenCircuit {
    /// Until then nothing is called; afterwards one message is tried.
    pub until: Timestamp,
    /// When the circuit opened.
    pub since: Timestamp,
    /// Why, in one word: `outage`, `authentication`, `asked_to_wait`.
    pub why: String,
}

/// No destination asks to be left alone for longer: what it limits by the day begins anew by then.
const LONGEST_OPEN: Duration = Duration::from_secs(86_400);

impl OpenCircuit {
    /// The circuit as it counts now, where `noted` is when it was last written: where a clock that
    /// was ahead wrote it, its time has come, also for whose clock is behind this one.
    #[must_use]
    pub fn counting_at(self, noted: Timestamp, now: Timestamp) -> Self {
        // A failure may be told after the clock was set right, with the time at which its call
        // began.
        let latest = now.saturating_add(LONGEST_OPEN).unwrap_or(Timestamp::MAX);
        if !was_ahead(noted, now) && !was_ahead(self.until, latest) {
            return self;
        }
        Self {
            until: self
                .until
                .min(now.saturating_sub(SKEW).unwrap_or(Timestamp::MIN)),
            since: self.since.min(now),
            why: self.why,
        }
    }
}

/// Which destinations are left alone, for all workers of all processes. A destination that nobody
/// wrote about is well.
///
/// Each store keeps with a circuit when it was last written. Where that is still to come
/// ([`crate::was_ahead`]), a clock that was ahead wrote it: then its time has come, whatever
/// `until` says, and the next who opens it says until when.
#[async_trait]
pub trait CircuitStore: Send + Sync {
    /// The circuit of a destination; `None` while it is closed.
    async fn circuit(&self, destination: &str) -> Result<Option<OpenCircuit>, PortError>;

    /// Opens the circuit, or keeps it open: `until` and `why` are the last caller's, but never an
    /// earlier `until` than is there; `since` is the first caller's. Ends the probe that is out.
    /// True for the caller who found it closed.
    async fn open(&self, destination: &str, circuit: OpenCircuit) -> Result<bool, PortError>;

    /// Closes it: the destination answered.
    async fn close(&self, destination: &str) -> Result<(), PortError>;

    /// Asks to try one message on an open circuit whose time has come. True for one caller only,
    /// until the probe is ended or its lease is over.
    async fn begin_probe(&self, destination: &str, lease: Duration) -> Result<bool, PortError>;

    /// Ends a probe that told nothing: there was no message to try, or it did not reach the
    /// destination. The next caller may probe.
    async fn end_probe(&self, destination: &str) -> Result<(), PortError>;

    /// What the destination's account may still call, as it was last noted. A store may choose not
    /// to keep it.
    async fn budget(&self, destination: &str) -> Result<Option<Budget>, PortError> {
        let _ = destination;
        Ok(None)
    }

    /// Notes what the destination's account may still call. The last note counts.
    async fn note_budget(&self, destination: &str, budget: Budget) -> Result<(), PortError> {
        let _ = (destination, budget);
        Ok(())
    }
}

use crate::{Budget, PortError, SKEW, was_ahead};
use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// An open circuit: the destination is left alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenCircuit {
    /// The time until which nothing is called; afterwards one message is tried as a probe.
    pub until: Timestamp,
    /// The time at which the circuit opened.
    pub since: Timestamp,
    /// The reason, in one word: `outage`, `authentication`, `asked_to_wait`.
    pub why: String,
}

impl OpenCircuit {
    /// Returns the circuit as it counts now, where `noted` is the time at which it was last
    /// written. Where a clock that was ahead wrote it, its time has come, also for a process whose
    /// clock is behind this one.
    #[must_use]
    pub fn counting_at(self, noted: Timestamp, now: Timestamp) -> Self {
        if !was_ahead(noted, now) {
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

    /// Returns the circuit after this one was opened over what is `present` there: open for no
    /// shorter than before, and since the first time. Where the caller's clock was ahead, and was
    /// set right before this, its time is counted from now.
    #[must_use]
    pub fn opened_over(&self, present: Option<Self>, now: Timestamp) -> Self {
        let time = self.until.duration_since(self.since);
        let (since, until) = if was_ahead(self.since, now) {
            (now, now.saturating_add(time).unwrap_or(Timestamp::MAX))
        } else {
            (self.since, self.until)
        };
        let (since, until) = present.map_or((since, until), |present| {
            (present.since, present.until.max(until))
        });
        Self {
            until,
            since,
            why: self.why.clone(),
        }
    }
}

/// The circuits of all destinations, shared by the workers of all processes. A destination that
/// nobody wrote about is well.
///
/// With each circuit a store keeps the time at which it was last written. Where that is still to
/// come ([`crate::was_ahead`]), a clock that was ahead wrote it: then the circuit's time has come,
/// whatever `until` says, and the next caller who opens it sets `until`.
#[async_trait]
pub trait CircuitStore: Send + Sync {
    /// Reads the circuit of a destination; `None` while it is closed.
    ///
    /// # Errors
    /// Fails where the store cannot be read.
    async fn circuit(&self, destination: &str) -> Result<Option<OpenCircuit>, PortError>;

    /// Opens the circuit, or keeps it open (see [`OpenCircuit::opened_over`]): `until` and `why` are
    /// the last caller's, but `until` never becomes earlier than it is; `since` is the first
    /// caller's. Ends the probe that is under way. Returns true for the caller who found the circuit
    /// closed.
    ///
    /// # Errors
    /// Fails where the store cannot be read or written.
    async fn open(&self, destination: &str, circuit: OpenCircuit) -> Result<bool, PortError>;

    /// Closes the circuit: the destination answered.
    ///
    /// # Errors
    /// Fails where the store cannot be written.
    async fn close(&self, destination: &str) -> Result<(), PortError>;

    /// Asks to try one message as a probe, on an open circuit whose time has come. Returns true for
    /// one caller only, until the probe is ended or its lease is over.
    ///
    /// # Errors
    /// Fails where the store cannot be read or written; then no probe is granted.
    async fn begin_probe(&self, destination: &str, lease: Duration) -> Result<bool, PortError>;

    /// Ends a probe that told nothing: there was no message to try, or it did not reach the
    /// destination. The next caller may probe.
    ///
    /// # Errors
    /// Fails where the store cannot be written; then the probe ends with its lease.
    async fn end_probe(&self, destination: &str) -> Result<(), PortError>;

    /// Reads the budget of the destination's account, as it was last noted. A store need not keep
    /// it.
    ///
    /// # Errors
    /// Fails where the store cannot be read.
    async fn budget(&self, destination: &str) -> Result<Option<Budget>, PortError> {
        let _ = destination;
        Ok(None)
    }

    /// Notes the budget of the destination's account. The last note counts.
    ///
    /// # Errors
    /// Fails where the store cannot be written.
    async fn note_budget(&self, destination: &str, budget: Budget) -> Result<(), PortError> {
        let _ = (destination, budget);
        Ok(())
    }
}

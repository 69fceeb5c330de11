use jiff::Timestamp;
use ports::{CircuitStore, OpenCircuit, PortError};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// How old a look at the shared circuit may be: what another process found out counts here within this time, and while all is well nobody asks more often.
const LOOK: Duration = Duration::from_secs(1);

/// A circuit breaker for one destination. Its workers share what it counts, and all processes over one store share whether it is open. While it is open nothing is
/// received, so messages wait without being spent.
pub struct Breaker {
    destination: String,
    settings: Settings,
    circuits: Arc<dyn CircuitStore>,
    seen: Mutex<Seen>,
}

/// When a circuit opens, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// So many transient failures in a row open it; each process counts its own.
    pub opens_after: u32,
    /// An open circuit lets one message try again every so often.
    pub probe_every: Duration,
    /// A probe that was never heard of again counts as lost after this time.
    pub probe_limit: Duration,
}

/// What this process knows.
#[derive(Debug, Default)]
struct Seen {
    failures: u32,
    circuit: Option<OpenCircuit>,
    looked: Option<Timestamp>,
}

/// What a worker may do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permit {
    /// Work.
    Closed,
    /// Try one message; the others wait for what comes of it.
    Probe,
    /// Wait until then.
    Open(Timestamp),
}

/// What an answer says, or the lack of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// The destination answered properly; a refused order is a proper answer.
    Well,
    /// It is away or overloaded.
    Away,
    /// It refuses the credentials: the circuit opens at once.
    Locked,
}

impl Breaker {
    /// A breaker for a destination.
    pub fn new(destination: &str, settings: Settings, circuits: Arc<dyn CircuitStore>) -> Self {
        Self {
            destination: destination.to_owned(),
            settings,
            circuits,
            seen: Mutex::default(),
        }
    }

    /// Asks before receiving. A [`Permit::Probe`] must be followed by [`Self::record`] or [`Self::nothing_to_probe`].
    pub async fn permit(&self, now: Timestamp) -> Permit {
        match self.look(now).await {
            None => Permit::Closed,
            Some(circuit) if now < circuit.until => Permit::Open(circuit.until),
            Some(_) => self.probe(now).await,
        }
    }

    /// There was no message to probe with, or it told nothing about the destination.
    pub async fn nothing_to_probe(&self) {
        self.written(self.circuits.end_probe(&self.destination).await);
    }

    /// Tells what became of a call. Returns whether this opened the circuit.
    pub async fn record(&self, sign: Sign, now: Timestamp) -> bool {
        let (is_open, failures) = {
            let mut seen = self.lock();
            seen.failures = if sign == Sign::Well { 0 } else { seen.failures.saturating_add(1) };
            (seen.circuit.is_some(), seen.failures)
        };
        match sign {
            Sign::Well if is_open => self.close().await,
            Sign::Well => {}
            Sign::Locked => self.open(now, self.settings.probe_every, "authentication").await,
            Sign::Away if is_open || failures >= self.settings.opens_after.max(1) => {
                self.open(now, self.settings.probe_every, "outage").await
            }
            Sign::Away => {}
        }
        !is_open && self.lock().circuit.is_some()
    }

    /// The destination asked to be left alone for so long.
    pub async fn stay_away(&self, time: Duration, now: Timestamp) {
        self.open(now, time, "asked_to_wait").await;
    }

    async fn probe(&self, now: Timestamp) -> Permit {
        let granted = self.circuits.begin_probe(&self.destination, self.settings.probe_limit).await;
        if self.written(granted) == Some(true) {
            return Permit::Probe;
        }
        // Somebody else probes, or has just closed the circuit: the next look tells.
        self.lock().looked = None;
        Permit::Open(now + LOOK)
    }

    /// The circuit as it was at most [`LOOK`] ago. A store that is away keeps nobody from working: receiving from it is the next thing, and says so.
    async fn look(&self, now: Timestamp) -> Option<OpenCircuit> {
        {
            let seen = self.lock();
            let is_fresh = |looked: Timestamp| looked <= now && now < looked + LOOK;
            if seen.looked.is_some_and(is_fresh) {
                return seen.circuit.clone();
            }
        }
        let found = self.written(self.circuits.circuit(&self.destination).await);
        let mut seen = self.lock();
        if let Some(circuit) = found {
            seen.circuit = circuit;
            seen.looked = Some(now);
        }
        seen.circuit.clone()
    }

    async fn open(&self, now: Timestamp, time: Duration, why: &str) {
        let mut circuit = OpenCircuit {
            until: now.saturating_add(time).unwrap_or(now),
            since: now,
            why: why.to_owned(),
        };
        self.written(self.circuits.open(&self.destination, circuit.clone()).await);
        let mut seen = self.lock();
        if let Some(present) = &seen.circuit {
            circuit.until = circuit.until.max(present.until);
            circuit.since = present.since;
        }
        (seen.circuit, seen.looked) = (Some(circuit), Some(now));
    }

    async fn close(&self) {
        self.written(self.circuits.close(&self.destination).await);
        self.lock().circuit = None;
        tracing::info!(destination = self.destination, "the destination answers again");
    }

    /// What the store said; a store that is away is told to the operator, and this process goes by what it knows itself.
    fn written<T>(&self, result: Result<T, PortError>) -> Option<T> {
        result
            .inspect_err(|error| {
                let error = error as &dyn std::error::Error;
                tracing::warn!(
                    destination = self.destination,
                    error,
                    "the circuit could not be shared with other workers"
                );
            })
            .ok()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[path = "breaker_tests.rs"]
mod tests;

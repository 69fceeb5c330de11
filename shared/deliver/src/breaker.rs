use crate::{
    Pace, Usage, metrics,
    pace::{Level, NOTE_EVERY},
    patience::Patience,
};
use jiff::Timestamp;
use ports::{Budget, CircuitStore, OpenCircuit, PortError, was_ahead};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// The reason that an open circuit tells while credentials are refused.
const REFUSED: &str = "authentication";
/// The longest age of a look at the shared circuit, unless another one is set. What another process
/// found out counts here within this time, and while all is well nobody asks more often.
const LOOK: Duration = Duration::from_secs(1);

/// The time after an answer for which the destination is known to be well, whatever becomes of
/// orders that fail again and again.
const LATELY: Duration = Duration::from_secs(10 * 60);

/// The longest pause between probes while the credentials stay refused: a login that is refused
/// again and again may lock an account.
const RAREST_REFUSED_PROBE: Duration = Duration::from_secs(15 * 60);

/// A circuit breaker for one destination. Its workers share what it counts, and all processes over
/// one store share whether the circuit is open. While it is open nothing is received, so messages
/// wait without being spent.
pub struct Breaker {
    destination: String,
    system: &'static str,
    settings: Settings,
    circuits: Arc<dyn CircuitStore>,
    pace: Pace,
    look_every: Duration,
    seen: Mutex<Seen>,
}

/// The settings of a circuit: when it opens, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The number of batches in a row without any proper answer that open the circuit; more where
    /// answers were rare before (see `patience`). Each process counts its own.
    pub opens_after: u32,
    /// The time after which an open circuit lets one message try again, as a probe.
    pub probe_every: Duration,
    /// The time after which a probe that was never heard of again counts as lost.
    pub probe_limit: Duration,
}

/// The knowledge of this process about the circuit.
#[derive(Debug, Default)]
struct Seen {
    patience: Patience,
    circuit: Option<OpenCircuit>,
    looked: Option<Timestamp>,
    /// The time at which an order was last answered.
    answered: Option<Timestamp>,
    /// The number of requests that this process had sent when it last counted.
    requests: u64,
    /// The time in which no batch is begun, so that the destination is not called faster than it
    /// may be.
    paced: Option<Quiet>,
    level: Level,
    budget_noted: Option<Timestamp>,
}

/// A time in which nothing is begun, and the instant at which it was last set.
#[derive(Clone, Copy, Debug)]
struct Quiet {
    noted: Timestamp,
    until: Timestamp,
}

impl Seen {
    /// Returns when the time in which nothing is begun ends; `None` where it is over, or where a
    /// clock that was ahead set it.
    fn paced_until(&self, now: Timestamp) -> Option<Timestamp> {
        let quiet = self
            .paced
            .filter(|quiet| quiet.until > now && !was_ahead(quiet.noted, now));
        quiet.map(|quiet| quiet.until)
    }

    /// Returns whether the circuit is closed and an order was answered lately.
    fn answers(&self, now: Timestamp) -> bool {
        let is_lately = |answered: Timestamp| !was_ahead(answered, now) && now < answered + LATELY;
        self.circuit.is_none() && self.answered.is_some_and(is_lately)
    }
}

/// The permission of the breaker to a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permit {
    /// The worker may work.
    Closed,
    /// The worker tries one message; the others wait for what comes of it.
    Probe,
    /// The worker waits until then.
    Open(Timestamp),
}

/// The meaning of an answer, or of the lack of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// The destination answered properly; a refused order is a proper answer.
    Well,
    /// It is away or overloaded.
    Away,
    /// It is away or overloaded, over orders that had all failed like this before.
    Repeated,
    /// It is away or overloaded, over an order that failed like this again and again, and alone:
    /// the order may be to blame.
    Doubtful,
    /// It refuses the credentials: the circuit opens at once.
    Locked,
}

impl Breaker {
    /// Creates a breaker for a destination.
    pub fn new(destination: &str, settings: Settings, circuits: Arc<dyn CircuitStore>) -> Self {
        Self {
            destination: destination.to_owned(),
            system: metrics::UNKNOWN,
            settings,
            circuits,
            pace: Pace::default(),
            look_every: LOOK,
            seen: Mutex::default(),
        }
    }

    /// Sets the pace, which keeps the destination from being called faster than it may be.
    #[must_use]
    pub fn paced(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// Sets the system under which its metrics are counted.
    #[must_use]
    pub fn of_system(self, system: &'static str) -> Self {
        Self { system, ..self }
    }

    /// Sets how often the store is asked whether the circuit is open, as long as nothing fails. For
    /// many processes, or for those that pay for each question.
    #[must_use]
    pub fn looking_every(self, look_every: Duration) -> Self {
        Self { look_every, ..self }
    }

    /// Returns the name of the destination.
    pub(crate) fn destination(&self) -> &str {
        &self.destination
    }

    /// Asks for a permit before receiving. A [`Permit::Probe`] must be followed by [`Self::record`]
    /// or [`Self::nothing_to_probe`].
    pub async fn permit(&self, now: Timestamp) -> Permit {
        let circuit = self.look(now).await;
        metrics::circuit(self.system, circuit.is_some());
        match circuit {
            None => self.paced_until(now).map_or(Permit::Closed, Permit::Open),
            Some(circuit) if now < circuit.until => Permit::Open(circuit.until),
            Some(_) => self.probe(now).await,
        }
    }

    /// Ends a probe for which there was no message, or which told nothing about the destination.
    pub async fn nothing_to_probe(&self) {
        self.written(self.circuits.end_probe(&self.destination).await);
    }

    /// Records what became of a call. Returns whether this opened the circuit: true for one caller
    /// of all processes, who raises the alarm.
    pub async fn record(&self, sign: Sign, now: Timestamp) -> bool {
        match sign {
            Sign::Well => {
                let is_open = {
                    let mut seen = self.lock();
                    seen.patience.answered();
                    seen.answered = Some(now);
                    seen.circuit.is_some()
                };
                if is_open {
                    self.close().await;
                }
                false
            }
            Sign::Locked => self.open(now, self.refused_pause(now), REFUSED).await,
            Sign::Away | Sign::Repeated | Sign::Doubtful => {
                self.failed(sign, now) && self.open(now, self.settings.probe_every, "outage").await
            }
        }
    }

    /// Counts a failure. Returns whether the destination is to be left alone now. That orders fail
    /// again as they did before says little while others are answered; where nobody is answered, it
    /// is all there is to go by.
    fn failed(&self, sign: Sign, now: Timestamp) -> bool {
        let mut seen = self.lock();
        // Others may have found out more.
        seen.looked = None;
        let (answers, opens_after) = (seen.answers(now), self.settings.opens_after);
        let is_away = match sign {
            Sign::Doubtful if answers => false,
            Sign::Repeated if answers => seen.patience.failed_again(opens_after),
            _ => seen.patience.failed(opens_after),
        };
        is_away || seen.circuit.is_some()
    }

    /// Opens the circuit for this time, because the destination asked to be left alone.
    pub async fn stay_away(&self, time: Duration, now: Timestamp) {
        self.open(now, time, "asked_to_wait").await;
    }

    /// Notes what the destination was asked so far, and what its account may still call. Warns once
    /// per level, and keeps the figures for the operator.
    pub async fn note_usage(&self, usage: &Usage, now: Timestamp) {
        let Some(budget) = self.pace_by(usage, now) else {
            return;
        };
        self.written(self.circuits.note_budget(&self.destination, budget).await);
    }

    /// Spaces out the next batch. Returns the budget where it is to be noted in the store.
    fn pace_by(&self, usage: &Usage, now: Timestamp) -> Option<Budget> {
        let mut seen = self.lock();
        let requests = usage.requests.saturating_sub(seen.requests);
        seen.requests = seen.requests.max(usage.requests);
        let pause = self.pace.pause(requests, usage.budget.as_ref(), now);
        if !pause.is_zero() {
            let from = seen.paced_until(now).unwrap_or(now);
            let until = from.saturating_add(pause).unwrap_or(Timestamp::MAX);
            seen.paced = Some(Quiet { noted: now, until });
        }
        let budget = usage.budget.clone()?;
        let (before, level) = (seen.level, self.pace.level(&budget));
        let is_old = seen
            .budget_noted
            .is_none_or(|noted| now >= noted + NOTE_EVERY || was_ahead(noted, now));
        if level == before && !is_old {
            return None;
        }
        (seen.level, seen.budget_noted) = (level, Some(now));
        drop(seen);
        if level > before {
            let (destination, percent, slow) =
                (&self.destination, budget.percent(), level == Level::Slow);
            tracing::warn!(
                destination,
                percent,
                slow,
                "the account's budget of calls runs low"
            );
        }
        Some(budget)
    }

    fn paced_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.lock().paced_until(now)
    }

    /// Returns the pause while credentials are refused: as long as they have been refused already,
    /// so that it doubles from probe to probe.
    fn refused_pause(&self, now: Timestamp) -> Duration {
        let seen = self.lock();
        let refused = seen
            .circuit
            .as_ref()
            .filter(|circuit| circuit.why == REFUSED);
        let so_far = refused.map_or(Duration::ZERO, |circuit| {
            now.duration_since(circuit.since).unsigned_abs()
        });
        let least = self.settings.probe_every;
        so_far.clamp(least, RAREST_REFUSED_PROBE.max(least))
    }

    async fn probe(&self, now: Timestamp) -> Permit {
        let granted = self
            .circuits
            .begin_probe(&self.destination, self.settings.probe_limit)
            .await;
        if self.written(granted) == Some(true) {
            return Permit::Probe;
        }
        // Somebody else probes, or has just closed the circuit: the next look tells.
        self.lock().looked = None;
        Permit::Open(now + LOOK)
    }

    /// Returns the circuit as it was a moment ago. A store that is away keeps nobody from working:
    /// receiving from it is the next thing, and says so.
    async fn look(&self, now: Timestamp) -> Option<OpenCircuit> {
        {
            let seen = self.lock();
            let is_fresh = |looked: Timestamp| looked <= now && now < looked + self.look_every;
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

    /// Opens the circuit, or keeps it open. Returns whether it was closed before, for all
    /// processes.
    async fn open(&self, now: Timestamp, time: Duration, why: &str) -> bool {
        let circuit = OpenCircuit {
            until: now.saturating_add(time).unwrap_or(now),
            since: now,
            why: why.to_owned(),
        };
        let was_closed = self.written(self.circuits.open(&self.destination, circuit.clone()).await);
        let mut seen = self.lock();
        let was_closed = was_closed.unwrap_or(seen.circuit.is_none());
        let circuit = circuit.opened_over(seen.circuit.take(), now);
        (seen.circuit, seen.looked) = (Some(circuit), Some(now));
        drop(seen);
        metrics::circuit(self.system, true);
        if was_closed {
            metrics::opened(self.system, why);
        }
        was_closed
    }

    async fn close(&self) {
        self.written(self.circuits.close(&self.destination).await);
        self.lock().circuit = None;
        metrics::circuit(self.system, false);
        tracing::info!(
            destination = self.destination,
            "the destination answers again"
        );
    }

    /// Returns what the store said. A store that is away is reported to the operator, and this
    /// process goes by what it knows itself.
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

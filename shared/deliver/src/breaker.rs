use jiff::Timestamp;
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// A circuit breaker for one destination, shared by its workers. While it is open nothing is received, so messages wait without being spent.
#[derive(Debug)]
pub struct Breaker {
    opens_after: u32,
    probe_every: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    open_until: Option<Timestamp>,
    probing: bool,
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

impl Breaker {
    /// Opens after so many transient failures in a row, and lets one message try again every `probe_every`.
    #[must_use]
    pub fn new(opens_after: u32, probe_every: Duration) -> Self {
        Self {
            opens_after: opens_after.max(1),
            probe_every,
            state: Mutex::default(),
        }
    }

    /// Asks before receiving. A [`Permit::Probe`] must be followed by [`Self::record`] or [`Self::nothing_to_probe`].
    pub fn permit(&self, now: Timestamp) -> Permit {
        let mut state = self.lock();
        match state.open_until {
            None => Permit::Closed,
            Some(until) if now < until => Permit::Open(until),
            Some(_) if state.probing => Permit::Open(now + self.probe_every),
            Some(_) => {
                state.probing = true;
                Permit::Probe
            }
        }
    }

    /// There was no message to probe with.
    pub fn nothing_to_probe(&self) {
        self.lock().probing = false;
    }

    /// Tells what became of a call: `true` when the destination answered properly (a refused order is a proper answer). Returns whether this opened the circuit.
    pub fn record(&self, healthy: bool, authentication: bool, now: Timestamp) -> bool {
        let mut state = self.lock();
        if healthy {
            *state = State::default();
            return false;
        }
        let was_closed = state.open_until.is_none();
        state.probing = false;
        state.failures = state.failures.saturating_add(1);
        if authentication || !was_closed || state.failures >= self.opens_after {
            state.open_until = Some(now + self.probe_every);
            return was_closed;
        }
        false
    }

    /// The destination asked to be left alone until then.
    pub fn stay_away(&self, until: Timestamp) {
        let mut state = self.lock();
        state.probing = false;
        state.open_until = state.open_until.max(Some(until));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::UNIX_EPOCH;

    fn breaker() -> Breaker {
        Breaker::new(3, Duration::from_secs(30))
    }

    #[test]
    fn opens_after_failures_in_a_row_and_not_before() {
        let breaker = breaker();
        assert!(!breaker.record(false, false, START));
        assert!(!breaker.record(false, false, START));
        assert!(!breaker.record(true, false, START));
        assert!(!breaker.record(false, false, START));
        assert!(!breaker.record(false, false, START));
        assert_eq!(breaker.permit(START), Permit::Closed);
        assert!(breaker.record(false, false, START));
        assert_eq!(breaker.permit(START), Permit::Open(START + Duration::from_secs(30)));
    }

    #[test]
    fn opens_at_once_for_refused_credentials() {
        let breaker = breaker();
        assert!(breaker.record(false, true, START));
        assert!(matches!(breaker.permit(START), Permit::Open(_)));
    }

    #[test]
    fn stays_away_for_as_long_as_the_destination_asks() {
        let (breaker, until) = (breaker(), START + Duration::from_secs(900));
        breaker.record(false, true, START);
        breaker.stay_away(until);
        assert_eq!(breaker.permit(START + Duration::from_secs(899)), Permit::Open(until));
        assert_eq!(breaker.permit(until), Permit::Probe);
    }

    #[test]
    fn lets_one_probe_through_and_closes_when_it_succeeds() {
        let (breaker, later) = (breaker(), START + Duration::from_secs(30));
        breaker.record(false, true, START);
        assert_eq!(breaker.permit(later), Permit::Probe);
        assert!(
            matches!(breaker.permit(later), Permit::Open(_)),
            "a second worker waits for the probe"
        );
        breaker.record(true, false, later);
        assert_eq!(breaker.permit(later), Permit::Closed);
    }

    #[test]
    fn stays_open_when_the_probe_fails_or_finds_nothing_to_try() {
        let (breaker, later) = (breaker(), START + Duration::from_secs(30));
        breaker.record(false, true, START);
        assert_eq!(breaker.permit(later), Permit::Probe);
        breaker.nothing_to_probe();
        assert_eq!(breaker.permit(later), Permit::Probe);
        assert!(!breaker.record(false, false, later), "it was open already");
        assert_eq!(breaker.permit(later), Permit::Open(later + Duration::from_secs(30)));
    }
}

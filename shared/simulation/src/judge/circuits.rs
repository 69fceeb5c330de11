//! While a circuit is open nothing is called but probes.

use super::Judge;
use std::{collections::BTreeMap, time::Duration};

/// What was in hand when a circuit opened may be finished; so long that takes at most.
const GRACE: Duration = Duration::from_secs(240);

/// The circuits that are open, and who was told wrong.
#[derive(Default)]
pub(super) struct Circuits {
    open: BTreeMap<usize, Open>,
    /// Until then somebody may work who could not learn that the circuit is open, or had leave to
    /// call before its machine stood still.
    excused: BTreeMap<usize, Duration>,
}

struct Open {
    since: Duration,
    probing: bool,
}

impl Judge {
    /// The store holds an open circuit.
    pub(crate) fn circuit_opened(&self, destination: usize, why: &str) {
        let now = self.clock.elapsed();
        self.note(None, || {
            format!("the circuit of destination {destination} is open: {why}")
        });
        let mut notes = self.lock();
        let open = notes.circuits.open.entry(destination).or_insert(Open {
            since: now,
            probing: false,
        });
        open.probing = false;
    }

    /// The store holds a closed circuit.
    pub(crate) fn circuit_closed(&self, destination: usize) {
        self.note(None, || {
            format!("the circuit of destination {destination} is closed")
        });
        self.lock().circuits.open.remove(&destination);
    }

    /// A probe was granted or is over.
    pub(crate) fn probing(&self, destination: usize, probing: bool) {
        if let Some(open) = self.lock().circuits.open.get_mut(&destination) {
            open.probing = probing;
        }
    }

    /// The store of circuits was away for somebody.
    pub(crate) fn circuit_unknown(&self, destination: usize) {
        let until = self.clock.elapsed() + GRACE;
        self.lock().circuits.excused.insert(destination, until);
    }

    /// A machine that stood still goes on: a worker may have had leave to call, as a probe even,
    /// and comes to receive its batch only now.
    pub(crate) fn woke(&self) {
        self.all_circuits_unknown();
    }

    pub(super) fn all_circuits_unknown(&self) {
        (0..self.scenario.destinations.len())
            .for_each(|destination| self.circuit_unknown(destination));
    }

    pub(super) fn check_circuit(&self, destination: usize, now: Duration) {
        let is_wrong = {
            let notes = self.lock();
            let excused = notes
                .circuits
                .excused
                .get(&destination)
                .is_some_and(|until| now < *until);
            let open = notes.circuits.open.get(&destination);
            !excused && open.is_some_and(|open| !open.probing && now > open.since + GRACE)
        };
        if is_wrong {
            self.violate(
                "an open circuit lets only probes pass",
                None,
                format!("a call to destination {destination} while its circuit is open"),
            );
        }
    }
}

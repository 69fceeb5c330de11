use super::lock;
use crate::{Budget, CircuitStore, Clock, OpenCircuit, PortError, was_ahead};
use async_trait::async_trait;
use jiff::Timestamp;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

/// The circuits of all destinations, in memory.
pub struct MemoryCircuits {
    clock: Arc<dyn Clock>,
    slots: Mutex<BTreeMap<String, Slot>>,
    budgets: Mutex<BTreeMap<String, Budget>>,
}

struct Slot {
    circuit: OpenCircuit,
    /// The time at which the circuit was last written.
    noted: Timestamp,
    /// The time at which the probe that is under way ends at the latest.
    probe_until: Option<Timestamp>,
}

impl Slot {
    /// Returns the circuit, which is over where a clock that was ahead wrote it.
    fn at(&self, now: Timestamp) -> OpenCircuit {
        self.circuit.clone().counting_at(self.noted, now)
    }
}

impl MemoryCircuits {
    /// Creates the store, with all circuits closed.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            slots: Mutex::default(),
            budgets: Mutex::default(),
        }
    }
}

#[async_trait]
impl CircuitStore for MemoryCircuits {
    async fn circuit(&self, destination: &str) -> Result<Option<OpenCircuit>, PortError> {
        let now = self.clock.now();
        Ok(lock(&self.slots).get(destination).map(|slot| slot.at(now)))
    }

    async fn open(&self, destination: &str, circuit: OpenCircuit) -> Result<bool, PortError> {
        let now = self.clock.now();
        let mut slots = lock(&self.slots);
        let present = slots.get(destination).map(|slot| slot.at(now));
        let circuit = circuit.opened_over(present, now);
        let slot = Slot {
            circuit,
            noted: now,
            probe_until: None,
        };
        let before = slots.insert(destination.to_owned(), slot);
        Ok(before.is_none())
    }

    async fn close(&self, destination: &str) -> Result<(), PortError> {
        lock(&self.slots).remove(destination);
        Ok(())
    }

    async fn begin_probe(&self, destination: &str, lease: Duration) -> Result<bool, PortError> {
        let now = self.clock.now();
        let mut slots = lock(&self.slots);
        let Some(slot) = slots.get_mut(destination) else {
            return Ok(false);
        };
        let circuit = slot.at(now);
        let is_out =
            slot.probe_until.is_some_and(|until| until > now) && !was_ahead(slot.noted, now);
        if circuit.until > now || is_out {
            return Ok(false);
        }
        *slot = Slot {
            circuit,
            noted: now,
            probe_until: Some(now.saturating_add(lease).unwrap_or(Timestamp::MAX)),
        };
        Ok(true)
    }

    async fn end_probe(&self, destination: &str) -> Result<(), PortError> {
        if let Some(slot) = lock(&self.slots).get_mut(destination) {
            slot.probe_until = None;
        }
        Ok(())
    }

    async fn budget(&self, destination: &str) -> Result<Option<Budget>, PortError> {
        Ok(lock(&self.budgets).get(destination).cloned())
    }

    async fn note_budget(&self, destination: &str, budget: Budget) -> Result<(), PortError> {
        lock(&self.budgets).insert(destination.to_owned(), budget);
        Ok(())
    }
}

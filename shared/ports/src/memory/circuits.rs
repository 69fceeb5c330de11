use super::lock;
use crate::{Budget, CircuitStore, Clock, OpenCircuit, PortError};
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
    /// When the probe that is out ends at the latest.
    probe_until: Option<Timestamp>,
}

impl MemoryCircuits {
    /// All closed.
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
        Ok(lock(&self.slots).get(destination).map(|slot| slot.circuit.clone()))
    }

    async fn open(&self, destination: &str, circuit: OpenCircuit) -> Result<bool, PortError> {
        let mut slots = lock(&self.slots);
        let circuit = match slots.get(destination) {
            Some(Slot { circuit: present, .. }) => OpenCircuit {
                until: present.until.max(circuit.until),
                since: present.since,
                why: circuit.why,
            },
            None => circuit,
        };
        let before = slots.insert(
            destination.to_owned(),
            Slot {
                circuit,
                probe_until: None,
            },
        );
        Ok(before.is_none())
    }

    async fn close(&self, destination: &str) -> Result<(), PortError> {
        lock(&self.slots).remove(destination);
        Ok(())
    }

    async fn begin_probe(&self, destination: &str, lease: Duration) -> Result<bool, PortError> {
        let now = self.clock.now();
        let mut slots = lock(&self.slots);
        let due = |slot: &&mut Slot| slot.circuit.until <= now && slot.probe_until.is_none_or(|until| until <= now);
        let Some(slot) = slots.get_mut(destination).filter(due) else {
            return Ok(false);
        };
        slot.probe_until = Some(now.saturating_add(lease).unwrap_or(Timestamp::MAX));
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

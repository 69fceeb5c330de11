use crate::{key::Key, table::Table};
use async_trait::async_trait;
use jiff::Timestamp;
use ports::{Budget, CircuitStore, OpenCircuit, PortError, was_ahead};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The circuit of one destination. It stays when it is closed, so that whoever read it while it was
/// open cannot open it again with what was read then.
#[derive(Default, Serialize, Deserialize)]
struct Slot {
    /// `None` while closed.
    open: Option<OpenCircuit>,
    /// When the probe that is out ends at the latest.
    probe_until: Option<Timestamp>,
    /// When this was last written; `None` where an earlier program wrote it.
    #[serde(default)]
    noted: Option<Timestamp>,
}

impl Slot {
    /// Returns the slot as it counts now: whatever a clock wrote that was ahead is over.
    fn at(mut self, now: Timestamp) -> Self {
        let noted = self.noted.unwrap_or(Timestamp::MIN);
        if was_ahead(noted, now) {
            self.probe_until = None;
        }
        self.open = self.open.map(|circuit| circuit.counting_at(noted, now));
        self
    }
}

#[async_trait]
impl CircuitStore for Table {
    async fn circuit(&self, destination: &str) -> Result<Option<OpenCircuit>, PortError> {
        let slot = self
            .read::<Slot>("circuits: read", &Key::circuit(destination))
            .await?;
        Ok(slot.and_then(|slot| slot.value.at(self.now()).open))
    }

    async fn open(&self, destination: &str, circuit: OpenCircuit) -> Result<bool, PortError> {
        let now = self.now();
        let change = |slot: Option<Slot>| {
            let present = slot.and_then(|slot| slot.at(now).open);
            let was_closed = present.is_none();
            let slot = Slot {
                open: Some(circuit.opened_over(present, now)),
                probe_until: None,
                noted: Some(now),
            };
            (Some(slot), was_closed)
        };
        self.update("circuits: open", &Key::circuit(destination), change)
            .await
    }

    async fn close(&self, destination: &str) -> Result<(), PortError> {
        let change = |slot: Option<Slot>| {
            let is_open = slot.is_some_and(|slot| slot.open.is_some());
            (is_open.then(Slot::default), ())
        };
        self.update("circuits: close", &Key::circuit(destination), change)
            .await
    }

    async fn begin_probe(&self, destination: &str, lease: Duration) -> Result<bool, PortError> {
        let now = self.now();
        let change = |slot: Option<Slot>| {
            let is_due = |slot: &Slot| {
                slot.open
                    .as_ref()
                    .is_some_and(|circuit| circuit.until <= now)
            };
            let is_free = |slot: &Slot| slot.probe_until.is_none_or(|until| until <= now);
            let Some(slot) = slot
                .map(|slot| slot.at(now))
                .filter(|slot| is_due(slot) && is_free(slot))
            else {
                return (None, false);
            };
            let slot = Slot {
                probe_until: Some(now.saturating_add(lease).unwrap_or(Timestamp::MAX)),
                noted: Some(now),
                ..slot
            };
            (Some(slot), true)
        };
        self.update("circuits: begin probe", &Key::circuit(destination), change)
            .await
    }

    async fn end_probe(&self, destination: &str) -> Result<(), PortError> {
        let change = |slot: Option<Slot>| {
            let ended = |slot: Slot| Slot {
                probe_until: None,
                ..slot
            };
            (
                slot.filter(|slot| slot.probe_until.is_some()).map(ended),
                (),
            )
        };
        self.update("circuits: end probe", &Key::circuit(destination), change)
            .await
    }

    async fn budget(&self, destination: &str) -> Result<Option<Budget>, PortError> {
        let budget = self
            .read::<Budget>("budgets: read", &Key::budget(destination))
            .await?;
        Ok(budget.map(|budget| budget.value))
    }

    async fn note_budget(&self, destination: &str, budget: Budget) -> Result<(), PortError> {
        let change = |_: Option<Budget>| (Some(budget.clone()), ());
        self.update("budgets: note", &Key::budget(destination), change)
            .await
    }
}

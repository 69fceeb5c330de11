use super::Trouble;
use async_trait::async_trait;
use ports::{Budget, CircuitStore, OpenCircuit, PortError, memory::MemoryCircuits};
use std::{sync::Arc, time::Duration};

/// The circuits of all machines. The judge is told what they hold.
pub(crate) struct SimCircuits {
    pub(crate) inner: Arc<MemoryCircuits>,
    pub(crate) trouble: Trouble,
}

#[async_trait]
impl CircuitStore for SimCircuits {
    async fn circuit(&self, destination: &str) -> Result<Option<OpenCircuit>, PortError> {
        let found = self
            .trouble
            .around("circuits: circuit", self.inner.circuit(destination))
            .await;
        if found.is_err() {
            self.trouble.judge.circuit_unknown(self.place(destination));
        }
        found
    }

    async fn open(&self, destination: &str, circuit: OpenCircuit) -> Result<bool, PortError> {
        let why = circuit.why.clone();
        let work = async {
            let is_first = self.inner.open(destination, circuit).await?;
            self.trouble
                .judge
                .circuit_opened(self.place(destination), &why);
            Ok(is_first)
        };
        self.trouble.around("circuits: open", work).await
    }

    async fn close(&self, destination: &str) -> Result<(), PortError> {
        let work = async {
            self.inner.close(destination).await?;
            self.trouble.judge.circuit_closed(self.place(destination));
            Ok(())
        };
        let closed = self.trouble.around("circuits: close", work).await;
        if closed.is_err() {
            // Whoever wanted to close it works on.
            self.trouble.judge.circuit_unknown(self.place(destination));
        }
        closed
    }

    async fn begin_probe(&self, destination: &str, lease: Duration) -> Result<bool, PortError> {
        let work = async {
            let granted = self.inner.begin_probe(destination, lease).await?;
            if granted {
                self.trouble.judge.probing(self.place(destination), true);
            }
            Ok(granted)
        };
        self.trouble.around("circuits: begin_probe", work).await
    }

    async fn end_probe(&self, destination: &str) -> Result<(), PortError> {
        let work = async {
            self.inner.end_probe(destination).await?;
            self.trouble.judge.probing(self.place(destination), false);
            Ok(())
        };
        self.trouble.around("circuits: end_probe", work).await
    }

    async fn budget(&self, destination: &str) -> Result<Option<Budget>, PortError> {
        self.trouble
            .around("circuits: budget", self.inner.budget(destination))
            .await
    }

    async fn note_budget(&self, destination: &str, budget: Budget) -> Result<(), PortError> {
        self.trouble
            .around(
                "circuits: note_budget",
                self.inner.note_budget(destination, budget),
            )
            .await
    }
}

impl SimCircuits {
    fn place(&self, destination: &str) -> usize {
        let targets = &self.trouble.judge.scenario.destinations;
        targets
            .iter()
            .position(|target| target.name == destination)
            .unwrap_or(usize::MAX)
    }
}

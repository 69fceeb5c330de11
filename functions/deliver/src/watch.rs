use config::{Config, System};
use platform_aws::{SqsQueue, Table};
use ports::{CircuitStore, PortError, Queue};
use std::{collections::BTreeMap, sync::Arc};

/// The work of every few minutes, whether orders come or not: it sends messages that SQS did not
/// take, and sets gauges to the present state, so that an alarm lasts as long as its cause.
pub struct Watch {
    queue: Arc<SqsQueue>,
    table: Table,
    /// The destinations and their systems: a list that the configuration bounds.
    destinations: BTreeMap<String, System>,
}

impl Watch {
    /// Creates the watch over the destinations of a configuration.
    #[must_use]
    pub fn new(queue: Arc<SqsQueue>, table: Table, config: &Config) -> Self {
        let destinations = config.destinations.values();
        Self {
            queue,
            table,
            destinations: destinations
                .map(|destination| (destination.name.clone(), destination.system))
                .collect(),
        }
    }

    /// Sends the messages that were put into the bucket and sets the gauges. A failure is logged,
    /// and the step is tried again the next time.
    pub async fn look_around(&self) {
        let (sent, circuits, dead, depths) = tokio::join!(
            self.queue.sender().send_unsent(),
            self.tell_circuits(),
            self.tell_dead_letters(),
            self.tell_depths()
        );
        for error in [
            sent.map(drop).err(),
            circuits.err(),
            dead.err(),
            depths.err(),
        ]
        .into_iter()
        .flatten()
        {
            tracing::error!(
                error = ports::in_one_line(&error),
                "a look around was not whole"
            );
        }
    }

    async fn tell_circuits(&self) -> Result<(), PortError> {
        for (destination, system) in &self.destinations {
            let is_open = self.table.circuit(destination).await?.is_some();
            let system = system.as_str();
            metrics::gauge!("orderbridge_circuit_open", "system" => system).set(u8::from(is_open));
            metrics::gauge!("orderbridge_destination_open", "system" => system, "destination" => destination.clone())
                .set(u8::from(is_open));
        }
        Ok(())
    }

    async fn tell_dead_letters(&self) -> Result<(), PortError> {
        let dead = self.table.dead_by_destination().await?;
        let mut by_system: BTreeMap<&'static str, u64> = self
            .destinations
            .values()
            .map(|system| (system.as_str(), 0))
            .collect();
        for (destination, system) in &self.destinations {
            let count = dead.get(destination).copied().unwrap_or(0);
            *by_system.entry(system.as_str()).or_default() += count;
            metrics::gauge!("orderbridge_destination_dead", "system" => system.as_str(), "destination" => destination.clone())
                .set(gauged(count));
        }
        let ours: u64 = by_system.values().sum();
        let nobodys = dead.values().sum::<u64>().saturating_sub(ours);
        // A letter of no destination of this configuration still waits for somebody.
        by_system.insert("unknown", nobodys);
        for (system, count) in by_system {
            metrics::gauge!("orderbridge_dead_letters", "system" => system).set(gauged(count));
        }
        Ok(())
    }

    /// Sets the depth of each system: its destinations share a queue, so only the system's depth is
    /// known.
    async fn tell_depths(&self) -> Result<(), PortError> {
        let by_system: BTreeMap<&str, &String> = self
            .destinations
            .iter()
            .map(|(name, system)| (system.as_str(), name))
            .collect();
        for destination in by_system.values() {
            let Some(system) = self.destinations.get(*destination) else {
                continue;
            };
            let depth = self.queue.depth(destination).await?;
            metrics::gauge!("orderbridge_queue_depth", "system" => system.as_str())
                .set(gauged(depth));
        }
        Ok(())
    }
}

fn gauged(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

use config::Config;
use deliver::DeliveryRoute;
use jiff::tz::TimeZone;
use operator::Records;
use ports::Clock;
use reconcile::{Feed, Ports, Shop};
use setup::Side;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// The time for which an act waits for a queue that nobody takes messages from: a person waits.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the operator looks at, and what the acts need.
#[derive(Clone)]
pub struct Desk {
    /// The records, in a folder of this machine or in a deployed stack.
    pub records: Records,
    /// Returns what is configured now: a server takes a changed configuration while it runs.
    pub setup: Arc<dyn Fn() -> Arc<Setup> + Send + Sync>,
    /// Whose records these are, for a person: `folder data`, `stack orderbridge`.
    pub place: String,
    /// The address at which shops reach us, without a path, where the configuration does not say
    /// another one; `None` where it is not known.
    pub address: Option<String>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The zone in which times are shown.
    pub zone: TimeZone,
}

/// What is configured.
pub struct Setup {
    /// The configuration.
    pub config: Config,
    /// The routes, by name.
    pub routes: BTreeMap<String, Arc<DeliveryRoute>>,
    /// The stores that can be asked for orders.
    pub shops: Vec<Shop>,
    /// The destinations and the stores, as set-up looks at them.
    pub sides: Vec<Side>,
}

impl Setup {
    /// Returns name and version of each route's mapping, joined by `@`, by the route's name.
    pub(crate) fn mappings(&self) -> BTreeMap<String, String> {
        let routes = self.routes.iter();
        let version =
            |(name, route): (&String, &Arc<DeliveryRoute>)| (name.clone(), route.mapping_version());
        routes.map(version).collect()
    }
}

impl Desk {
    /// Returns the stores in which orders on their way are kept.
    pub(crate) fn ports(&self) -> Ports {
        Ports {
            ledger: Arc::clone(&self.records.ledger),
            queue: Arc::clone(&self.records.queue),
            letters: Arc::clone(&self.records.letters),
            checkpoints: Arc::clone(&self.records.checkpoints),
            clock: Arc::clone(&self.clock),
        }
    }
}

/// Returns the way into the queue.
pub(crate) const fn feed(ports: &Ports) -> Feed<'_> {
    Feed {
        ports,
        patience: PATIENCE,
    }
}

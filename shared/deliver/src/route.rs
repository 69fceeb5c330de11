use destination::Destination;
use mapping::Mapping;
use source::Source;
use std::{sync::Arc, time::Duration};

/// One route as far as delivering goes, made once at the start.
pub struct DeliveryRoute {
    /// Reads the shop's payload.
    pub source: Arc<dyn Source>,
    /// Makes the plan.
    pub mapping: Mapping,
    /// Writes the plan.
    pub destination: Arc<dyn Destination>,
    /// When to come back, when to give up.
    pub policy: Policy,
}

/// How retries are paced.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// Upper bound of the first pause; doubles with every failed try.
    pub retry_base: Duration,
    /// Upper bound of every pause.
    pub retry_cap: Duration,
    /// How long after the first failed try an order becomes a dead letter.
    pub give_up_after: Duration,
}

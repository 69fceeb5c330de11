use ports::{RecordRef, Settlement};

/// What became of a batch.
#[derive(Debug, Default)]
pub struct Report {
    /// One per message of the batch: what the queue is to do.
    pub settlements: Vec<Settlement>,
    /// One per message that was tried, in the order of settling: what an operator is told.
    pub events: Vec<Event>,
}

/// What became of one message.
#[derive(Clone, Debug)]
pub struct Event {
    /// Name of the route.
    pub route: String,
    /// Name of the destination.
    pub destination: String,
    /// Id of the order, where it is known.
    pub order: Option<String>,
    /// What happened.
    pub result: Result,
}

/// See [`Event::result`].
#[derive(Clone, Debug)]
pub enum Result {
    /// The destination holds it.
    Delivered {
        /// Where.
        records: Vec<RecordRef>,
        /// What an operator should know.
        warnings: Vec<String>,
    },
    /// The destination held exactly this already; no call was made.
    Unchanged,
    /// A newer state was delivered before; no call was made.
    Stale,
    /// There was rightly nothing to deliver.
    Skipped {
        /// Why.
        reason: String,
    },
    /// Comes back.
    Retry {
        /// The class of the failure.
        class: &'static str,
        /// Whether the destination itself is to blame, not this order: what the circuit breaker counts.
        outage: bool,
        /// Why, without personal data.
        summary: String,
        /// When.
        after: std::time::Duration,
    },
    /// Became a dead letter.
    Rejected {
        /// The class of the failure.
        class: String,
        /// Why; may hold personal data.
        reason: String,
    },
}

impl Result {
    /// One word for logs and metrics.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Delivered { .. } => "delivered",
            Self::Unchanged => "unchanged",
            Self::Stale => "stale",
            Self::Skipped { .. } => "skipped",
            Self::Retry { .. } => "retry",
            Self::Rejected { .. } => "rejected",
        }
    }
}

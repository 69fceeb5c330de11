use crate::{Usage, portion::Suspicion};
use destination::{Class, Failure};
use ports::{RecordRef, Settlement};
use std::time::Duration;

/// What became of a batch.
#[derive(Debug, Default)]
pub struct Report {
    /// One per message of the batch: what the queue is to do.
    pub settlements: Vec<Settlement>,
    /// One per message that was tried, in the order of settling: what an operator is told.
    pub events: Vec<Event>,
    /// What the destination was asked so far.
    pub usage: Usage,
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
    /// What that says about the destination.
    pub health: Health,
    /// For how long the destination asked to be left alone, if it did.
    pub stay_away: Option<Duration>,
    /// How often the message was received, this time included.
    pub attempts: u32,
    /// Requests that its destination was sent for it and those that went with it.
    pub calls: u64,
    /// How long it and those that went with it were worked on.
    pub took: Duration,
}

/// What an outcome says about the destination: what the circuit breaker goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// It answered properly; the refusal of an order is a proper answer.
    Answered,
    /// It is away, overloaded, or gave an answer that nobody understands.
    Outage,
    /// The same, over an order that had failed like this before.
    Repeated,
    /// The same, over an order that was tried alone and had failed like this again and again: the
    /// order may be to blame.
    Doubtful,
    /// It refuses the credentials: nothing will work until somebody acts.
    Locked,
    /// It was not asked.
    Untouched,
}

impl Health {
    /// What a failure that may pass says about the destination, over an order of which this is said
    /// already.
    pub(crate) fn after(failure: &Failure, suspicion: Suspicion) -> Self {
        match failure.class {
            _ if failure.is_out_of_time() => Self::Untouched,
            Class::Authentication => Self::Locked,
            Class::Conflict => Self::Answered,
            Class::Unavailable | Class::Unknown => match suspicion {
                Suspicion::None => Self::Outage,
                Suspicion::Some => Self::Repeated,
                Suspicion::Strong => Self::Doubtful,
            },
            _ => Self::Outage,
        }
    }

    /// Whether nothing more is to be sent there for now.
    pub(crate) fn is_away(self) -> bool {
        matches!(self, Self::Outage | Self::Repeated | Self::Locked)
    }
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
    /// A request about personal data was fulfilled and written down.
    Privacy {
        /// Its name in the operator's list.
        id: String,
        /// What was asked.
        kind: &'static str,
    },
    /// Comes back.
    Retry {
        /// The class of the failure.
        class: &'static str,
        /// Why, without personal data.
        summary: String,
        /// When.
        after: Duration,
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
    /// The class of the failure, where it is one.
    #[must_use]
    pub fn class(&self) -> Option<&str> {
        match self {
            Self::Retry { class, .. } => Some(class),
            Self::Rejected { class, .. } => Some(class),
            _ => None,
        }
    }

    /// One word for logs and metrics.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Delivered { .. } => "delivered",
            Self::Unchanged => "unchanged",
            Self::Stale => "stale",
            Self::Skipped { .. } => "skipped",
            Self::Privacy { .. } => "privacy",
            Self::Retry { .. } => "retry",
            Self::Rejected { .. } => "rejected",
        }
    }
}

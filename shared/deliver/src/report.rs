use crate::{Usage, portion::Suspicion};
use destination::{Class, Failure};
use ports::{RecordRef, Settlement};
use std::time::Duration;

/// The report on a batch.
#[derive(Debug, Default)]
pub struct Report {
    /// The settlements, one per message of the batch: what the queue is to do.
    pub settlements: Vec<Settlement>,
    /// The events, one per message about which a decision was made, in the order of settling: what
    /// an operator is told. Messages that are left untried have none.
    pub events: Vec<Event>,
    /// The use of the destination so far.
    pub usage: Usage,
}

/// The event of one message: what became of it.
#[derive(Clone, Debug)]
pub struct Event {
    /// Name of the route.
    pub route: String,
    /// Name of the destination.
    pub destination: String,
    /// Id of the order, where it is known.
    pub order: Option<String>,
    /// The result.
    pub result: Result,
    /// The meaning of the result for the destination.
    pub health: Health,
    /// The time for which the destination asked to be left alone, if it did.
    pub stay_away: Option<Duration>,
    /// The number of times that the message was received, this time included.
    pub attempts: u32,
    /// The number of requests that its destination was sent for it and for those that went with it.
    pub calls: u64,
    /// The time for which it and those that went with it were worked on.
    pub took: Duration,
}

/// The meaning of an outcome for the destination, by which the circuit breaker goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// It answered properly; the refusal of an order is a proper answer.
    Answered,
    /// It is away, overloaded, or gave an answer that nobody understands.
    Outage,
    /// It failed like [`Self::Outage`], over an order that had failed like this before.
    Repeated,
    /// It failed like [`Self::Outage`], over an order that was tried alone and had failed like this
    /// again and again: the order may be to blame.
    Doubtful,
    /// It refuses the credentials: nothing will work until somebody acts.
    Locked,
    /// It was not asked, or the time was over before the request was sent.
    Untouched,
}

impl Health {
    /// Returns what a failure that may pass says about the destination, given the suspicion against
    /// the order.
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

    /// Returns whether nothing more is to be sent there for now.
    pub(crate) fn is_away(self) -> bool {
        matches!(self, Self::Outage | Self::Repeated | Self::Locked)
    }
}

/// The result of one message, see [`Event::result`].
#[derive(Clone, Debug)]
pub enum Result {
    /// The destination holds it.
    Delivered {
        /// The records that hold it.
        records: Vec<RecordRef>,
        /// Notes for an operator.
        warnings: Vec<String>,
    },
    /// The destination held exactly this already; no call was made.
    Unchanged,
    /// A newer state was delivered or tried before; no call was made.
    Stale,
    /// There was rightly nothing to deliver.
    Skipped {
        /// The reason.
        reason: String,
    },
    /// A request about personal data was fulfilled and written down.
    Privacy {
        /// The id of the request in the operator's list.
        id: String,
        /// The kind of the request.
        kind: &'static str,
    },
    /// The message comes back.
    Retry {
        /// The class of the failure.
        class: &'static str,
        /// The reason, without personal data.
        summary: String,
        /// The pause after which it comes back.
        after: Duration,
    },
    /// The message became a dead letter.
    Rejected {
        /// The class of the failure.
        class: String,
        /// The reason; may hold personal data.
        reason: String,
    },
}

impl Result {
    /// Returns the class of the failure, where the result is one.
    #[must_use]
    pub fn class(&self) -> Option<&str> {
        match self {
            Self::Retry { class, .. } => Some(class),
            Self::Rejected { class, .. } => Some(class),
            _ => None,
        }
    }

    /// Returns the result's word for logs and metrics.
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

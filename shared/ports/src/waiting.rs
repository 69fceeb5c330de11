use crate::Version;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeSet;

/// A filter for waiting messages about orders. `None` means any.
#[derive(Clone, Debug, Default)]
pub struct WaitingFilter {
    /// Only this destination.
    pub destination: Option<String>,
    /// Only these orders.
    pub orders: Option<BTreeSet<String>>,
    /// Only this route.
    pub route: Option<String>,
    /// Only this store.
    pub store: Option<String>,
    /// Only messages that came here at this time or later.
    pub since: Option<Timestamp>,
    /// Only messages that came here before this time.
    pub until: Option<Timestamp>,
    /// Whether messages that a worker gave back are left out. One that is in hand, or was lost with
    /// its worker, was not given back.
    pub untried: bool,
    /// Whether the newest come first, for lists; otherwise the oldest do.
    pub newest_first: bool,
    /// Only messages that come after the one at this place (see [`Waiting::place`]) in the order of
    /// the list.
    pub after: Option<u64>,
    /// The largest number of messages; `None` means all.
    pub limit: Option<usize>,
}

impl WaitingFilter {
    /// Returns whether a message passes, whatever the limit.
    #[must_use]
    pub fn passes(&self, waiting: &Waiting) -> bool {
        let is = |wanted: &Option<String>, found: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == found)
        };
        let is_one = |orders: &BTreeSet<String>| {
            let order = waiting.order.as_ref();
            order.is_some_and(|order| orders.contains(order))
        };
        let is_after = |place: u64| {
            if self.newest_first {
                waiting.place < place
            } else {
                waiting.place > place
            }
        };
        is(&self.destination, &waiting.destination)
            && is(&self.route, &waiting.route)
            && is(&self.store, &waiting.store)
            && self.orders.as_ref().is_none_or(is_one)
            && self.since.is_none_or(|since| waiting.accepted >= since)
            && self.until.is_none_or(|until| waiting.accepted < until)
            && !(self.untried && waiting.is_tried)
            && self.after.is_none_or(is_after)
    }
}

/// A message about an order that waits or is in hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// The place in the queue: a lower one came earlier.
    pub place: u64,
    /// Name of the route.
    pub route: String,
    /// Name of the destination.
    pub destination: String,
    /// Name of the store.
    pub store: String,
    /// Its message group. It may tell the customer, so it is shown nowhere.
    #[serde(skip)]
    pub group: String,
    /// Id of the order.
    pub order: Option<String>,
    /// Modification time of the order, where it was told.
    pub modified: Option<Timestamp>,
    /// The time at which it came here.
    pub accepted: Timestamp,
    /// The number of times that it was received.
    pub attempts: u32,
    /// Whether a worker gave it back, to be tried again.
    pub is_tried: bool,
    /// The time of its next try; `None` where it only waits for its turn, or is in hand.
    pub next_try: Option<Timestamp>,
    /// The time until which a worker has it in hand, at the latest: where the worker died, it comes
    /// back then.
    pub in_hand_until: Option<Timestamp>,
}

impl Waiting {
    /// Returns the version of its state.
    #[must_use]
    pub fn version(&self) -> Version {
        Version {
            modified: self.modified,
            accepted: self.accepted,
        }
    }
}

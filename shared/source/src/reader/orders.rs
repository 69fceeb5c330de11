use super::Cursor;
use jiff::Timestamp;
use order::Money;
use serde_json::value::RawValue;
use std::fmt;

/// The shop's short description of an order: enough to compare it without reading all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// The shop's id of the order.
    pub order: String,
    /// The number that the shop's customer sees.
    pub number: String,
    /// The time at which the shop last changed it, as a webhook of it would state.
    pub modified: Option<Timestamp>,
    /// The time at which it was placed.
    pub placed: Option<Timestamp>,
    /// The total as the shop states it now; `None` where there is none or it is no amount.
    pub total: Option<Money>,
    /// Code of the currency of the total.
    pub currency: String,
    /// The status in the shop's own word.
    pub status: String,
}

/// An order as a webhook would have carried it. `Debug` does not print the payload.
#[derive(Clone, PartialEq, Eq)]
pub struct ShopOrder {
    /// The order in short.
    pub summary: Summary,
    /// The topic under which the payload is to be read.
    pub topic: String,
    /// The order, byte for byte as the shop wrote it.
    pub payload: Vec<u8>,
}

impl ShopOrder {
    /// Returns the id as a number, by which lists are sorted.
    pub(crate) fn id(&self) -> Option<u64> {
        self.summary.order.parse().ok()
    }
}

impl fmt::Debug for ShopOrder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ShopOrder")
            .field("summary", &self.summary)
            .field("topic", &self.topic)
            .field("bytes", &self.payload.len())
            .finish_non_exhaustive()
    }
}

/// An entry of a list that is no order; the rest of the list goes on without it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Its place in the list, from 0.
    pub position: usize,
    /// The fault, without personal data.
    pub problem: String,
}

/// The orders with certain ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The orders that the shop shows, each once.
    pub orders: Vec<ShopOrder>,
    /// Entries that are no orders.
    pub unreadable: Vec<Unreadable>,
    /// The ids of which the shop shows nothing: gone, unless `hidden` says otherwise.
    pub missing: Vec<String>,
    /// A text about what the shop does not show to these credentials, and what mends that.
    pub hidden: Option<String>,
}

/// A part of a walk over a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The orders; may be empty although more follow.
    pub orders: Vec<T>,
    /// Entries that are no orders.
    pub unreadable: Vec<Unreadable>,
    /// A text about the part of the window that the shop does not show to these credentials, and
    /// what mends that.
    pub hidden: Option<String>,
    /// The position at which to go on; `None` when the window was walked to its end.
    pub next: Option<Cursor>,
}

impl Page<ShopOrder> {
    /// Returns the same page in short.
    #[must_use]
    pub fn in_short(self) -> Page<Summary> {
        Page {
            orders: self.orders.into_iter().map(|order| order.summary).collect(),
            unreadable: self.unreadable,
            hidden: self.hidden,
            next: self.next,
        }
    }
}

/// Reads the entries of a shop's list as orders, under this topic. `summary` reads one entry in
/// short, and returns `None` where it is no order.
#[must_use]
pub fn of_entries(
    entries: &[&RawValue],
    topic: &str,
    summary: fn(&[u8]) -> Option<Summary>,
) -> (Vec<ShopOrder>, Vec<Unreadable>) {
    let (mut orders, mut unreadable) = (Vec::new(), Vec::new());
    for (position, entry) in entries.iter().enumerate() {
        let payload = entry.get().as_bytes().to_vec();
        match summary(&payload) {
            Some(summary) => orders.push(ShopOrder {
                summary,
                topic: topic.to_owned(),
                payload,
            }),
            None => unreadable.push(Unreadable {
                position,
                problem: "an entry of the shop's list is no order: it has no id".to_owned(),
            }),
        }
    }
    (orders, unreadable)
}

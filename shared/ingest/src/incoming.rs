use bytes::Bytes;
use jiff::Timestamp;
use ports::{Kind, Message, Origin, dedupe_id, group_id};
use source::Peek;

/// The message group, on each route, of requests about personal data: such requests are fulfilled
/// in their order, and wait behind no customer's orders.
const PRIVACY_GROUP: &str = "requests about personal data";

/// A payload of a shop, before it is addressed to routes.
pub struct Incoming<'a> {
    /// Name of the store.
    pub store: &'a str,
    /// The platform's topic.
    pub topic: &'a str,
    /// The subject.
    pub kind: Kind,
    /// The way on which it came.
    pub origin: Origin,
    /// The shop's own id of the delivery, where it gives one: the same delivery twice is one.
    pub delivery: Option<String>,
    /// The time at which it was the shop's newest word.
    pub accepted: Timestamp,
    /// Identity of the event, see [`ports::event_id`].
    pub event: String,
    /// The payload.
    pub body: Bytes,
}

impl Incoming<'_> {
    /// Returns the message for a route and its destination. `peek` is what the payload tells at a
    /// glance.
    #[must_use]
    pub fn message(&self, peek: &Peek, route: &str, destination: &str) -> Message {
        let customer = match &peek.customer {
            _ if self.kind == Kind::Request => PRIVACY_GROUP,
            Some(customer) => customer,
            None => &self.event,
        };
        Message {
            group: group_id(destination, self.store, customer),
            // The same body alone is not a duplicate: the order may have gone from A to B and back
            // to A within one second. A state that the ledger knows already makes no call.
            dedupe: self
                .delivery
                .as_ref()
                .map(|delivery| dedupe_id(route, &self.event, delivery)),
            route: route.to_owned(),
            destination: destination.to_owned(),
            store: self.store.to_owned(),
            kind: self.kind,
            origin: self.origin,
            topic: self.topic.to_owned(),
            event: self.event.clone(),
            order: peek.order_id.clone(),
            modified: peek.modified,
            accepted: self.accepted,
            replays: 0,
            body: self.body.clone(),
        }
    }
}

use crate::{LedgerKey, Message};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// The extent of a redaction: whose personal data is removed, and up to when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redaction {
    /// Name of the store.
    pub store: String,
    /// Names of the store's routes, for the ledger, whose entries name no store.
    pub routes: BTreeSet<String>,
    /// The person whose data is removed, or everybody.
    pub subject: Subject,
    /// The time before which messages must have been accepted to be removed: an order that the
    /// customer places afterwards is not concerned by the request, and neither is the request
    /// itself.
    pub before: Timestamp,
}

/// The subject of a [`Redaction`]: one customer or everybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Everybody in the store: the shop has left.
    Everyone,
    /// One customer.
    Customer {
        /// The shop's ids of the orders concerned.
        orders: BTreeSet<String>,
        /// The customer's message groups, see [`crate::group_id`].
        groups: BTreeSet<String>,
    },
}

impl Redaction {
    /// Returns whether a message is to be removed.
    #[must_use]
    pub fn concerns(&self, message: &Message) -> bool {
        message.store == self.store
            && message.accepted < self.before
            && match &self.subject {
                Subject::Everyone => true,
                Subject::Customer { orders, groups } => {
                    groups.contains(&message.group)
                        || message
                            .order
                            .as_ref()
                            .is_some_and(|order| orders.contains(order))
                }
            }
    }

    /// Returns whether a ledger entry is to lose its texts.
    #[must_use]
    pub fn concerns_entry(&self, key: &LedgerKey) -> bool {
        self.routes.contains(&key.route)
            && match &self.subject {
                Subject::Everyone => true,
                Subject::Customer { orders, .. } => orders.contains(&key.order),
            }
    }

    /// Returns the keys of the ledger entries of one customer's listed orders; none for everyone.
    #[must_use]
    pub fn keys(&self) -> Vec<LedgerKey> {
        let Subject::Customer { orders, .. } = &self.subject else {
            return Vec::new();
        };
        let on_route = |route: &String| {
            let key = |order: &String| LedgerKey {
                route: route.clone(),
                order: order.clone(),
            };
            orders.iter().map(key).collect::<Vec<_>>()
        };
        self.routes.iter().flat_map(on_route).collect()
    }
}

/// The result of a redaction of a queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// The number of messages removed that waited or were in hand.
    pub waiting: u64,
    /// The number of dead letters removed.
    pub dead: u64,
    /// The orders of these messages: the ledger may hold texts about them, although the request did
    /// not list them.
    pub orders: BTreeSet<String>,
}

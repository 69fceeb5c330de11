use crate::{LedgerKey, Message};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// Whose personal data goes, and up to when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redaction {
    /// Name of the store.
    pub store: String,
    /// Names of the store's routes, for the ledger, whose entries name no store.
    pub routes: BTreeSet<String>,
    /// Whose.
    pub subject: Subject,
    /// Only messages that were accepted before: an order that the customer places afterwards is
    /// none of this request's, and neither is the request itself.
    pub before: Timestamp,
}

/// Whose data a [`Redaction`] is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Everybody's: the shop has left.
    Everyone,
    /// One customer's.
    Customer {
        /// The shop's ids of the orders concerned.
        orders: BTreeSet<String>,
        /// The customer's message groups, see [`crate::group_id`].
        groups: BTreeSet<String>,
    },
}

impl Redaction {
    /// Whether a message goes.
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

    /// Whether a ledger entry loses its texts.
    #[must_use]
    pub fn concerns_entry(&self, key: &LedgerKey) -> bool {
        self.routes.contains(&key.route)
            && match &self.subject {
                Subject::Everyone => true,
                Subject::Customer { orders, .. } => orders.contains(&key.order),
            }
    }

    /// The keys of the ledger entries of one customer's listed orders; none for everyone.
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

/// What a redaction took out of a queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// How many messages waited or were in hand.
    pub waiting: u64,
    /// How many were dead letters.
    pub dead: u64,
    /// The orders that these messages were about: the ledger may hold texts about them, although
    /// the request did not list them.
    pub orders: BTreeSet<String>,
}

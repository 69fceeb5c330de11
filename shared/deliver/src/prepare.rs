use crate::{DeliveryRoute, known};
use destination::{Class, Failure};
use jiff::Timestamp;
use mapping::{NoPlan, Plan};
use order::{Money, Order};
use ports::{DAMAGED, FROM_THE_FUTURE, Kind, LedgerKey, Message, Version};
use sha2::{Digest, Sha256};
use source::{Normalized, PayloadError, PrivacyKind, PrivacyRequest};
use std::collections::BTreeMap;

/// The content of a message, once it is read.
pub(crate) enum Prepared {
    /// All that there is to know.
    Resolved(Resolved),
    /// An order with lines that have no product, which the ledger may know.
    Incomplete(Box<Order>, Timestamp),
    /// An order that is no longer in the shop.
    Gone {
        order: String,
        how: &'static str,
        accepted: Timestamp,
    },
    /// Something happened to an order whose newest state only the shop knows.
    Reference { order: String, otherwise: String },
}

/// The content of a message, once the shop and the ledger have nothing to add to it.
pub(crate) enum Resolved {
    /// Something to deliver.
    Plan(Box<Planned>),
    /// Rightly nothing to deliver.
    Skip {
        order: Option<String>,
        reason: String,
    },
    /// Nothing can be said about the order but this note; its state stays as it is.
    Note { order: String, reason: String },
    /// The shop did not tell the order's newest state now.
    Unread { order: String, failure: Failure },
    /// A request about personal data.
    Privacy(PrivacyRequest),
    /// A message that cannot become a plan.
    Broken {
        order: Option<String>,
        failure: Failure,
    },
}

/// An order on its way, with its plan.
pub(crate) struct Planned {
    pub(crate) order: String,
    pub(crate) version: Version,
    pub(crate) plan: Plan,
    /// The plan's warnings, kept here while the plan is with the destination.
    pub(crate) warnings: Vec<String>,
    /// The hash of the plan's records and notes: a plan with the same hash is unchanged.
    pub(crate) content: String,
    /// The products of the order's lines, by the line's id; `None` where the plan speaks of no
    /// lines, so that what is known of them stays.
    pub(crate) products: Option<BTreeMap<String, String>>,
    /// The order as the shop's people know it; `None` where the order is gone from the shop.
    pub(crate) facts: Option<Facts>,
}

/// The part of an order by which people know it and totals are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The number that the shop's customer sees.
    pub number: String,
    /// The total.
    pub total: Money,
    /// Code of the currency of the total.
    pub currency: String,
}

impl From<&Order> for Facts {
    fn from(order: &Order) -> Self {
        Self {
            number: order.number.clone(),
            total: order.total,
            currency: order.currency.clone(),
        }
    }
}

impl Prepared {
    /// Returns the id of the order, where it is known.
    pub(crate) fn order(&self) -> Option<&str> {
        match self {
            Self::Resolved(resolved) => resolved.order(),
            Self::Incomplete(order, _) => Some(&order.id),
            Self::Gone { order, .. } | Self::Reference { order, .. } => Some(order),
        }
    }

    /// Returns what is known of the order itself.
    pub(crate) fn facts(&self) -> Option<Facts> {
        match self {
            Self::Resolved(Resolved::Plan(planned)) => planned.facts.clone(),
            Self::Incomplete(order, _) => Some(Facts::from(order.as_ref())),
            _ => None,
        }
    }

    /// Returns the ledger's key for it, where there is an order.
    pub(crate) fn key(&self, route: &str) -> Option<LedgerKey> {
        Some(LedgerKey {
            route: route.to_owned(),
            order: self.order()?.to_owned(),
        })
    }
}

impl Resolved {
    fn order(&self) -> Option<&str> {
        match self {
            Self::Plan(planned) => Some(&planned.order),
            Self::Skip { order, .. } | Self::Broken { order, .. } => order.as_deref(),
            Self::Note { order, .. } | Self::Unread { order, .. } => Some(order),
            // A request about one order waits its turn among this order's messages.
            Self::Privacy(request) => request
                .orders
                .first()
                .filter(|_| request.kind == PrivacyKind::RedactOrder)
                .map(String::as_str),
        }
    }
}

impl From<Resolved> for Prepared {
    fn from(resolved: Resolved) -> Self {
        Self::Resolved(resolved)
    }
}

/// Makes a plan of a message: payload to order to plan. No I/O.
pub(crate) fn prepare(message: &Message, route: Option<&DeliveryRoute>) -> Prepared {
    let order = message.order.clone();
    match route {
        Some(route) if message.body == DAMAGED => damaged(message, route),
        Some(route) => read(
            route,
            &message.topic,
            &message.body,
            message.accepted,
            order,
        ),
        None => without_route(message).into(),
    }
}

/// A message that its store finds damaged: the shop is asked for the order, where it can be.
fn damaged(message: &Message, route: &DeliveryRoute) -> Prepared {
    let order = message.order.clone();
    match order {
        Some(order) if message.kind == Kind::Order && route.reader.is_some() => {
            let otherwise = DAMAGED.to_owned();
            Prepared::Reference { order, otherwise }
        }
        order => Resolved::Broken {
            order,
            failure: Failure::permanent(Class::Validation, "read", DAMAGED),
        }
        .into(),
    }
}

/// Makes a plan of a payload. `accepted` is the time at which the payload was the shop's newest
/// word; `order` is the order's id as far as it is known already.
pub(crate) fn read(
    route: &DeliveryRoute,
    topic: &str,
    body: &[u8],
    accepted: Timestamp,
    order: Option<String>,
) -> Prepared {
    let normalized = match route.source.normalize(topic, body) {
        Ok(Normalized::Order(order)) => order,
        Ok(Normalized::Skip(reason)) => return Resolved::Skip { order, reason }.into(),
        Ok(Normalized::Gone { order, how }) => {
            return Prepared::Gone {
                order,
                how,
                accepted,
            };
        }
        Ok(Normalized::Reference { order, otherwise }) => {
            return Prepared::Reference { order, otherwise };
        }
        Ok(Normalized::Privacy(request)) => return Resolved::Privacy(request).into(),
        Err(error) => {
            let class = match error {
                PayloadError::TooMuch { .. } => Class::TooLarge,
                _ => Class::Validation,
            };
            return Resolved::Broken {
                order,
                failure: Failure::permanent(class, "read", error.to_string()),
            }
            .into();
        }
    };
    if normalized.lines.iter().any(|line| line.code.is_empty()) {
        return Prepared::Incomplete(normalized, accepted);
    }
    planned(route, *normalized, accepted).into()
}

/// Makes a plan of an order. No I/O.
pub(crate) fn planned(route: &DeliveryRoute, normalized: Order, accepted: Timestamp) -> Resolved {
    match route.mapping.plan(&normalized) {
        Ok(mut plan) => {
            let (modified, doubt) = believed(normalized.modified, accepted);
            plan.warnings.extend(doubt);
            Resolved::Plan(Box::new(Planned {
                version: Version { modified, accepted },
                products: Some(known::products(&normalized)),
                facts: Some(Facts::from(&normalized)),
                order: normalized.id,
                content: content_hash(&plan),
                warnings: plan.warnings.clone(),
                plan,
            }))
        }
        Err(NoPlan::Skipped(reason)) => Resolved::Skip {
            order: Some(normalized.id),
            reason,
        },
        Err(NoPlan::Failed(error)) => Resolved::Broken {
            order: Some(normalized.id),
            failure: Failure::permanent(Class::Mapping, "map", error.to_string()),
        },
    }
}

/// Returns the time at which the shop changed the order, as far as it is believed, and the warning
/// where it is not. A time long after the order's arrival would make every later state an older
/// one.
fn believed(
    modified: Option<Timestamp>,
    accepted: Timestamp,
) -> (Option<Timestamp>, Option<String>) {
    let latest = accepted
        .saturating_add(FROM_THE_FUTURE)
        .unwrap_or(Timestamp::MAX);
    match modified {
        Some(modified) if modified > latest => {
            let text = format!(
                "the shop says that the order was changed at {modified}, which is in the future; it counts as changed when it came here. Is the shop's clock right?"
            );
            (Some(accepted), Some(text))
        }
        modified => (modified, None),
    }
}

/// Returns what becomes of a message whose route is gone.
pub(crate) fn without_route(message: &Message) -> Resolved {
    let text = format!(
        "no route named {} is configured; was it renamed or removed? Configure it again and replay, or drop this dead letter",
        message.route
    );
    Resolved::Broken {
        order: message.order.clone(),
        failure: Failure::permanent(Class::Mapping, "map", text),
    }
}

/// Returns the hash of a plan's records and notes. The notes count as well: a further refund that
/// changes no record must not leave the old amount in the ledger.
pub(crate) fn content_hash(plan: &Plan) -> String {
    let bytes =
        serde_json::to_vec(&(&plan.records, &plan.emptied, &plan.warnings)).unwrap_or_default();
    hex::encode(Sha256::digest(bytes))
}

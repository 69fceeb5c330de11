//! Deliveries that name an order without carrying it, and states of which nobody can tell whether they
//! are the newest: the shop is asked for the order's newest state, which is then handled as if the shop
//! had posted it.

use crate::{
    DeliveryRoute,
    decision::Item,
    prepare::{Prepared, Resolved, read},
};
use destination::{Class, Failure};
use futures::{StreamExt, stream};
use jiff::Timestamp;
use ports::{Clock, Origin};
use source::ReadError;
use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// The number of orders that are asked for at once, of all stores of a wave.
const AT_ONCE: usize = 4;

/// The stores that refuse our credentials: an operator is told once, when a refusal begins.
#[derive(Default)]
pub(crate) struct Refusals(Mutex<BTreeSet<String>>);

/// Asks the shops for all orders that are only named or in doubt. The items keep their order.
pub(crate) async fn resolve(
    wave: Vec<(Item, Prepared)>,
    clock: &dyn Clock,
    refusals: &Refusals,
) -> Vec<(Item, Prepared)> {
    let one = |(item, prepared): (Item, Prepared)| async move {
        match (&prepared, &item.route) {
            (Prepared::Reference { order, otherwise }, Some(route)) => {
                let newest = newest(route, order, otherwise, clock, refusals).await;
                (item, newest)
            }
            (_, Some(route)) if is_in_doubt(&item, &prepared, clock.now()) => {
                let posted = newest_of_two(route, prepared, clock, refusals).await;
                (item, posted)
            }
            _ => (item, prepared),
        }
    };
    stream::iter(wave)
        .map(one)
        .buffered(AT_ONCE)
        .collect()
        .await
}

/// Returns whether a state may be older than the delivered one of the same second, which a clock noted
/// that was ahead, see [`ports::Version::is_in_doubt_beside`]. What an operator edited is meant as it is.
fn is_in_doubt(item: &Item, prepared: &Prepared, now: Timestamp) -> bool {
    let delivered = item
        .entry
        .as_ref()
        .and_then(|entry| entry.delivered.as_ref());
    let is_other = match prepared {
        Prepared::Resolved(Resolved::Plan(planned)) => {
            delivered.is_some_and(|delivered| !delivered.content.is(&planned.content))
        }
        Prepared::Incomplete(..) => true,
        _ => false,
    };
    is_other
        && item.received.message.origin != Origin::Edited
        && delivered
            .is_some_and(|delivered| delivered.version.is_in_doubt_beside(&item.version, now))
}

/// Returns the shop's state of an order in doubt, or the posted one where the shop cannot be asked or
/// does not say.
async fn newest_of_two(
    route: &DeliveryRoute,
    posted: Prepared,
    clock: &dyn Clock,
    refusals: &Refusals,
) -> Prepared {
    let Some(order) = posted.order().filter(|_| route.reader.is_some()) else {
        return posted;
    };
    let order = order.to_owned();
    match newest(route, &order, "", clock, refusals).await {
        Prepared::Resolved(Resolved::Note { .. }) => posted,
        Prepared::Resolved(Resolved::Unread { failure, .. })
            if failure.class == Class::Authentication =>
        {
            posted
        }
        newest => newest,
    }
}

async fn newest(
    route: &DeliveryRoute,
    order: &str,
    otherwise: &str,
    clock: &dyn Clock,
    refusals: &Refusals,
) -> Prepared {
    let order = order.to_owned();
    let Some(reader) = &route.reader else {
        let reason = otherwise.to_owned();
        return Resolved::Note { order, reason }.into();
    };
    // The shop's answer is at least as new as everything that it had posted when it was asked.
    let asked = clock.now();
    let answer = reader.read(&order).await;
    refusals.note(&route.store, &answer);
    match answer {
        Ok((topic, body)) => of_answer(
            read(route, &topic, &body, asked, Some(order.clone())),
            order,
            otherwise,
        ),
        Err(ReadError::Gone(_)) => {
            let reason = "the shop no longer has this order; what was delivered of it stays";
            let reason = reason.to_owned();
            Resolved::Note { order, reason }.into()
        }
        Err(error @ (ReadError::Unavailable { .. } | ReadError::NoAnswer(_))) => {
            let failure = Failure::transient(Class::Unavailable, "ask the shop", error.to_string());
            unread(order, failure.after(patience(&error)))
        }
        Err(error @ ReadError::Refused(_)) => {
            let refused =
                Failure::transient(Class::Authentication, "ask the shop", error.to_string());
            unread(order, refused.after(Some(route.policy.retry_cap)))
        }
    }
}

/// Checks that the answer is the order that was asked for: anything else would be written under
/// another order's watermark.
fn of_answer(prepared: Prepared, order: String, otherwise: &str) -> Prepared {
    match prepared {
        Prepared::Reference { .. } | Prepared::Resolved(Resolved::Privacy(_)) => {
            let reason = otherwise.to_owned();
            Resolved::Note { order, reason }.into()
        }
        other if other.order().is_none_or(|answered| answered == order) => other,
        other => {
            let answered = other.order().unwrap_or_default();
            let text = format!(
                "the shop was asked for order {order} and answered with order {answered}; is the store's address right?"
            );
            Resolved::Broken {
                failure: Failure::permanent(Class::Unknown, "ask the shop", text),
                order: Some(order),
            }
            .into()
        }
    }
}

/// Returns how long the shop wants to be left alone.
fn patience(error: &ReadError) -> Option<Duration> {
    match error {
        ReadError::Unavailable { retry_after, .. } => *retry_after,
        _ => None,
    }
}

fn unread(order: String, failure: Failure) -> Prepared {
    Resolved::Unread { order, failure }.into()
}

impl Refusals {
    fn note<T>(&self, store: &str, answer: &Result<T, ReadError>) {
        let mut stores = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match answer {
            Err(ReadError::Refused(reason)) => {
                if stores.insert(store.to_owned()) {
                    tracing::error!(
                        store,
                        reason,
                        "the shop refuses to show its orders; refunds and edits of orders wait until that is mended"
                    );
                }
            }
            Err(ReadError::Unavailable { .. } | ReadError::NoAnswer(_)) => {}
            Ok(_) | Err(ReadError::Gone(_)) => _ = stores.remove(store),
        }
    }
}

//! Deliveries that name an order without carrying it: the shop is asked for the order's newest
//! state, which is then handled as if the shop had posted it. Where nobody can tell whether a state that
//! the shop posted is the newest, it is asked whether it is.

use crate::{
    DeliveryRoute,
    decision::Item,
    known,
    prepare::{Planned, Prepared, Resolved, read},
};
use destination::{Class, Failure};
use futures::{StreamExt, stream};
use ports::Clock;
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

/// A posted state of which nobody could tell whether it is the newest, after the shop was asked.
pub(crate) enum Doubted {
    /// It is the shop's state.
    Newest,
    /// The shop has another state.
    Older,
    /// The shop did not say now.
    Unread(Failure),
}

/// Asks the shops for all orders that are only named. The items keep their order.
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
            _ => (item, prepared),
        }
    };
    stream::iter(wave)
        .map(one)
        .buffered(AT_ONCE)
        .collect()
        .await
}

/// Returns what the shop says of a posted state of which nobody can tell whether it is the newest, and
/// [`Doubted::Newest`] where the shop cannot be asked.
pub(crate) async fn is_newest(
    item: &Item,
    posted: &Planned,
    clock: &dyn Clock,
    refusals: &Refusals,
) -> Doubted {
    let Some(route) = item.route.as_ref().filter(|route| route.reader.is_some()) else {
        return Doubted::Newest;
    };
    let newest = newest(route, &posted.order, "", clock, refusals).await;
    match known::completed(item, newest) {
        Resolved::Plan(newest) if newest.content != posted.content => Doubted::Older,
        Resolved::Unread { failure, .. } if failure.class != Class::Authentication => {
            Doubted::Unread(failure)
        }
        Resolved::Skip { .. } => Doubted::Older,
        // An answer that cannot be read, or is about another order, says nothing of this one.
        Resolved::Broken { failure, .. } if failure.class == Class::Mapping => Doubted::Older,
        _ => Doubted::Newest,
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

use crate::{DeliveryRoute, Event, Health, Result};
use ports::{Disposition, LedgerEntry, Received, Version};
use std::{sync::Arc, time::Duration};

/// A message on its way through one wave.
pub(crate) struct Item {
    pub(crate) received: Received,
    /// The version of its state: what the message tells, until there is a plan.
    pub(crate) version: Version,
    /// Its route; `None` where no route has that name.
    pub(crate) route: Option<Arc<DeliveryRoute>>,
    /// The ledger's entry of its order, where it names one.
    pub(crate) entry: Option<LedgerEntry>,
    /// The entry as it was before the order was claimed for this message.
    pub(crate) before: Option<LedgerEntry>,
}

impl Item {
    /// Creates the item for a message of which the ledger was not asked yet.
    pub(crate) fn new(received: Received, route: Option<Arc<DeliveryRoute>>) -> Self {
        Self {
            version: received.message.version(),
            received,
            route,
            entry: None,
            before: None,
        }
    }

    /// Returns its message group.
    pub(crate) fn group(&self) -> &str {
        &self.received.message.group
    }

    /// Returns the name of the destination to which its route leads now.
    pub(crate) fn destination(&self) -> &str {
        let route = self.route.as_ref();
        route.map_or(&self.received.message.destination, |route| {
            &route.destination_name
        })
    }

    /// Returns the id of its order, where it is known.
    pub(crate) fn order(&self) -> Option<String> {
        let known = self.entry.as_ref().map(|entry| entry.key.order.clone());
        known.or_else(|| self.received.message.order.clone())
    }
}

/// The decision of a wave about a message: what the ledger is to remember, what the queue is to do,
/// and what the operator is told.
pub(crate) struct Decision {
    pub(crate) received: Received,
    pub(crate) route: Option<Arc<DeliveryRoute>>,
    pub(crate) entry: Option<LedgerEntry>,
    pub(crate) disposition: Disposition,
    pub(crate) event: Event,
}

impl Decision {
    /// Creates the decision about an item. `entry` is the entry that the ledger is to hold, where
    /// it is to change.
    pub(crate) fn new(
        item: Item,
        order: Option<String>,
        entry: Option<LedgerEntry>,
        disposition: Disposition,
        result: Result,
        health: Health,
    ) -> Self {
        let message = &item.received.message;
        let event = Event {
            route: message.route.clone(),
            destination: message.destination.clone(),
            order,
            result,
            health,
            stay_away: None,
            attempts: item.received.attempts,
            calls: 0,
            took: Duration::ZERO,
        };
        Self {
            received: item.received,
            route: item.route,
            entry,
            disposition,
            event,
        }
    }

    /// Sets the time for which the destination asked to be left alone.
    pub(crate) fn staying_away(mut self, time: Option<Duration>) -> Self {
        self.event.stay_away = time;
        self
    }

    /// Sets the number of requests that the destination was sent for it.
    pub(crate) fn after_calls(mut self, calls: u64) -> Self {
        self.event.calls = calls;
        self
    }
}

/// Logs one line for a message about which a decision was made: ids, words, codes and numbers, and
/// nothing that a customer wrote.
pub(crate) fn log(event: &Event) {
    let (route, order, outcome, class) = (
        &event.route,
        event.order.as_deref(),
        event.result.word(),
        event.result.class(),
    );
    let (duration_ms, calls, attempts) = (millis(event.took), event.calls, event.attempts);
    match &event.result {
        Result::Rejected { .. } => tracing::warn!(
            route,
            order,
            outcome,
            class,
            duration_ms,
            calls,
            attempts,
            "order"
        ),
        Result::Retry { summary, after, .. } => {
            let after_ms = millis(*after);
            tracing::warn!(
                route,
                order,
                outcome,
                class,
                summary,
                after_ms,
                duration_ms,
                calls,
                attempts,
                "order"
            );
        }
        Result::Delivered { records, warnings } => {
            let (records, warnings) = (records.len(), warnings.len());
            tracing::info!(
                route,
                order,
                outcome,
                records,
                warnings,
                duration_ms,
                calls,
                attempts,
                "order"
            );
        }
        Result::Skipped { reason } => tracing::info!(
            route,
            order,
            outcome,
            reason,
            duration_ms,
            calls,
            attempts,
            "order"
        ),
        Result::Privacy { id, kind } => {
            let request = id;
            tracing::info!(
                route,
                outcome,
                request,
                kind,
                duration_ms,
                attempts,
                "request about personal data"
            );
        }
        Result::Unchanged | Result::Stale => {
            tracing::info!(route, order, outcome, duration_ms, calls, attempts, "order")
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

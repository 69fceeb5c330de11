use crate::{Event, Health, Result};
use ports::{LedgerEntry, Received, Verdict};
use std::time::Duration;

/// A message on its way through one wave.
pub(crate) struct Item {
    pub(crate) received: Received,
    /// What the ledger knows of its order, where it names one.
    pub(crate) entry: Option<LedgerEntry>,
    /// The same as it was before its order was claimed for this message.
    pub(crate) before: Option<LedgerEntry>,
}

impl Item {
    /// A message of which the ledger was not asked yet.
    pub(crate) fn new(received: Received) -> Self {
        Self {
            received,
            entry: None,
            before: None,
        }
    }

    /// Its message group.
    pub(crate) fn group(&self) -> &str {
        &self.received.message.group
    }

    /// Id of its order, where it is known.
    pub(crate) fn order(&self) -> Option<String> {
        let known = self.entry.as_ref().map(|entry| entry.key.order.clone());
        known.or_else(|| self.received.message.order.clone())
    }
}

/// What a wave decided about a message: what the ledger is to remember, what the queue is to do, what the operator is told.
pub(crate) struct Decision {
    pub(crate) received: Received,
    pub(crate) entry: Option<LedgerEntry>,
    pub(crate) verdict: Verdict,
    pub(crate) event: Event,
}

impl Decision {
    /// A decision about an item; `entry` is what the ledger is to hold, if it is to change.
    pub(crate) fn new(
        item: Item,
        order: Option<String>,
        entry: Option<LedgerEntry>,
        verdict: Verdict,
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
        };
        Self {
            received: item.received,
            entry,
            verdict,
            event,
        }
    }

    /// The same, from a destination that asked to be left alone for a while.
    pub(crate) fn staying_away(mut self, time: Option<Duration>) -> Self {
        self.event.stay_away = time;
        self
    }
}

/// One line per settled message: ids, words and codes; nothing that a customer wrote.
pub(crate) fn log(event: &Event) {
    let (route, order, outcome) = (&event.route, event.order.as_deref(), event.result.word());
    match &event.result {
        Result::Rejected { class, .. } => tracing::warn!(route, order, outcome, class, "order"),
        Result::Retry { summary, after, .. } => tracing::warn!(route, order, outcome, summary, after_ms = after.as_millis(), "order"),
        Result::Delivered { records, warnings } => {
            tracing::info!(route, order, outcome, records = records.len(), warnings = warnings.len(), "order");
        }
        Result::Skipped { reason } => tracing::info!(route, order, outcome, reason, "order"),
        Result::Privacy { id, kind } => tracing::info!(route, outcome, request = id, kind, "request about personal data"),
        Result::Unchanged | Result::Stale => tracing::info!(route, order, outcome, "order"),
    }
}

//! What becomes of one message: one function per outcome, each with what the ledger, the queue and the operator get.

use crate::{
    DeliveryRoute, Engine, Health, Result, backoff,
    decision::{Decision, Item},
    prepare::Planned,
    record,
};
use destination::{Class, Failure, Outcome};
use jiff::Timestamp;
use ports::{DeadLetter, LedgerEntry, Verdict};
use std::time::Duration;

impl Engine {
    /// What a destination's outcome means.
    pub(crate) fn judge(&self, item: Item, planned: Planned, outcome: Outcome) -> Decision {
        let now = self.clock.now();
        match outcome {
            Outcome::Delivered { records, warnings } => {
                let warnings: Vec<String> = planned.plan.warnings.iter().cloned().chain(warnings).collect();
                let entry = item
                    .entry
                    .clone()
                    .map(|entry| record::delivered(entry, &planned, records.clone(), warnings.clone(), now));
                Decision::new(
                    item,
                    Some(planned.order),
                    entry,
                    Verdict::Done,
                    Result::Delivered { records, warnings },
                    Health::Answered,
                )
            }
            Outcome::Retry(failure) => {
                let entry = item.entry.as_ref().map(|entry| record::failed(entry.clone(), &failure, now));
                let (health, stay_away) = (Health::after(&failure), failure.retry_after);
                self.retry(item, planned.order, entry, failure, health).staying_away(stay_away)
            }
            Outcome::Rejected(failure) => self.reject(item, failure, Health::Answered),
        }
    }

    /// The shop did not answer for an order; that says nothing about the destination.
    pub(crate) fn unread(&self, item: Item, order: String, failure: Failure) -> Decision {
        let entry = item
            .entry
            .as_ref()
            .map(|entry| record::unread(entry.clone(), &failure, self.clock.now()));
        self.retry(item, order, entry, failure, Health::Untouched)
    }

    /// Comes back, unless its tries have failed for too long. `entry` is the ledger's entry with this failure.
    fn retry(&self, item: Item, order: String, entry: Option<LedgerEntry>, failure: Failure, health: Health) -> Decision {
        let Some(route) = self.routes.get(&item.received.message.route) else {
            return self.reject(item, failure, health);
        };
        let attempts = entry.as_ref().map_or(1, |entry| entry.attempts.max(1));
        let failing_since = entry.as_ref().and_then(|entry| entry.failing_since);
        let age = |since: Timestamp| self.clock.now().duration_since(since).unsigned_abs();
        if failing_since.is_some_and(|since| age(since) >= route.policy.give_up_after) {
            return self.reject(item, given_up(failure, route.policy.give_up_after), health);
        }
        let after = backoff::pause(&route.policy, attempts, &item.received.message.event, failure.retry_after);
        let result = Result::Retry {
            class: failure.class.as_str(),
            summary: failure.summary(),
            after,
        };
        Decision::new(item, Some(order), entry, Verdict::Retry(after), result, health)
    }

    /// Says something about an order that is known already, and nothing about any other.
    pub(crate) fn note(&self, mut item: Item, order: String, reason: String) -> Decision {
        let known = item.entry.take().filter(|entry| entry.revision > 0);
        let entry = known.map(|entry| record::noted(entry, &reason, self.clock.now()));
        Decision::new(
            item,
            Some(order),
            entry,
            Verdict::Done,
            Result::Skipped { reason },
            Health::Untouched,
        )
    }

    pub(crate) fn skip(&self, mut item: Item, reason: String) -> Decision {
        let entry = item.entry.take().map(|entry| record::skipped(entry, &reason, self.clock.now()));
        let order = item.received.message.order.clone();
        Decision::new(item, order, entry, Verdict::Done, Result::Skipped { reason }, Health::Untouched)
    }

    pub(crate) fn reject(&self, mut item: Item, failure: Failure, health: Health) -> Decision {
        let now = self.clock.now();
        let entry = item.entry.take();
        let attempts = entry.as_ref().map_or(0, |entry| entry.attempts).saturating_add(1);
        let order = entry
            .as_ref()
            .map(|entry| entry.key.order.clone())
            .or_else(|| item.received.message.order.clone());
        let entry = entry.map(|entry| record::rejected(entry, &failure, now));
        let letter = DeadLetter {
            id: String::new(),
            message: item.received.message.clone(),
            mapping: self.routes.get(&item.received.message.route).map(DeliveryRoute::mapping_version),
            class: failure.class.as_str().to_owned(),
            reason: failure.message.clone(),
            request: failure.request,
            response: failure.response,
            attempts,
            died: now,
        };
        let result = Result::Rejected {
            class: letter.class.clone(),
            reason: failure.message,
        };
        Decision::new(item, order, entry, Verdict::Dead(Box::new(letter)), result, health)
    }
}

/// A message that was not tried and comes back soon. Nothing is noted about its order.
pub(crate) fn later(item: Item, failure: &Failure, after: Duration) -> Decision {
    let result = Result::Retry {
        class: failure.class.as_str(),
        summary: failure.summary(),
        after,
    };
    let order = item
        .prepared
        .order()
        .map(str::to_owned)
        .or_else(|| item.received.message.order.clone());
    Decision::new(item, order, None, Verdict::Retry(after), result, Health::Untouched)
}

pub(crate) fn in_hand_elsewhere() -> Failure {
    Failure::transient(Class::Conflict, "queue", "another worker has this order in hand")
}

fn given_up(failure: Failure, after: Duration) -> Failure {
    let message = format!(
        "gave up after {} of failed tries; the last: {}. Replay it when the cause has passed",
        in_words(after),
        failure.message
    );
    Failure {
        message,
        retry: false,
        ..failure
    }
}

fn in_words(age: Duration) -> String {
    match age.as_secs() {
        seconds if seconds >= 86_400 => format!("{} days", seconds / 86_400),
        seconds => format!("{seconds} seconds"),
    }
}

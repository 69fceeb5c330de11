//! The decision about one message: one function per outcome, each with what the ledger, the queue
//! and the operator get.

use crate::{
    Engine, Health, Policy, Result, backoff,
    decision::{Decision, Item},
    portion::Suspicion,
    prepare::Planned,
    record::{self, Cost},
};
use destination::{Class, Failure, Outcome, Retry};
use jiff::Timestamp;
use ports::{DeadLetter, Disposition, LedgerEntry};
use std::time::Duration;

/// The longest outage for a message, as a multiple of `give_up_after`. Probes of a destination that
/// is away age no order, but no message waits for ever: a queue in the cloud forgets it after 14
/// days, and four times the default of `give_up_after` is twelve.
const LONGEST_OUTAGE: u32 = 4;

impl Engine {
    /// Decides what a destination's outcome means. `probe`: the destination was known to be away
    /// before.
    pub(crate) fn judge(
        &self,
        item: Item,
        planned: Planned,
        outcome: Outcome,
        probe: bool,
    ) -> Decision {
        let now = self.clock.now();
        match outcome {
            Outcome::Delivered { records, warnings } => {
                let warnings: Vec<String> =
                    planned.warnings.iter().cloned().chain(warnings).collect();
                let delivered = |entry| {
                    record::delivered(
                        entry,
                        item.group(),
                        &planned,
                        records.clone(),
                        warnings.clone(),
                        now,
                    )
                };
                let entry = item.entry.clone().map(delivered);
                Decision::new(
                    item,
                    Some(planned.order),
                    entry,
                    Disposition::Done,
                    Result::Delivered { records, warnings },
                    Health::Answered,
                )
            }
            Outcome::Retry(failure) => {
                let cost = Self::cost(&item, &failure, probe);
                let suspicion = Suspicion::of(&item);
                let entry = item.entry.clone().map(|entry| {
                    record::failed(entry, item.group(), planned.version, &failure, cost, now)
                });
                let health = Health::after(&failure, suspicion);
                // A locked record says when to come back for this order, and nothing about the
                // others.
                let stay_away = failure.retry_after().filter(|_| health.is_away());
                self.retry(item, planned.order, entry, failure, health)
                    .staying_away(stay_away)
            }
            Outcome::Rejected(failure) => self.reject(item, failure, Health::Answered),
        }
    }

    /// Decides about a message whose plan the destination held exactly already: it is done.
    pub(crate) fn unchanged(&self, item: Item, planned: Planned) -> Decision {
        let unchanged = |entry| record::unchanged(entry, item.group(), &planned, self.clock.now());
        let entry = item.entry.clone().map(unchanged);
        let order = Some(planned.order);
        Decision::new(
            item,
            order,
            entry,
            Disposition::Done,
            Result::Unchanged,
            Health::Untouched,
        )
    }

    /// Decides about a message for whose order the shop did not answer; that says nothing about the
    /// destination.
    pub(crate) fn unread(&self, item: Item, order: String, failure: Failure) -> Decision {
        let cost = match failure.class {
            Class::Authentication => Cost::Nothing,
            _ => Cost::Try(Duration::MAX),
        };
        let failed = |entry| record::unread(entry, &failure, cost, self.clock.now());
        let entry = item.entry.clone().map(failed);
        self.retry(item, order, entry, failure, Health::Untouched)
    }

    fn cost(item: &Item, failure: &Failure, probe: bool) -> Cost {
        match &item.route {
            _ if failure.class == Class::Authentication || failure.is_out_of_time() => {
                Cost::Nothing
            }
            Some(route) if !probe => Cost::Try(route.policy.retry_cap),
            _ => Cost::Probe,
        }
    }

    /// Decides that a message comes back, or becomes a dead letter where its tries have failed for
    /// too long. `entry` is the ledger's entry with this failure.
    fn retry(
        &self,
        item: Item,
        order: String,
        entry: Option<LedgerEntry>,
        failure: Failure,
        health: Health,
    ) -> Decision {
        let Some(route) = item.route.clone() else {
            return self.reject(item, failure, health);
        };
        let attempts = entry.as_ref().map_or(1, |entry| entry.attempts.max(1));
        let is_to_blame = failure.class != Class::Authentication && !failure.is_out_of_time();
        if is_to_blame
            && entry
                .as_ref()
                .is_some_and(|entry| is_over(entry, &route.policy, self.clock.now()))
        {
            return self.reject(item, given_up(failure, route.policy.give_up_after), health);
        }
        let after = backoff::pause(
            &route.policy,
            attempts,
            &item.received.message.event,
            failure.retry_after(),
        );
        let result = Result::Retry {
            class: failure.class.as_str(),
            summary: failure.summary(),
            after,
        };
        Decision::new(
            item,
            Some(order),
            entry,
            Disposition::Retry(after),
            result,
            health,
        )
    }

    /// Decides that a message is done, with a note about an order that the ledger knows already;
    /// nothing is noted about any other.
    pub(crate) fn note(&self, mut item: Item, order: String, reason: String) -> Decision {
        let known = item.entry.take().filter(|entry| entry.revision.is_some());
        let entry = known.map(|entry| {
            record::noted(
                entry,
                (item.group(), item.version),
                &reason,
                self.clock.now(),
            )
        });
        Decision::new(
            item,
            Some(order),
            entry,
            Disposition::Done,
            Result::Skipped { reason },
            Health::Untouched,
        )
    }

    pub(crate) fn skip(&self, mut item: Item, reason: String) -> Decision {
        let order = item.received.message.order.clone();
        let entry = item.entry.take();
        let entry = entry.map(|entry| {
            record::skipped(
                entry,
                (item.group(), item.version),
                &reason,
                self.clock.now(),
            )
        });
        Decision::new(
            item,
            order,
            entry,
            Disposition::Done,
            Result::Skipped { reason },
            Health::Untouched,
        )
    }

    pub(crate) fn reject(&self, mut item: Item, failure: Failure, health: Health) -> Decision {
        let (now, order) = (self.clock.now(), item.order());
        let entry = item.entry.take();
        let attempts = entry
            .as_ref()
            .map_or(0, |entry| entry.attempts)
            .saturating_add(1);
        let entry =
            entry.map(|entry| record::rejected(entry, (item.group(), item.version), &failure, now));
        let letter = DeadLetter {
            id: String::new(),
            message: item.received.message.clone(),
            mapping: item.route.as_ref().map(|route| route.mapping_version()),
            class: failure.class.as_str().to_owned(),
            reason: failure.message.clone(),
            request: failure.request,
            response: failure.response,
            attempts,
            died: now,
            earlier: 0,
        };
        let result = Result::Rejected {
            class: letter.class.clone(),
            reason: failure.message,
        };
        Decision::new(
            item,
            order,
            entry,
            Disposition::Dead(Box::new(letter)),
            result,
            health,
        )
    }
}

/// Decides that a message that was not tried comes back soon, unspent: where only every now and then
/// one is tried, the least tried come first, and others may wait behind this one. Nothing is noted
/// about its order.
pub(crate) fn later(item: Item, failure: &Failure, after: Duration) -> Decision {
    let result = Result::Retry {
        class: failure.class.as_str(),
        summary: failure.summary(),
        after,
    };
    let order = item.order();
    Decision::new(
        item,
        order,
        None,
        Disposition::Wait(after),
        result,
        Health::Untouched,
    )
}

/// Returns the failure of a message that waits because another group has or had its order. Its place
/// is the newest of the states of which the ledger tells.
pub(crate) fn held_elsewhere(item: &Item) -> Failure {
    let entry = item.entry.as_ref();
    let holder = entry.and_then(|entry| entry.holder.as_ref());
    let held = holder.map(|holder| (&holder.group, holder.version));
    let tried = entry.into_iter().flat_map(|entry| &entry.tried);
    let tried = tried.map(|tried| (&tried.group, Some(tried.version)));
    let of_others = held.into_iter().chain(tried);
    let of_others = of_others.filter(|(group, _)| *group != item.group());
    let newest = of_others.filter_map(|(_, state)| state?.modified).max();
    let text = "another delivery of this order, of another customer, may still be on its way";
    Failure {
        place: newest.map(|modified| format!("waits for the order's state of {modified}")),
        ..Failure::transient(Class::Conflict, "claim", text)
    }
}

/// Returns the failure of a message that comes back because somebody else wrote its ledger entry
/// first.
pub(crate) fn overtaken() -> Failure {
    let text = "another worker wrote the ledger entry of this order meanwhile";
    Failure::transient(Class::Conflict, "ledger", text)
}

fn is_over(entry: &LedgerEntry, policy: &Policy, now: Timestamp) -> bool {
    let age = entry.failing_since.map(|since| record::since(since, now));
    entry.failing_for >= policy.give_up_after
        || age >= Some(policy.give_up_after.saturating_mul(LONGEST_OUTAGE))
}

fn given_up(failure: Failure, after: Duration) -> Failure {
    let message = format!(
        "gave up after {} of failed tries; the last: {}. Replay it when the cause has passed",
        in_words(after),
        failure.message
    );
    Failure {
        message,
        retry: Retry::Never,
        ..failure
    }
}

fn in_words(age: Duration) -> String {
    match age.as_secs() {
        seconds if seconds >= 86_400 => format!("{} days", seconds / 86_400),
        seconds => format!("{seconds} seconds"),
    }
}

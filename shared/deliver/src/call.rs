//! The calls to one destination: which plans go together, and what each call teaches about the size
//! of the next one.

use crate::{
    DeliveryRoute, Engine, Health, Lease,
    decision::{Decision, Item},
    known, metrics,
    portion::{Suspicion, in_turn, next_portion},
    size::Way,
    wave::{Ready, Sifted, Worked},
};
use destination::{Bulk, Call, Class, Failure, Outcome, Retry};
use mapping::Plan;
use ports::{LedgerEntry, Origin, State};
use std::time::Duration;

/// The answer of a destination to one call.
struct Answered {
    /// One outcome per plan, in their order.
    outcomes: Vec<Outcome>,
    /// The number of requests.
    requests: u64,
    /// The time by which the size of the next call is chosen.
    took: Duration,
}

impl Engine {
    /// Delivers plans of one destination, no more at a time than it has time for; orders that
    /// failed again and again go apart from the others. Where the destination proves to be away,
    /// where one of those orders fails once more, and where the time is over, the rest is left
    /// untried.
    pub(crate) async fn call_in_portions(&self, plans: Vec<Ready>, lease: &Lease) -> Worked {
        let (mut decisions, mut waiting) = (Vec::new(), in_turn(plans));
        while let Some(route) = waiting.front().and_then(|next| next.item.route.clone()) {
            let most = self.sizes.most(way(&route, waiting.iter()));
            let portion = next_portion(&mut waiting, most);
            let made = self.call(&route, portion, lease).await;
            let is_over = made.iter().any(|decision| {
                decision.event.health.is_away() || decision.event.health == Health::Doubtful
            });
            decisions.extend(made);
            if is_over || self.clock.now() >= lease.begin_until() {
                break;
            }
        }
        let untried = waiting.into_iter().map(|ready| ready.item).collect();
        Worked { decisions, untried }
    }

    /// Delivers plans of one destination together.
    async fn call(&self, route: &DeliveryRoute, plans: Vec<Ready>, lease: &Lease) -> Vec<Decision> {
        let Sifted {
            ready: mut plans,
            decided: mut decisions,
        } = self.check_currency(route, plans, lease).await;
        if plans.is_empty() {
            return decisions;
        }
        for Ready { item, planned } in &mut plans {
            complete(&mut planned.plan, item);
        }
        let answered = ask(route, &plans, lease).await;
        // An order that failed again and again, and alone, does not tell how many others are too
        // many.
        let is_suspect = |ready: &Ready| Suspicion::of(&ready.item) == Suspicion::Strong;
        // Nor does a call in bulk, where the destination finds the number out by itself.
        let bulk = bulk(route, plans.iter());
        let is_own = bulk.is_some_and(|bulk| bulk.first.is_none());
        if !is_own && !plans.iter().all(is_suspect) {
            self.note_size(way(route, plans.iter()), &answered, lease);
        }
        let judge = |(ready, outcome): (Ready, Outcome)| {
            self.judge(ready.item, *ready.planned, outcome, lease.probe)
                .after_calls(answered.requests)
        };
        decisions.extend(plans.into_iter().zip(answered.outcomes).map(judge));
        decisions
    }

    /// Splits off the orders whose amounts the destination would take for another currency's.
    async fn check_currency(
        &self,
        route: &DeliveryRoute,
        plans: Vec<Ready>,
        lease: &Lease,
    ) -> Sifted {
        let call = Call::until(lease.call_until());
        let mut sifted = self.in_home_currency(route, &call, plans).await;
        let asked = call.counters();
        metrics::asked(route.destination.system(), &asked);
        let counted = |decision: Decision| decision.after_calls(asked.requests);
        sifted.decided = sifted.decided.into_iter().map(counted).collect();
        sifted
    }

    /// Notes how long these orders took, which decides how many go at a time from now on.
    fn note_size(&self, way: Way<'_>, answered: &Answered, lease: &Lease) {
        let failures = || {
            answered
                .outcomes
                .iter()
                .filter_map(|outcome| match outcome {
                    Outcome::Retry(failure) => Some(failure),
                    _ => None,
                })
        };
        let orders = answered.outcomes.len();
        if failures().any(|failure| matches!(failure.retry, Retry::TimedOut | Retry::OutOfTime)) {
            if let Some(together) = self.sizes.took_too_long(way, orders) {
                tracing::warn!(
                    destination = way.destination,
                    orders,
                    together,
                    "orders took longer than a call may, so fewer go at a time"
                );
            }
        } else if failures().count() < orders {
            self.sizes
                .were_answered(way, orders, answered.took, lease.request_timeout);
        }
    }
}

/// Makes the call itself.
async fn ask(route: &DeliveryRoute, plans: &[Ready], lease: &Lease) -> Answered {
    let asked: Vec<&Plan> = plans.iter().map(|ready| &ready.planned.plan).collect();
    let begun = tokio::time::Instant::now();
    let call = Call::until(lease.call_until());
    let mut outcomes = if bulk(route, plans.iter()).is_some() {
        route.destination.deliver_in_bulk(&call, &asked).await
    } else {
        route.destination.deliver(&call, &asked).await
    };
    let counters = call.counters();
    metrics::asked(route.destination.system(), &counters);
    outcomes.resize_with(plans.len(), || {
        let text = "the destination adapter gave no outcome for this order";
        Outcome::Retry(Failure::transient(Class::Unknown, "write", text))
    });
    Answered {
        outcomes,
        requests: counters.requests,
        // The work as a whole may take two calls' time.
        took: counters.slowest.max(begun.elapsed() / 2),
    }
}

/// Returns how these orders are delivered in bulk: nobody waits for any of them, and the destination
/// has a way for that.
fn bulk<'a>(route: &DeliveryRoute, mut plans: impl Iterator<Item = &'a Ready>) -> Option<Bulk> {
    let is_read = |ready: &Ready| ready.item.received.message.origin == Origin::Read;
    route.destination.bulk().filter(|_| plans.all(is_read))
}

/// Returns the way on which these orders go, whose calls have a size of their own.
fn way<'a>(route: &DeliveryRoute, plans: impl Iterator<Item = &'a Ready>) -> Way<'_> {
    Way {
        destination: &route.destination_name,
        in_bulk: bulk(route, plans).and_then(|bulk| bulk.first),
    }
}

/// Adds to the plan what the ledger knows: the ids of what an earlier delivery left (the first
/// record of each name), and whether it was tried before.
fn complete(plan: &mut Plan, item: &Item) {
    let delivered = item
        .entry
        .as_ref()
        .and_then(|entry| entry.delivered.as_ref());
    known::note_records(plan, delivered);
    let was_tried = |entry: &LedgerEntry| entry.state == State::Retrying && entry.attempts > 0;
    plan.in_doubt = item.received.lost > 0 || item.entry.as_ref().is_some_and(was_tried);
}

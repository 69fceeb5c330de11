use crate::{
    DeliveryRoute, Health, Lease, Report, Result, Usage,
    currency::HomeCurrencies,
    decide::later,
    decision::{Decision, Item, log},
    entries::Ready,
    figures, known,
    portion::{Suspicion, in_turn, next_portion},
    prepare::{Planned, Prepared, prepare},
    reference::{self, Refusals},
    size::Sizes,
};
use destination::{Call, Class, Failure, Outcome, Retry};
use jiff::Timestamp;
use mapping::Plan;
use ports::{
    Clock, Disposition, Ledger, LedgerEntry, LedgerKey, Message, Origin, PrivacyLog, Queue,
    Received, Settlement, State, Version,
};
use source::{Extent, MOST_ITEMS};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};

/// The pause before a message comes back whose ledger entry could not be read or written.
pub(crate) const LEDGER_PAUSE: Duration = Duration::from_secs(1);
/// The largest size of the bodies that are in work at a time, in bytes, and the largest number of
/// items of the lists in them, unless one body alone has more: what is made of them takes many
/// times as much memory.
const WAVE_BYTES: usize = 1 << 20;
const WAVE_ITEMS: usize = MOST_ITEMS;
/// The pause before an order comes back that failed again and again, and that was not tried because
/// another one of these has just failed once more.
const SUSPECT_PAUSE: Duration = Duration::from_secs(10);
/// The number of losses in a row, the last ones alone, after which a message is not tried again.
const LOST_FOR_GOOD: u32 = 5;

/// The engine that delivers batches. Between them it knows only the routes: what it remembers is in
/// its ports, which other processes may share.
pub struct Engine {
    pub(crate) routes: BTreeMap<String, DeliveryRoute>,
    pub(crate) ports: Ports,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) homes: HomeCurrencies,
    refusals: Refusals,
    sizes: Sizes,
}

/// The ports in which the engine keeps what it remembers.
pub struct Ports {
    /// The ledger of what was delivered.
    pub ledger: Arc<dyn Ledger>,
    /// The queue from which the messages come: a request about personal data removes some of them.
    pub queue: Arc<dyn Queue>,
    /// The operator's list of requests about personal data.
    pub privacy: Arc<dyn PrivacyLog>,
}

impl Engine {
    /// Creates an engine for these routes, by name.
    pub fn new(
        routes: BTreeMap<String, DeliveryRoute>,
        ports: Ports,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            routes,
            ports,
            clock,
            homes: HomeCurrencies::default(),
            refusals: Refusals::default(),
            sizes: Sizes::default(),
        }
    }

    /// Delivers a batch and says what the queue is to do with each message. Messages of one group
    /// go one after the other; after a failure that comes back, the rest of its group waits
    /// untried. Orders that failed again and again are tried apart from others; once one of them
    /// fails again, the other ones are left untried. No new message is begun after
    /// [`Lease::begin_until`], nor after the destination proved to be away, and no request is sent
    /// after [`Lease::call_until`].
    pub async fn deliver(&self, batch: Vec<Received>, lease: Lease) -> Report {
        let (mut report, begun) = (Report::default(), Instant::now());
        let route = batch.first().map(|received| received.message.route.clone());
        let mut waiting = batch;
        let mut blocked = BTreeSet::new();
        while !waiting.is_empty() && self.clock.now() < lease.begin_until() {
            let (wave, rest) = self.next_wave(waiting, &blocked);
            waiting = rest;
            if wave.is_empty() {
                break;
            }
            let wave_begun = Instant::now();
            let (decisions, untried) = self.wave(wave, &lease).await;
            for item in untried {
                blocked.insert(item.group().to_owned());
                report.settlements.push(untried_for_now(item));
            }
            for mut decision in decisions {
                if matches!(decision.disposition, Disposition::Retry(_)) {
                    blocked.insert(decision.received.message.group.clone());
                }
                decision.event.took = wave_begun.elapsed();
                self.tell(&decision);
                report
                    .settlements
                    .push(decision.received.settled(decision.disposition));
                report.events.push(decision.event);
            }
            if report.events.iter().any(|event| event.health.is_away()) {
                break;
            }
        }
        report.settlements.extend(waiting.into_iter().map(released));
        if let Some(route) = route.and_then(|name| self.routes.get(&name)) {
            report.usage = Usage {
                requests: route.destination.requests(),
                budget: route.destination.budget(),
            };
            let system = route.destination.system();
            figures::batch(system, begun.elapsed());
            if let Some(budget) = &report.usage.budget {
                figures::budget(system, budget.percent());
            }
        }
        report
    }

    /// Counts and logs what became of a message.
    fn tell(&self, decision: &Decision) {
        let message = &decision.received.message;
        let route = self.routes.get(&message.route);
        let system = route.map_or(figures::UNKNOWN, |route| route.destination.system());
        // A replayed message is as old as its dead letter, which says nothing about the queue.
        let is_first = message.replays == 0;
        let age = is_first.then(|| {
            Duration::try_from(self.clock.now().duration_since(message.accepted))
                .unwrap_or_default()
        });
        figures::settled(system, &decision.event, age);
        log(&decision.event);
    }

    /// Splits off the next wave: the first message of each group that is not blocked, never two of
    /// one order (an order's customer may have changed between two of its events), and no more than
    /// there is room for. The second list is the rest.
    fn next_wave(
        &self,
        waiting: Vec<Received>,
        blocked: &BTreeSet<String>,
    ) -> (Vec<(Item, Prepared)>, Vec<Received>) {
        let (mut groups, mut orders) = (blocked.clone(), BTreeSet::new());
        let (mut wave, mut rest) = (Vec::new(), Vec::new());
        let (mut bytes, mut items) = (0_usize, 0_usize);
        for received in waiting {
            let message = &received.message;
            bytes = bytes.saturating_add(message.body.len());
            items = items.saturating_add(Extent::of(&message.body).items);
            let has_room = wave.is_empty() || (bytes <= WAVE_BYTES && items <= WAVE_ITEMS);
            if !groups.insert(message.group.clone()) || !has_room {
                rest.push(received);
                continue;
            }
            let prepared = self.prepare(&received);
            if prepared
                .key(&message.route)
                .is_none_or(|key| orders.insert(key))
            {
                wave.push((Item::new(received), prepared));
            } else {
                rest.push(received);
            }
        }
        (wave, rest)
    }

    /// Prepares a message. One that was lost again and again is not even looked at: its workers may
    /// have died of it.
    fn prepare(&self, received: &Received) -> Prepared {
        let message = &received.message;
        if received.lost >= LOST_FOR_GOOD {
            let (order, failure) = (message.order.clone(), lost_for_good(received.lost));
            return Prepared::Broken { order, failure };
        }
        prepare(message, self.routes.get(&message.route))
    }

    /// Returns the index of the message that is best as a probe of whether a destination is back:
    /// the first of those with the least suspicion and then the fewest failed tries of their order.
    /// Without the ledger it is the first of all.
    pub async fn least_suspected(&self, messages: &[&Message]) -> usize {
        let key = |message: &&Message| {
            let (route, order) = (message.route.clone(), message.order.clone()?);
            Some(LedgerKey { route, order })
        };
        let keys: Vec<Option<LedgerKey>> = messages.iter().map(key).collect();
        let wanted: Vec<LedgerKey> = keys.iter().flatten().cloned().collect();
        // Without the ledger nothing is delivered, whichever message is tried.
        let mut found = self
            .ports
            .ledger
            .load(&wanted)
            .await
            .unwrap_or_default()
            .into_iter();
        let said = |key: Option<LedgerKey>| {
            key.and_then(|_| found.next().flatten())
                .map_or((0, 0), |entry| (entry.suspicion, entry.attempts))
        };
        let said: Vec<(u32, u32)> = keys.into_iter().map(said).collect();
        (0..messages.len())
            .min_by_key(|place| said.get(*place).copied())
            .unwrap_or_default()
    }

    /// Works on one wave. Returns what became of its messages, and those that were not tried after
    /// all.
    async fn wave(
        &self,
        mut wave: Vec<(Item, Prepared)>,
        lease: &Lease,
    ) -> (Vec<Decision>, Vec<Item>) {
        if let Err(failure) = self.load_entries(&mut wave).await {
            let decisions = wave
                .into_iter()
                .map(|(item, _)| later(item, &failure, LEDGER_PAUSE));
            return (decisions.collect(), Vec::new());
        }
        let wave =
            reference::resolve(wave, &self.routes, self.clock.as_ref(), &self.refusals).await;
        let wave = wave.into_iter().map(|(item, prepared)| {
            let route = self.routes.get(&item.received.message.route);
            let prepared = known::completed(&item, prepared, route);
            (item, prepared)
        });
        let (mut decisions, mut plans) = (Vec::new(), Vec::new());
        for (item, prepared) in wave {
            match self.without_call(item, prepared).await {
                Next::Decided(decision) => decisions.push(*decision),
                Next::Deliver(item, planned) => plans.push((*item, planned)),
            }
        }
        let (plans, waiting) = self.claim_orders(plans, lease).await;
        decisions.extend(waiting);
        let mut by_destination: BTreeMap<String, Vec<Ready>> = BTreeMap::new();
        for (item, planned) in plans {
            // The route may lead elsewhere than when the message was sent.
            let message = &item.received.message;
            let destination = self
                .routes
                .get(&message.route)
                .map_or(&message.destination, |route| &route.destination_name);
            by_destination
                .entry(destination.clone())
                .or_default()
                .push((item, planned));
        }
        let calls = by_destination
            .into_values()
            .map(|items| self.call_in_portions(items, lease));
        let mut untried = Vec::new();
        for (decided, left) in futures::future::join_all(calls).await {
            decisions.extend(decided);
            untried.extend(left);
        }
        (self.store_entries(decisions).await, untried)
    }

    /// Decides what can be decided without asking the destination.
    async fn without_call(&self, item: Item, prepared: Prepared) -> Next {
        let decision = match prepared {
            Prepared::Plan(planned) => match settled_by_ledger(&item, &planned, self.clock.now()) {
                Some(Result::Stale) => {
                    let order = Some(planned.order);
                    Decision::new(
                        item,
                        order,
                        None,
                        Disposition::Done,
                        Result::Stale,
                        Health::Untouched,
                    )
                }
                Some(_) => self.unchanged(item, *planned),
                None => return Next::Deliver(Box::new(item), planned),
            },
            Prepared::Skip { reason, .. } => self.skip(item, reason),
            // Both are completed above, except where the route is gone.
            Prepared::Gone { order, how, .. } => {
                self.skip(item, format!("order {order} was {how}"))
            }
            Prepared::Incomplete(order, _) => {
                self.note(item, order.id, "the order's route is gone".to_owned())
            }
            Prepared::Note { order, reason } => self.note(item, order, reason),
            // An order that is only named was asked for above, except where the route is gone.
            Prepared::Reference { order, otherwise } => self.note(item, order, otherwise),
            Prepared::Unread { order, failure } => self.unread(item, order, failure),
            Prepared::Privacy(request) => self.fulfil(item, &request).await,
            Prepared::Broken { failure, .. } => self.reject(item, failure, Health::Untouched),
        };
        Next::Decided(Box::new(decision))
    }

    /// Delivers plans of one destination, no more at a time than it has time for; orders that
    /// failed again and again go apart from the others. Where the destination proves to be away,
    /// where one of those orders fails once more, and where the time is over, the rest is left
    /// untried.
    async fn call_in_portions(
        &self,
        items: Vec<Ready>,
        lease: &Lease,
    ) -> (Vec<Decision>, Vec<Item>) {
        let (mut decisions, mut waiting) = (Vec::new(), in_turn(items));
        while let Some(route) = waiting
            .front()
            .and_then(|(item, _)| self.routes.get(&item.received.message.route))
        {
            let portion = next_portion(&mut waiting, self.sizes.most(&route.destination_name));
            let made = self.call(route, portion, lease).await;
            let is_over = made.iter().any(|decision| {
                decision.event.health.is_away() || decision.event.health == Health::Doubtful
            });
            decisions.extend(made);
            if is_over || self.clock.now() >= lease.begin_until() {
                break;
            }
        }
        let left = waiting.into_iter().map(|(item, _)| item);
        (decisions, left.collect())
    }

    /// Delivers plans of one destination together.
    async fn call(&self, route: &DeliveryRoute, items: Vec<Ready>, lease: &Lease) -> Vec<Decision> {
        let system = route.destination.system();
        let (name, destination) = (&route.destination_name, route.destination.as_ref());
        let asking = Call::until(lease.call_until());
        let (mut items, decisions) = self
            .in_home_currency(name, destination, &asking, items)
            .await;
        let asked = asking.counters();
        figures::asked(system, &asked);
        let mut decisions: Vec<Decision> = decisions
            .into_iter()
            .map(|decided| decided.after_calls(asked.requests))
            .collect();
        if items.is_empty() {
            return decisions;
        }
        for (item, planned) in &mut items {
            complete(&mut planned.plan, item);
        }
        let plans: Vec<&Plan> = items.iter().map(|(_, planned)| &planned.plan).collect();
        let begun = tokio::time::Instant::now();
        let call = Call::until(lease.call_until());
        let mut outcomes = destination.deliver(&call, &plans).await;
        let asked = call.counters();
        figures::asked(system, &asked);
        outcomes.resize_with(items.len(), || {
            let text = "the destination adapter gave no outcome for this order";
            Outcome::Retry(Failure::transient(Class::Unknown, "write", text))
        });
        // The work as a whole may take two calls' time.
        let took = asked.slowest.max(begun.elapsed() / 2);
        // An order that failed again and again, and alone, does not tell how many others are too
        // many.
        if !items
            .iter()
            .all(|(item, _)| Suspicion::of(item) == Suspicion::Strong)
        {
            self.note_size(name, &outcomes, took, lease);
        }
        let judge = |((item, planned), outcome): (Ready, Outcome)| {
            self.judge(item, *planned, outcome, lease.probe)
                .after_calls(asked.requests)
        };
        decisions.extend(items.into_iter().zip(outcomes).map(judge));
        decisions
    }

    /// Notes how long these orders took, which decides how many go at a time from now on.
    fn note_size(&self, destination: &str, outcomes: &[Outcome], took: Duration, lease: &Lease) {
        let failures = || {
            outcomes.iter().filter_map(|outcome| match outcome {
                Outcome::Retry(failure) => Some(failure),
                _ => None,
            })
        };
        if failures().any(|failure| matches!(failure.retry, Retry::TimedOut | Retry::OutOfTime)) {
            if let Some(together) = self.sizes.took_too_long(destination, outcomes.len()) {
                let orders = outcomes.len();
                tracing::warn!(
                    destination,
                    orders,
                    together,
                    "orders took longer than a call may, so fewer go at a time"
                );
            }
        } else if failures().count() < outcomes.len() {
            self.sizes
                .were_answered(destination, outcomes.len(), took, lease.request_timeout);
        }
    }
}

/// Returns the result of a plan that needs no call: an older state, or exactly what the destination
/// holds. While another group holds the order, nobody knows what that is.
fn settled_by_ledger(item: &Item, planned: &Planned, now: Timestamp) -> Option<Result> {
    let entry = item.entry.as_ref()?;
    let delivered = entry.delivered.as_ref()?;
    let watermark = delivered.version.counting_beside(&planned.version, now);
    if planned.version.is_older_than(&watermark) {
        return Some(Result::Stale);
    }
    // A newer state was tried and its answer was lost: the destination may hold it, and its message
    // comes back. Until then the state that was delivered before must not be written over it.
    let is_past = !watermark.is_older_than(&planned.version);
    let tried = entry.holder.as_ref().and_then(|holder| holder.version);
    let is_tried = |tried: Version| {
        let tried = tried.counting_beside(&planned.version, now);
        entry.state == State::Retrying && planned.version.is_older_than(&tried)
    };
    if is_past && tried.is_some_and(is_tried) {
        return Some(Result::Stale);
    }
    let is_held_elsewhere = entry
        .holder
        .as_ref()
        .is_some_and(|holder| holder.group != item.group());
    let is_forced = item.received.message.origin == Origin::Forced;
    (delivered.content.is(&planned.content) && !is_held_elsewhere && !is_forced)
        .then_some(Result::Unchanged)
}

/// The next step for a message.
enum Next {
    /// Nothing more: the decision is made.
    Decided(Box<Decision>),
    /// A call to the destination.
    Deliver(Box<Item>, Box<Planned>),
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

/// Returns the settlement of a message that was not tried: it comes back at once.
fn released(received: Received) -> Settlement {
    received.settled(Disposition::Release)
}

/// Returns the settlement of a message that was not tried: it comes back at once, or, where its
/// order failed again and again, after a pause, to make room for others first.
fn untried_for_now(item: Item) -> Settlement {
    if Suspicion::of(&item) != Suspicion::Strong {
        return released(item.received);
    }
    item.received.settled(Disposition::Retry(SUSPECT_PAUSE))
}

fn lost_for_good(times: u32) -> Failure {
    let text = format!(
        "it was in hand {times} times and never settled, the last times alone: the process ended over it, or was stopped each time. Look into its log, and at what this order holds \
         (is there memory enough for it?); then replay it, or drop it"
    );
    Failure::permanent(Class::Unknown, "deliver", text)
}

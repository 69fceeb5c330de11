use crate::{
    DeliveryRoute, Health, Lease, Report, Result, Usage,
    currency::HomeCurrencies,
    decision::{Decision, Item, log},
    figures, known,
    prepare::{Planned, Prepared, prepare},
    reference::{self, Refusals},
    verdict::later,
};
use destination::{Class, Failure, Outcome, counted, within};
use mapping::Plan;
use ports::{Clock, Holder, Ledger, PrivacyLog, Queue, Received, Settlement, State, Verdict};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};

/// When a message comes back whose ledger entry could not be read or written.
pub(crate) const LEDGER_PAUSE: Duration = Duration::from_secs(1);

/// Delivers batches. Between them it knows only the routes: what it remembers is in its ports, which other processes may share.
pub struct Engine {
    pub(crate) routes: BTreeMap<String, DeliveryRoute>,
    pub(crate) ports: Ports,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) homes: HomeCurrencies,
    refusals: Refusals,
}

/// What the engine remembers with.
pub struct Ports {
    /// What was delivered.
    pub ledger: Arc<dyn Ledger>,
    /// Where the messages come from: a request about personal data takes some of them away.
    pub queue: Arc<dyn Queue>,
    /// The operator's list of such requests.
    pub privacy: Arc<dyn PrivacyLog>,
}

impl Engine {
    /// An engine for these routes, by name.
    pub fn new(routes: BTreeMap<String, DeliveryRoute>, ports: Ports, clock: Arc<dyn Clock>) -> Self {
        Self {
            routes,
            ports,
            clock,
            homes: HomeCurrencies::default(),
            refusals: Refusals::default(),
        }
    }

    /// Delivers a batch and says what the queue is to do with each message. Messages of one group go one after the other; after a failure that comes back, the rest of
    /// its group waits untried. No new message is begun after [`Lease::begin_until`], nor after the destination proved to be away, and no request is sent after
    /// [`Lease::call_until`].
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
            for mut decision in self.wave(wave, &lease).await {
                if matches!(decision.verdict, Verdict::Retry(_)) {
                    blocked.insert(decision.received.message.group.clone());
                }
                decision.event.took = wave_begun.elapsed();
                self.tell(&decision);
                report.settlements.push(Settlement {
                    receipt: decision.received.receipt,
                    verdict: decision.verdict,
                });
                report.events.push(decision.event);
            }
            let is_away = |health| matches!(health, Health::Outage | Health::Locked);
            if report.events.iter().any(|event| is_away(event.health)) {
                break;
            }
        }
        report.settlements.extend(waiting.into_iter().map(|left| Settlement {
            receipt: left.receipt,
            verdict: Verdict::Release,
        }));
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

    /// What became of a message, for who watches.
    fn tell(&self, decision: &Decision) {
        let message = &decision.received.message;
        let route = self.routes.get(&message.route);
        let system = route.map_or(figures::UNKNOWN, |route| route.destination.system());
        // What was replayed is as old as its dead letter, which says nothing about the queue.
        let is_first = message.replays == 0;
        let age = is_first.then(|| Duration::try_from(self.clock.now().duration_since(message.accepted)).unwrap_or_default());
        figures::settled(system, &decision.event, age);
        log(&decision.event);
    }

    /// The first message of each group that is not blocked, and never two of one order (an order's customer may have changed between two of its events).
    fn next_wave(&self, waiting: Vec<Received>, blocked: &BTreeSet<String>) -> (Vec<(Item, Prepared)>, Vec<Received>) {
        let (mut groups, mut orders) = (blocked.clone(), BTreeSet::new());
        let (mut wave, mut rest) = (Vec::new(), Vec::new());
        for received in waiting {
            let message = &received.message;
            if !groups.insert(message.group.clone()) {
                rest.push(received);
                continue;
            }
            let prepared = prepare(message, self.routes.get(&message.route));
            if prepared.key(&message.route).is_none_or(|key| orders.insert(key)) {
                wave.push((Item::new(received), prepared));
            } else {
                rest.push(received);
            }
        }
        (wave, rest)
    }

    async fn wave(&self, mut wave: Vec<(Item, Prepared)>, lease: &Lease) -> Vec<Decision> {
        if let Err(failure) = self.load_entries(&mut wave).await {
            return wave.into_iter().map(|(item, _)| later(item, &failure, LEDGER_PAUSE)).collect();
        }
        let wave = reference::resolve(wave, &self.routes, self.clock.as_ref(), &self.refusals).await;
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
        let mut by_destination: BTreeMap<String, Vec<(Item, Box<Planned>)>> = BTreeMap::new();
        for (item, planned) in plans {
            // The route may lead elsewhere than when the message was sent.
            let message = &item.received.message;
            let destination = self
                .routes
                .get(&message.route)
                .map_or(&message.destination, |route| &route.destination_name);
            by_destination.entry(destination.clone()).or_default().push((item, planned));
        }
        let calls = by_destination.into_values().map(|items| self.call(items, lease));
        decisions.extend(futures::future::join_all(calls).await.into_iter().flatten());
        self.store_entries(decisions).await
    }

    /// What can be said without asking the destination.
    async fn without_call(&self, item: Item, prepared: Prepared) -> Next {
        let decision = match prepared {
            Prepared::Plan(planned) => match settled_by_ledger(&item, &planned) {
                Some(Result::Stale) => {
                    let order = Some(planned.order);
                    Decision::new(item, order, None, Verdict::Done, Result::Stale, Health::Untouched)
                }
                Some(_) => self.unchanged(item, *planned),
                None => return Next::Deliver(Box::new(item), planned),
            },
            Prepared::Skip { reason, .. } => self.skip(item, reason),
            // Both are completed above, but for a route that is gone.
            Prepared::Gone { order, how, .. } => self.skip(item, format!("order {order} was {how}")),
            Prepared::Incomplete(order, _) => self.note(item, order.id, "the order's route is gone".to_owned()),
            Prepared::Note { order, reason } => self.note(item, order, reason),
            // Whatever is only named was asked for above, but for a route that is gone.
            Prepared::Reference { order, otherwise } => self.note(item, order, otherwise),
            Prepared::Unread { order, failure } => self.unread(item, order, failure),
            Prepared::Privacy(request) => self.fulfil(item, &request).await,
            Prepared::Broken { failure, .. } => self.reject(item, failure, Health::Untouched),
        };
        Next::Decided(Box::new(decision))
    }

    /// Delivers plans of one destination in one go.
    async fn call(&self, items: Vec<(Item, Box<Planned>)>, lease: &Lease) -> Vec<Decision> {
        let Some(route) = items.first().and_then(|(item, _)| self.routes.get(&item.received.message.route)) else {
            return Vec::new();
        };
        let system = route.destination.system();
        let asked = self.in_home_currency(&route.destination_name, route.destination.as_ref(), items);
        let ((items, decisions), tally) = counted(within(lease.call_until(), asked)).await;
        figures::asked(system, &tally);
        let mut decisions: Vec<Decision> = decisions.into_iter().map(|decided| decided.after_calls(tally.requests)).collect();
        if items.is_empty() {
            return decisions;
        }
        let plans: Vec<Plan> = items.iter().map(|(item, planned)| with_hints(item, planned)).collect();
        let work = within(lease.call_until(), route.destination.deliver(&plans));
        let (mut outcomes, tally) = counted(work).await;
        figures::asked(system, &tally);
        outcomes.resize_with(items.len(), || {
            let text = "the destination adapter gave no outcome for this order";
            Outcome::Retry(Failure::transient(Class::Unknown, "write", text))
        });
        let judge = |((item, planned), outcome): ((Item, Box<Planned>), Outcome)| {
            self.judge(item, *planned, outcome, lease.probe).after_calls(tally.requests)
        };
        decisions.extend(items.into_iter().zip(outcomes).map(judge));
        decisions
    }
}

/// What needs no call: an older state, or exactly what the destination holds. While another group holds the order, nobody knows what that is.
fn settled_by_ledger(item: &Item, planned: &Planned) -> Option<Result> {
    let entry = item.entry.as_ref()?;
    let delivered = entry.delivered.as_ref()?;
    if planned.version.is_older_than(&delivered.version) {
        return Some(Result::Stale);
    }
    // A newer state was tried and its answer lost: it may be there, and its message comes back. What was delivered before it must not be written over it meanwhile.
    let is_past = !delivered.version.is_older_than(&planned.version);
    let is_tried = |holder: &Holder| entry.state == State::Retrying && planned.version.is_older_than(&holder.version);
    if is_past && entry.holder.as_ref().is_some_and(is_tried) {
        return Some(Result::Stale);
    }
    let is_held_elsewhere = entry.holder.as_ref().is_some_and(|holder| holder.group != item.group());
    (planned.content == delivered.content && !is_held_elsewhere).then_some(Result::Unchanged)
}

/// What a message needs.
enum Next {
    /// Nothing more: this becomes of it.
    Decided(Box<Decision>),
    /// A call.
    Deliver(Box<Item>, Box<Planned>),
}

/// The plan, with the ids of what an earlier delivery left: the first record of each name.
fn with_hints(item: &Item, planned: &Planned) -> Plan {
    let mut plan = planned.plan.clone();
    let delivered = item.entry.as_ref().and_then(|entry| entry.delivered.as_ref());
    for record in delivered.iter().flat_map(|delivered| &delivered.records) {
        plan.known.entry(record.name.clone()).or_insert_with(|| record.id.clone());
    }
    plan
}

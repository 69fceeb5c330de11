//! The engine: what becomes of a batch of messages.
//!
//! The messages were received by the caller, who holds them for the time of a [`Lease`] and settles
//! them afterwards. In between:
//!
//! 1. A wave is formed ([`crate::wave`]): the first message of each group, never two of one order.
//!    Each message is read and planned without I/O.
//! 2. The ledger's entries of the wave's orders are loaded. The shop is asked for orders that are
//!    only named, and what the ledger knows completes what was read.
//! 3. What needs no call is decided: nothing to deliver, an older state, or exactly what the
//!    destination holds already ([`crate::compare`]).
//! 4. The other orders are claimed in the ledger ([`crate::claim`]), so that no other group and no
//!    other process writes them meanwhile.
//! 5. The destinations are called, each with as many plans at a time as it has time for
//!    ([`crate::call`]). Each outcome becomes a decision ([`crate::decide`]).
//! 6. The entries are stored, on condition of the revision that was read. A message whose entry was
//!    not stored comes back.
//!
//! Then the next wave begins, without the groups of messages that come back. A crash at any point
//! repeats the work, which changes nothing: the caller has settled nothing yet, and the ledger and
//! the upserts of the destinations recognise what was delivered.

use crate::{
    DeliveryRoute, Lease, Report, Usage,
    currency::HomeCurrencies,
    decision::{Decision, Item, log},
    metrics,
    portion::Suspicion,
    reference::Refusals,
    size::Sizes,
};
use ports::{
    Clock, Disposition, Ledger, LedgerKey, Message, PrivacyLog, Queue, Received, Settlement,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};

/// The pause before a message comes back whose ledger entry could not be read or written.
pub(crate) const LEDGER_PAUSE: Duration = Duration::from_secs(1);
/// The pause before an order comes back that failed again and again, and that was not tried because
/// another one of these has just failed once more.
const SUSPECT_PAUSE: Duration = Duration::from_secs(10);

/// The engine that delivers batches. Between them it knows only the routes: what it remembers is in
/// its ports, which other processes may share.
pub struct Engine {
    pub(crate) routes: BTreeMap<String, Arc<DeliveryRoute>>,
    pub(crate) ports: Ports,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) homes: HomeCurrencies,
    pub(crate) refusals: Refusals,
    pub(crate) sizes: Sizes,
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
        let shared = |(name, route)| (name, Arc::new(route));
        Self {
            routes: routes.into_iter().map(shared).collect(),
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
        let first = batch.first();
        let route = first.and_then(|received| self.route(&received.message));
        let (mut waiting, mut blocked) = (batch, BTreeSet::new());
        while !waiting.is_empty() && self.clock.now() < lease.begin_until() {
            let next = self.next_wave(waiting, &blocked);
            waiting = next.rest;
            if next.wave.is_empty() {
                break;
            }
            let wave_begun = Instant::now();
            let worked = self.work_on(next.wave, &lease).await;
            for item in worked.untried {
                blocked.insert(item.group().to_owned());
                report.settlements.push(untried_for_now(item));
            }
            for decision in worked.decisions {
                if decision.disposition.pause().is_some() {
                    blocked.insert(decision.received.message.group.clone());
                }
                self.report_decision(decision, wave_begun.elapsed(), &mut report);
            }
            if report.events.iter().any(|event| event.health.is_away()) {
                break;
            }
        }
        report.settlements.extend(waiting.into_iter().map(released));
        if let Some(route) = route {
            report.usage = usage(&route, begun.elapsed());
        }
        report
    }

    /// Returns how many orders that were read from a shop go to a destination at a time; `None` where
    /// it does not take them in bulk, or not now.
    #[must_use]
    pub fn bulk(&self, destination: &str) -> Option<usize> {
        let is_meant = |route: &&Arc<DeliveryRoute>| route.destination_name == destination;
        let bulk = self.routes.values().find(is_meant)?.destination.bulk()?;
        Some(bulk.most)
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
        let found = self.ports.ledger.load(&wanted).await.unwrap_or_default();
        let mut found = found.into_iter();
        let tried = |key: Option<LedgerKey>| {
            key.and_then(|_| found.next().flatten())
                .map_or((0, 0), |entry| (entry.suspicion, entry.attempts))
        };
        let tried: Vec<(u32, u32)> = keys.into_iter().map(tried).collect();
        (0..messages.len())
            .min_by_key(|place| tried.get(*place).copied())
            .unwrap_or_default()
    }

    /// Returns the route of a message; `None` where no route has that name.
    pub(crate) fn route(&self, message: &Message) -> Option<Arc<DeliveryRoute>> {
        self.routes.get(&message.route).cloned()
    }

    /// Counts, logs and reports what became of a message.
    fn report_decision(&self, mut decision: Decision, took: Duration, report: &mut Report) {
        decision.event.took = took;
        let message = &decision.received.message;
        let route = decision.route.as_ref();
        let system = route.map_or(metrics::UNKNOWN, |route| route.destination.system());
        // A replayed message is as old as its dead letter, which says nothing about the queue.
        let is_first = message.replays == 0;
        let age = is_first.then(|| {
            Duration::try_from(self.clock.now().duration_since(message.accepted))
                .unwrap_or_default()
        });
        metrics::settled(system, &decision.event, age);
        log(&decision.event);
        let settlement = decision.received.settled(decision.disposition);
        report.settlements.push(settlement);
        report.events.push(decision.event);
    }
}

/// Returns how much of the destination was used so far, and records it with the time of a batch.
fn usage(route: &DeliveryRoute, took: Duration) -> Usage {
    let usage = Usage {
        requests: route.destination.requests(),
        budget: route.destination.budget(),
    };
    let system = route.destination.system();
    metrics::batch(system, took);
    if let Some(budget) = &usage.budget {
        metrics::budget(system, budget.percent());
    }
    usage
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

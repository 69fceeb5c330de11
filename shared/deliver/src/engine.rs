use crate::{
    DeliveryRoute, Health, Report, Result,
    decision::{Decision, Item, log},
    in_hand::InHand,
    prepare::{Planned, Prepared, prepare},
    record,
    reference::{self, Refusals},
    verdict::{in_hand_elsewhere, later},
};
use destination::{Class, Failure, Outcome};
use jiff::Timestamp;
use mapping::Plan;
use ports::{Clock, Ledger, LedgerEntry, LedgerKey, PrivacyLog, Queue, Received, Settlement, Stored, Verdict};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

/// When a message comes back whose ledger entry could not be read or written.
const LEDGER_PAUSE: Duration = Duration::from_secs(1);
/// When a message comes back whose order another worker has in hand.
const IN_HAND_PAUSE: Duration = Duration::from_millis(250);

/// Delivers batches. Between them it knows only the routes and which orders its callers have in hand.
pub struct Engine {
    pub(crate) routes: BTreeMap<String, DeliveryRoute>,
    pub(crate) ports: Ports,
    pub(crate) in_hand: InHand,
    pub(crate) clock: Arc<dyn Clock>,
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
            in_hand: InHand::default(),
            refusals: Refusals::default(),
        }
    }

    /// Delivers a batch and says what the queue is to do with each message. Messages of one group go one after the other; after a failure that comes back, the rest of
    /// its group waits untried. No new message is begun after `deadline`, nor after the destination proved to be away.
    pub async fn deliver(&self, batch: Vec<Received>, deadline: Timestamp) -> Report {
        let mut report = Report::default();
        let mut waiting = batch;
        let mut blocked = BTreeSet::new();
        while !waiting.is_empty() && self.clock.now() < deadline {
            let (wave, rest) = self.next_wave(waiting, &blocked);
            waiting = rest;
            if wave.is_empty() {
                break;
            }
            for decision in self.wave(wave).await {
                if matches!(decision.verdict, Verdict::Retry(_)) {
                    blocked.insert(decision.received.message.group.clone());
                }
                log(&decision.event);
                report.settlements.push(Settlement {
                    receipt: decision.received.receipt,
                    verdict: decision.verdict,
                });
                report.events.push(decision.event);
            }
            if report
                .events
                .iter()
                .any(|event| matches!(event.health, Health::Outage | Health::Locked))
            {
                break;
            }
        }
        report.settlements.extend(waiting.into_iter().map(|left| Settlement {
            receipt: left.receipt,
            verdict: Verdict::Release,
        }));
        report
    }

    /// The first message of each group that is not blocked, and never two of one order (an order's customer may have changed between two of its events).
    fn next_wave(&self, waiting: Vec<Received>, blocked: &BTreeSet<String>) -> (Vec<Item>, Vec<Received>) {
        let (mut groups, mut orders) = (blocked.clone(), BTreeSet::new());
        let (mut wave, mut rest) = (Vec::new(), Vec::new());
        for received in waiting {
            let message = &received.message;
            if !groups.insert(message.group.clone()) {
                rest.push(received);
                continue;
            }
            let prepared = prepare(message, self.routes.get(&message.route));
            let Some(key) = prepared.key(&message.route) else {
                wave.push(Item {
                    received,
                    prepared,
                    entry: None,
                    hold: None,
                });
                continue;
            };
            if orders.insert(key.clone()) {
                wave.push(self.take_in_hand(received, prepared, key));
            } else {
                rest.push(received);
            }
        }
        (wave, rest)
    }

    fn take_in_hand(&self, received: Received, prepared: Prepared, key: LedgerKey) -> Item {
        match self.in_hand.take(key) {
            Some(hold) => Item {
                received,
                prepared,
                entry: None,
                hold: Some(hold),
            },
            None => Item {
                received,
                prepared: Prepared::Busy,
                entry: None,
                hold: None,
            },
        }
    }

    async fn wave(&self, mut wave: Vec<Item>) -> Vec<Decision> {
        if let Err(failure) = self.load_entries(&mut wave).await {
            return wave.into_iter().map(|item| later(item, &failure, LEDGER_PAUSE)).collect();
        }
        let wave = reference::resolve(wave, &self.routes, self.clock.as_ref(), &self.refusals).await;
        let mut decisions = Vec::new();
        let mut by_destination: BTreeMap<String, Vec<(Item, Box<Planned>)>> = BTreeMap::new();
        for mut item in wave {
            match std::mem::replace(&mut item.prepared, Prepared::Busy) {
                Prepared::Plan(planned) => match self.settled_by_ledger(&item, &planned) {
                    Some((entry, result)) => decisions.push(Decision::new(
                        item,
                        Some(planned.order),
                        entry,
                        Verdict::Done,
                        result,
                        Health::Untouched,
                    )),
                    None => by_destination
                        .entry(item.received.message.destination.clone())
                        .or_default()
                        .push((item, planned)),
                },
                Prepared::Skip { reason, .. } => decisions.push(self.skip(item, reason)),
                Prepared::Note { order, reason } => decisions.push(self.note(item, order, reason)),
                // Whatever is only named was asked for above, but for a route that is gone.
                Prepared::Reference { order, otherwise } => decisions.push(self.note(item, order, otherwise)),
                Prepared::Unread { order, failure } => decisions.push(self.unread(item, order, failure)),
                Prepared::Privacy(request) => decisions.push(self.fulfil(item, &request).await),
                Prepared::Broken { failure, .. } => decisions.push(self.reject(item, failure, Health::Untouched)),
                Prepared::Busy => decisions.push(later(item, &in_hand_elsewhere(), IN_HAND_PAUSE)),
            }
        }
        let calls = by_destination.into_values().map(|items| self.call(items));
        decisions.extend(futures::future::join_all(calls).await.into_iter().flatten());
        self.store_entries(decisions).await
    }

    /// What needs no call: an older state, or exactly what the destination holds.
    fn settled_by_ledger(&self, item: &Item, planned: &Planned) -> Option<(Option<LedgerEntry>, Result)> {
        let entry = item.entry.as_ref()?;
        let delivered = entry.delivered.as_ref()?;
        if planned.version.is_older_than(&delivered.version) {
            return Some((None, Result::Stale));
        }
        let is_same = planned.content == delivered.content;
        is_same.then(|| (Some(record::unchanged(entry.clone(), planned, self.clock.now())), Result::Unchanged))
    }

    /// Delivers plans of one destination in one go.
    async fn call(&self, items: Vec<(Item, Box<Planned>)>) -> Vec<Decision> {
        let Some(route) = items.first().and_then(|(item, _)| self.routes.get(&item.received.message.route)) else {
            return Vec::new();
        };
        let plans: Vec<Plan> = items.iter().map(|(item, planned)| with_hints(item, planned)).collect();
        let mut outcomes = route.destination.deliver(&plans).await;
        outcomes.resize_with(items.len(), || {
            Outcome::Retry(Failure::transient(
                Class::Unknown,
                "write",
                "the destination adapter gave no outcome for this order",
            ))
        });
        items
            .into_iter()
            .zip(outcomes)
            .map(|((item, planned), outcome)| self.judge(item, *planned, outcome))
            .collect()
    }

    /// Reads the ledger for the whole wave; an order that is new gets its first entry.
    async fn load_entries(&self, wave: &mut [Item]) -> std::result::Result<(), Failure> {
        let keys: Vec<Option<LedgerKey>> = wave.iter().map(|item| item.prepared.key(&item.received.message.route)).collect();
        let wanted: Vec<LedgerKey> = keys.iter().flatten().cloned().collect();
        let mut found = self
            .ports
            .ledger
            .load(&wanted)
            .await
            .map_err(|error| ledger_failure(&error))?
            .into_iter();
        for (item, key) in wave.iter_mut().zip(keys) {
            let Some(key) = key else { continue };
            item.entry = Some(found.next().flatten().unwrap_or_else(|| record::first(key, self.clock.now())));
        }
        Ok(())
    }

    /// Writes the ledger before anything is settled: a message whose entry was not stored comes back.
    async fn store_entries(&self, mut decisions: Vec<Decision>) -> Vec<Decision> {
        let entries: Vec<LedgerEntry> = decisions.iter().filter_map(|decision| decision.entry.clone()).collect();
        if entries.is_empty() {
            return decisions;
        }
        let stored = self.ports.ledger.store(entries).await;
        let mut answers = stored.as_ref().map(Vec::as_slice).unwrap_or_default().iter();
        for decision in decisions.iter_mut().filter(|decision| decision.entry.is_some()) {
            let failure = match (&stored, answers.next()) {
                (Ok(_), Some(Stored::Yes)) => continue,
                (Err(error), _) => ledger_failure(error),
                (Ok(_), _) => Failure::transient(
                    Class::Conflict,
                    "ledger",
                    "another worker wrote the ledger entry of this order meanwhile",
                ),
            };
            decision.verdict = Verdict::Retry(LEDGER_PAUSE);
            decision.event.result = Result::Retry {
                class: failure.class.as_str(),
                summary: failure.summary(),
                after: LEDGER_PAUSE,
            };
        }
        decisions
    }
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

fn ledger_failure(error: &ports::PortError) -> Failure {
    tracing::error!(error = error as &dyn std::error::Error, "the ledger is unavailable; orders wait");
    Failure::transient(Class::Unavailable, "ledger", error.to_string())
}

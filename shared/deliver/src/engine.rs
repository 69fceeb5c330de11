use crate::{
    DeliveryRoute, Event, Report, Result, backoff,
    prepare::{Planned, Prepared, prepare},
    record,
};
use destination::{Class, Failure, Outcome};
use jiff::Timestamp;
use mapping::Plan;
use ports::{Clock, DeadLetter, Ledger, LedgerEntry, LedgerKey, Received, Settlement, Stored, Verdict};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

/// Delivers batches. Holds no state between them but the routes.
pub struct Engine {
    routes: BTreeMap<String, DeliveryRoute>,
    ledger: Arc<dyn Ledger>,
    clock: Arc<dyn Clock>,
}

/// A message on its way through one wave.
struct Item {
    received: Received,
    prepared: Prepared,
    entry: Option<LedgerEntry>,
}

/// What a wave decided about a message: what the ledger is to remember, what the queue is to do, what the operator is told.
struct Decision {
    received: Received,
    entry: Option<LedgerEntry>,
    verdict: Verdict,
    event: Event,
}

impl Engine {
    /// An engine for these routes, by name.
    pub fn new(routes: BTreeMap<String, DeliveryRoute>, ledger: Arc<dyn Ledger>, clock: Arc<dyn Clock>) -> Self {
        Self { routes, ledger, clock }
    }

    /// The routes, by name.
    #[must_use]
    pub fn routes(&self) -> &BTreeMap<String, DeliveryRoute> {
        &self.routes
    }

    /// Delivers a batch and says what the queue is to do with each message. Messages of one group go one after the other; after a failure that comes back, the rest of
    /// its group waits untried. No new message is begun after `deadline`.
    pub async fn deliver(&self, batch: Vec<Received>, deadline: Timestamp) -> Report {
        let mut report = Report::default();
        let mut waiting = batch;
        let mut blocked = BTreeSet::new();
        while !waiting.is_empty() && self.clock.now() < deadline {
            let (wave, rest) = self.next_wave(waiting, &blocked);
            if wave.is_empty() {
                waiting = rest;
                break;
            }
            waiting = rest;
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
            if prepared.key(&message.route).is_some_and(|key| !orders.insert(key)) {
                rest.push(received);
            } else {
                wave.push(Item {
                    received,
                    prepared,
                    entry: None,
                });
            }
        }
        (wave, rest)
    }

    async fn wave(&self, mut wave: Vec<Item>) -> Vec<Decision> {
        if let Err(failure) = self.load_entries(&mut wave).await {
            return wave.into_iter().map(|item| self.retry_untouched(item, &failure)).collect();
        }
        let mut decisions = Vec::new();
        let mut by_destination: BTreeMap<String, Vec<(Item, Box<Planned>)>> = BTreeMap::new();
        for mut item in wave {
            match std::mem::replace(
                &mut item.prepared,
                Prepared::Skip {
                    order: None,
                    reason: String::new(),
                },
            ) {
                Prepared::Plan(planned) => match self.settled_by_ledger(item, planned) {
                    Ok(decision) => decisions.push(decision),
                    Err((item, planned)) => by_destination
                        .entry(item.received.message.destination.clone())
                        .or_default()
                        .push((item, planned)),
                },
                Prepared::Skip { reason, .. } => decisions.push(self.skip(item, reason)),
                Prepared::Broken { failure, .. } => decisions.push(self.reject(item, failure)),
            }
        }
        let calls = by_destination.into_values().map(|items| self.call(items));
        decisions.extend(futures::future::join_all(calls).await.into_iter().flatten());
        self.store_entries(decisions).await
    }

    /// What needs no call: an older state, or exactly what the destination holds.
    #[expect(clippy::result_large_err, reason = "the error is the item, handed back to be delivered")]
    fn settled_by_ledger(&self, item: Item, planned: Box<Planned>) -> std::result::Result<Decision, (Item, Box<Planned>)> {
        let Some(delivered) = item.entry.as_ref().and_then(|entry| entry.delivered.as_ref()) else {
            return Err((item, planned));
        };
        if planned.version.is_older_than(&delivered.version) {
            return Ok(decide(item.received, Some(planned.order), None, Verdict::Done, Result::Stale));
        }
        if planned.content != delivered.content {
            return Err((item, planned));
        }
        let entry = item.entry.map(|entry| record::unchanged(entry, &planned, self.clock.now()));
        Ok(decide(item.received, Some(planned.order), entry, Verdict::Done, Result::Unchanged))
    }

    /// Delivers plans of one destination in one go.
    async fn call(&self, items: Vec<(Item, Box<Planned>)>) -> Vec<Decision> {
        let Some(route) = items.first().and_then(|(item, _)| self.routes.get(&item.received.message.route)) else {
            return Vec::new();
        };
        let plans: Vec<Plan> = items.iter().map(|(_, planned)| planned.plan.clone()).collect();
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

    fn judge(&self, item: Item, planned: Planned, outcome: Outcome) -> Decision {
        let now = self.clock.now();
        match outcome {
            Outcome::Delivered { records, warnings } => {
                let warnings: Vec<String> = planned.plan.warnings.iter().cloned().chain(warnings).collect();
                let entry = item
                    .entry
                    .map(|entry| record::delivered(entry, &planned, records.clone(), warnings.clone(), now));
                decide(
                    item.received,
                    Some(planned.order),
                    entry,
                    Verdict::Done,
                    Result::Delivered { records, warnings },
                )
            }
            Outcome::Retry(failure) => self.retry(item, planned.order, failure, now),
            Outcome::Rejected(failure) => self.reject(item, failure),
        }
    }

    fn retry(&self, item: Item, order: String, failure: Failure, now: Timestamp) -> Decision {
        let Some(route) = self.routes.get(&item.received.message.route) else {
            return self.reject(item, failure);
        };
        let entry = item.entry.as_ref().map(|entry| record::failed(entry.clone(), &failure, now));
        let attempts = entry.as_ref().map_or(1, |entry| entry.attempts.max(1));
        let failing_since = entry.as_ref().and_then(|entry| entry.failing_since);
        if failing_since.is_some_and(|since| now.duration_since(since).unsigned_abs() >= route.policy.give_up_after) {
            let age = humantime_days(route.policy.give_up_after);
            let message = format!(
                "gave up after {age} of failed tries; the last: {}. Replay it when the destination is well again",
                failure.message
            );
            return self.reject(
                item,
                Failure {
                    message,
                    retry: false,
                    ..failure
                },
            );
        }
        let after = backoff::pause(&route.policy, attempts, &item.received.message.event, failure.retry_after);
        let outage = !matches!(failure.class, Class::Conflict);
        let result = Result::Retry {
            class: failure.class.as_str(),
            outage,
            summary: failure.summary(),
            after,
        };
        decide(item.received, Some(order), entry, Verdict::Retry(after), result)
    }

    fn skip(&self, item: Item, reason: String) -> Decision {
        let entry = item.entry.map(|entry| record::skipped(entry, &reason, self.clock.now()));
        let order = item.received.message.order.clone();
        decide(item.received, order, entry, Verdict::Done, Result::Skipped { reason })
    }

    fn reject(&self, item: Item, failure: Failure) -> Decision {
        let now = self.clock.now();
        let attempts = item.entry.as_ref().map_or(0, |entry| entry.attempts).saturating_add(1);
        let order = item
            .entry
            .as_ref()
            .map(|entry| entry.key.order.clone())
            .or_else(|| item.received.message.order.clone());
        let entry = item.entry.map(|entry| record::rejected(entry, &failure, now));
        let letter = DeadLetter {
            id: String::new(),
            message: item.received.message.clone(),
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
        decide(item.received, order, entry, Verdict::Dead(Box::new(letter)), result)
    }

    /// Reads the ledger for the whole wave; an order that is new gets its first entry.
    async fn load_entries(&self, wave: &mut [Item]) -> std::result::Result<(), Failure> {
        let keys: Vec<Option<LedgerKey>> = wave.iter().map(|item| item.prepared.key(&item.received.message.route)).collect();
        let wanted: Vec<LedgerKey> = keys.iter().flatten().cloned().collect();
        let mut found = self.ledger.load(&wanted).await.map_err(|error| ledger_failure(&error))?.into_iter();
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
        let stored = self.ledger.store(entries).await;
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
            let after = LEDGER_PAUSE;
            decision.verdict = Verdict::Retry(after);
            decision.event.result = Result::Retry {
                class: failure.class.as_str(),
                outage: false,
                summary: failure.summary(),
                after,
            };
        }
        decisions
    }

    fn retry_untouched(&self, item: Item, failure: &Failure) -> Decision {
        let result = Result::Retry {
            class: failure.class.as_str(),
            outage: false,
            summary: failure.summary(),
            after: LEDGER_PAUSE,
        };
        let order = item.prepared.order().map(str::to_owned);
        decide(item.received, order, None, Verdict::Retry(LEDGER_PAUSE), result)
    }
}

/// When a message comes back whose ledger entry could not be read or written.
const LEDGER_PAUSE: Duration = Duration::from_secs(1);

fn decide(received: Received, order: Option<String>, entry: Option<LedgerEntry>, verdict: Verdict, result: Result) -> Decision {
    let event = Event {
        route: received.message.route.clone(),
        destination: received.message.destination.clone(),
        order,
        result,
    };
    Decision {
        received,
        entry,
        verdict,
        event,
    }
}

fn ledger_failure(error: &ports::PortError) -> Failure {
    tracing::error!(error = error as &dyn std::error::Error, "the ledger is unavailable; orders wait");
    Failure::transient(Class::Unavailable, "ledger", error.to_string())
}

fn humantime_days(age: Duration) -> String {
    match age.as_secs() {
        seconds if seconds >= 86_400 => format!("{} days", seconds / 86_400),
        seconds => format!("{seconds} seconds"),
    }
}

/// One line per settled message: ids, words and codes; nothing that a customer wrote.
fn log(event: &Event) {
    let (route, order, outcome) = (&event.route, event.order.as_deref(), event.result.word());
    match &event.result {
        Result::Rejected { class, .. } => tracing::warn!(route, order, outcome, class, "order"),
        Result::Retry { summary, after, .. } => tracing::warn!(route, order, outcome, summary, after_ms = after.as_millis(), "order"),
        Result::Delivered { records, warnings } => {
            tracing::info!(route, order, outcome, records = records.len(), warnings = warnings.len(), "order");
        }
        _ => tracing::info!(route, order, outcome, "order"),
    }
}

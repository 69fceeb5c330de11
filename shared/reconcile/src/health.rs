//! What there is to tell of stores that are compared by themselves, as figures and log lines.

use crate::{Passed, Place, Problem};
use config::{Config, Store};
use jiff::{SignedDuration, Timestamp};
use std::{collections::BTreeMap, time::Duration};

/// The number of passes that may fail before a store counts as not compared.
const FEW: u32 = 4;
/// The least time after which it does.
const SHORTEST: Duration = Duration::from_hours(1);

/// The state of each store that is compared by itself, by its name.
#[derive(Debug, Default)]
pub struct Health {
    stores: BTreeMap<String, Place>,
    /// The numbers of orders that the last pass found missing and behind, where it found any.
    found: BTreeMap<String, (u64, u64)>,
}

impl Health {
    /// Notes the result of a pass, logs it, and counts what it found.
    pub fn note(&mut self, store: &str, passed: &Passed) {
        match &passed.result {
            Ok(Some(compared)) => {
                let (missing, behind) = compared.found();
                count("missing", missing);
                count("behind", behind);
                self.found.insert(store.to_owned(), (missing, behind));
                let last = passed
                    .place
                    .as_ref()
                    .and_then(|place| place.last.as_deref());
                if missing + behind > 0 {
                    tracing::warn!(
                        store,
                        missing,
                        behind,
                        last,
                        "the shop has orders that did not come here; they are on their way"
                    );
                } else {
                    tracing::info!(store, last, "compared");
                }
            }
            Ok(None) if passed.place.is_some() => tracing::debug!(store, "it is not its time"),
            Ok(None) => tracing::info!(store, "another process compares this store now"),
            Err(problem) => failed(store, problem),
        }
        if let Some(place) = &passed.place {
            self.stores.insert(store.to_owned(), place.clone());
        } else {
            self.stores.entry(store.to_owned()).or_default();
        }
    }

    /// Returns the last known state of a store.
    #[must_use]
    pub fn of(&self, store: &str) -> Option<&Place> {
        self.stores.get(store)
    }

    /// Returns the numbers of orders of a store that the last pass found missing and behind.
    #[must_use]
    pub fn found(&self, store: &str) -> (u64, u64) {
        self.found.get(store).copied().unwrap_or_default()
    }

    /// Returns whether a store was not compared to the end for too long.
    #[must_use]
    pub fn is_late(&self, store: &Store, now: Timestamp) -> bool {
        let (Some(place), Some(every)) = (self.of(&store.name), store.reconcile.every) else {
            return false;
        };
        let limit = SHORTEST.max(every.saturating_mul(FEW));
        place
            .compared_until
            .is_none_or(|until| is_older(until, limit, now))
    }
}

/// Sets the gauges of all stores.
pub fn tell(health: &Health, config: &Config, now: Timestamp) {
    let places = || health.stores.values();
    let sum = |figure: fn(&Place) -> u64| places().map(figure).sum();
    gauge("gone", sum(|place| place.gone));
    gauge("differs", sum(|place| place.differs));
    let is_wrong = |place: &&Place| {
        let seen = place.webhooks.as_ref();
        seen.is_some_and(|seen| seen.wrong.is_some())
    };
    metrics::gauge!("orderbridge_webhooks_off").set(bounded(places().filter(is_wrong).count()));
    let late = config.stores.values();
    let late = late.filter(|store| health.is_late(store, now)).count();
    metrics::gauge!("orderbridge_uncompared_stores").set(bounded(late));
}

/// Sets the gauge of stores that are silent, where no process hears their webhooks and remembers:
/// by the last posted order that a comparison met.
pub fn tell_silence(health: &Health, config: &Config, now: Timestamp) {
    let is_silent = |store: &&Store| {
        let heard = health.of(&store.name).and_then(|place| place.heard);
        matches!((heard, store.silence), (Some(heard), Some(limit)) if is_older(heard, limit, now))
    };
    let mut silent = 0;
    for store in config.stores.values().filter(is_silent) {
        silent += 1;
        tracing::warn!(
            store = store.name,
            "no posted order of the store for longer than its `silence`; see that the shop's webhook is active and its address and secret are right"
        );
    }
    metrics::gauge!("orderbridge_silent_stores").set(bounded(silent));
}

fn failed(store: &str, problem: &Problem) {
    tracing::warn!(
        store,
        error = problem as &dyn std::error::Error,
        "the store could not be compared; it is tried again, and reaches back as far as it was to"
    );
}

fn count(standing: &'static str, orders: u64) {
    metrics::counter!("orderbridge_compared_orders_total", "standing" => standing)
        .increment(orders);
}

fn gauge(standing: &'static str, orders: u64) {
    metrics::gauge!("orderbridge_unlike_orders", "standing" => standing)
        .set(u32::try_from(orders).unwrap_or(u32::MAX));
}

fn is_older(at: Timestamp, limit: Duration, now: Timestamp) -> bool {
    SignedDuration::try_from(limit).is_ok_and(|limit| now.duration_since(at) > limit)
}

fn bounded(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

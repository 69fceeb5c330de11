//! `GET /metrics`: metrics that were counted so far, and gauges that are looked up only when
//! somebody asks.

use crate::report::Failed;
use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use platform_sqlite::SqliteStore;
use ports::{CircuitStore, PortError};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use telemetry::Scrape;
use tokio::sync::watch;

/// The pause between two moves of recorded values into their buckets, so that they do not pile up
/// where nobody scrapes.
const TIDY_EVERY: Duration = Duration::from_secs(5);

/// The metrics of this process for a scraper.
#[derive(Clone)]
pub(crate) struct Metrics {
    scrape: Scrape,
    store: SqliteStore,
    /// Name and system of each destination.
    destinations: Arc<[(String, &'static str)]>,
}

/// The state of one system: of several destinations the sum, or the worst.
#[derive(Default)]
struct State {
    queued: u64,
    dead: u64,
    is_open: bool,
    budget: Option<u64>,
}

impl Metrics {
    /// Starts to count in this process, or goes on with what it counts already.
    pub(crate) fn start<'a>(
        store: SqliteStore,
        destinations: impl Iterator<Item = &'a config::Destination>,
    ) -> Result<Self, Failed> {
        let scrape = telemetry::prometheus().map_err(|error| Failed::of(&error))?;
        let name_and_system = |destination: &config::Destination| {
            (destination.name.clone(), destination.system.as_str())
        };
        Ok(Self {
            scrape,
            store,
            destinations: destinations.map(name_and_system).collect(),
        })
    }

    /// Keeps memory bounded until `stop` turns true.
    pub(crate) async fn tidy(self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            self.scrape.tidy();
            tokio::select! {
                () = tokio::time::sleep(TIDY_EVERY) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// Returns the answer to a scraper. A gauge that cannot be looked up keeps its last value.
    pub(crate) async fn answer(self) -> Response {
        match self.states().await {
            Ok(states) => states.iter().for_each(|(system, state)| state.tell(system)),
            Err(error) => tracing::warn!(
                error = &error as &dyn std::error::Error,
                "what waits could not be counted for /metrics"
            ),
        }
        (
            [(header::CONTENT_TYPE, Scrape::CONTENT_TYPE)],
            self.scrape.text(),
        )
            .into_response()
    }

    async fn states(&self) -> Result<BTreeMap<&'static str, State>, PortError> {
        let counts = self.store.counts().await?;
        let mut states: BTreeMap<&'static str, State> = BTreeMap::new();
        for (name, system) in self.destinations.iter() {
            let state = states.entry(system).or_default();
            let of = |counts: &BTreeMap<String, u64>| counts.get(name).copied().unwrap_or_default();
            state.queued = state.queued.saturating_add(of(&counts.queued));
            state.dead = state.dead.saturating_add(of(&counts.dead));
            state.is_open |= self.store.circuit(name).await?.is_some();
            let budget = self.store.budget(name).await?;
            state.budget = state.budget.max(budget.map(|budget| budget.percent()));
        }
        Ok(states)
    }
}

impl State {
    fn tell(&self, system: &'static str) {
        metrics::gauge!("orderbridge_queue_depth", "system" => system).set(bounded(self.queued));
        metrics::gauge!("orderbridge_dead_letters", "system" => system).set(bounded(self.dead));
        metrics::gauge!("orderbridge_circuit_open", "system" => system).set(u8::from(self.is_open));
        if let Some(percent) = self.budget {
            metrics::gauge!("orderbridge_api_budget_percent", "system" => system)
                .set(bounded(percent));
        }
    }
}

fn bounded(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

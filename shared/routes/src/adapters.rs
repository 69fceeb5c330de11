use crate::Problems;
use config::{Config, Delivery, Problem, check_destination_secret};
use deliver::{CircuitSettings, Pace};
use destination::Destination;
use ports::{Checkpoints, Clock, Secrets, TokenStore};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// Creates the adapters of all destinations, by name, without calling any of them. What their
/// processes have to know of each other is kept in `notes`.
///
/// # Errors
/// Fails with all destinations whose HTTP client cannot start.
pub fn destinations(
    config: &Config,
    secrets: &Arc<dyn Secrets>,
    tokens: &Arc<dyn TokenStore>,
    clock: &Arc<dyn Clock>,
    notes: Option<&Arc<dyn Checkpoints>>,
) -> Result<BTreeMap<String, Arc<dyn Destination>>, Problems> {
    let (mut adapters, mut problems) = (BTreeMap::new(), Vec::new());
    for destination in config.destinations.values() {
        match destinations::destination(
            destination,
            Arc::clone(secrets),
            Arc::clone(tokens),
            Arc::clone(clock),
            notes.cloned(),
        ) {
            Ok(adapter) => _ = adapters.insert(destination.name.clone(), adapter),
            Err(failure) => problems.push(format!("destination {}: {failure}", destination.name)),
        }
    }
    if problems.is_empty() {
        Ok(adapters)
    } else {
        Err(Problems::new(problems))
    }
}

/// Finds the destinations whose secrets cannot be used as they are, by name, with the problems of
/// each. Such a destination does not keep the others from working: the program that starts reports
/// the problems, opens the destination's circuit, so that its orders wait without losing attempts,
/// and goes on.
pub async fn unready_destinations(
    config: &Config,
    secrets: &dyn Secrets,
) -> BTreeMap<String, Vec<Problem>> {
    let mut unready = BTreeMap::new();
    for destination in config.destinations.values() {
        let mut problems = check_destination_secret(config, destination, secrets)
            .await
            .problems;
        problems.retain(Problem::is_error);
        if !problems.is_empty() {
            unready.insert(destination.name.clone(), problems);
        }
    }
    unready
}

/// Returns the settings of a destination's circuit. `probe_limit` is the longest time that a probe
/// may be in hand before it counts as lost.
#[must_use]
pub const fn circuit_settings(delivery: &Delivery, probe_limit: Duration) -> CircuitSettings {
    CircuitSettings {
        opens_after: delivery.circuit_after,
        probe_every: delivery.circuit_probe,
        probe_limit,
    }
}

/// Returns the pace at which a destination may be called.
#[must_use]
pub const fn pace(delivery: &Delivery) -> Pace {
    Pace {
        requests_per_minute: delivery.requests_per_minute,
        budget_warn: delivery.budget_warn,
        budget_slow: delivery.budget_slow,
    }
}

use crate::{Keys, RouteGate, StoreGate, keys::of_secret};
use config::{CheckedSecret, Config, Problem, Store, check_store_secret};
use ports::{Clock, Secrets};
use std::{collections::BTreeMap, sync::Arc};

/// The stores of a configuration, and the problems of their secrets.
pub struct Stores {
    /// The stores by name, including those whose secret cannot be used.
    pub by_name: BTreeMap<String, StoreGate>,
    /// The problems of all secrets that are missing, cannot be read, or lack something. A store
    /// without a usable webhook secret answers 503 for itself, and reads its secret again every
    /// minute; no other store suffers from it.
    pub problems: Vec<Problem>,
}

impl Stores {
    /// Returns whether the webhooks of any store can be verified.
    #[must_use]
    pub fn is_any_ready(&self) -> bool {
        self.by_name.values().any(|store| store.secrets.are_known())
    }
}

/// Returns the stores of a configuration, each with its webhook secrets read now. Reads no secret
/// of a destination.
pub async fn stores(config: &Config, secrets: &Arc<dyn Secrets>, clock: &Arc<dyn Clock>) -> Stores {
    let (mut by_name, mut problems) = (BTreeMap::new(), Vec::new());
    for store in config.stores.values() {
        let CheckedSecret {
            secret,
            problems: found,
        } = check_store_secret(config, store, secrets.as_ref()).await;
        // Other problems of the secret keep nobody from verifying.
        let known = of_secret(&store.secret, &secret).ok();
        let keys = Keys::renewed_from(known, &store.secret, Arc::clone(secrets), Arc::clone(clock));
        by_name.insert(store.name.clone(), gate_of(config, store, keys));
        problems.extend(found.into_iter().filter(Problem::is_error));
    }
    Stores { by_name, problems }
}

fn gate_of(config: &Config, store: &Store, keys: Keys) -> StoreGate {
    let routes = config.routes_of(&store.name).map(|route| RouteGate {
        name: route.name.clone(),
        destination: route.destination.clone(),
        topics: route.topics.clone(),
    });
    StoreGate {
        source: sources::source(store.platform),
        secrets: keys,
        routes: routes.collect(),
    }
}

use crate::{Keys, RouteGate, StoreGate, keys::of_secret};
use config::{Config, Problem, Store, check_store_secret};
use ports::{Clock, PortError, Secrets, in_one_line};
use source::WebhookSecrets;
use std::{collections::BTreeMap, sync::Arc};

/// The stores of a configuration, each with its webhook secrets read now. Asks for no secret of a destination.
///
/// # Errors
/// Every secret that is missing, can not be read, or lacks something, all together.
pub async fn stores(
    config: &Config,
    secrets: &Arc<dyn Secrets>,
    clock: &Arc<dyn Clock>,
) -> Result<BTreeMap<String, StoreGate>, Vec<Problem>> {
    let (mut stores, mut problems) = (BTreeMap::new(), Vec::new());
    for store in config.stores.values() {
        match read(config, store, secrets.as_ref()).await {
            Ok(known) => {
                let keys = Keys::renewed_from(known, &store.secret, Arc::clone(secrets), Arc::clone(clock));
                stores.insert(store.name.clone(), gate_of(config, store, keys));
            }
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() { Ok(stores) } else { Err(problems) }
}

async fn read(config: &Config, store: &Store, secrets: &dyn Secrets) -> Result<WebhookSecrets, Vec<Problem>> {
    let problem = |message: String| vec![Problem::error(&config.file, message).at_line(store.line)];
    let secret = secrets
        .secret(&store.secret)
        .await
        .map_err(|error| problem(unreadable(store, &error)))?;
    let errors: Vec<Problem> = check_store_secret(config, store, secret.as_ref())
        .into_iter()
        .filter(Problem::is_error)
        .collect();
    if !errors.is_empty() {
        return Err(errors);
    }
    of_secret(&store.secret, &secret.unwrap_or_default()).map_err(|error| problem(in_one_line(&error)))
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

fn unreadable(store: &Store, error: &PortError) -> String {
    format!(
        "store `{}`, secret `{}`: it could not be read: {}",
        store.name,
        store.secret,
        in_one_line(error.source.as_ref())
    )
}

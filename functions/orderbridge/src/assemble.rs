//! From files to running parts: configuration, secrets, mappings, store. Every problem is reported, all together, before anything starts.

use crate::{cli::ConfigArgs, report::Failed, serve::Server};
use config::{Config, FileSecrets, Route};
use deliver::{DeliveryRoute, Engine, Event, Policy, Ports};
use destination::Destination;
use ingest::{Gate, RouteGate, StoreGate};
use mapping::{Mapping, Overrides};
use platform_sqlite::SqliteStore;
use ports::{Clock, Queue, Secrets, SystemClock, TokenStore};
use source::{OrderReader, WebhookSecrets};
use std::{collections::BTreeMap, path::Path, sync::Arc};

/// The configuration with its secrets, both valid.
pub(crate) struct Loaded {
    pub(crate) config: Config,
    pub(crate) secrets: Arc<FileSecrets>,
}

/// Reads the configuration and the secrets.
pub(crate) fn load(args: &ConfigArgs) -> Result<Loaded, Failed> {
    let config = Config::load(&args.config).map_err(Failed::all)?;
    let beside = config.default_secrets_file();
    let file = args.secrets.clone().or_else(|| beside.exists().then_some(beside));
    let secrets = FileSecrets::load(file.as_deref()).map_err(Failed::all)?;
    Ok(Loaded {
        config,
        secrets: Arc::new(secrets),
    })
}

/// A whole server over the data in a folder, which it has for itself until it ends.
pub(crate) async fn server(args: &ConfigArgs, data: &Path, observe: Arc<dyn Fn(&Event) + Send + Sync>) -> Result<Server, Failed> {
    server_of(load(args)?, data, observe).await
}

/// The same from a configuration in hand.
pub(crate) async fn server_of(loaded: Loaded, data: &Path, observe: Arc<dyn Fn(&Event) + Send + Sync>) -> Result<Server, Failed> {
    let mappings = checked_mappings(&loaded).await?;
    for warning in warnings(&loaded).await? {
        tracing::warn!("{warning}");
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = open(data, Arc::clone(&clock))?;
    let timeout = |destination: &config::Destination| (destination.name.clone(), destination.delivery.request_timeout);
    let timeouts = loaded.config.destinations.values().map(timeout).collect();
    store.serve_alone(&timeouts).await.map_err(|error| Failed::of(&error))?;
    let queue = Arc::new(store.clone());
    let ports = Ports {
        ledger: Arc::new(store.clone()),
        queue: Arc::clone(&queue) as Arc<dyn Queue>,
        privacy: Arc::new(store.clone()),
    };
    let gate = Gate::new(stores(&loaded).await?, loaded.config.server.body_limit, queue, Arc::clone(&clock));
    let routes = delivery_routes(&loaded, mappings, Arc::new(store.clone()), &clock).await?;
    Ok(Server {
        gate: Arc::new(gate),
        engine: Arc::new(Engine::new(routes, ports, Arc::clone(&clock))),
        store,
        clock,
        destinations: loaded.config.destinations.values().cloned().collect(),
        observe,
    })
}

/// The queue and the ledger in a folder.
pub(crate) fn open(data: &Path, clock: Arc<dyn Clock>) -> Result<SqliteStore, Failed> {
    SqliteStore::open(data, clock).map_err(|error| Failed::of(&error))
}

/// The mapping of each route, or everything that is wrong with the configuration, the secrets and the mappings together.
pub(crate) async fn checked_mappings(loaded: &Loaded) -> Result<BTreeMap<String, Mapping>, Failed> {
    let secret_problems = secret_problems(loaded).await?.into_iter().filter(config::Problem::is_error);
    let (mappings, mapping_problems) = mappings(&loaded.config);
    let problems: Vec<String> = secret_problems.map(|problem| problem.to_string()).chain(mapping_problems).collect();
    if problems.is_empty() {
        Ok(mappings)
    } else {
        Err(Failed::all(problems))
    }
}

async fn secret_problems(loaded: &Loaded) -> Result<Vec<config::Problem>, Failed> {
    Ok(config::check_secrets(&loaded.config, loaded.secrets.as_ref()).await?)
}

/// What works but should not stay as it is.
pub(crate) async fn warnings(loaded: &Loaded) -> Result<Vec<config::Problem>, Failed> {
    let mut warnings: Vec<config::Problem> = loaded.config.warnings.iter().chain(loaded.secrets.warnings()).cloned().collect();
    warnings.extend(secret_problems(loaded).await?.into_iter().filter(|problem| !problem.is_error()));
    Ok(warnings)
}

/// The mapping of each route, and what is wrong with any of them.
fn mappings(config: &Config) -> (BTreeMap<String, Mapping>, Vec<String>) {
    let (mut good, mut problems) = (BTreeMap::new(), Vec::new());
    for route in &config.routes {
        match mapping(config, route) {
            Ok(mapping) => _ = good.insert(route.name.clone(), mapping),
            Err(found) => problems.extend(found),
        }
    }
    (good, problems)
}

/// The mapping of one route.
pub(crate) fn mapping(config: &Config, route: &Route) -> Result<Mapping, Vec<String>> {
    let overrides = Overrides {
        vars: route.vars.clone(),
        set: route.set.clone(),
    };
    let place = format!("{}:{}: route {}", config.file.display(), route.line, route.name);
    let mapping = Mapping::load(&route.mapping, &config.base, &overrides)
        .map_err(|problems| problems.iter().map(|problem| format!("{place}: {problem}")).collect::<Vec<_>>())?;
    let system = config
        .destination(&route.destination)
        .map_or("", |destination| destination.system.as_str());
    if mapping.system() == system {
        return Ok(mapping);
    }
    Err(vec![format!(
        "{place}: the mapping {} is for {}, but the destination {} is {system}; choose a mapping for {system}",
        route.mapping,
        mapping.system(),
        route.destination
    )])
}

async fn stores(loaded: &Loaded) -> Result<BTreeMap<String, StoreGate>, Failed> {
    let mut stores = BTreeMap::new();
    for store in loaded.config.stores.values() {
        let routes = loaded.config.routes_of(&store.name).map(|route| RouteGate {
            name: route.name.clone(),
            destination: route.destination.clone(),
            topics: route.topics.clone(),
        });
        let gate = StoreGate {
            source: sources::source(store.platform),
            secrets: webhook_secrets(loaded, &store.secret).await?,
            routes: routes.collect(),
        };
        stores.insert(store.name.clone(), gate);
    }
    Ok(stores)
}

/// The webhook secrets of a store, and the public keys of one that signs with its own key pair.
pub(crate) async fn webhook_secrets(loaded: &Loaded, name: &str) -> Result<WebhookSecrets, Failed> {
    let secret = loaded.secrets.secret(name).await?.unwrap_or_default();
    let secrets =
        WebhookSecrets::new(secret.all("webhook_secret").to_vec()).map_err(|error| Failed::new(format!("secret {name}: {error}")))?;
    Ok(secrets.with_public_keys(secret.all("public_key").to_vec()))
}

/// The destinations by name.
pub(crate) fn destinations(
    loaded: &Loaded,
    tokens: &Arc<dyn TokenStore>,
    clock: &Arc<dyn Clock>,
) -> Result<BTreeMap<String, Arc<dyn Destination>>, Failed> {
    let secrets: Arc<dyn Secrets> = Arc::clone(&loaded.secrets) as Arc<dyn Secrets>;
    let make = |destination: &config::Destination| {
        let adapter = destinations::destination(destination, Arc::clone(&secrets), Arc::clone(tokens), Arc::clone(clock))
            .map_err(|failure| Failed::new(format!("destination {}: {failure}", destination.name)))?;
        Ok((destination.name.clone(), adapter))
    };
    loaded.config.destinations.values().map(make).collect()
}

async fn delivery_routes(
    loaded: &Loaded,
    mut mappings: BTreeMap<String, Mapping>,
    tokens: Arc<dyn TokenStore>,
    clock: &Arc<dyn Clock>,
) -> Result<BTreeMap<String, DeliveryRoute>, Failed> {
    let adapters = destinations(loaded, &tokens, clock)?;
    let mut routes = BTreeMap::new();
    for route in &loaded.config.routes {
        let (Some(store), Some(target), Some(adapter), Some(mapping)) = (
            loaded.config.store(&route.store),
            loaded.config.destination(&route.destination),
            adapters.get(&route.destination),
            mappings.remove(&route.name),
        ) else {
            return Err(Failed::new(format!(
                "route {}: its store, destination or mapping is gone",
                route.name
            )));
        };
        let delivery = &target.delivery;
        let policy = Policy {
            retry_base: delivery.retry_base,
            retry_cap: delivery.retry_cap,
            give_up_after: delivery.give_up_after,
        };
        routes.insert(
            route.name.clone(),
            DeliveryRoute {
                store: store.name.clone(),
                source: sources::source(store.platform),
                reader: reader(loaded, store).await?,
                mapping,
                destination_name: target.name.clone(),
                destination: Arc::clone(adapter),
                policy,
            },
        );
    }
    Ok(routes)
}

/// What asks a store for the orders that its webhooks only name.
async fn reader(loaded: &Loaded, store: &config::Store) -> Result<Option<Arc<dyn OrderReader>>, Failed> {
    let secrets: Arc<dyn Secrets> = Arc::clone(&loaded.secrets) as Arc<dyn Secrets>;
    sources::reader(store.platform, &store.secret, secrets)
        .await
        .map_err(|error| Failed::new(format!("store {}: {error}", store.name)))
}

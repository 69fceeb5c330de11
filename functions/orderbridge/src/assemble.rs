//! The step from files to running parts: configuration, secrets, mappings, store. All problems are
//! reported together, before anything starts.

use crate::{
    cli::ConfigArgs,
    console,
    place::Hints,
    queue,
    records::{self, Deployed},
    report::Failed,
    scrape::Metrics,
    serve::{Alerts, Comparisons, Server},
    setup::{self, Asked},
};
use ::console::Setup;
use config::{Config, FileSecrets, Problem, Way};
use deliver::{DeliveryRoute, Engine, Event, Ports};
use destination::Destination;
use ingest::{Gate, Silence, StoreGate};
use mapping::{Mapping, Plan};
use order::Order;
use platform_sqlite::SqliteStore;
use ports::{Checkpoints, Clock, Ledger, LedgerFilter, Secrets, SystemClock, TokenStore};
use routes::Readers;
use sha2::{Digest as _, Sha256};
use source::WebhookSecrets;
use std::{collections::BTreeMap, path::Path, sync::Arc};

/// The configuration with its secrets, both valid.
pub(crate) struct Loaded {
    pub(crate) config: Config,
    pub(crate) secrets: Arc<dyn Secrets>,
    /// Problems of the secrets that stop nothing but should be mended.
    pub(crate) secret_warnings: Vec<Problem>,
}

/// Reads the configuration and the secrets.
pub(crate) fn load(args: &ConfigArgs) -> Result<Loaded, Failed> {
    let config = args.load()?;
    let beside = config.default_secrets_file();
    let file = args
        .secrets
        .clone()
        .or_else(|| beside.exists().then_some(beside));
    let secrets = FileSecrets::load(file.as_deref()).map_err(Failed::all)?;
    Ok(Loaded {
        config,
        secret_warnings: secrets.warnings().to_vec(),
        secrets: Arc::new(secrets),
    })
}

/// Reads the configuration, with the secrets of a deployed stack.
pub(crate) fn load_with(args: &ConfigArgs, secrets: Arc<dyn Secrets>) -> Result<Loaded, Failed> {
    Ok(Loaded {
        config: args.load()?,
        secret_warnings: Vec::new(),
        secrets,
    })
}

/// Reads the configuration, with the secrets of the stack where there is one, else those beside it.
pub(crate) fn load_for(args: &ConfigArgs, deployed: Option<&Deployed>) -> Result<Loaded, Failed> {
    match deployed {
        Some(deployed) => load_with(args, deployed.secrets()),
        None => load(args),
    }
}

/// Returns a whole plan of a route, with every record and field that its mapping can write.
pub(crate) fn example_plan(route: &str, mapping: &Mapping) -> Result<Plan, Failed> {
    let mut example = Order::example();
    example.currency = mapping.home_currency().unwrap_or(example.currency);
    let failed = |error| Failed::new(format!("route {route}: {error}"));
    mapping.plan(&example).map_err(failed)
}

/// Creates a whole server over the data in a folder, which it has for itself until it ends.
pub(crate) async fn server_of(
    loaded: Loaded,
    data: &Path,
    observe: Arc<dyn Fn(&Event) + Send + Sync>,
) -> Result<Server, Failed> {
    server_over(loaded, data, None, observe).await
}

/// Creates a whole server over the data in a folder, or over those of the server that it takes over
/// from.
pub(crate) async fn server_over(
    loaded: Loaded,
    data: &Path,
    running: Option<SqliteStore>,
    observe: Arc<dyn Fn(&Event) + Send + Sync>,
) -> Result<Server, Failed> {
    let mappings = routes::mappings(&loaded.config)?;
    for warning in warnings(&loaded).await {
        tracing::warn!("{warning}");
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let unready = routes::unready_destinations(&loaded.config, loaded.secrets.as_ref()).await;
    let stores = ready_stores(&loaded, &clock, &unready).await?;
    let store = match running {
        Some(store) => store,
        None => open_alone(&loaded, data, &clock).await?,
    };
    warn_of_stranded(&loaded, data, &store).await?;
    let silence = Arc::new(watched(&loaded.config, &store, &clock).await?);
    let limit = loaded.config.server.body_limit_on(Way::OneMachine);
    let queue = Arc::new(store.clone());
    let gate = Gate::new(stores, limit, queue, Arc::clone(&clock)).heard_by(Arc::clone(&silence));
    let tokens: Arc<dyn TokenStore> = Arc::new(store.clone());
    let asked = Asked {
        checkpoints: Some(Arc::new(store.clone())),
        ..Asked::new(Arc::clone(&tokens))
    };
    let sides = setup::sides(&loaded, &mappings, &asked).await?;
    let notes: Arc<dyn Checkpoints> = Arc::new(store.clone());
    let (routes, readers) = made_of(&loaded, mappings, &tokens, &notes, &clock).await?;
    let shared = shared(&routes);
    let comparisons = Arc::new(comparisons(&loaded, &shared, &readers, &store, &clock));
    let setup = Setup {
        shops: reconcile::shops(&loaded.config, &shared, &readers, None),
        config: loaded.config.clone(),
        routes: shared,
        sides,
    };
    let place = format!("folder {}", data.display());
    Ok(Server {
        metrics: Metrics::start(store.clone(), loaded.config.destinations.values())?,
        gate: Arc::new(gate),
        engine: Arc::new(engine(routes, &store, &clock)),
        stores: loaded.config.stores.keys().cloned().collect(),
        destinations: loaded.config.destinations.values().cloned().collect(),
        unready: unready.into_keys().collect(),
        alerts: alerts(&loaded, data, &store, &silence, &comparisons, &clock),
        http: loaded.config.server,
        clock,
        silence,
        comparisons,
        observe,
        running: running_of(&loaded.config, &setup.routes),
        desk: console::desk(records::of(store.clone()), setup, place),
        store,
    })
}

/// Opens the queue and the ledger in a folder for a server, which has them for itself.
async fn open_alone(
    loaded: &Loaded,
    data: &Path,
    clock: &Arc<dyn Clock>,
) -> Result<SqliteStore, Failed> {
    let store = open(data, Arc::clone(clock))?;
    let timeout = |destination: &config::Destination| {
        let timeout = destination.delivery.request_timeout;
        (destination.name.clone(), timeout)
    };
    let timeouts = loaded.config.destinations.values().map(timeout).collect();
    let alone = store.serve_alone(&timeouts).await;
    alone.map_err(|error| Failed::of(&error))?;
    Ok(store)
}

/// Warns of messages that nobody would take.
async fn warn_of_stranded(loaded: &Loaded, data: &Path, store: &SqliteStore) -> Result<(), Failed> {
    for (destination, count) in queue::all_stranded(&loaded.config, store).await? {
        let hints = Hints::of_server(&loaded.config, data);
        tracing::warn!("{}", queue::stranded(&destination, count, &hints));
    }
    Ok(())
}

fn engine(
    routes: BTreeMap<String, DeliveryRoute>,
    store: &SqliteStore,
    clock: &Arc<dyn Clock>,
) -> Engine {
    let ports = Ports {
        ledger: Arc::new(store.clone()),
        queue: Arc::new(store.clone()),
        privacy: Arc::new(store.clone()),
    };
    Engine::new(routes, ports, Arc::clone(clock))
}

/// Returns the comparisons of the stores by themselves. They ask a shop by the same reader as the
/// engine does, so that the shop answers one request at a time.
fn comparisons(
    loaded: &Loaded,
    routes: &Shared,
    readers: &Readers,
    store: &SqliteStore,
    clock: &Arc<dyn Clock>,
) -> Comparisons {
    let shops = reconcile::shops(&loaded.config, routes, readers, None);
    let ends = reconcile::Ports {
        ledger: Arc::new(store.clone()),
        queue: Arc::new(store.clone()),
        letters: Arc::new(store.clone()),
        checkpoints: Arc::new(store.clone()),
        clock: Arc::clone(clock),
    };
    Comparisons::new(shops, loaded.config.clone(), ends)
}

/// Returns what a server runs, for its log: the configuration and each route's mapping, with their
/// hashes.
fn running_of(config: &Config, routes: &Shared) -> Vec<String> {
    let text = std::fs::read(&config.file).unwrap_or_default();
    let hash = hex::encode(Sha256::digest(text));
    let short: String = hash.chars().take(12).collect();
    let mut all = vec![format!("runs {}@{short}", config.file.display())];
    all.extend(routes.iter().map(|(name, route)| {
        let mapping = route.mapping_version();
        format!("route {name} runs mapping {mapping}")
    }));
    all
}

/// Routes that several parts of the program share, by name.
pub(crate) type Shared = BTreeMap<String, Arc<DeliveryRoute>>;

/// Returns the routes of the configuration, and what asks the shops.
pub(crate) async fn routes(
    loaded: &Loaded,
    tokens: &Arc<dyn TokenStore>,
    notes: &Arc<dyn Checkpoints>,
    clock: &Arc<dyn Clock>,
) -> Result<(Shared, Readers), Failed> {
    let mappings = routes::mappings(&loaded.config)?;
    let (routes, readers) = made_of(loaded, mappings, tokens, notes, clock).await?;
    Ok((shared(&routes), readers))
}

/// Makes the routes of these mappings, with the adapters of their destinations and what asks their
/// shops.
async fn made_of(
    loaded: &Loaded,
    mappings: BTreeMap<String, Mapping>,
    tokens: &Arc<dyn TokenStore>,
    notes: &Arc<dyn Checkpoints>,
    clock: &Arc<dyn Clock>,
) -> Result<(BTreeMap<String, DeliveryRoute>, Readers), Failed> {
    let adapters = destinations(loaded, tokens, Some(notes), clock)?;
    let readers = routes::readers(&loaded.config, &loaded.secrets).await;
    let (config, secrets) = (&loaded.config, &loaded.secrets);
    let routes = routes::delivery_routes(config, mappings, &adapters, secrets, &readers)?;
    Ok((routes, readers))
}

fn shared(routes: &BTreeMap<String, DeliveryRoute>) -> Shared {
    let share = |(name, route): (&String, &DeliveryRoute)| (name.clone(), Arc::new(route.clone()));
    routes.iter().map(share).collect()
}

fn alerts(
    loaded: &Loaded,
    data: &Path,
    store: &SqliteStore,
    silence: &Arc<Silence>,
    comparisons: &Arc<Comparisons>,
    clock: &Arc<dyn Clock>,
) -> Option<Alerts> {
    let receiver = loaded.config.alerts.as_ref()?;
    Some(Alerts {
        secret: receiver.secret.clone(),
        secrets: Arc::clone(&loaded.secrets),
        store: store.clone(),
        silence: Arc::clone(silence),
        comparisons: Arc::clone(comparisons),
        destinations: loaded.config.destinations.keys().cloned().collect(),
        hints: Hints::of_server(&loaded.config, data),
        clock: Arc::clone(clock),
    })
}

/// Returns the watch over the stores that set `silence`. Each counts as heard of when one of its
/// orders last changed in the ledger; a store without orders, just now.
async fn watched(
    config: &Config,
    ledger: &SqliteStore,
    clock: &Arc<dyn Clock>,
) -> Result<Silence, Failed> {
    let mut watched = Vec::new();
    for (name, limit) in config
        .stores
        .values()
        .filter_map(|store| Some((&store.name, store.silence?)))
    {
        let mut last = None;
        for route in config.routes_of(name) {
            let newest = LedgerFilter {
                route: Some(route.name.clone()),
                limit: Some(1),
                ..LedgerFilter::default()
            };
            last = last.max(
                ledger
                    .list(&newest)
                    .await?
                    .first()
                    .map(|entry| entry.updated),
            );
        }
        watched.push((name.clone(), limit, last.unwrap_or_else(|| clock.now())));
    }
    Ok(Silence::new(watched, Arc::clone(clock)))
}

/// Returns the stores, and logs all problems of secrets. Where no store could verify anything,
/// nothing starts: a server that refuses everything serves nobody. Neither does anything where
/// somebody else knows a webhook secret.
async fn ready_stores(
    loaded: &Loaded,
    clock: &Arc<dyn Clock>,
    unready: &BTreeMap<String, Vec<Problem>>,
) -> Result<BTreeMap<String, StoreGate>, Failed> {
    let stores = ingest::stores(&loaded.config, &loaded.secrets, clock).await;
    let mut problems: Vec<&Problem> = stores
        .problems
        .iter()
        .chain(unready.values().flatten())
        .collect();
    problems.sort_by_key(|problem| problem.line);
    if !stores.is_any_ready() || is_any_known_to_others(loaded).await {
        return Err(Failed::all(problems));
    }
    problems
        .iter()
        .for_each(|problem| tracing::error!("{problem}"));
    if !problems.is_empty() {
        tracing::error!(
            "it goes on with what is good: such a store's webhooks are answered 503, such a destination's orders wait; mend the secrets and start again"
        );
    }
    Ok(stores.by_name)
}

/// Returns whether anybody but the shop could sign webhooks of a store: such a start would take
/// orders from strangers.
async fn is_any_known_to_others(loaded: &Loaded) -> bool {
    for store in loaded.config.stores.values() {
        let secret = loaded.secrets.secret(&store.secret).await;
        let secret = secret.ok().flatten().unwrap_or_default();
        let mut all = secret.all("webhook_secret").iter();
        if all.any(|text| !text.is_empty() && config::webhook_secret_mistake(text).is_some()) {
            return true;
        }
    }
    false
}

/// Opens the queue and the ledger in a folder.
pub(crate) fn open(data: &Path, clock: Arc<dyn Clock>) -> Result<SqliteStore, Failed> {
    SqliteStore::open(data, clock).map_err(|error| Failed::of(&error))
}

/// Returns the mapping of each route, or all problems of the configuration, the secrets and the
/// mappings together.
pub(crate) async fn checked_mappings(loaded: &Loaded) -> Result<BTreeMap<String, Mapping>, Failed> {
    Ok(routes::checked_mappings(&loaded.config, loaded.secrets.as_ref()).await?)
}

/// Returns the problems that stop nothing but should be mended.
pub(crate) async fn warnings(loaded: &Loaded) -> Vec<Problem> {
    let mut warnings: Vec<Problem> = loaded
        .config
        .warnings
        .iter()
        .chain(&loaded.secret_warnings)
        .cloned()
        .collect();
    let of_secrets = config::check_secrets(&loaded.config, loaded.secrets.as_ref()).await;
    warnings.extend(of_secrets.into_iter().filter(|problem| !problem.is_error()));
    warnings.extend(reconcile::raised_overlaps(&loaded.config));
    warnings
}

/// Returns the webhook secrets of a store, and the public keys of one that signs with its own key
/// pair.
pub(crate) async fn webhook_secrets(loaded: &Loaded, name: &str) -> Result<WebhookSecrets, Failed> {
    ingest::webhook_secrets(loaded.secrets.as_ref(), name)
        .await
        .map_err(|error| Failed::of(&error))
}

/// Returns the destinations by name.
pub(crate) fn destinations(
    loaded: &Loaded,
    tokens: &Arc<dyn TokenStore>,
    notes: Option<&Arc<dyn Checkpoints>>,
    clock: &Arc<dyn Clock>,
) -> Result<BTreeMap<String, Arc<dyn Destination>>, Failed> {
    Ok(routes::destinations(
        &loaded.config,
        &loaded.secrets,
        tokens,
        clock,
        notes,
    )?)
}

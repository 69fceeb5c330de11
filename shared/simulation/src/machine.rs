//! One process: its own engine, adapters and workers over the ports of all.

use crate::{
    asked::AskedShop,
    clock::SimClock,
    judge::{Judge, SECOND_ID, newer, product_names},
    ports::{SimCheckpoints, SimCircuits, SimLedger, SimQueue, SimTokens},
    recall::Recall,
    reconciler::Reconciler,
    sabotage::Sabotage,
    scenario::{HOME, SECOND, SHARED, Scenario, Shared as SharedCode, Target, own_number, shown},
    stall::{Stall, Stallable},
    wire::{REQUEST_TIMEOUT, SimWire},
};
use config::Platform;
use deliver::{
    Breaker, CircuitSettings, DeliveryRoute, Engine, Event, Policy, Ports, Takes, Worker,
};
use destination::{Destination, Http};
use futures::FutureExt;
use mapping::{Mapping, Overrides};
use ports::{
    Clock,
    memory::{MemoryPrivacy, MemorySecrets},
};
use sandbox::Double;
use std::{
    collections::BTreeMap,
    panic::AssertUnwindSafe,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::watch, task::AbortHandle};

/// Where the items of amounts beside the lines begin in the double of NetSuite: shipping, tax,
/// discount, fee.
const FIRST_CHARGE: u64 = 1506;

/// What all machines share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) scenario: Arc<Scenario>,
    pub(crate) judge: Arc<Judge>,
    pub(crate) clock: Arc<SimClock>,
    pub(crate) dice: Arc<crate::dice::Dice>,
    pub(crate) queue: Arc<SimQueue>,
    pub(crate) ledger: Arc<SimLedger>,
    pub(crate) tokens: Arc<SimTokens>,
    pub(crate) circuits: Arc<SimCircuits>,
    pub(crate) privacy: Arc<MemoryPrivacy>,
    pub(crate) secrets: Arc<MemorySecrets>,
    pub(crate) doubles: Vec<Arc<Double>>,
    pub(crate) client: reqwest::Client,
    pub(crate) checkpoints: Arc<SimCheckpoints>,
    pub(crate) recall: Arc<Recall<Variant>>,
    pub(crate) sabotage: Option<Sabotage>,
}

/// A process that runs until it is dropped.
pub(crate) struct Machine {
    tasks: Vec<AbortHandle>,
    pub(crate) stall: Arc<Stall>,
    /// Workers stop when it goes.
    _stopper: watch::Sender<bool>,
}

impl Machine {
    /// Starts a process with nothing in its memory.
    pub(crate) fn start(shared: &Shared, place: usize) -> Self {
        let (stopper, stop) = watch::channel(false);
        let skew = shared
            .scenario
            .skews
            .get(place)
            .copied()
            .unwrap_or_default();
        let clock: Arc<dyn Clock> = Arc::new(shared.clock.of_machine(skew));
        let ports = Ports {
            ledger: Arc::clone(&shared.ledger) as _,
            queue: Arc::clone(&shared.queue) as _,
            privacy: Arc::clone(&shared.privacy) as _,
        };
        let engine = Arc::new(Engine::new(
            routes(shared, &clock),
            ports,
            Arc::clone(&clock),
        ));
        let stall = Arc::new(Stall::default());
        let mut tasks = Vec::new();
        for target in &shared.scenario.destinations {
            let settings = CircuitSettings {
                opens_after: 5,
                probe_every: shared.scenario.circuit_probe,
                probe_limit: Worker::batch_limit(REQUEST_TIMEOUT),
            };
            let breaker = Arc::new(Breaker::new(
                &target.name,
                settings,
                Arc::clone(&shared.circuits) as _,
            ));
            let for_read = target.batches_from.map(|_| Takes::Read);
            let others = (0..shared.scenario.workers).map(|number| match number {
                0 | 1 => Takes::Anything,
                _ => Takes::Posted,
            });
            for takes in others.chain(for_read) {
                let worker = Worker {
                    queue: Arc::clone(&shared.queue) as _,
                    engine: Arc::clone(&engine),
                    clock: Arc::clone(&clock),
                    breaker: Arc::clone(&breaker),
                    destination: target.name.clone(),
                    takes,
                    batch: shared.scenario.batch,
                    request_timeout: REQUEST_TIMEOUT,
                    observe: observer(&shared.judge),
                };
                tasks.push(run(worker, stop.clone(), &stall, &shared.judge));
            }
        }
        if shared.scenario.losses.is_some() {
            let comparing = Reconciler::new(shared, &clock).run();
            tasks.push(spawned(comparing, &stall, &shared.judge));
        }
        Self {
            tasks,
            stall,
            _stopper: stopper,
        }
    }
}

impl Drop for Machine {
    /// The tasks end where they are.
    fn drop(&mut self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

fn run(
    worker: Worker,
    stop: watch::Receiver<bool>,
    stall: &Arc<Stall>,
    judge: &Arc<Judge>,
) -> AbortHandle {
    let work = async move {
        worker.run(stop).await;
    };
    spawned(work, stall, judge)
}

fn spawned(
    work: impl Future<Output = ()> + Send + 'static,
    stall: &Arc<Stall>,
    judge: &Arc<Judge>,
) -> AbortHandle {
    let judge = Arc::clone(judge);
    let work = Stallable::new(Arc::clone(stall), async move {
        if AssertUnwindSafe(work).catch_unwind().await.is_err() {
            judge.violate("no worker fails", None, "a worker panicked".to_owned());
        }
    });
    tokio::spawn(work).abort_handle()
}

fn observer(judge: &Arc<Judge>) -> Arc<dyn Fn(&Event) + Send + Sync> {
    let judge = Arc::clone(judge);
    Arc::new(move |event| {
        let order = event.order.as_deref().and_then(own_number);
        judge.note(order, || match &event.result {
            deliver::Result::Retry { summary, after, .. } => format!(
                "{}: retry in {} ms: {summary}",
                event.route,
                after.as_millis()
            ),
            deliver::Result::Rejected { reason, .. } => {
                format!("{}: rejected: {reason}", event.route)
            }
            result => format!("{}: {}", event.route, result.word()),
        });
    })
}

/// The routes of one process, with its own adapters.
pub(crate) fn routes(shared: &Shared, clock: &Arc<dyn Clock>) -> BTreeMap<String, DeliveryRoute> {
    let adapters: Vec<Arc<dyn Destination>> = (0..shared.doubles.len())
        .map(|place| adapter(shared, place, clock))
        .collect();
    let route = |way: &crate::scenario::Way| {
        let (target, store) = (
            &shared.scenario.destinations[way.destination],
            &shared.scenario.stores[way.store],
        );
        let route = DeliveryRoute {
            store: store.name.clone(),
            source: shared.recall.source(store.platform),
            reader: Some(Arc::new(AskedShop {
                platform: store.platform,
                scenario: Arc::clone(&shared.scenario),
                clock: Arc::clone(&shared.clock),
                dice: Arc::clone(&shared.dice),
                judge: Arc::clone(&shared.judge),
            })),
            owner: None,
            mapping: shared.mapping(target, store.platform),
            destination_name: target.name.clone(),
            destination: Arc::clone(&adapters[way.destination]),
            policy: Policy {
                retry_base: Duration::from_secs(5),
                retry_cap: Duration::from_secs(900),
                give_up_after: Duration::from_secs(3 * 24 * 3600),
            },
        };
        (way.name.clone(), route)
    };
    shared.scenario.routes.iter().map(route).collect()
}

/// Which mapping: platform, system, and the switches of the destination that it depends on.
pub(crate) type Variant = (&'static str, &'static str, [bool; 5], Option<SharedCode>);

impl Shared {
    /// The built-in mapping of a destination for a platform.
    fn mapping(&self, target: &Target, platform: Platform) -> Mapping {
        let (cases, long) = (&target.cases, self.scenario.long);
        let switches = [
            target.order_field,
            target.several_currencies,
            target.converts,
            cases.picklists,
            long && cases.shared.is_some(),
        ];
        let variant = (platform.as_str(), target.system, switches, cases.shared);
        self.recall
            .mapping(variant, || mapping(variant, target, platform, long))
    }
}

/// The built-in mapping. Reading one takes longer than most seeds, so all seeds share it.
fn mapping(variant: Variant, target: &Target, platform: Platform, long: bool) -> Mapping {
    static MAPPINGS: Mutex<BTreeMap<Variant, Mapping>> = Mutex::new(BTreeMap::new());
    let mut mappings = MAPPINGS.lock().unwrap_or_else(PoisonError::into_inner);
    let mapping = mappings.entry(variant).or_insert_with(|| {
        let name = format!("{}-{}", platform.as_str(), target.system);
        Mapping::load(&name, Path::new("."), &overrides(target, platform, long))
            .expect("a built-in mapping")
    });
    mapping.clone()
}

/// So that every order shows its lines and all of its money, whatever shop it comes from.
fn overrides(target: &Target, platform: Platform, long: bool) -> Overrides {
    let mut vars = toml::Table::new();
    let mut set = |name: &str, value: toml::Value| {
        vars.insert(name.to_owned(), value);
    };
    set("home_currency", HOME.into());
    if platform == Platform::Magento {
        set("convert_currency", target.converts.into());
    }
    match target.system {
        "salesforce" => {
            set("address_codes", target.cases.picklists.into());
            match target.cases.shared {
                Some(SharedCode::Oldest) => set("several_products", "oldest".into()),
                Some(SharedCode::Newest) => set("several_products", "newest".into()),
                Some(SharedCode::Refused) | None => {}
            }
            if platform != Platform::WooCommerce {
                set("line_items", true.into());
            }
            for (name, product) in [
                ("shipping_product", "SHIPPING"),
                ("fee_product", "FEE"),
                ("discount_product", "DISCOUNT"),
                ("refund_product", "FEE"),
            ] {
                set(name, product.into());
            }
        }
        "netsuite" => {
            for (name, item) in ["shipping_item", "tax_item", "discount_item", "fee_item"]
                .into_iter()
                .zip(FIRST_CHARGE..)
            {
                set(name, item.to_string().into());
            }
            let names = product_names(target, long);
            let code = shown(SHARED, long);
            let meant = match target.cases.shared {
                Some(SharedCode::Oldest) => Some(code.to_owned()),
                Some(SharedCode::Newest) => Some(newer(code)),
                Some(SharedCode::Refused) | None => None,
            };
            if let Some((id, _)) = names.iter().find(|(_, name)| Some(*name) == meant.as_ref()) {
                set(
                    "items",
                    toml::Table::from_iter([(code.to_owned(), id.clone().into())]).into(),
                );
            }
            set("refund_item", (FIRST_CHARGE + 3).to_string().into());
            if target.several_currencies {
                let currencies = [(HOME, "1"), (SECOND, SECOND_ID)]
                    .map(|(code, id)| (code.to_owned(), toml::Value::from(id)));
                set("currencies", toml::Table::from_iter(currencies).into());
            }
        }
        _ if target.order_field => set("order_field", "Shop_Order_ID".into()),
        _ => {}
    }
    Overrides {
        vars,
        ..Overrides::default()
    }
}

/// The real adapter of a destination, over the simulated wire.
fn adapter(shared: &Shared, place: usize, clock: &Arc<dyn Clock>) -> Arc<dyn Destination> {
    let target = &shared.scenario.destinations[place];
    let double = &shared.doubles[place];
    let wire = SimWire {
        destination: place,
        double: Arc::clone(double),
        dice: Arc::clone(&shared.dice),
        judge: Arc::clone(&shared.judge),
    };
    let clock = Arc::clone(clock);
    let http = Http::over(shared.client.clone(), Arc::new(wire), Arc::clone(&clock));
    let (name, url) = (target.name.clone(), double.url().to_owned());
    let (secrets, tokens) = (
        Arc::clone(&shared.secrets) as _,
        Arc::clone(&shared.tokens) as _,
    );
    match target.system {
        "salesforce" => {
            let settings = destination_salesforce::Settings {
                name: name.clone(),
                auth: destination_salesforce::Grant::ClientCredentials,
                login_url: url,
                api_version: "v65.0".to_owned(),
                request_timeout: REQUEST_TIMEOUT,
                is_in_batches: target.batches_from.is_some(),
            };
            Arc::new(destination_salesforce::Salesforce::over(
                http, settings, secrets, name, tokens, clock,
            ))
        }
        "zoho" => {
            let settings = destination_zoho::Settings {
                name: name.clone(),
                accounts_url: url,
                api_version: "v8".to_owned(),
                request_timeout: REQUEST_TIMEOUT,
                daily_credits: None,
            };
            Arc::new(destination_zoho::Zoho::over(
                http, settings, secrets, name, tokens, clock,
            ))
        }
        _ => {
            let settings = destination_netsuite::Settings {
                name: name.clone(),
                auth: destination_netsuite::Grant::Token,
                base_url: Some(url),
                request_timeout: REQUEST_TIMEOUT,
                calls_at_once: 3,
                batches_from: target.batches_from,
                language: None,
                speed: match target.companion {
                    true => destination_netsuite::Speed::Restlet,
                    false => destination_netsuite::Speed::Single,
                },
            };
            let adapter =
                destination_netsuite::NetSuite::over(http, settings, secrets, name, tokens, clock);
            Arc::new(adapter.with_notes(Arc::clone(&shared.checkpoints) as _))
        }
    }
}

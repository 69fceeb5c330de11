//! A store with its shop, its destination and everything between, in memory.

use async_trait::async_trait;
use config::{Config, Reconcile};
use deliver::{Engine, Lease};
use destination::{
    Call, Change, Destination, Failure, Finding, Held, Outcome, Reading, RecordReading,
    RequestPreview,
};
use jiff::{Timestamp, ToSpan};
use mapping::Plan;
use ports::{
    Clock, Message, Origin,
    memory::{
        ManualClock, MemoryCheckpoints, MemoryLedger, MemoryPrivacy, MemoryQueue, MemorySecrets,
    },
};
use reconcile::{Feed, Passed, Ports, Routine, Shop};
use serde_json::{Value, json};
use source::{
    OrderReader, ReadError,
    reader::{Cursor, Found, Page, Reach, ShopOrder, ShopReader, Summary, Webhooks, Window},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

const CONFIG: &str = r#"
    [stores.acme]
    platform = "woocommerce"
    secret = "acme"
    [destinations.sales]
    system = "salesforce"
    secret = "sales"
    auth = "jwt_bearer"
    [[routes]]
    name = "acme-sales"
    store = "acme"
    destination = "sales"
    mapping = "woocommerce-salesforce"
"#;
/// The number of orders on a page of the shop.
const PAGE: usize = 2;

/// A shop that lists its orders in small pages.
#[derive(Default)]
pub(crate) struct Listing {
    /// When each order was changed, and how often before.
    pub(crate) orders: Mutex<BTreeMap<u64, (Timestamp, usize)>>,
    /// The answer to every question, where the shop is unwell.
    pub(crate) fails: Mutex<Option<ReadError>>,
    pub(crate) windows: Mutex<Vec<Window>>,
    pub(crate) webhooks: Mutex<Option<Webhooks>>,
    pub(crate) asked_webhooks: Mutex<Vec<String>>,
}

impl Listing {
    fn fail(&self) -> Result<(), ReadError> {
        self.fails.lock().unwrap().clone().map_or(Ok(()), Err)
    }
}

fn order_of(id: u64, (modified, before): (Timestamp, usize)) -> ShopOrder {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/woocommerce/01-new-customer.json");
    let mut body: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    body["id"] = json!(id);
    body["status"] = json!(["processing", "cancelled"][before % 2]);
    body["date_modified_gmt"] = json!(modified.strftime("%Y-%m-%dT%H:%M:%S").to_string());
    ShopOrder {
        summary: Summary {
            order: id.to_string(),
            number: id.to_string(),
            modified: Some(modified),
            placed: Some(modified),
            total: Some("99.99".parse().unwrap()),
            currency: "USD".to_owned(),
            status: "processing".to_owned(),
        },
        topic: "order.updated".to_owned(),
        payload: body.to_string().into_bytes(),
    }
}

#[async_trait]
impl OrderReader for Listing {
    async fn read(&self, order: &str) -> Result<(String, Vec<u8>), ReadError> {
        Err(ReadError::Gone(order.to_owned()))
    }
}

#[async_trait]
impl ShopReader for Listing {
    fn reach(&self) -> Reach {
        Reach {
            overlap: Duration::from_mins(65),
            settle: Duration::from_mins(1),
        }
    }

    async fn numbered(&self, _: &str) -> Result<Vec<ShopOrder>, ReadError> {
        Ok(Vec::new())
    }

    async fn many(&self, orders: &[String]) -> Result<Found, ReadError> {
        let known = self.orders.lock().unwrap();
        let wanted = orders.iter().filter_map(|order| {
            let id = order.parse().ok()?;
            Some(order_of(id, *known.get(&id)?))
        });
        Ok(Found {
            orders: wanted.collect(),
            ..Found::default()
        })
    }

    async fn changed(
        &self,
        window: Window,
        cursor: Option<&Cursor>,
    ) -> Result<Page<ShopOrder>, ReadError> {
        self.fail()?;
        let from = cursor.map_or(0, |cursor| {
            serde_json::to_value(cursor).unwrap()["page"]
                .as_u64()
                .unwrap()
        });
        if from == 0 {
            self.windows.lock().unwrap().push(window);
        }
        let from = usize::try_from(from).unwrap();
        let known = self.orders.lock().unwrap();
        let within: Vec<_> = known
            .iter()
            .filter(|(_, (at, _))| (window.from()..window.until()).contains(at))
            .collect();
        let orders = within.iter().skip(from).take(PAGE);
        let next = (from + PAGE < within.len()).then(|| {
            serde_json::from_value(json!({
                "list": 0, "from": window.from(), "by_id_until": null,
                "page": from + PAGE, "after": 0, "total": null, "size": PAGE,
            }))
            .unwrap()
        });
        Ok(Page {
            orders: orders.map(|(id, at)| order_of(**id, **at)).collect(),
            unreadable: Vec::new(),
            hidden: None,
            next,
        })
    }

    async fn placed(&self, _: Window, _: Option<&Cursor>) -> Result<Page<Summary>, ReadError> {
        Err(ReadError::unavailable("no test asks for this"))
    }

    async fn webhooks(&self, address: &str) -> Result<Webhooks, ReadError> {
        self.fail()?;
        self.asked_webhooks.lock().unwrap().push(address.to_owned());
        let told = self.webhooks.lock().unwrap().clone();
        Ok(told.unwrap_or_else(|| Webhooks::Untold("no test said".to_owned())))
    }
}

/// A destination that takes everything; records of some orders are gone from it.
#[derive(Default)]
pub(crate) struct Crm {
    pub(crate) gone: Mutex<BTreeSet<String>>,
    pub(crate) read: Mutex<Vec<String>>,
    /// What is read of an order, beside what is gone.
    pub(crate) holds: Mutex<BTreeMap<String, Vec<RecordReading>>>,
}

#[async_trait]
impl Destination for Crm {
    fn system(&self) -> &'static str {
        "salesforce"
    }

    async fn deliver(&self, _: &Call, plans: &[&Plan]) -> Vec<Outcome> {
        let delivered = |plan: &&Plan| {
            self.gone.lock().unwrap().remove(&plan.order);
            Outcome::Delivered {
                records: Vec::new(),
                warnings: Vec::new(),
            }
        };
        plans.iter().map(delivered).collect()
    }

    async fn read(&self, _: &Call, plans: &[&Plan]) -> Vec<Result<Reading, Failure>> {
        let reading = |plan: &&Plan| {
            self.read.lock().unwrap().push(plan.order.clone());
            let is_gone = self.gone.lock().unwrap().contains(&plan.order);
            let record = RecordReading {
                name: "opportunity".to_owned(),
                index: 0,
                object: "Opportunity".to_owned(),
                held: Held::Gone {
                    id: "006".to_owned(),
                    deleted: Change::default(),
                    merged_into: None,
                },
            };
            let holds = self.holds.lock().unwrap().get(&plan.order).cloned();
            let held = holds.into_iter().flatten();
            let records = is_gone.then_some(record).into_iter().chain(held).collect();
            Ok(Reading { records })
        };
        plans.iter().map(reading).collect()
    }

    fn preview(&self, _: &Plan) -> Vec<RequestPreview> {
        Vec::new()
    }

    async fn check(&self, _: &Call, _: &Plan) -> Vec<Finding> {
        Vec::new()
    }
}

/// Everything around one store.
pub(crate) struct World {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) shop: Arc<Listing>,
    pub(crate) crm: Arc<Crm>,
    pub(crate) ports: Ports,
    pub(crate) settings: Reconcile,
    pub(crate) store: Shop,
    engine: Engine,
}

impl World {
    /// Creates a world whose queue does not tell what waits, as SQS.
    pub(crate) async fn new() -> Self {
        Self::over(MemoryQueue::not_telling_what_waits)
    }

    /// Creates a world whose queue tells what waits.
    pub(crate) fn that_tells() -> Self {
        Self::over(|queue| queue)
    }

    fn over(kind: impl Fn(MemoryQueue) -> MemoryQueue) -> Self {
        let clock = Arc::new(ManualClock::new("2026-11-29T12:00:00Z".parse().unwrap()));
        let (shop, crm) = (Arc::new(Listing::default()), Arc::new(Crm::default()));
        let queue = Arc::new(kind(MemoryQueue::new(clock.clone())));
        let ledger = Arc::new(MemoryLedger::default());
        let config = Config::parse(Path::new("orderbridge.toml"), CONFIG).unwrap();
        let readers = BTreeMap::from([("acme".to_owned(), shop.clone() as Arc<dyn ShopReader>)]);
        let made = || {
            let adapters =
                BTreeMap::from([("sales".to_owned(), crm.clone() as Arc<dyn Destination>)]);
            let secrets = Arc::new(MemorySecrets::new()) as Arc<dyn ports::Secrets>;
            let mappings = routes::mappings(&config).unwrap();
            routes::delivery_routes(&config, mappings, &adapters, &secrets, &readers).unwrap()
        };
        let engine_ports = deliver::Ports {
            ledger: ledger.clone(),
            queue: queue.clone(),
            privacy: Arc::new(MemoryPrivacy::default()),
        };
        let engine = Engine::new(made(), engine_ports, clock.clone());
        let routes = made()
            .into_iter()
            .map(|(name, route)| (name, Arc::new(route)));
        let store = reconcile::shops(&config, &routes.collect(), &readers, None)
            .pop()
            .unwrap();
        Self {
            ports: Ports {
                ledger,
                queue: queue.clone(),
                letters: queue,
                checkpoints: Arc::new(MemoryCheckpoints::default()),
                clock: clock.clone(),
            },
            settings: config.store("acme").unwrap().reconcile,
            clock,
            shop,
            crm,
            store,
            engine,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Changes an order in the shop so many minutes ago.
    pub(crate) fn changed(&self, order: u64, minutes_ago: i64) {
        let at = self.now() - minutes_ago.minutes();
        let mut orders = self.shop.orders.lock().unwrap();
        let before = orders.get(&order).map_or(0, |(_, before)| before + 1);
        orders.insert(order, (at, before));
    }

    pub(crate) async fn pass(&self) -> Passed {
        self.pass_until(&|| false).await
    }

    pub(crate) async fn pass_until(&self, stop: &(dyn Fn() -> bool + Sync)) -> Passed {
        self.routine(stop, async |routine| routine.pass().await)
            .await
    }

    pub(crate) async fn pass_when_due(&self) -> Passed {
        self.routine(&|| false, async |routine| routine.pass_when_due().await)
            .await
    }

    async fn routine(
        &self,
        stop: &(dyn Fn() -> bool + Sync),
        pass: impl AsyncFnOnce(Routine<'_>) -> Passed,
    ) -> Passed {
        let feed = Feed {
            ports: &self.ports,
            patience: Duration::from_secs(1),
        };
        let routine = Routine {
            shop: &self.store,
            feed: &feed,
            settings: self.settings,
            public_url: Some("https://hooks.example.com"),
            stop,
        };
        pass(routine).await
    }

    /// Posts an order as its shop would, and delivers it.
    pub(crate) async fn post(&self, id: u64, minutes_ago: i64) {
        self.post_only(id, minutes_ago).await;
        self.deliver().await;
    }

    /// Posts an order as its shop would.
    pub(crate) async fn post_only(&self, id: u64, minutes_ago: i64) {
        self.changed(id, minutes_ago);
        let at = self.now() - minutes_ago.minutes();
        let state = self.shop.orders.lock().unwrap()[&id];
        let body = order_of(id, state).payload;
        let message = Message {
            route: "acme-sales".to_owned(),
            destination: "sales".to_owned(),
            store: "acme".to_owned(),
            kind: ports::Kind::Order,
            origin: Origin::Posted,
            topic: "order.updated".to_owned(),
            event: ports::event_id("acme", &body),
            order: Some(id.to_string()),
            modified: Some(at),
            accepted: at,
            group: id.to_string(),
            dedupe: None,
            replays: 0,
            body: body.into(),
        };
        self.ports.queue.enqueue(vec![message]).await.unwrap();
    }

    /// Delivers what waits, and returns the orders and whether each is written whatever is known.
    pub(crate) async fn deliver(&self) -> Vec<(String, bool)> {
        let time = Duration::from_mins(5);
        let mut delivered = Vec::new();
        loop {
            let batch = self.ports.queue.receive("sales", 10, time).await.unwrap();
            if batch.is_empty() {
                delivered.sort();
                return delivered;
            }
            delivered.extend(batch.iter().map(|one| {
                let forced = one.message.origin == Origin::Forced;
                (one.message.order.clone().unwrap(), forced)
            }));
            let lease = Lease {
                since: self.now(),
                time,
                request_timeout: Duration::from_secs(30),
                probe: false,
            };
            let report = self.engine.deliver(batch, lease).await;
            self.ports.queue.settle(report.settlements).await.unwrap();
        }
    }
}

//! A shop, a destination and a queue that do as they are told, around the engine.

use async_trait::async_trait;
use bytes::Bytes;
use deliver::{DeliveryRoute, Engine, Lease, Owner, Policy, Ports, Report, Result as Told};
use destination::{Call, Class, Destination, Failure, Finding, Outcome, RequestPreview};
use jiff::Timestamp;
use mapping::{Mapping, Overrides, Plan};
use order::{Order, Status, StatusKind};
use ports::{
    Clock, Kind, Ledger, LedgerEntry, LedgerKey, Message, PortError, Received, RecordRef, Secret,
    Secrets, Settlement,
    memory::{self, ManualClock, MemoryLedger, MemoryPrivacy, MemoryQueue, MemorySecrets},
};
use source::{
    Normalized, OrderReader, PayloadError, Peek, PrivacyKind, PrivacyRequest, Source, Verified,
    VerifyError, Webhook, WebhookSecrets,
};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::sync::Semaphore;

const MAPPING: &str = r#"
system = "salesforce"
[[record]]
name = "opportunity"
object = "Opportunity"
key = "Order__c"
[record.fields]
Order__c = "{{ order.id }}"
StageName = "{{ order.status }}"
[currency]
home = ""
[[warning]]
when = "{{ order.status == 'noted' }}"
text = "changed at {{ order.modified.split('T')[1] }}"
"#;

/// A shop whose bodies are `id,status,modified second or -`; anything else is no order. The status
/// `draft` is skipped, and `refund` names the order without carrying it. `access`, `redact` and
/// `leave` are requests about personal data, of the customer (or the shop that leaves) in the third
/// part; `anonymous` is an order whose customer the shop made unrecognisable. An order is in US
/// dollars, unless its status is `in` and another currency.
pub(crate) struct TestShop;

impl Source for TestShop {
    fn platform(&self) -> &'static str {
        "test"
    }
    fn order_topics(&self) -> &'static [&'static str] {
        &["order"]
    }
    fn verify(
        &self,
        _: Webhook<'_>,
        _: &WebhookSecrets,
    ) -> std::result::Result<Verified, VerifyError> {
        Ok(Verified::Delivery)
    }
    fn signature_headers(&self) -> &'static [&'static str] {
        &["signature"]
    }
    fn topic(&self, _: Webhook<'_>) -> Option<String> {
        Some("order".to_owned())
    }
    fn usual_topic(&self) -> &'static str {
        "order"
    }
    fn peek(&self, _: &[u8]) -> Peek {
        Peek::default()
    }
    fn normalize(&self, _: &str, body: &[u8]) -> std::result::Result<Normalized, PayloadError> {
        let text = String::from_utf8_lossy(body);
        let parts: Vec<&str> = text.split(',').collect();
        let [id, status, modified] = parts[..] else {
            return Err(PayloadError::NotAnOrder {
                platform: "test",
                reason: "it has not three parts".to_owned(),
            });
        };
        match status {
            "draft" => return Ok(Normalized::Skip("a draft".to_owned())),
            "refund" => {
                let (order, otherwise) = (id.to_owned(), "the shop cannot be asked".to_owned());
                return Ok(Normalized::Reference { order, otherwise });
            }
            "access" => return Ok(privacy(PrivacyKind::Access, id, modified)),
            "redact" => return Ok(privacy(PrivacyKind::RedactCustomer, id, modified)),
            "leave" => return Ok(of_shop(modified)),
            "anonymous" => return Ok(anonymous(id)),
            _ => {}
        }
        let modified = modified
            .parse()
            .ok()
            .map(|second| Timestamp::from_second(second).unwrap());
        let currency = status.strip_prefix("in ").unwrap_or("USD").to_owned();
        let status = Status::new(StatusKind::Processing, status);
        Ok(Normalized::Order(Box::new(Order {
            id: id.to_owned(),
            status,
            modified,
            currency,
            ..Order::example()
        })))
    }
    fn sign(&self, _: &str, _: &[u8], _: &WebhookSecrets) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

/// Returns a request about these orders (joined by `+`) of a customer with this e-mail.
fn privacy(kind: PrivacyKind, orders: &str, email: &str) -> Normalized {
    Normalized::Privacy(PrivacyRequest {
        kind,
        shop: None,
        customer_id: Some("77".to_owned()),
        email: Some(email.to_owned()),
        orders: orders.split('+').map(str::to_owned).collect(),
    })
}

/// Returns the request of the shop with this name, which leaves.
fn of_shop(name: &str) -> Normalized {
    let shop = Some(name)
        .filter(|name| !name.is_empty())
        .map(str::to_owned);
    Normalized::Privacy(PrivacyRequest {
        shop,
        ..everything(PrivacyKind::RedactStore)
    })
}

fn anonymous(order: &str) -> Normalized {
    Normalized::Privacy(PrivacyRequest {
        orders: vec![order.to_owned()],
        ..everything(PrivacyKind::RedactOrder)
    })
}

fn everything(kind: PrivacyKind) -> PrivacyRequest {
    PrivacyRequest {
        kind,
        shop: None,
        customer_id: None,
        email: None,
        orders: Vec::new(),
    }
}

/// A destination that answers what is scripted for an order, else delivers; it remembers every
/// batch as `id:status`.
#[derive(Default)]
pub(crate) struct TestCrm {
    pub(crate) script: Mutex<BTreeMap<String, VecDeque<Outcome>>>,
    pub(crate) batches: Mutex<Vec<Vec<String>>>,
    /// The ids that came with each plan.
    pub(crate) known: Mutex<Vec<Vec<(String, String)>>>,
    /// The permits for which calls wait, where this is set.
    pub(crate) gate: Option<Semaphore>,
    /// The answers to the question for its currency, one after the other; then it does not tell.
    pub(crate) home: Mutex<VecDeque<std::result::Result<Option<String>, Failure>>>,
    /// The number of times that it was asked for its currency.
    pub(crate) asked_home: AtomicUsize,
}

impl TestCrm {
    pub(crate) fn will(&self, order: &str, outcomes: impl IntoIterator<Item = Outcome>) {
        self.script
            .lock()
            .unwrap()
            .entry(order.to_owned())
            .or_default()
            .extend(outcomes);
    }
    pub(crate) fn batches(&self) -> Vec<Vec<String>> {
        self.batches.lock().unwrap().clone()
    }
}

#[async_trait]
impl Destination for TestCrm {
    fn system(&self) -> &'static str {
        "salesforce"
    }
    async fn deliver(&self, _: &Call, plans: &[&Plan]) -> Vec<Outcome> {
        let stage = |plan: &Plan| {
            serde_json::to_value(&plan.records[0].fields["StageName"]).unwrap()["literal"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        self.batches.lock().unwrap().push(
            plans
                .iter()
                .map(|plan| format!("{}:{}", plan.order, stage(plan)))
                .collect(),
        );
        let known = plans
            .iter()
            .map(|plan| plan.known.clone().into_iter().collect());
        self.known.lock().unwrap().extend(known);
        if let Some(gate) = &self.gate {
            gate.acquire().await.unwrap().forget();
        }
        let delivered = |plan: &Plan| Outcome::Delivered {
            records: vec![RecordRef {
                name: "opportunity".to_owned(),
                object: "Opportunity".to_owned(),
                id: format!("006-{}", plan.order),
            }],
            warnings: Vec::new(),
        };
        let mut script = self.script.lock().unwrap();
        plans
            .iter()
            .map(|plan| {
                script
                    .get_mut(&plan.order)
                    .and_then(VecDeque::pop_front)
                    .unwrap_or_else(|| delivered(plan))
            })
            .collect()
    }
    fn preview(&self, _: &Plan) -> Vec<RequestPreview> {
        Vec::new()
    }
    async fn check(&self, _: &Call, _: &Plan) -> Vec<Finding> {
        Vec::new()
    }
    async fn home_currency(&self, _: &Call) -> std::result::Result<Option<String>, Failure> {
        self.asked_home.fetch_add(1, Ordering::Relaxed);
        self.home.lock().unwrap().pop_front().unwrap_or(Ok(None))
    }
}

/// A queue like SQS FIFO: it may hand out several messages of one group at once, in order. What it
/// handed out it hands out again until it is settled, and nothing of it counts as lost.
#[derive(Default)]
pub(crate) struct Fifo(Mutex<memory::Fifo>);

impl Fifo {
    pub(crate) fn push(&self, message: Message) {
        self.0.lock().unwrap().add(message, Timestamp::MIN);
    }

    pub(crate) fn receive(&self, now: Timestamp) -> Vec<Received> {
        let mut fifo = self.0.lock().unwrap();
        let taken = fifo.take_several("crm", 10, now, Duration::ZERO);
        taken
            .into_iter()
            .map(|one| Received { lost: 0, ..one })
            .collect()
    }

    /// Removes everything from the queue.
    pub(crate) fn forget(&self) {
        *self.0.lock().unwrap() = memory::Fifo::default();
    }

    pub(crate) fn settle(&self, settlements: &[Settlement], now: Timestamp) {
        let mut fifo = self.0.lock().unwrap();
        for settlement in settlements {
            fifo.settle(settlement.clone(), now);
        }
    }
}

/// Secrets that cannot be read.
struct Away;

#[async_trait]
impl Secrets for Away {
    async fn secret(&self, _: &str) -> std::result::Result<Option<Secret>, PortError> {
        Err(PortError::new("secrets: read", "it is away"))
    }
}

pub(crate) struct Setup {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) queue: Fifo,
    pub(crate) ledger: Arc<MemoryLedger>,
    pub(crate) crm: Arc<TestCrm>,
    pub(crate) engine: Engine,
    /// The queue from which requests about personal data remove messages.
    pub(crate) kept: Arc<MemoryQueue>,
    pub(crate) privacy: Arc<MemoryPrivacy>,
    /// The secrets that say which shop the store belongs to; empty at first.
    pub(crate) secrets: Arc<MemorySecrets>,
}

pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// The time for which a batch may be in hand.
pub(crate) const LEASE: Duration = Duration::from_secs(240);

impl Setup {
    pub(crate) fn new() -> Self {
        Self::with(TestCrm::default())
    }

    pub(crate) fn with(crm: TestCrm) -> Self {
        Self::whole(crm, None)
    }

    pub(crate) fn with_reader(reader: Arc<dyn OrderReader>) -> Self {
        Self::whole(TestCrm::default(), Some(reader))
    }

    fn whole(crm: TestCrm, reader: Option<Arc<dyn OrderReader>>) -> Self {
        let clock = Arc::new(ManualClock::new(
            Timestamp::from_second(1_700_000_000).unwrap(),
        ));
        let (ledger, crm) = (Arc::new(MemoryLedger::default()), Arc::new(crm));
        let (kept, privacy) = (
            Arc::new(MemoryQueue::new(clock.clone())),
            Arc::new(MemoryPrivacy::default()),
        );
        let ports = Ports {
            ledger: ledger.clone(),
            queue: kept.clone(),
            privacy: privacy.clone(),
        };
        let secrets = Arc::new(MemorySecrets::new());
        Self {
            engine: engine(crm.clone(), reader, secrets.clone(), ports, clock.clone()),
            queue: Fifo::default(),
            clock,
            ledger,
            crm,
            kept,
            privacy,
            secrets,
        }
    }

    /// Creates another engine, over another ledger.
    pub(crate) fn engine_over(&self, ledger: Arc<dyn Ledger>) -> Engine {
        self.engine_with(self.ports(ledger))
    }

    /// Creates another engine, over other ports.
    pub(crate) fn engine_with(&self, ports: Ports) -> Engine {
        engine(
            self.crm.clone(),
            None,
            self.secrets.clone(),
            ports,
            self.clock.clone(),
        )
    }

    /// Creates another engine, to another destination.
    pub(crate) fn engine_to(&self, destination: Arc<dyn Destination>) -> Engine {
        engine(
            destination,
            None,
            self.secrets.clone(),
            self.ports(self.ledger.clone()),
            self.clock.clone(),
        )
    }

    /// Creates another engine, which cannot read the store's secret.
    pub(crate) fn engine_where_secrets_are_away(&self) -> Engine {
        let ports = self.ports(self.ledger.clone());
        engine(
            self.crm.clone(),
            None,
            Arc::new(Away),
            ports,
            self.clock.clone(),
        )
    }

    pub(crate) fn ports(&self, ledger: Arc<dyn Ledger>) -> Ports {
        Ports {
            ledger,
            queue: self.kept.clone(),
            privacy: self.privacy.clone(),
        }
    }

    pub(crate) fn enqueue(&self, group: &str, body: &str) {
        self.queue.push(self.message(group, body));
    }

    /// Creates a message that is accepted a second after the last one.
    pub(crate) fn message(&self, group: &str, body: &str) -> Message {
        self.clock.advance(Duration::from_secs(1));
        Message {
            route: "route".to_owned(),
            destination: "crm".to_owned(),
            store: "store".to_owned(),
            kind: Kind::Order,
            origin: ports::Origin::Posted,
            topic: "order".to_owned(),
            event: format!("event of {body}"),
            order: body
                .contains(',')
                .then(|| body.split(',').next().unwrap_or_default().to_owned()),
            modified: None,
            accepted: self.clock.now(),
            group: group.to_owned(),
            dedupe: None,
            replays: 0,
            body: Bytes::copy_from_slice(body.as_bytes()),
        }
    }

    /// Receives, delivers and settles one batch, and returns what became of each message.
    pub(crate) async fn work(&self) -> Vec<Told> {
        let report = self.deliver(&self.engine).await;
        self.queue.settle(&report.settlements, self.clock.now());
        report
            .events
            .into_iter()
            .map(|event| event.result)
            .collect()
    }

    pub(crate) async fn deliver(&self, engine: &Engine) -> Report {
        let lease = self.lease();
        engine
            .deliver(self.queue.receive(self.clock.now()), lease)
            .await
    }

    /// Returns a lease that begins now.
    pub(crate) fn lease(&self) -> Lease {
        Lease {
            since: self.clock.now(),
            time: LEASE,
            request_timeout: REQUEST_TIMEOUT,
            probe: false,
        }
    }

    pub(crate) async fn entry(&self, order: &str) -> LedgerEntry {
        let key = LedgerKey {
            route: "route".to_owned(),
            order: order.to_owned(),
        };
        self.ledger.load(&[key]).await.unwrap().remove(0).unwrap()
    }
}

pub(crate) fn words(results: &[Told]) -> Vec<&'static str> {
    results.iter().map(Told::word).collect()
}

pub(crate) fn away() -> Outcome {
    Outcome::Retry(Failure::transient(
        Class::Unavailable,
        "write",
        "the CRM is away",
    ))
}

fn engine(
    crm: Arc<dyn Destination>,
    reader: Option<Arc<dyn OrderReader>>,
    secrets: Arc<dyn Secrets>,
    ports: Ports,
    clock: Arc<dyn Clock>,
) -> Engine {
    let route = DeliveryRoute {
        store: "store".to_owned(),
        source: Arc::new(TestShop),
        reader,
        owner: Some(Owner {
            secret: "shop".to_owned(),
            secrets,
        }),
        mapping: Mapping::parse("test", MAPPING, &Overrides::default()).unwrap(),
        destination_name: "crm".to_owned(),
        destination: crm,
        policy: Policy {
            retry_base: Duration::from_secs(5),
            retry_cap: Duration::from_secs(900),
            give_up_after: Duration::from_secs(3 * 86_400),
        },
    };
    Engine::new(BTreeMap::from([("route".to_owned(), route)]), ports, clock)
}

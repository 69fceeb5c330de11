//! The sample configuration around scripted destinations, and an inbox that remembers.

pub(crate) use crate::crm::{Crm, Does, away, locked_record, refused};
use async_trait::async_trait;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use config::Config;
use deliver::{Breaker, DeliveryRoute, Engine, Policy, Ports};
use deliver_function::{Courier, Function, Inbox};
use jiff::Timestamp;
use platform_aws::{EnvelopeError, Opened, Record, Unopened, open_envelope, seal_envelope};
use ports::{
    Clock, Disposition, Ledger, LedgerEntry, LedgerKey, Message, PortError, Received, Settlement,
    memory::{ManualClock, MemoryCircuits, MemoryLedger, MemoryPrivacy, MemoryQueue},
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

pub(crate) const FUNCTION_TIME: Duration = Duration::from_secs(300);
const URL: &str = "https://sqs.us-east-1.amazonaws.com/000000000000";

/// Returns the path of a file of the project.
pub(crate) fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
}

/// An inbox that opens records as the adapter of SQS does, and remembers every disposition.
#[derive(Default)]
pub(crate) struct Tray {
    pub(crate) settled: Mutex<BTreeMap<String, Disposition>>,
    /// The messages that could not be read.
    pub(crate) buried: Mutex<Vec<String>>,
    /// Whether the table does not answer: then nothing can be looked at.
    pub(crate) is_shut: AtomicBool,
    /// Whether an unreadable message cannot be moved either.
    pub(crate) is_jammed: AtomicBool,
}

impl Tray {
    pub(crate) fn disposition(&self, id: &str) -> Option<Disposition> {
        self.settled.lock().unwrap().get(id).cloned()
    }

    fn note(&self, id: String, disposition: Disposition) {
        let before = self.settled.lock().unwrap().insert(id.clone(), disposition);
        assert_eq!(before, None, "{id} was settled twice");
    }

    /// Returns how long a message was put back.
    pub(crate) fn pause(&self, id: &str) -> Duration {
        match self.disposition(id) {
            Some(Disposition::Retry(pause)) => pause,
            other => panic!("{id}: {other:?}"),
        }
    }
}

#[async_trait]
impl Inbox for Tray {
    async fn open(&self, queue: &str, records: Vec<Record>) -> Result<Opened, Unopened> {
        if self.is_shut.load(Ordering::SeqCst) {
            let error = PortError::new("queue: look for redactions", "the table is away");
            return Err(Unopened { records, error });
        }
        let mut opened = Opened::default();
        for record in records {
            match open_envelope(&record.body) {
                Ok(message) => opened.messages.push(Received {
                    message,
                    receipt: record.receipt(queue),
                    attempts: record.attempts,
                    lost: 0,
                    sent: record.sent,
                }),
                Err(EnvelopeError::Newer { .. }) => opened.stuck.push(record),
                Err(_) if self.is_jammed.load(Ordering::SeqCst) => opened.stuck.push(record),
                Err(error) => {
                    let buried = format!("{}: {error}", record.id);
                    self.buried.lock().unwrap().push(buried);
                    opened.done.push(record.id);
                }
            }
        }
        Ok(opened)
    }

    async fn settle(&self, settlements: Vec<Settlement>) -> BTreeSet<String> {
        let mut done = BTreeSet::new();
        for Settlement {
            received,
            disposition,
        } in settlements
        {
            let id = received.receipt.split(' ').next().unwrap().to_owned();
            if matches!(disposition, Disposition::Done | Disposition::Dead(_)) {
                done.insert(id.clone());
            }
            self.note(id, disposition);
        }
        done
    }

    async fn postpone(&self, _: &str, records: Vec<(&Record, Duration)>) {
        for (record, pause) in records {
            self.note(record.id.clone(), Disposition::Retry(pause));
        }
    }
}

/// One deployment: the functions over one table.
pub(crate) struct Stack {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) crm: Arc<Crm>,
    pub(crate) ledger: Arc<MemoryLedger>,
    pub(crate) circuits: Arc<MemoryCircuits>,
    pub(crate) tray: Arc<Tray>,
    /// The queue that the engine asks about groups.
    pub(crate) queue: Arc<MemoryQueue>,
}

impl Stack {
    pub(crate) fn new() -> Self {
        let clock = Arc::new(ManualClock::new("2026-01-01T12:00:00Z".parse().unwrap()));
        Self {
            crm: Arc::default(),
            ledger: Arc::default(),
            circuits: Arc::new(MemoryCircuits::new(clock.clone())),
            tray: Arc::default(),
            queue: Arc::new(MemoryQueue::new(clock.clone())),
            clock,
        }
    }

    /// Creates a function as its start does, with the sample configuration, whose destinations are
    /// all this CRM.
    pub(crate) fn function(&self) -> Function {
        self.function_over(self.ledger.clone())
    }

    /// Creates a function over another ledger.
    pub(crate) fn function_over(&self, ledger: Arc<dyn Ledger>) -> Function {
        let config = Config::load(&project("config/samples/orderbridge.toml")).unwrap();
        let ports = Ports {
            ledger,
            queue: self.queue.clone(),
            privacy: Arc::new(MemoryPrivacy::default()),
        };
        let routes = config
            .routes
            .iter()
            .map(|route| (route.name.clone(), self.route(&config, route)));
        let engine = Arc::new(Engine::new(routes.collect(), ports, self.clock.clone()));
        let courier = |destination: &config::Destination| {
            let settings = routes::circuit_settings(&destination.delivery, FUNCTION_TIME);
            Courier {
                engine: engine.clone(),
                breaker: Breaker::new(&destination.name, settings, self.circuits.clone()),
                clock: self.clock.clone(),
                batch: destination.delivery.batch,
                system: destination.system.as_str(),
                request_timeout: destination.delivery.request_timeout,
            }
        };
        Function {
            inbox: self.tray.clone(),
            couriers: config
                .destinations
                .values()
                .map(|one| (one.name.clone(), courier(one)))
                .collect(),
            routes: config
                .routes
                .iter()
                .map(|one| (one.name.clone(), one.destination.clone()))
                .collect(),
            queues: ["salesforce", "zoho", "netsuite"]
                .map(|system| (format!("{system}.fifo"), url(system)))
                .into(),
            engine: engine.clone(),
            clock: self.clock.clone(),
        }
    }

    fn route(&self, config: &Config, route: &config::Route) -> DeliveryRoute {
        DeliveryRoute {
            store: route.store.clone(),
            source: sources::source(config.store(&route.store).unwrap().platform),
            reader: None,
            owner: None,
            mapping: routes::mapping(config, route).unwrap(),
            destination_name: route.destination.clone(),
            destination: self.crm.clone(),
            policy: Policy {
                retry_base: Duration::from_secs(5),
                retry_cap: Duration::from_secs(900),
                give_up_after: Duration::from_hours(72),
            },
        }
    }

    /// Handles an event with a new function that has all of its time, and returns the ids that
    /// Lambda must not delete.
    pub(crate) async fn handle(&self, event: SqsEvent) -> Vec<String> {
        failures(&self.function().handle(event, self.deadline()).await)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn deadline(&self) -> Timestamp {
        self.now() + FUNCTION_TIME
    }

    /// Lets time pass until the next receipt: the settlements before it are over.
    pub(crate) fn pass(&self, time: Duration) {
        self.clock.advance(time);
        self.tray.settled.lock().unwrap().clear();
    }

    pub(crate) async fn entry(&self, order: &str) -> Option<LedgerEntry> {
        let key = LedgerKey {
            route: "acme-sales".to_owned(),
            order: order.to_owned(),
        };
        self.ledger.load(&[key]).await.unwrap().remove(0)
    }

    /// Creates a record of the queue of Salesforce: an order of a customer.
    pub(crate) fn order(&self, order: u32, customer: &str) -> Value {
        record(
            &format!("message-{order}"),
            customer,
            &seal_envelope(&self.message(order, customer)).unwrap(),
        )
    }

    pub(crate) fn message(&self, order: u32, customer: &str) -> Message {
        let sample =
            std::fs::read_to_string(project("events/woocommerce/01-new-customer.json")).unwrap();
        let body = sample.replacen("12345", &order.to_string(), 1);
        Message {
            route: "acme-sales".to_owned(),
            destination: "sales".to_owned(),
            store: "acme".to_owned(),
            kind: ports::Kind::Order,
            origin: ports::Origin::Posted,
            topic: "order.created".to_owned(),
            event: ports::event_id("acme", body.as_bytes()),
            order: Some(order.to_string()),
            modified: None,
            accepted: self.clock.now(),
            group: customer.to_owned(),
            dedupe: None,
            replays: 0,
            body: body.into(),
        }
    }
}

pub(crate) fn url(system: &str) -> String {
    format!("{URL}/{system}.fifo")
}

/// Creates a record in the form of Lambda.
pub(crate) fn record(id: &str, group: &str, body: &str) -> Value {
    json!({
        "messageId": id,
        "receiptHandle": format!("handle-of-{id}"),
        "body": body,
        "attributes": { "ApproximateReceiveCount": "1", "MessageGroupId": group },
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:salesforce.fifo",
        "awsRegion": "us-east-1",
    })
}

/// Sets how often a record was received, and when it was sent.
pub(crate) fn received(mut record: Value, times: u32, sent: Timestamp) -> Value {
    record["attributes"]["ApproximateReceiveCount"] = json!(times.to_string());
    record["attributes"]["SentTimestamp"] = json!(sent.as_millisecond().to_string());
    record
}

pub(crate) fn event(records: impl IntoIterator<Item = Value>) -> SqsEvent {
    let records: Vec<Value> = records.into_iter().collect();
    serde_json::from_value(json!({ "Records": records })).unwrap()
}

pub(crate) fn failures(response: &SqsBatchResponse) -> Vec<String> {
    let failures = response.batch_item_failures.iter();
    failures
        .map(|failure| failure.item_identifier.clone())
        .collect()
}

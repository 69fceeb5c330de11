//! The cost of deliveries: API calls per order by system, batch and lines, and orders per second
//! into destinations that take 80 ms for every call, and into a NetSuite that takes 60 ms
//! more for every record that it saves, one after the other within a call.
//!
//! `cargo bench --bench delivery`. The destinations are the sandboxes on loopback; the baseline is
//! the blueprint's way into Salesforce: one call after the other for one order after the other (7,
//! 8 and 16 calls for orders of 1, 2 and 10 lines).

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::float_arithmetic,
    reason = "a benchmark prints figures and may stop when its own set-up fails"
)]

use bytes::Bytes;
use config::{Config, System};
use deliver::{
    Breaker, CircuitSettings, DeliveryRoute, Engine, Event, Policy, Ports, Takes, Worker,
};
use mapping::{Mapping, Overrides};
use ports::{
    Clock, Enqueue, Message, Queue, Secret, SystemClock,
    memory::{
        MemoryCheckpoints, MemoryCircuits, MemoryLedger, MemoryPrivacy, MemoryQueue, MemorySecrets,
        MemoryTokens,
    },
};
use sandbox::Double;
use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::watch;

const LATENCY: Duration = Duration::from_millis(80);
/// The time that NetSuite takes for every record that it saves: what a save costs there is no property
/// of the call, and records that are saved in one call are saved one after the other.
const PER_RECORD: Duration = Duration::from_millis(60);
/// The number of orders that a figure is taken from.
const ORDERS: usize = 100;
/// The systems, each with further settings and its name in the table.
const WAYS: [(System, &str, &str); 4] = [
    (System::Salesforce, "", "salesforce"),
    (System::Zoho, "", "zoho"),
    (System::NetSuite, "", "netsuite"),
    (
        System::NetSuite,
        "speed = \"restlet\"\n",
        "netsuite (restlet)",
    ),
];

#[tokio::main]
async fn main() {
    println!(
        "API calls per order; products known, token at hand. The blueprint needs 7 / 8 / 16 into Salesforce for 1 / 2 / 10 lines."
    );
    println!(
        "{:<18} {:<10} {:>5}  {:>7}  {:>8}",
        "system", "customers", "lines", "batch 1", "batch 10"
    );
    for (system, settings, name) in WAYS {
        for lines in [1, 2, 10] {
            let [one, ten] = [
                calls((system, settings), lines, 1).await,
                calls((system, settings), lines, 10).await,
            ];
            for (customers, one, ten) in [("new", one.0, ten.0), ("returning", one.1, ten.1)] {
                println!("{name:<18} {customers:<10} {lines:>5}  {one:>7.2}  {ten:>8.2}");
            }
        }
    }
    println!(
        "\norders per second with {} ms per call, concurrency 10, batch 10, 2 lines, new customers",
        LATENCY.as_millis()
    );
    let rows = WAYS.iter().map(|way| (*way, Duration::ZERO)).chain(
        WAYS.iter()
            .filter(|(system, ..)| *system == System::NetSuite)
            .map(|way| (*way, PER_RECORD)),
    );
    for ((system, settings, name), per_record) in rows {
        let bench = Bench::new((system, settings), LATENCY).await;
        bench.sandbox.slow_down(per_record);
        bench.deliver(100, false, 2, 10, 10).await;
        // NetSuite takes one order per call, and three calls at a time.
        let orders = if system == System::NetSuite {
            200
        } else {
            2_000
        };
        let start = Instant::now();
        bench.deliver(orders, false, 2, 10, 10).await;
        let rate = orders as f64 / start.elapsed().as_secs_f64();
        let one_after_the_other = 1.0 / (8.0 * LATENCY.as_secs_f64());
        println!(
            "{name:<18} {:>2} ms per record saved {rate:>7.1}  ({:.0} times the blueprint's way into Salesforce); an order's calls took {:.0} ms",
            per_record.as_millis(),
            rate / one_after_the_other,
            bench.took_on_average().as_secs_f64() * 1000.0
        );
    }
    println!(
        "\nback-fill: orders of new customers that were read from the shop, one batch at a time"
    );
    let netsuite = ((System::NetSuite, ""), "NetSuite, by asynchronous batches");
    let salesforce = (
        (System::Salesforce, "backfill = \"batches\"\n"),
        "Salesforce, up to 75 orders a call",
    );
    backfill(netsuite, PER_RECORD, 500).await;
    backfill(salesforce, Duration::ZERO, 3_000).await;
    backfill(salesforce, PER_RECORD, 500).await;
}

/// Prints what a back-fill costs.
async fn backfill(
    ((system, settings), name): ((System, &str), &str),
    per_record: Duration,
    orders: usize,
) {
    let mut bench = Bench::new((system, settings), LATENCY).await;
    bench.sandbox.slow_down(per_record);
    bench.takes = Takes::Read;
    bench.deliver(100, false, 2, 10, 1).await;
    let (before, start) = (bench.sandbox.calls(), Instant::now());
    bench.deliver(orders, false, 2, 10, 1).await;
    println!(
        "{name:<36} {:>2} ms per record saved {:>6.1} orders per second, {:.3} calls per order",
        per_record.as_millis(),
        orders as f64 / start.elapsed().as_secs_f64(),
        (bench.sandbox.calls() - before) as f64 / orders as f64
    );
}

/// Returns the calls per order of new customers, and of the same customers once more.
async fn calls(system: (System, &str), lines: usize, batch: usize) -> (f64, f64) {
    let bench = Bench::new(system, Duration::ZERO).await;
    bench.deliver(10, false, lines, batch, 1).await;
    let mut figures = [0.0; 2];
    for (figure, returning) in figures.iter_mut().zip([false, true]) {
        let before = bench.sandbox.calls();
        bench.deliver(ORDERS, returning, lines, batch, 1).await;
        *figure = (bench.sandbox.calls() - before) as f64 / ORDERS as f64;
    }
    (figures[0], figures[1])
}

struct Bench {
    sandbox: Double,
    queue: Arc<MemoryQueue>,
    engine: Arc<Engine>,
    clock: Arc<dyn Clock>,
    /// The number of orders of the last round, and how long their batches took, in milliseconds.
    took: Arc<[AtomicU64; 2]>,
    /// What its workers take, and how its orders came: by a post, or read from the shop.
    takes: Takes,
}

impl Bench {
    async fn new((system, settings): (System, &str), latency: Duration) -> Self {
        let sandbox = Double::start(system.as_str(), latency).await.unwrap();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let text = format!(
            "[destinations.sales]\nsecret = \"sales\"\n{}{settings}[stores.acme]\nplatform = \"woocommerce\"\nsecret = \"acme\"\n\
             [[routes]]\nname = \"r\"\nstore = \"acme\"\ndestination = \"sales\"\nmapping = \"m\"\n",
            sandbox.settings()
        );
        let config = Config::parse(Path::new("orderbridge.toml"), &text).unwrap();
        let secrets = MemorySecrets::new();
        let secret = sandbox
            .secret()
            .into_iter()
            .map(|(key, value)| (key, vec![value.as_str().unwrap().to_owned()]));
        secrets.put("sales", Secret::new(secret.collect()));
        let tokens = Arc::new(MemoryTokens::new(Arc::clone(&clock)));
        let destination = destinations::destination(
            config.destination("sales").unwrap(),
            Arc::new(secrets),
            tokens,
            Arc::clone(&clock),
            Some(Arc::new(MemoryCheckpoints::default())),
        );
        let mapping = Mapping::load(
            &format!("woocommerce-{}", system.as_str()),
            Path::new("."),
            &Overrides::default(),
        );
        let route = DeliveryRoute {
            store: "acme".to_owned(),
            source: sources::source(config::Platform::WooCommerce),
            reader: None,
            owner: None,
            mapping: mapping.unwrap(),
            destination_name: "sales".to_owned(),
            destination: destination.unwrap(),
            policy: Policy {
                retry_base: Duration::from_secs(5),
                retry_cap: Duration::from_secs(60),
                give_up_after: Duration::from_secs(3600),
            },
        };
        let queue = Arc::new(MemoryQueue::new(Arc::clone(&clock)));
        let ports = Ports {
            ledger: Arc::new(MemoryLedger::default()),
            queue: queue.clone(),
            privacy: Arc::new(MemoryPrivacy::default()),
        };
        let engine = Engine::new(
            BTreeMap::from([("acme-sales".to_owned(), route)]),
            ports,
            Arc::clone(&clock),
        );
        Self {
            sandbox,
            queue,
            engine: Arc::new(engine),
            clock,
            took: Arc::default(),
            takes: Takes::Anything,
        }
    }

    /// Returns how long the engine had an order of the last round in work.
    fn took_on_average(&self) -> Duration {
        let [orders, millis] = self.took.each_ref().map(|sum| sum.load(Ordering::Relaxed));
        Duration::from_millis(millis / orders.max(1))
    }

    /// Enqueues orders of different customers, who are new or those of the last round, then works
    /// them off and checks that every one was delivered.
    async fn deliver(
        &self,
        orders: usize,
        returning: bool,
        lines: usize,
        batch: usize,
        concurrency: usize,
    ) {
        let kind = self.sandbox.kinds().first().unwrap();
        let before = self.sandbox.records(kind).len();
        let customer = |number: usize| if returning { number - ORDERS } else { number };
        self.queue
            .enqueue(
                (before..before + orders)
                    .map(|number| self.message(number, customer(number), lines))
                    .collect(),
            )
            .await
            .unwrap();
        let (stopper, stop) = watch::channel(false);
        let settings = CircuitSettings {
            opens_after: 5,
            probe_every: Duration::from_secs(30),
            probe_limit: Duration::from_secs(240),
        };
        let circuits = Arc::new(MemoryCircuits::new(Arc::clone(&self.clock)));
        let breaker = Arc::new(Breaker::new("sales", settings, circuits));
        self.took
            .iter()
            .for_each(|sum| sum.store(0, Ordering::Relaxed));
        let mut workers = tokio::task::JoinSet::new();
        for _ in 0..concurrency {
            let worker = Worker {
                queue: self.queue.clone(),
                engine: Arc::clone(&self.engine),
                clock: Arc::clone(&self.clock),
                breaker: Arc::clone(&breaker),
                destination: "sales".to_owned(),
                takes: self.takes,
                batch,
                request_timeout: Duration::from_secs(30),
                observe: self.observer(),
            };
            let stop = stop.clone();
            workers.spawn(async move { worker.run(stop).await });
        }
        while self.queue.depth("sales").await.unwrap() > 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        stopper.send_replace(true);
        while workers.join_next().await.is_some() {}
        assert_eq!(
            self.sandbox.records(kind).len(),
            before + orders,
            "an order was lost or doubled"
        );
    }

    fn observer(&self) -> Arc<dyn Fn(&Event) + Send + Sync> {
        let took = Arc::clone(&self.took);
        Arc::new(move |event| {
            let millis = u64::try_from(event.took.as_millis()).unwrap_or(u64::MAX);
            for (sum, more) in took.iter().zip([1, millis]) {
                sum.fetch_add(more, Ordering::Relaxed);
            }
        })
    }

    fn message(&self, number: usize, customer: usize, lines: usize) -> Message {
        let line = |line| {
            format!(
                r#"{{"id":{line},"name":"Product A","product_id":101,"quantity":1,"total":"49.99"}}"#
            )
        };
        let lines: Vec<String> = (0..lines).map(line).collect();
        let body = format!(
            r#"{{"id":{id},"number":"{id}","status":"processing","currency":"USD","total":"49.99","customer_id":{customer},"date_created":"2023-10-26T10:00:00","billing":{{"first_name":"Jane","last_name":"Doe {customer}","email":"c{customer}@example.com"}},"line_items":[{}]}}"#,
            lines.join(","),
            id = number + 1,
            customer = customer + 1
        );
        Message {
            route: "acme-sales".to_owned(),
            destination: "sales".to_owned(),
            store: "acme".to_owned(),
            kind: ports::Kind::Order,
            origin: match self.takes {
                Takes::Read => ports::Origin::Read,
                _ => ports::Origin::Posted,
            },
            topic: "order.created".to_owned(),
            event: number.to_string(),
            order: Some((number + 1).to_string()),
            modified: None,
            accepted: self.clock.now(),
            group: customer.to_string(),
            dedupe: None,
            replays: 0,
            body: Bytes::from(body),
        }
    }
}

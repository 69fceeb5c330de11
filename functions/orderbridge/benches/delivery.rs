//! What delivering costs: API calls per order by batch and lines, and orders per second into a destination that takes 80 ms for every call.
//!
//! `cargo bench --bench delivery`. The destination is the sandbox on loopback; the baseline is the blueprint's way: one call after the other for one order after the
//! other (7, 8 and 16 calls for orders of 1, 2 and 10 lines).

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::float_arithmetic,
    reason = "a benchmark prints figures and may stop when its own set-up fails"
)]

use bytes::Bytes;
use deliver::{Breaker, CircuitSettings, DeliveryRoute, Engine, Policy, Ports, Worker};
use destination_salesforce::{Grant, Settings};
use mapping::{Mapping, Overrides};
use ports::{
    Clock, Message, Queue, SystemClock,
    memory::{MemoryCircuits, MemoryLedger, MemoryPrivacy, MemoryQueue, MemorySecrets, MemoryTokens},
};
use sandbox::salesforce::{Options, Salesforce, credentials};
use std::{
    collections::BTreeMap,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::watch;

const LATENCY: Duration = Duration::from_millis(80);

#[tokio::main]
async fn main() {
    println!("API calls per order, known products, token at hand (blueprint: 7 / 8 / 16 for 1 / 2 / 10 lines)");
    for batch in [1, 10] {
        let mut row = format!("  batch {batch:>2}:");
        for lines in [1, 2, 10] {
            let bench = Bench::new(Duration::ZERO).await;
            bench.deliver(10, lines, batch, 1).await;
            let before = bench.sandbox.calls().total;
            bench.deliver(100, lines, batch, 1).await;
            row.push_str(&format!(
                "  {lines:>2} lines {:.2}",
                (bench.sandbox.calls().total - before) as f64 / 100.0
            ));
        }
        println!("{row}");
    }

    let bench = Bench::new(LATENCY).await;
    bench.deliver(100, 2, 10, 10).await;
    let orders = 2_000;
    let start = Instant::now();
    bench.deliver(orders, 2, 10, 10).await;
    let rate = orders as f64 / start.elapsed().as_secs_f64();
    let one_after_the_other = 1.0 / (8.0 * LATENCY.as_secs_f64());
    println!(
        "orders per second with {} ms per call, concurrency 10, batch 10: {rate:.0} ({:.0} times one order after the other)",
        LATENCY.as_millis(),
        rate / one_after_the_other
    );
}

struct Bench {
    sandbox: Salesforce,
    queue: Arc<MemoryQueue>,
    engine: Arc<Engine>,
    clock: Arc<dyn Clock>,
}

impl Bench {
    async fn new(latency: Duration) -> Self {
        let sandbox = Salesforce::start(Options {
            latency,
            ..Options::default()
        })
        .await
        .unwrap();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let secret = [("client_id", credentials::CLIENT_ID), ("client_secret", credentials::CLIENT_SECRET)];
        let settings = Settings {
            name: "sales".to_owned(),
            auth: Grant::ClientCredentials,
            login_url: sandbox.url().to_owned(),
            api_version: "v65.0".to_owned(),
            request_timeout: Duration::from_secs(30),
        };
        let tokens = Arc::new(MemoryTokens::new(Arc::clone(&clock)));
        let secrets = Arc::new(MemorySecrets::new().with("sales", &secret));
        let destination =
            destination_salesforce::Salesforce::new(settings, secrets, "sales".to_owned(), tokens, Arc::clone(&clock)).unwrap();
        let route = DeliveryRoute {
            store: "acme".to_owned(),
            source: sources::source(config::Platform::WooCommerce).unwrap(),
            reader: None,
            mapping: Mapping::load("woocommerce-salesforce", Path::new("."), &Overrides::default()).unwrap(),
            destination_name: "sales".to_owned(),
            destination: Arc::new(destination),
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
        let engine = Engine::new(BTreeMap::from([("acme-sales".to_owned(), route)]), ports, Arc::clone(&clock));
        Self {
            sandbox,
            queue,
            engine: Arc::new(engine),
            clock,
        }
    }

    /// Enqueues orders of different customers, then works them off and checks that every one was delivered.
    async fn deliver(&self, orders: usize, lines: usize, batch: usize, concurrency: usize) {
        let before = self.sandbox.records("Opportunity").len();
        self.queue
            .enqueue((before..before + orders).map(|number| self.message(number, lines)).collect())
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
        let mut workers = tokio::task::JoinSet::new();
        for _ in 0..concurrency {
            let worker = Worker {
                queue: self.queue.clone(),
                engine: Arc::clone(&self.engine),
                clock: Arc::clone(&self.clock),
                breaker: Arc::clone(&breaker),
                destination: "sales".to_owned(),
                batch,
                request_timeout: Duration::from_secs(30),
                observe: Arc::new(|_| {}),
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
            self.sandbox.records("Opportunity").len(),
            before + orders,
            "an order was lost or doubled"
        );
    }

    fn message(&self, number: usize, lines: usize) -> Message {
        let line = |line| format!(r#"{{"id":{line},"name":"Product A","product_id":101,"quantity":1,"total":"49.99"}}"#);
        let lines: Vec<String> = (0..lines).map(line).collect();
        let body = format!(
            r#"{{"id":{id},"number":"{id}","status":"processing","currency":"USD","total":"49.99","customer_id":{id},"date_created":"2023-10-26T10:00:00","billing":{{"first_name":"Jane","last_name":"Doe","email":"c{id}@example.com"}},"line_items":[{}]}}"#,
            lines.join(","),
            id = number + 1
        );
        Message {
            route: "acme-sales".to_owned(),
            destination: "sales".to_owned(),
            store: "acme".to_owned(),
            topic: "order.created".to_owned(),
            event: number.to_string(),
            order: Some((number + 1).to_string()),
            modified: None,
            accepted: self.clock.now(),
            group: number.to_string(),
            dedupe: None,
            replays: 0,
            body: Bytes::from(body),
        }
    }
}

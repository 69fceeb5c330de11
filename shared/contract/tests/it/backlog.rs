//! An account that is slow on a day, with a backlog before it: ten orders take longer than a call
//! may, two do not, and what nobody waits for any more is written all the same. Workers over each
//! system's sandbox, and over the strict simulators where they are.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests may fail")]

use crate::support;

use bytes::Bytes;
use config::{Platform, System};
use deliver::{
    Breaker, CircuitSettings, DeliveryRoute, Engine, Policy, Ports, Result, Takes, Worker,
};
use destination::Destination;
use mapping::Mapping;
use ports::{
    Clock, Enqueue, Kind, Message, Queue, SystemClock,
    memory::{MemoryCircuits, MemoryLedger, MemoryPrivacy, MemoryQueue},
};
use serde_json::json;
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use strict_simulator::Simulator;
use support::Account;
use tokio::sync::watch;

const ORDERS: u64 = 60;
const WORKERS: usize = 4;
/// A hundredth of the usual time.
const REQUEST_TIMEOUT: Duration = Duration::from_millis(300);

/// What is allowed for the backlog: a quarter of an hour of the usual time, each order in two calls
/// that were too large, and the calls that NetSuite takes when it is quick.
const MOST_TIME: Duration = Duration::from_secs(9);
const MOST_FAILED: usize = 120;
const MOST_CALLS: u64 = 160;
const MOST_WRITES: usize = 66;

/// Scaled like the time of a call.
const POLICY: Policy = Policy {
    retry_base: Duration::from_millis(50),
    retry_cap: Duration::from_secs(9),
    give_up_after: Duration::from_secs(3600),
};

fn message(number: u64, clock: &dyn Clock) -> Message {
    Message {
        route: "route".to_owned(),
        destination: "crm".to_owned(),
        store: "store".to_owned(),
        kind: Kind::Order,
        origin: ports::Origin::Posted,
        topic: "order.created".to_owned(),
        event: format!("event {number}"),
        order: Some(number.to_string()),
        modified: None,
        accepted: clock.now(),
        group: format!("customer {number}"),
        dedupe: None,
        replays: 0,
        body: Bytes::from(support::body(number, number).to_string()),
    }
}

/// What it took to deliver the backlog.
#[derive(Debug)]
struct Effort {
    time: Duration,
    calls: u64,
    failed_tries: usize,
}

impl Effort {
    fn is_bounded(&self) -> bool {
        self.time < MOST_TIME && self.failed_tries <= MOST_FAILED && self.calls <= MOST_CALLS
    }
}

/// Delivers the backlog.
async fn work_off(destination: &Arc<dyn Destination>, mapping: &Mapping) -> Effort {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let queue = Arc::new(MemoryQueue::new(clock.clone()));
    let route = DeliveryRoute {
        store: "store".to_owned(),
        source: sources::source(Platform::WooCommerce),
        reader: None,
        owner: None,
        mapping: mapping.clone(),
        destination_name: "crm".to_owned(),
        destination: destination.clone(),
        policy: POLICY,
    };
    let ports = Ports {
        ledger: Arc::new(MemoryLedger::default()),
        queue: queue.clone(),
        privacy: Arc::new(MemoryPrivacy::default()),
    };
    let engine = Arc::new(Engine::new(
        BTreeMap::from([("route".to_owned(), route)]),
        ports,
        clock.clone(),
    ));
    let circuit = CircuitSettings {
        opens_after: 5,
        probe_every: REQUEST_TIMEOUT,
        probe_limit: Worker::batch_limit(REQUEST_TIMEOUT),
    };
    let circuits = Arc::new(MemoryCircuits::new(clock.clone()));
    let breaker =
        Arc::new(Breaker::new("crm", circuit, circuits).looking_every(Duration::from_millis(10)));
    let messages = (1..=ORDERS)
        .map(|number| message(number, clock.as_ref()))
        .collect();
    queue.enqueue(messages).await.unwrap();
    let (calls, begun) = (destination.requests(), Instant::now());
    let (delivered, retried) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (stopper, stop) = watch::channel(false);
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..WORKERS {
        let (delivered, retried) = (delivered.clone(), retried.clone());
        let worker = Worker {
            queue: queue.clone(),
            engine: engine.clone(),
            clock: clock.clone(),
            breaker: breaker.clone(),
            destination: "crm".to_owned(),
            takes: Takes::Anything,
            batch: 10,
            request_timeout: REQUEST_TIMEOUT,
            observe: Arc::new(move |event| match &event.result {
                Result::Delivered { .. } => _ = delivered.fetch_add(1, Ordering::Relaxed),
                Result::Retry { .. } => _ = retried.fetch_add(1, Ordering::Relaxed),
                other => panic!("{other:?}"),
            }),
        };
        let stop = stop.clone();
        workers.spawn(async move { worker.run(stop).await });
    }
    while queue.depth("crm").await.unwrap() > 0 && begun.elapsed() < Duration::from_secs(60) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let time = begun.elapsed();
    stopper.send_replace(true);
    workers.join_all().await;
    Effort {
        time,
        calls: destination.requests() - calls,
        failed_tries: retried.load(Ordering::Relaxed),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_account_gets_fewer_orders_at_a_time_and_what_it_has_already_is_not_written_again() {
    for system in System::ALL {
        let account = Account::start_with(*system, &delivery()).await;
        // Salesforce writes whole orders in one call, Zoho all orders' records of one module,
        // NetSuite one record.
        account
            .double
            .slow_down(Duration::from_millis(match system {
                System::Salesforce => 10,
                System::Zoho | System::NetSuite => 40,
            }));
        let effort = work_off(&account.adapter, &account.mapping).await;
        let kind = account.double.kinds()[0];
        let writes = account
            .double
            .journal()
            .into_iter()
            .filter(|change| change.object == kind)
            .count();
        println!("{system:?}: {ORDERS} orders written {writes} times, {effort:?}");
        assert_eq!(account.orders(), 60, "{system:?}");
        assert!(
            writes <= MOST_WRITES,
            "{system:?}: what was read back is not written again, but there were {writes} writes"
        );
        assert!(effort.is_bounded(), "{system:?}: {effort:?}");
    }
}

/// The strict simulators write when the time is over, so that whoever looks earlier sees nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_account_that_shows_nothing_before_it_is_done_is_worked_off_too() {
    for (system, kind, per_record) in [
        (System::Salesforce, "Opportunity", 12),
        (System::Zoho, "Deals", 40),
    ] {
        let config = json!({"latency_ms": {"base": 5, "per_record": per_record}});
        let Some(simulator) = Simulator::start_with(system.as_str(), &config) else {
            return;
        };
        let adapter = support::to_simulator(system, &simulator.url, &delivery());
        let effort = work_off(
            &adapter,
            &support::mapping(system, "missing_product = \"skip\""),
        )
        .await;
        println!("strict {system:?}: {effort:?}");
        assert_eq!(simulator.records(kind).await.len(), 60, "{system:?}");
        assert!(effort.is_bounded(), "{system:?}: {effort:?}");
    }
}

fn delivery() -> String {
    format!("request_timeout = \"{}ms\"", REQUEST_TIMEOUT.as_millis())
}

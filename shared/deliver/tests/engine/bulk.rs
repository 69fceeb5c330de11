//! A destination that takes many orders at once where nobody waits for them: a worker of its own
//! hands it what was read from a shop, and the other workers leave that alone.

use crate::support::{REQUEST_TIMEOUT, Setup};
use async_trait::async_trait;
use deliver::{Breaker, CircuitSettings, Takes, Worker};
use destination::{Bulk, Call, Destination, Finding, Outcome, RequestPreview};
use mapping::Plan;
use ports::{Enqueue, Message, Origin, Queue, memory::MemoryCircuits};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::sync::watch;

/// Takes a hundred orders in bulk while it is open to that.
#[derive(Default)]
struct Wholesale {
    is_shut: AtomicBool,
    /// The number of orders in the first calls in bulk, where their time decides how many go next.
    first: Option<usize>,
    /// How long a call in bulk takes for each order.
    slowness: Duration,
    /// The sizes of the batches in bulk, and of the others.
    in_bulk: Mutex<Vec<usize>>,
    others: Mutex<Vec<usize>>,
}

fn delivered(plans: &[&Plan]) -> Vec<Outcome> {
    let done = |_: &&Plan| Outcome::Delivered {
        records: Vec::new(),
        warnings: Vec::new(),
    };
    plans.iter().map(done).collect()
}

#[async_trait]
impl Destination for Wholesale {
    fn system(&self) -> &'static str {
        "netsuite"
    }
    async fn deliver(&self, _: &Call, plans: &[&Plan]) -> Vec<Outcome> {
        self.others.lock().unwrap().push(plans.len());
        delivered(plans)
    }
    fn bulk(&self) -> Option<Bulk> {
        let bulk = Bulk {
            most: 100,
            first: self.first,
        };
        (!self.is_shut.load(Ordering::Relaxed)).then_some(bulk)
    }
    async fn deliver_in_bulk(&self, _: &Call, plans: &[&Plan]) -> Vec<Outcome> {
        self.in_bulk.lock().unwrap().push(plans.len());
        tokio::time::sleep(self.slowness * plans.len() as u32).await;
        delivered(plans)
    }
    fn preview(&self, _: &Plan) -> Vec<RequestPreview> {
        Vec::new()
    }
    async fn check(&self, _: &Call, _: &Plan) -> Vec<Finding> {
        Vec::new()
    }
}

/// Enqueues 150 orders that were read and 15 that were posted, and lets workers of all kinds deliver
/// them.
async fn work_off(setup: &Setup, destination: &Arc<Wholesale>) {
    let message = |number: u32, origin| Message {
        origin,
        ..setup.message(&format!("customer {number}"), &format!("{number},x,1"))
    };
    let read = (0..150).map(|number| message(number, Origin::Read));
    let posted = (150..165).map(|number| message(number, Origin::Posted));
    let all = read.chain(posted).collect();
    setup.kept.enqueue(all).await.unwrap();
    let engine = Arc::new(setup.engine_to(destination.clone()));
    let settings = CircuitSettings {
        opens_after: 5,
        probe_every: Duration::from_secs(30),
        probe_limit: Worker::batch_limit(REQUEST_TIMEOUT),
    };
    let circuits = Arc::new(MemoryCircuits::new(setup.clock.clone()));
    let breaker = Arc::new(Breaker::new("crm", settings, circuits));
    let (stopper, stop) = watch::channel(false);
    let mut workers = tokio::task::JoinSet::new();
    for takes in [Takes::Anything, Takes::Posted, Takes::Read] {
        let worker = Worker {
            queue: setup.kept.clone(),
            engine: engine.clone(),
            clock: setup.clock.clone(),
            breaker: breaker.clone(),
            destination: "crm".to_owned(),
            takes,
            batch: 10,
            request_timeout: REQUEST_TIMEOUT,
            observe: Arc::new(|_| {}),
        };
        let stop = stop.clone();
        workers.spawn(async move { worker.run(stop).await });
    }
    let over = async {
        while setup.kept.depth("crm").await.unwrap() > 0 {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(600), over)
        .await
        .unwrap();
    stopper.send_replace(true);
    workers.join_all().await;
}

#[tokio::test(start_paused = true)]
async fn what_was_read_goes_in_bulk_and_what_was_posted_does_not() {
    let (setup, destination) = (Setup::new(), Arc::<Wholesale>::default());
    work_off(&setup, &destination).await;
    assert_eq!(*destination.in_bulk.lock().unwrap(), [100, 50]);
    let others = destination.others.lock().unwrap();
    assert_eq!(others.iter().sum::<usize>(), 15, "{others:?}");
}

#[tokio::test(start_paused = true)]
async fn where_the_time_of_a_call_decides_the_number_in_bulk_grows_as_far_as_that_reaches() {
    let setup = Setup::new();
    let destination = Arc::new(Wholesale {
        first: Some(20),
        slowness: REQUEST_TIMEOUT / 60,
        ..Wholesale::default()
    });
    work_off(&setup, &destination).await;
    let in_bulk = destination.in_bulk.lock().unwrap();
    assert_eq!(in_bulk.iter().sum::<usize>(), 150);
    // Half of the time, of which the work as a whole may take two calls', is that of sixty orders.
    assert_eq!(in_bulk[..3], [20, 40, 40], "{in_bulk:?}");
    assert!(in_bulk.iter().all(|orders| *orders <= 60), "{in_bulk:?}");
}

#[tokio::test(start_paused = true)]
async fn while_it_takes_nothing_in_bulk_the_others_take_all() {
    let (setup, destination) = (Setup::new(), Arc::<Wholesale>::default());
    destination.is_shut.store(true, Ordering::Relaxed);
    work_off(&setup, &destination).await;
    assert_eq!(*destination.in_bulk.lock().unwrap(), [0_usize; 0]);
    let others = destination.others.lock().unwrap();
    assert_eq!(others.iter().sum::<usize>(), 165, "{others:?}");
}

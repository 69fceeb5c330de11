//! The cost of durable messages: each enqueue and each settlement ends with a sync of the disk, which
//! simultaneous callers share. A cycle is a message that is enqueued alone, received and settled.
#![expect(clippy::expect_used, reason = "a benchmark")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use platform_sqlite::SqliteStore;
use ports::{Disposition, Enqueue, Message, Queue, SystemClock, conformance};
use std::{
    sync::Arc,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};
use tokio::{runtime::Runtime, task::JoinSet};

/// A visibility timeout that is long enough for nothing to come back by itself.
const VISIBILITY: Duration = Duration::from_secs(3600);

/// Consumers of the cycles, and how many messages each takes at once.
const CONSUMERS: u64 = 2;
const AT_ONCE: usize = 200;

/// The number of the next message, so that each is a customer of its own and no duplicate.
static NUMBER: AtomicU64 = AtomicU64::new(0);

struct Bench {
    runtime: Runtime,
    store: SqliteStore,
    _folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        // Beside the build, not in /tmp: that may be memory, where a sync costs nothing.
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
        let store = SqliteStore::open(folder.path(), Arc::new(SystemClock)).expect("a store");
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_time()
            .build()
            .expect("a runtime");
        Self {
            runtime,
            store,
            _folder: folder,
        }
    }

    /// Returns the time of `count` enqueues by `callers` callers at once.
    fn enqueue(&self, callers: u64, count: u64) -> Duration {
        self.runtime.block_on(async {
            let begin = Instant::now();
            let mut tasks = JoinSet::new();
            for caller in 0..callers {
                let store = self.store.clone();
                let share = count / callers + u64::from(caller < count % callers);
                tasks.spawn(async move {
                    for _ in 0..share {
                        store.enqueue(vec![message(2_500)]).await.expect("durable");
                    }
                });
            }
            tasks.join_all().await;
            begin.elapsed()
        })
    }

    /// Returns the time in which `count` messages are enqueued, each by itself, by `producers` at
    /// once, received and settled.
    fn cycle(&self, producers: u64, count: u64) -> Duration {
        self.runtime.block_on(async {
            let begin = Instant::now();
            let mut tasks = JoinSet::new();
            for producer in 0..producers {
                let store = self.store.clone();
                let share = count / producers + u64::from(producer < count % producers);
                tasks.spawn(async move {
                    for _ in 0..share {
                        let message = Message {
                            dedupe: None,
                            ..message(256)
                        };
                        store.enqueue(vec![message]).await.expect("durable");
                    }
                });
            }
            let settled = Arc::new(AtomicU64::new(0));
            for _ in 0..CONSUMERS {
                let (store, settled) = (self.store.clone(), Arc::clone(&settled));
                tasks.spawn(async move {
                    while settled.load(Ordering::Relaxed) < count {
                        let batch = store.receive("sales", AT_ONCE, VISIBILITY).await;
                        let batch = batch.expect("a batch");
                        if batch.is_empty() {
                            store.wait("sales", Duration::from_millis(5)).await;
                            continue;
                        }
                        let number = batch.len() as u64;
                        let done = batch
                            .into_iter()
                            .map(|received| received.settled(Disposition::Done));
                        store.settle(done.collect()).await.expect("settled");
                        settled.fetch_add(number, Ordering::Relaxed);
                    }
                });
            }
            tasks.join_all().await;
            begin.elapsed()
        })
    }

    /// Returns the time to receive and settle batches of ten.
    fn work_off(&self, batches: u64) -> Duration {
        self.runtime.block_on(async {
            for _ in 0..batches {
                self.store
                    .enqueue((0..10).map(|_| message(2_500)).collect())
                    .await
                    .expect("durable");
            }
            let begin = Instant::now();
            for _ in 0..batches {
                let batch = self
                    .store
                    .receive("sales", 10, VISIBILITY)
                    .await
                    .expect("a batch");
                let done = batch
                    .into_iter()
                    .map(|received| received.settled(Disposition::Done));
                self.store.settle(done.collect()).await.expect("settled");
            }
            begin.elapsed()
        })
    }
}

fn message(bytes: usize) -> Message {
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!(
        "{:032x}{:032x}",
        number.wrapping_mul(0x9e37_79b9_7f4a_7c15),
        number
    );
    let body = conformance::message("sales", &name, &name).body;
    let body = body
        .iter()
        .copied()
        .cycle()
        .take(bytes)
        .collect::<Vec<u8>>()
        .into();
    Message {
        dedupe: Some(name.clone()),
        body,
        ..conformance::message("sales", &name, &name)
    }
}

fn queue(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("queue");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(5));
    for callers in [1, 16] {
        group.throughput(Throughput::Elements(1));
        let bench = Bench::new();
        group.bench_function(
            format!("durable enqueue of 2.5 KB, {callers} callers"),
            |bencher| {
                bencher.iter_custom(|count| bench.enqueue(callers, count));
            },
        );
    }
    for producers in [16, 100] {
        group.throughput(Throughput::Elements(1));
        let bench = Bench::new();
        group.bench_function(
            format!("cycle of 256 B, {producers} producers"),
            |bencher| {
                bencher.iter_custom(|count| bench.cycle(producers, count));
            },
        );
    }
    group.throughput(Throughput::Elements(10));
    let bench = Bench::new();
    group.bench_function("receive and settle 10", |bencher| {
        bencher.iter_custom(|batches| bench.work_off(batches))
    });
    group.finish();
}

criterion_group!(benches, queue);
criterion_main!(benches);

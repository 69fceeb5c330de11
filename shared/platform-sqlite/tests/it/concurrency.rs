//! Many callers at once, and many messages.
#![expect(
    clippy::expect_used,
    reason = "test code: helpers outside of test functions fail by panicking"
)]

use platform_sqlite::SqliteStore;
use ports::{Disposition, Enqueue, Message, Queue, SystemClock, conformance::message};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

const LONG: Duration = Duration::from_secs(3600);
const SENDERS: usize = 16;
const EACH: usize = 125;
const RECEIVERS: usize = 4;

/// 16 senders, 2,000 messages in 40 groups, 4 receivers: each message is handled exactly once, and
/// the messages of a sender in a group are handled in their order.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_message_is_handled_once_and_in_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(folder.path(), Arc::new(SystemClock)).expect("a store");
    let handled: Arc<Mutex<Vec<(String, String)>>> = Arc::default();
    let mut tasks = JoinSet::new();
    for sender in 0..SENDERS {
        let store = store.clone();
        tasks.spawn(async move {
            for number in 0..EACH {
                let group = format!("g{}", (sender * 7 + number) % 40);
                store
                    .enqueue(vec![message(
                        "sales",
                        &group,
                        &format!("{sender:02} {number:03}"),
                    )])
                    .await
                    .expect("durable");
            }
        });
    }
    for _ in 0..RECEIVERS {
        let (store, handled) = (store.clone(), Arc::clone(&handled));
        tasks.spawn(async move {
            while handled.lock().expect("a lock").len() < SENDERS * EACH {
                let batch = store.receive("sales", 10, LONG).await.expect("receive");
                if batch.is_empty() {
                    store.wait("sales", Duration::from_millis(100)).await;
                }
                // Recorded before it is settled: from then on its followers may be handled
                // elsewhere.
                let seen = batch
                    .iter()
                    .map(|one| (one.message.group.clone(), one.message.event.clone()));
                handled.lock().expect("a lock").extend(seen);
                store
                    .settle(
                        batch
                            .into_iter()
                            .map(|one| one.settled(Disposition::Done))
                            .collect(),
                    )
                    .await
                    .expect("settle");
            }
        });
    }
    tokio::time::timeout(Duration::from_secs(120), tasks.join_all())
        .await
        .expect("all were handled in time");

    let handled = handled.lock().expect("a lock").clone();
    assert_eq!(handled.len(), SENDERS * EACH, "none twice");
    let mut lines: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for (group, event) in handled {
        let sender = event[..2].to_owned();
        lines.entry((group, sender)).or_default().push(event);
    }
    let all: std::collections::BTreeSet<&String> = lines.values().flatten().collect();
    assert_eq!(all.len(), SENDERS * EACH, "none left out");
    assert!(lines.values().all(|line| line.is_sorted()), "{lines:?}");
    assert_eq!(store.depth("sales").await.expect("depth"), 0);
}

/// Receiving must not become slow because many messages wait, be it in one busy group, in many
/// groups, or in many groups that back off. It is measured against the same work on a nearly empty
/// queue.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_thousand_waiting_messages_do_not_slow_the_next_receive() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(folder.path(), Arc::new(SystemClock)).expect("a store");
    store
        .enqueue(
            (0..100)
                .map(|number| small(&format!("few-{number}")))
                .collect(),
        )
        .await
        .expect("durable");
    let few = receive_and_settle(&store, 10).await;
    for part in 0..10 {
        let busy = (0..5_000).map(|_| small("busy"));
        let many = (0..5_000).map(|number| small(&format!("many-{part}-{number}")));
        store
            .enqueue(busy.chain(many).collect())
            .await
            .expect("durable");
    }
    for _ in 0..20 {
        let batch = store.receive("sales", 1_000, LONG).await.expect("receive");
        store
            .settle(
                batch
                    .into_iter()
                    .map(|one| one.settled(Disposition::Retry(LONG)))
                    .collect(),
            )
            .await
            .expect("settle");
    }
    let many = receive_and_settle(&store, 10).await;
    assert!(
        many < few * 10 + Duration::from_millis(200),
        "{few:?} for ten batches with 100 waiting, {many:?} with 100,000"
    );
}

async fn receive_and_settle(store: &SqliteStore, batches: usize) -> Duration {
    let begin = Instant::now();
    for _ in 0..batches {
        let batch = store.receive("sales", 10, LONG).await.expect("receive");
        assert_eq!(batch.len(), 10);
        store
            .settle(
                batch
                    .into_iter()
                    .map(|one| one.settled(Disposition::Done))
                    .collect(),
            )
            .await
            .expect("settle");
    }
    begin.elapsed()
}

fn small(group: &str) -> Message {
    Message {
        body: bytes::Bytes::from_static(b"{}"),
        ..message("sales", group, "e")
    }
}

/// A waiting worker is woken when a retry is due, long before its own limit.
#[tokio::test]
async fn a_waiting_worker_wakes_for_a_retry() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(folder.path(), Arc::new(SystemClock)).expect("a store");
    store
        .enqueue(vec![message("sales", "g", "e")])
        .await
        .expect("durable");
    let received = store
        .receive("sales", 1, LONG)
        .await
        .expect("receive")
        .swap_remove(0);
    let retry = received.settled(Disposition::Retry(Duration::from_millis(200)));
    store.settle(vec![retry]).await.expect("settle");
    let mut again = Vec::new();
    let begin = Instant::now();
    while again.is_empty() && begin.elapsed() < Duration::from_secs(20) {
        store.wait("sales", LONG).await;
        again = store.receive("sales", 1, LONG).await.expect("receive");
    }
    assert_eq!(again.len(), 1);
    assert!(
        begin.elapsed() >= Duration::from_millis(100),
        "not before its time: {:?}",
        begin.elapsed()
    );
}

/// Waiting messages are handed to all workers that sleep, not only to the first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_enqueue_of_many_wakes_many() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(folder.path(), Arc::new(SystemClock)).expect("a store");
    let mut workers = JoinSet::new();
    for _ in 0..4 {
        let store = store.clone();
        workers.spawn(async move {
            loop {
                let one = store.receive("sales", 1, LONG).await.expect("receive");
                if !one.is_empty() {
                    return one;
                }
                store.wait("sales", LONG).await;
            }
        });
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    store
        .enqueue(
            (0..4)
                .map(|number| message("sales", &number.to_string(), "e"))
                .collect(),
        )
        .await
        .expect("durable");
    let all = tokio::time::timeout(Duration::from_secs(20), workers.join_all())
        .await
        .expect("all four woke");
    assert_eq!(all.len(), 4);
}

//! The write-ahead log under load.
#![expect(
    clippy::expect_used,
    reason = "test code: helpers outside of test functions fail by panicking"
)]

use platform_sqlite::{FILE_NAME, SqliteStore};
use ports::{Enqueue, Message, Queue, SystemClock, conformance::message};
use rusqlite::Connection;
use std::{fs, path::Path, sync::Arc};
use tokio::task::JoinSet;

const WRITERS: usize = 8;
/// The size of a body that cannot be made smaller.
const BODY: usize = 64 * 1024;

/// Enqueues from many callers at once.
async fn write(store: &SqliteStore, name: &str, each: usize) {
    let mut tasks = JoinSet::new();
    for writer in 0..WRITERS {
        let (store, name) = (store.clone(), format!("{name} {writer}"));
        tasks.spawn(async move {
            for number in 0..each {
                let event = format!("{name} {number}");
                let body = noise(&event);
                let sent = Message {
                    body: body.into(),
                    ..message("sales", &event, &event)
                };
                store.enqueue(vec![sent]).await.expect("durable");
            }
        });
    }
    tasks.join_all().await;
}

/// Returns bytes that do not compress.
fn noise(seed: &str) -> Vec<u8> {
    let mut state = seed.bytes().fold(1_u64, |state, byte| {
        state.wrapping_mul(31).wrapping_add(u64::from(byte))
    });
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33).to_le_bytes()[0]
    };
    (0..BODY).map(|_| next()).collect()
}

/// Returns the number of pages in the log.
fn pages(folder: &Path) -> u64 {
    let connection = Connection::open(folder.join(FILE_NAME)).expect("a file");
    connection
        .query_row("PRAGMA wal_checkpoint(PASSIVE)", (), |row| row.get("log"))
        .expect("its state")
}

fn open(folder: &Path) -> SqliteStore {
    SqliteStore::open(folder, Arc::new(SystemClock)).expect("a store")
}

/// 100 MiB go through a log that begins anew at 16 MiB at the latest; what shares the last
/// transaction comes on top.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_log_stays_bounded_under_load() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path());
    write(&store, "load", 200).await;
    let log = folder.path().join(format!("{FILE_NAME}-wal"));
    let bytes = fs::metadata(log).expect("a log").len();
    assert!(bytes > 1 << 20, "everything goes through it: {bytes}");
    assert!(bytes < 24 << 20, "{bytes}");
    assert_eq!(
        store.depth("sales").await.expect("depth"),
        (WRITERS * 200) as u64
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_log_begins_anew_once_nobody_reads_what_was_before() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path());
    write(&store, "before", 1).await;
    let reader = Connection::open(folder.path().join(FILE_NAME)).expect("a file");
    reader
        .execute_batch("BEGIN; SELECT count(*) FROM queue")
        .expect("a reader");
    write(&store, "beside", 60).await;
    let held = pages(folder.path());
    assert!(held > 6000, "a reader's data stays: {held}");
    reader.execute_batch("COMMIT").expect("the end of reading");
    write(&store, "after", 60).await;
    let left = pages(folder.path());
    assert!(left < 5000, "{left}");
}

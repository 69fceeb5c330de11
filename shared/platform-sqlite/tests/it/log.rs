//! The write-ahead log under load.
#![expect(
    clippy::expect_used,
    reason = "test code: helpers outside of test functions fail by panicking"
)]

use platform_sqlite::{FILE_NAME, SqliteStore};
use ports::{Enqueue, Message, Queue, SystemClock, WaitingFilter, conformance::message};
use rusqlite::Connection;
use std::{
    collections::BTreeSet,
    env, fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};
use tokio::task::JoinSet;

const WRITERS: usize = 8;
/// The size of a body that cannot be made smaller.
const BODY: usize = 64 * 1024;

/// The variable that names the folder in which this very program is to play the process that is
/// killed.
const FOLDER: &str = "ORDERBRIDGE_TEST_FOLDER";

/// Enqueues from many callers at once; `accepted` is told of each event that is durable.
async fn write(
    store: &SqliteStore,
    name: &str,
    each: usize,
    accepted: impl Fn(&str) + Clone + Send + 'static,
) {
    let mut tasks = JoinSet::new();
    for writer in 0..WRITERS {
        let (store, name) = (store.clone(), format!("{name} {writer}"));
        let accepted = accepted.clone();
        tasks.spawn(async move {
            for number in 0..each {
                let event = format!("{name} {number}");
                let body = noise(&event);
                let sent = Message {
                    body: body.into(),
                    ..message("sales", &event, &event)
                };
                store.enqueue(vec![sent]).await.expect("durable");
                accepted(&event);
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

/// Returns the number of pages in the log, once nobody else asks for it.
fn pages(folder: &Path) -> i64 {
    let connection = Connection::open(folder.join(FILE_NAME)).expect("a file");
    loop {
        let pages = connection
            .query_row("PRAGMA wal_checkpoint(PASSIVE)", (), |row| row.get("log"))
            .expect("its state");
        if pages >= 0 {
            return pages;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
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
    write(&store, "load", 200, |_| {}).await;
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
    write(&store, "before", 1, |_| {}).await;
    let reader = Connection::open(folder.path().join(FILE_NAME)).expect("a file");
    reader
        .execute_batch("BEGIN; SELECT count(*) FROM queue")
        .expect("a reader");
    write(&store, "beside", 60, |_| {}).await;
    let held = pages(folder.path());
    assert!(held > 6000, "a reader's data stays: {held}");
    reader.execute_batch("COMMIT").expect("the end of reading");
    write(&store, "after", 60, |_| {}).await;
    let left = pages(folder.path());
    assert!(left < 5000, "{left}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "a part that another test starts as a process of its own"]
async fn child_that_writes_on() {
    let Some(folder) = env::var_os(FOLDER) else {
        return;
    };
    let store = open(Path::new(&folder));
    let tell = |event: &str| {
        let mut output = std::io::stdout().lock();
        writeln!(output, "ACCEPTED {event}").expect("a parent that listens");
        output.flush().expect("a parent that listens");
    };
    write(&store, "before the kill", 10_000, tell).await;
}

/// Killed while the log is copied back and begins anew, again and again.
#[tokio::test]
async fn what_was_accepted_survives_a_kill_while_the_log_is_copied_back() {
    for enough in [300, 450, 600] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut child = Command::new(env::current_exe().expect("this program"))
            .args(["--ignored", "--exact", "log::child_that_writes_on"])
            .args(["--nocapture", "--test-threads=1"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a child process");
        let mut lines = BufReader::new(child.stdout.take().expect("its output"))
            .lines()
            .map_while(Result::ok)
            .filter_map(|line| Some(line.split_once("ACCEPTED ")?.1.to_owned()));
        let mut accepted: BTreeSet<String> = lines.by_ref().take(enough).collect();
        child.kill().expect("killed");
        child.wait().expect("gone");
        accepted.extend(lines);
        assert!(accepted.len() >= enough, "the child ended by itself");
        let store = open(folder.path());
        let waiting = store.waiting_messages(&WaitingFilter::default()).await;
        let found: BTreeSet<String> = waiting
            .expect("waiting")
            .expect("it can tell")
            .into_iter()
            .map(|message| {
                assert_eq!(message.body, noise(&message.event));
                message.event
            })
            .collect();
        let lost: Vec<&String> = accepted.difference(&found).collect();
        assert!(lost.is_empty(), "{lost:?}");
    }
}

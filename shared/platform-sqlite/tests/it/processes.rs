//! More than one process, and processes that are killed.
#![expect(
    clippy::expect_used,
    reason = "test code: helpers outside of test functions fail by panicking"
)]

use platform_sqlite::{FILE_NAME, OpenError, SqliteStore};
use ports::{
    DeadLetter, DeadLetterFilter, DeadLetters, Disposition, Enqueue, Message, Queue, Refresh,
    SystemClock, TokenStore, conformance::message,
};
use std::{
    collections::BTreeMap,
    env,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

const LONG: Duration = Duration::from_secs(3600);
/// The variable that names the folder in which this very program is to play the other process.
const FOLDER: &str = "ORDERBRIDGE_TEST_FOLDER";

/// The longest time that a request of an earlier server may still be on its way.
const TIMEOUT: Duration = Duration::from_secs(1);

fn timeouts() -> BTreeMap<String, Duration> {
    BTreeMap::from([("sales".to_owned(), TIMEOUT)])
}

fn open(folder: &Path) -> SqliteStore {
    SqliteStore::open(folder, Arc::new(SystemClock)).expect("a store")
}

/// Starts this test program again, to run one of the `child_*` functions below, and returns when
/// the child has said that it is ready.
fn start(role: &str, folder: &Path) -> Child {
    let mut child = Command::new(env::current_exe().expect("this program"))
        .args([
            "--ignored",
            "--exact",
            &format!("processes::{role}"),
            "--nocapture",
            "--test-threads=1",
        ])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .expect("a child process");
    let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    assert!(
        lines
            .map_while(Result::ok)
            .any(|line| line.contains("READY")),
        "the child ended before it was ready"
    );
    child
}

/// Tells the parent that the child is ready, and then does nothing until it is killed.
fn ready() -> ! {
    std::io::stdout()
        .write_all(b"\nREADY\n")
        .expect("a parent that listens");
    std::io::stdout().flush().expect("a parent that listens");
    loop {
        std::thread::sleep(LONG);
    }
}

/// Kills without a chance to tidy up: SIGKILL.
fn kill(mut child: Child) {
    child.kill().expect("killed");
    child.wait().expect("gone");
}

#[tokio::test]
#[ignore = "a part that other tests start as a process of its own"]
async fn child_that_enqueues() {
    let Some(folder) = env::var_os(FOLDER) else {
        return;
    };
    let store = open(Path::new(&folder));
    store
        .enqueue(vec![message("sales", "g", "accepted")])
        .await
        .expect("durable");
    ready();
}

#[tokio::test]
#[ignore = "a part that other tests start as a process of its own"]
async fn child_that_has_work_in_hand() {
    let Some(folder) = env::var_os(FOLDER) else {
        return;
    };
    let store = open(Path::new(&folder));
    store
        .serve_alone(&timeouts())
        .await
        .expect("the only server");
    store
        .enqueue(vec![
            message("sales", "a", "in hand"),
            message("sales", "b", "backing off"),
        ])
        .await
        .expect("durable");
    let batch = store.receive("sales", 10, LONG).await.expect("receive");
    let backing_off = batch
        .iter()
        .find(|received| received.message.event == "backing off")
        .expect("both");
    let settlement = backing_off.clone().settled(Disposition::Retry(LONG));
    store.settle(vec![settlement]).await.expect("settle");
    store
        .begin_refresh("sales", 0, LONG, None)
        .await
        .expect("a lease");
    ready();
}

#[tokio::test]
async fn what_was_accepted_survives_a_kill() {
    let folder = tempfile::tempdir().expect("a folder");
    kill(start("child_that_enqueues", folder.path()));
    let store = open(folder.path());
    let batch = store.receive("sales", 10, LONG).await.expect("receive");
    assert_eq!(batch.len(), 1);
    assert_eq!(batch[0].message, message("sales", "g", "accepted"));
}

#[tokio::test]
async fn a_killed_server_leaves_nothing_locked() {
    let folder = tempfile::tempdir().expect("a folder");
    let child = start("child_that_has_work_in_hand", folder.path());
    let store = open(folder.path());
    let refused = store
        .serve_alone(&timeouts())
        .await
        .expect_err("the child serves");
    assert!(matches!(refused, OpenError::Served { .. }), "{refused:?}");
    assert!(
        store
            .receive("sales", 10, LONG)
            .await
            .expect("receive")
            .is_empty(),
        "the child has it in hand"
    );
    kill(child);
    store
        .serve_alone(&timeouts())
        .await
        .expect("the child is gone");
    assert!(
        store
            .receive("sales", 10, LONG)
            .await
            .expect("receive")
            .is_empty(),
        "a request of the child may still be on its way"
    );
    tokio::time::sleep(TIMEOUT).await;
    let batch = store.receive("sales", 10, LONG).await.expect("receive");
    let events: Vec<(&str, u32)> = batch
        .iter()
        .map(|received| (received.message.event.as_str(), received.attempts))
        .collect();
    assert_eq!(
        events,
        [("in hand", 2)],
        "the retry still waits for its time"
    );
    let lease = store
        .begin_refresh("sales", 0, LONG, None)
        .await
        .expect("an answer");
    assert!(matches!(lease, Refresh::Granted { .. }), "{lease:?}");
}

#[tokio::test]
async fn a_server_that_ends_lets_the_next_one_in() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = open(folder.path());
    first
        .serve_alone(&timeouts())
        .await
        .expect("the only server");
    first
        .serve_alone(&timeouts())
        .await
        .expect("still the only server");
    let second = open(folder.path());
    assert!(second.serve_alone(&timeouts()).await.is_err());
    drop(first);
    second
        .serve_alone(&timeouts())
        .await
        .expect("the first is gone");
}

/// This is what `orderbridge dead replay` does while `orderbridge serve` runs.
#[tokio::test]
async fn a_replay_by_another_connection_wakes_a_waiting_worker() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = open(folder.path());
    server
        .enqueue(vec![message("sales", "g", "e")])
        .await
        .expect("durable");
    let received = server
        .receive("sales", 1, LONG)
        .await
        .expect("receive")
        .swap_remove(0);
    let settlement = received
        .clone()
        .settled(Disposition::Dead(Box::new(letter(received.message))));
    server.settle(vec![settlement]).await.expect("settle");
    server.wait("sales", Duration::ZERO).await;

    let operator = open(folder.path());
    let letters = operator
        .list(&DeadLetterFilter::default())
        .await
        .expect("list");
    let waiting = tokio::spawn({
        let server = server.clone();
        async move { server.wait("sales", LONG).await }
    });
    assert!(operator.replay(&letters[0].id).await.expect("replay"));
    tokio::time::timeout(Duration::from_secs(20), waiting)
        .await
        .expect("woken within seconds")
        .expect("no panic");
    assert_eq!(
        server
            .receive("sales", 10, LONG)
            .await
            .expect("receive")
            .len(),
        1
    );
}

#[tokio::test]
async fn two_connections_write_at_once_and_none_fails() {
    let folder = tempfile::tempdir().expect("a folder");
    let stores = [open(folder.path()), open(folder.path())];
    let mut tasks = tokio::task::JoinSet::new();
    for (number, store) in stores.iter().cloned().enumerate() {
        tasks.spawn(async move {
            for event in 0..100 {
                store
                    .enqueue(vec![message("sales", &format!("{number}-{event}"), "e")])
                    .await
                    .expect("durable");
            }
        });
    }
    tasks.join_all().await;
    assert_eq!(stores[0].depth("sales").await.expect("depth"), 200);
}

#[tokio::test]
async fn a_busy_file_is_waited_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path());
    let other = rusqlite::Connection::open(folder.path().join(FILE_NAME)).expect("a connection");
    other
        .execute_batch("BEGIN IMMEDIATE")
        .expect("the write lock");
    let begin = Instant::now();
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { store.enqueue(vec![message("sales", "g", "e")]).await }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    // Reading goes on meanwhile.
    assert_eq!(store.depth("sales").await.expect("depth"), 0);
    other.execute_batch("COMMIT").expect("let go");
    waiting
        .await
        .expect("no panic")
        .expect("durable after the other let go");
    assert!(begin.elapsed() >= Duration::from_millis(300));
    assert_eq!(store.depth("sales").await.expect("depth"), 1);
}

fn letter(message: Message) -> DeadLetter {
    let died = message.accepted;
    let (class, reason) = ("validation".to_owned(), "refused".to_owned());
    DeadLetter {
        id: String::new(),
        message,
        mapping: None,
        class,
        reason,
        request: None,
        response: None,
        attempts: 1,
        died,
        earlier: 0,
    }
}

use super::Writer;
use crate::{SqliteStore, StoreError, body::tests::noise, log::Log};
use ports::{Enqueue, Message, Queue, SystemClock, conformance::message};
use rusqlite::Connection;
use std::{
    error::Error,
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

/// Returns an error with all its sources.
fn chain(error: &dyn Error) -> String {
    error.source().map_or_else(
        || error.to_string(),
        |source| format!("{error}: {}", chain(source)),
    )
}

fn insert(value: i64) -> impl Fn(&Connection) -> rusqlite::Result<i64> + Send + 'static {
    move |connection| {
        connection
            .prepare_cached("INSERT INTO t VALUES (?1)")?
            .execute((value,))
            .map(|_| value)
    }
}

async fn values(writer: &Writer) -> Vec<i64> {
    let read = |connection: &Connection| {
        connection
            .prepare("SELECT v FROM t ORDER BY v")?
            .query_map((), |row| row.get(0))?
            .collect()
    };
    writer.write(read).await.unwrap()
}

/// Creates a writer whose thread is held until the sender is used, so that all jobs sent before
/// share one transaction.
async fn held() -> (Writer, mpsc::Sender<()>) {
    let mut connection = Connection::open_in_memory().unwrap();
    connection
        .execute_batch("CREATE TABLE t (v INTEGER PRIMARY KEY)")
        .unwrap();
    let copying = Connection::open_in_memory().unwrap();
    let (log, _thread) = Log::start(&mut connection, copying, None).unwrap();
    let (writer, _thread) = Writer::start(connection, log).unwrap();
    let (release, held) = mpsc::channel();
    let (inside, entered) = tokio::sync::oneshot::channel();
    let inside = Mutex::new(Some(inside));
    let hold = writer.write(move |_| {
        // It may be called again: then nobody holds it any more.
        if let Some(inside) = inside.lock().unwrap().take() {
            inside.send(()).unwrap();
            held.recv().unwrap();
        }
        Ok(())
    });
    // The job is done by the thread whether or not its caller stays.
    tokio::select! { _ = hold => {}, _ = entered => {} }
    (writer, release)
}

async fn after<T>(release: mpsc::Sender<()>, waiting: impl Future<Output = T>) -> T {
    let let_go = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        release.send(()).unwrap();
    };
    tokio::join!(waiting, let_go).0
}

#[tokio::test]
async fn a_job_that_fails_takes_nothing_with_it() {
    let (writer, release) = held().await;
    let half_done = |connection: &Connection| {
        connection.execute("INSERT INTO t VALUES (50)", ())?;
        connection.execute("INSERT INTO t VALUES (1)", ())
    };
    let all = async {
        tokio::join!(
            writer.write(insert(1)),
            writer.write(half_done),
            writer.write(insert(2))
        )
    };
    let (first, second, third) = after(release, all).await;
    assert_eq!((first.unwrap(), third.unwrap()), (1, 2));
    assert!(chain(&second.unwrap_err()).contains("UNIQUE constraint failed"));
    assert_eq!(
        values(&writer).await,
        [1, 2],
        "neither half of the failed job is there"
    );
}

#[tokio::test]
async fn what_waits_shares_one_transaction() {
    let (writer, release) = held().await;
    // Inside a shared transaction the later job sees what the earlier one wrote; a rollback of all
    // proves that it is one.
    let roll_back = |connection: &Connection| {
        connection
            .execute_batch("ROLLBACK")
            .and_then(|()| Err::<(), _>(rusqlite::Error::InvalidQuery))
    };
    let all = async {
        tokio::join!(
            writer.write(insert(1)),
            writer.write(roll_back),
            writer.write(insert(2))
        )
    };
    let (first, second, third) = after(release, all).await;
    for result in [first.map(drop), second, third.map(drop)] {
        assert!(
            matches!(result, Err(StoreError::Sqlite { .. })),
            "all of one transaction fail with it: {result:?}"
        );
    }
    assert_eq!(values(&writer).await, Vec::<i64>::new());
    assert_eq!(
        writer.write(insert(3)).await.unwrap(),
        3,
        "the next transaction is a new one"
    );
}

#[tokio::test]
async fn a_caller_that_leaves_does_not_undo_its_work() {
    let (writer, release) = held().await;
    {
        let mut leaving = Box::pin(writer.write(insert(1)));
        assert!(
            tokio::time::timeout(Duration::from_millis(20), &mut leaving)
                .await
                .is_err()
        );
    }
    release.send(()).unwrap();
    assert_eq!(values(&writer).await, [1]);
}

/// SQLite's page limit stands for the disk's end: both are `SQLITE_FULL`.
#[tokio::test]
async fn a_full_disk_is_an_error_that_says_so_and_harms_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path(), Arc::new(SystemClock)).unwrap();
    store
        .enqueue(vec![message("sales", "before", "before")])
        .await
        .unwrap();
    let limit = |connection: &Connection| connection.pragma_update(None, "max_page_count", 60);
    store.write("test: limit", limit).await.unwrap();
    let large = Message {
        body: noise(1024 * 1024),
        ..message("sales", "large", "large")
    };
    let error = store
        .enqueue(vec![message("sales", "beside", "beside"), large])
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "queue: enqueue failed");
    assert!(
        chain(&error).contains("the disk is full; make room"),
        "{}",
        chain(&error)
    );
    assert!(
        chain(&error).contains("database or disk is full"),
        "{}",
        chain(&error)
    );
    store
        .enqueue(vec![message("sales", "after", "after")])
        .await
        .unwrap();
    let batch = store
        .receive("sales", 10, Duration::from_secs(60))
        .await
        .unwrap();
    let events: Vec<&str> = batch
        .iter()
        .map(|received| received.message.event.as_str())
        .collect();
    assert_eq!(
        events,
        ["before", "after"],
        "of the failed enqueue nothing is there"
    );
}

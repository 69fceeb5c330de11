//! The file itself: upgrades, permissions, damage, a full disk, and pruning.

use platform_sqlite::{FILE_NAME, LEDGER_RETENTION, OpenError, Pruned, SqliteStore};
use ports::{
    CircuitStore, Clock, DAMAGED, DeadLetter, DeadLetterFilter, DeadLetters, Disposition, Enqueue,
    Ledger, LedgerEntry, LedgerFilter, Message, PrivacyLog, Queue, Redaction, Revision, Subject,
    SystemClock, TokenStore, WaitingFilter,
    conformance::{entry, message},
    memory::ManualClock,
};
use rusqlite::Connection;
use std::{collections::BTreeMap, error::Error, fs, path::Path, sync::Arc, time::Duration};

const LONG: Duration = Duration::from_secs(3600);

fn open(folder: &Path) -> Result<SqliteStore, OpenError> {
    SqliteStore::open(folder, Arc::new(SystemClock))
}

/// Returns an error with all its sources.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}

#[tokio::test]
async fn a_file_of_the_first_version_is_brought_up_to_date_with_its_data() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = Connection::open(folder.path().join(FILE_NAME)).expect("a file");
    first
        .execute_batch(include_str!("../../src/schema/1.sql"))
        .expect("the first layout");
    first
        .execute_batch(include_str!("../fixtures/version-1.sql"))
        .expect("its data");
    first.close().expect("closed");

    let store = open(folder.path()).expect("an upgrade");
    let waiting = store.receive("sales", 10, LONG).await.expect("receive");
    assert_eq!(
        waiting.len(),
        1,
        "one waits, its follower in the group waits behind it"
    );
    assert_eq!(waiting[0].message.order.as_deref(), Some("1042"));
    assert_eq!(store.depth("sales").await.expect("depth"), 2);
    let dead = DeadLetters::list(&store, &DeadLetterFilter::default())
        .await
        .expect("list");
    assert_eq!(dead.len(), 1);
    assert_eq!(
        (dead[0].id.as_str(), dead[0].message.order.as_deref()),
        ("7", Some("1040"))
    );
    let ledger = Ledger::list(&store, &LedgerFilter::default())
        .await
        .expect("list");
    assert_eq!(ledger.len(), 1);
    assert_eq!(
        (ledger[0].key.order.as_str(), ledger[0].revision),
        ("1041", Revision::new(2))
    );
    let token = store.token("sales").await.expect("token").expect("one");
    assert_eq!(token.generation, 4);
    let version: usize = Connection::open(folder.path().join(FILE_NAME))
        .and_then(|connection| {
            connection.pragma_query_value(None, "user_version", |row| row.get(0))
        })
        .expect("a version");
    assert!(version > 1, "{version}");
}

#[tokio::test]
async fn a_file_of_the_second_version_keeps_its_dead_letters_and_takes_what_is_new() {
    let folder = tempfile::tempdir().expect("a folder");
    let second = Connection::open(folder.path().join(FILE_NAME)).expect("a file");
    for step in [
        include_str!("../../src/schema/1.sql"),
        include_str!("../../src/schema/2.sql"),
    ] {
        second.execute_batch(step).expect("the second layout");
    }
    second
        .execute_batch(include_str!("../fixtures/version-1.sql"))
        .expect("its data");
    second
        .pragma_update(None, "user_version", 2)
        .expect("its version");
    second.close().expect("closed");

    let store = open(folder.path()).expect("an upgrade");
    let dead = DeadLetters::get(&store, "7")
        .await
        .expect("get")
        .expect("the dead letter");
    assert_eq!((dead.mapping, dead.class.as_str()), (None, "mapping"));
    assert_eq!(store.requests().await.expect("requests"), []);
    assert_eq!(store.circuit("sales").await.expect("circuit"), None);
    let everyone = Redaction {
        store: "acme".to_owned(),
        routes: ["acme-sales".to_owned()].into(),
        subject: Subject::Everyone,
        before: SystemClock.now(),
    };
    let removed = Queue::redact(&store, &everyone).await.expect("redact");
    assert_eq!((removed.waiting, removed.dead), (2, 1));
}

#[tokio::test]
async fn what_was_redacted_is_nowhere_in_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path()).expect("a store");
    // Its compressed form takes several pages.
    let notes: Vec<String> = (0..4_000_u32)
        .map(|number| {
            format!(
                "jane@example.com {:08x}",
                number.wrapping_mul(2_654_435_761)
            )
        })
        .collect();
    let bodies = [
        serde_json::to_vec(&notes).expect("a long body"),
        b"{\"email\":\"jane@example.com\"}".to_vec(),
    ];
    for (number, body) in bodies.into_iter().enumerate() {
        let number = number.to_string();
        let sent = Message {
            body: body.into(),
            ..message("sales", &number, &number)
        };
        store.enqueue(vec![sent]).await.expect("durable");
    }
    let noted = LedgerEntry {
        warnings: vec!["jane@example.com was shortened".to_owned()],
        ..entry("acme-sales", "4711", 10)
    };
    store.store(vec![noted]).await.expect("store");
    let parts = parts_of_compressed_bodies(folder.path()).expect("parts of the long one");
    assert!(parts.len() > 20, "{}", parts.len());
    let holds = || {
        let files = fs::read_dir(folder.path()).expect("the folder").flatten();
        let contents: Vec<u8> = files
            .flat_map(|file| fs::read(file.path()).expect("a file"))
            .collect();
        let is_there = |part: &[u8]| contents.windows(part.len()).any(|window| window == part);
        let of_long = parts.iter().filter(|part| is_there(part)).count();
        (is_there(b"jane@example.com"), of_long)
    };
    let (is_there, of_long) = holds();
    assert!(is_there && of_long > 20, "it is there at first: {of_long}");
    let redaction = Redaction {
        store: "acme".to_owned(),
        routes: ["acme-sales".to_owned()].into(),
        subject: Subject::Everyone,
        before: SystemClock.now(),
    };
    assert_eq!(
        Queue::redact(&store, &redaction)
            .await
            .expect("redact")
            .waiting,
        2
    );
    assert_eq!(Ledger::redact(&store, &redaction).await.expect("redact"), 1);
    assert_eq!(
        holds(),
        (false, 0),
        "it is overwritten in the file and gone from the log, while the store is open"
    );
}

/// Returns parts of the bodies that are kept compressed, as they are in the file.
fn parts_of_compressed_bodies(folder: &Path) -> rusqlite::Result<Vec<Vec<u8>>> {
    let body: Vec<u8> = Connection::open(folder.join(FILE_NAME))?.query_row(
        "SELECT body FROM messages WHERE packed = 1",
        (),
        |row| row.get(0),
    )?;
    Ok(body
        .chunks_exact(24)
        .step_by(20)
        .map(<[u8]>::to_vec)
        .collect())
}

#[tokio::test]
async fn bodies_are_kept_compressed_and_those_of_an_earlier_program_are_read_as_they_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path()).expect("a store");
    let body = "{\"note\":\"as the shop sent it\"}".repeat(200);
    for number in 0..2 {
        let sent = Message {
            body: body.clone().into(),
            ..message("sales", &format!("g{number}"), &format!("e{number}"))
        };
        store.enqueue(vec![sent]).await.expect("durable");
    }
    let other = Connection::open(folder.path().join(FILE_NAME)).expect("a file");
    let bytes: usize = other
        .query_row(
            "SELECT max(length(body)) FROM messages WHERE packed",
            (),
            |row| row.get(0),
        )
        .expect("its size");
    assert!(bytes < body.len() / 10, "{bytes}");
    let as_before = "UPDATE messages SET body = ?1, packed = 0, sum = NULL WHERE event = 'e0'";
    other
        .execute(as_before, (body.as_bytes(),))
        .expect("one as it was kept before");
    let listed = store
        .waiting_messages(&WaitingFilter::default())
        .await
        .expect("waiting")
        .expect("it can tell");
    let batch = store.receive("sales", 10, LONG).await.expect("receive");
    let received = batch.iter().map(|one| &one.message);
    let bodies: Vec<&[u8]> = listed
        .iter()
        .chain(received)
        .map(|one| &one.body[..])
        .collect();
    assert_eq!(bodies, [body.as_bytes(); 4]);
}

#[tokio::test]
async fn what_the_disk_has_damaged_is_handed_out_as_such_and_stays_so() {
    let damages = [
        "order_id = '1043'",
        "accepted = accepted + 1",
        "event = 'other'",
        "body = CAST(replace(CAST(body AS TEXT), '19.90', '91.90') AS BLOB)",
        "body = zeroblob(length(body)), packed = 1, sum = NULL",
        "packed = 1 - packed",
        "sum = -1",
    ];
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path()).expect("a store");
    let sent = |number: usize| Message {
        order: Some("1042".to_owned()),
        body: "{\"total\":\"19.90\"}".into(),
        ..message("sales", &format!("g{number}"), &format!("e{number}"))
    };
    let all = (0..=damages.len()).map(sent).collect();
    store.enqueue(all).await.expect("durable");
    let other = Connection::open(folder.path().join(FILE_NAME)).expect("a file");
    for (number, damage) in damages.iter().enumerate() {
        let sql = format!("UPDATE messages SET {damage} WHERE event = 'e{number}'");
        assert_eq!(other.execute(&sql, ()).expect("damage"), 1);
    }

    let batch = store.receive("sales", 20, LONG).await.expect("receive");
    let bodies: Vec<&str> = batch
        .iter()
        .map(|one| std::str::from_utf8(&one.message.body).expect("a text"))
        .collect();
    let mut expected = vec![DAMAGED; damages.len()];
    expected.push("{\"total\":\"19.90\"}");
    assert_eq!(bodies, expected);

    let damaged = batch.into_iter().next().expect("the first");
    let letter = DeadLetter {
        id: String::new(),
        message: damaged.message.clone(),
        mapping: None,
        class: "mapping".to_owned(),
        reason: "the body is not JSON".to_owned(),
        request: None,
        response: None,
        attempts: 1,
        died: SystemClock.now(),
        earlier: 0,
    };
    let dead = damaged.settled(Disposition::Dead(Box::new(letter)));
    store.settle(vec![dead]).await.expect("settled");
    let letters = DeadLetters::list(&store, &DeadLetterFilter::default())
        .await
        .expect("list");
    assert_eq!(letters[0].message.body, DAMAGED);
    assert!(store.replay(&letters[0].id).await.expect("replayed"));
    let again = store.receive("sales", 1, LONG).await.expect("receive");
    assert_eq!(again[0].message.body, DAMAGED);
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(open(folder.path()).expect("a store"));
    let connection = Connection::open(folder.path().join(FILE_NAME)).expect("a file");
    connection
        .pragma_update(None, "user_version", 999)
        .expect("a newer version");
    let error = open(folder.path()).err().expect("refused");
    assert!(
        matches!(error, OpenError::Newer { found: 999, .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn what_is_no_database_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(FILE_NAME);
    let text =
        "this is a note about groceries, long enough to be taken for a header of a hundred bytes "
            .repeat(20);
    fs::write(&path, &text).expect("a file");
    let error = open(folder.path()).err().expect("refused");
    assert!(
        chain(&error).contains("no orderbridge data"),
        "{}",
        chain(&error)
    );
    assert!(
        chain(&error).contains("file is not a database"),
        "{}",
        chain(&error)
    );
    assert_eq!(fs::read_to_string(&path).expect("the file"), text);
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("file"), "").expect("a file");
    let error = open(&folder.path().join("file").join("data"))
        .err()
        .expect("refused");
    assert!(matches!(error, OpenError::Folder { .. }), "{error:?}");
    assert!(error.to_string().contains("file/data"), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_reads_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().expect("a folder");
    let folder = parent.path().join("new").join("data");
    let store = open(&folder).expect("a store");
    store
        .serve_alone(&BTreeMap::new())
        .await
        .expect("the only server");
    store
        .enqueue(vec![message("sales", "g", "e")])
        .await
        .expect("durable");
    let mode = |path: &Path| fs::metadata(path).expect("a file").permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let files: Vec<_> = fs::read_dir(&folder)
        .expect("files")
        .map(|file| file.expect("a file").path())
        .collect();
    assert!(
        files.len() >= 3,
        "the file, its log and its index: {files:?}"
    );
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    drop(store);
    let path = folder.join(FILE_NAME);
    fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).expect("opened to all");
    drop(open(&folder).expect("a store"));
    assert_eq!(mode(&path), 0o600, "closed again");
}

#[tokio::test]
async fn pruning_forgets_what_is_old_and_keeps_the_rest() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Arc::new(ManualClock::default());
    let store = SqliteStore::open(folder.path(), clock.clone()).expect("a store");
    let now = clock.now().as_second();
    let day = 24 * 60 * 60;
    let old = (0..1500)
        .map(|number| entry("r", &format!("old-{number}"), now - 181 * day))
        .collect();
    store.store(old).await.expect("store");
    store
        .store(vec![entry("r", "young", now - 179 * day)])
        .await
        .expect("store");
    let deduped = |value: &str| Message {
        dedupe: Some(value.to_owned()),
        ..message("sales", value, value)
    };
    store
        .enqueue(
            (0..1500)
                .map(|number| deduped(&number.to_string()))
                .collect(),
        )
        .await
        .expect("durable");
    assert_eq!(
        store.prune(LEDGER_RETENTION).await.expect("prune"),
        Pruned {
            ledger: 1500,
            dedupe: 0
        }
    );
    clock.advance(Duration::from_secs(301));
    store.enqueue(vec![deduped("late")]).await.expect("durable");
    assert_eq!(
        store.prune(LEDGER_RETENTION).await.expect("prune"),
        Pruned {
            ledger: 0,
            dedupe: 1500
        }
    );
    assert_eq!(
        store.prune(LEDGER_RETENTION).await.expect("prune"),
        Pruned::default()
    );
    let left = Ledger::list(&store, &LedgerFilter::default())
        .await
        .expect("list");
    assert_eq!(
        left.iter()
            .map(|entry| entry.key.order.as_str())
            .collect::<Vec<_>>(),
        ["young"]
    );
    store.enqueue(vec![deduped("late")]).await.expect("durable");
    assert_eq!(
        store.depth("sales").await.expect("depth"),
        1501,
        "a window that is open still swallows"
    );
}

#[tokio::test]
async fn all_comes_back_after_the_store_was_closed() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path()).expect("a store");
    store
        .enqueue(vec![message("sales", "g", "e")])
        .await
        .expect("durable");
    store.store(vec![entry("r", "1", 10)]).await.expect("store");
    drop(store);
    assert!(
        !folder.path().join(format!("{FILE_NAME}-wal")).exists(),
        "the last to close puts everything into the one file"
    );
    let store = open(folder.path()).expect("a store");
    assert_eq!(
        store
            .receive("sales", 10, LONG)
            .await
            .expect("receive")
            .len(),
        1
    );
    assert_eq!(
        Ledger::list(&store, &LedgerFilter::default())
            .await
            .expect("list")
            .len(),
        1
    );
}

#[tokio::test]
async fn it_is_ready_only_while_what_it_stores_would_be_found_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path()).expect("a store");
    store.ready().await.expect("it can be written");
    let file = folder.path().join(FILE_NAME);
    for replaced in [false, true] {
        let away = folder.path().join("away");
        fs::rename(&file, &away).expect("moved away");
        if replaced {
            fs::write(&file, "").expect("another file");
        }
        let error = store.ready().await.expect_err("the file is gone");
        assert!(
            chain(&error).contains("was deleted or replaced"),
            "{}",
            chain(&error)
        );
        fs::rename(&away, &file).expect("moved back");
        store.ready().await.expect("it is there again");
    }
}

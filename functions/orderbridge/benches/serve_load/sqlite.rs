//! What SQLite itself takes of the same bytes on the same disk: one connection that does nothing
//! but insert them, with a sync of the disk after each transaction.

use crate::orders;
use rusqlite::Connection;
use std::time::Instant;

/// The rows that share a transaction, and how many transactions are made.
const BATCHES: [(usize, usize); 3] = [(1, 500), (16, 500), (64, 250)];

/// Measures and prints it for bodies of this size.
pub(crate) fn print(bytes: usize) {
    for (rows, transactions) in BATCHES {
        let bodies: Vec<String> = (0..rows * transactions)
            .map(|number| orders::order(number, bytes))
            .collect();
        let folder = tempfile::tempdir().unwrap();
        let mut connection = Connection::open(folder.path().join("limit.db")).unwrap();
        connection
            .pragma_update(None, "journal_mode", "wal")
            .unwrap();
        connection
            .pragma_update(None, "synchronous", "full")
            .unwrap();
        connection
            .execute_batch("CREATE TABLE bodies (id INTEGER PRIMARY KEY, body BLOB NOT NULL)")
            .unwrap();
        let mut times = Vec::new();
        let begin = Instant::now();
        for batch in bodies.chunks(rows) {
            let begin = Instant::now();
            let transaction = connection.transaction().unwrap();
            for body in batch {
                transaction
                    .prepare_cached("INSERT INTO bodies (body) VALUES (?1)")
                    .unwrap()
                    .execute((body.as_bytes(),))
                    .unwrap();
            }
            transaction.commit().unwrap();
            times.push(begin.elapsed());
        }
        let per_second = bodies.len() as f64 / begin.elapsed().as_secs_f64();
        times.sort_unstable();
        let at = |share: usize| times[times.len() * share / 1000].as_secs_f64() * 1e3;
        println!(
            "{bytes:>6} SQLite alone, {rows:>2} a transaction | {per_second:>5.0} {:>7.2} {:>7.2}",
            at(500),
            at(990)
        );
    }
}

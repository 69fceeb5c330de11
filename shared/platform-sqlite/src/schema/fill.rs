//! Columns of older rows that only the program can work out.

use crate::ledger;
use ports::{LedgerEntry, ReasonKey};
use rusqlite::{Connection, Row};

/// The version of the file from which rows are written with these columns.
pub(super) const SINCE: usize = 7;

/// Fills in what lists go by.
pub(super) fn columns(connection: &Connection) -> rusqlite::Result<()> {
    entries(connection)?;
    letters(connection)
}

fn entries(connection: &Connection) -> rusqlite::Result<()> {
    let mut select = connection.prepare("SELECT rowid, entry FROM ledger")?;
    let mut update =
        connection.prepare("UPDATE ledger SET store = ?2, texts = ?3 WHERE rowid = ?1")?;
    let read = |row: &Row<'_>| Ok((row.get::<_, i64>("rowid")?, ledger::entry(row)));
    for row in select.query_map((), read)? {
        let (id, entry) = row?;
        // What cannot be read is no reason not to start; its own list says so.
        let Ok(entry): rusqlite::Result<LedgerEntry> = entry else {
            continue;
        };
        update.execute((id, &entry.store, entry.texts()))?;
    }
    Ok(())
}

fn letters(connection: &Connection) -> rusqlite::Result<()> {
    let mut select = connection.prepare(
        "SELECT dead_letters.id, class, reason, order_id FROM dead_letters JOIN messages ON messages.id = dead_letters.message",
    )?;
    let mut update = connection.prepare("UPDATE dead_letters SET reason_key = ?2 WHERE id = ?1")?;
    let read = |row: &Row<'_>| {
        let (class, reason): (String, String) = (row.get("class")?, row.get("reason")?);
        let order: Option<String> = row.get("order_id")?;
        let key = ReasonKey::of(&class, &reason, order.as_deref());
        Ok((row.get::<_, i64>("id")?, key.id))
    };
    for row in select.query_map((), read)? {
        update.execute(row?)?;
    }
    Ok(())
}

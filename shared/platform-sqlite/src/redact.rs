//! Redactions in the file. Every change is made with `secure_delete`, so that deleted data is
//! overwritten and not only forgotten.

use crate::{json, ledger, message, settle, time::micros};
use ports::{LedgerEntry, Redaction, Removed, Revision, Subject};
use rusqlite::{Connection, OptionalExtension};

/// Deletes messages that wait, are in flight or are dead. Also returns the destinations whose
/// groups have a new head.
pub(crate) fn messages(
    connection: &Connection,
    redaction: &Redaction,
) -> rusqlite::Result<(Removed, Vec<String>)> {
    overwriting(connection, || {
        let (mut removed, mut freed) = (Removed::default(), Vec::new());
        for found in concerned(connection, redaction)? {
            if let Some(destination) = take_out_of_queue(connection, found.id)? {
                removed.waiting += 1;
                freed.push(destination);
            } else {
                let sql = "DELETE FROM dead_letters WHERE message = ?1";
                let dead = connection.prepare_cached(sql)?.execute((found.id,))?;
                removed.dead += u64::try_from(dead).unwrap_or_default();
            }
            message::delete(connection, found.id)?;
            removed.orders.extend(found.order);
        }
        Ok((removed, freed))
    })
}

/// Removes the texts from ledger entries; returns how many entries had any.
pub(crate) fn entries(connection: &Connection, redaction: &Redaction) -> rusqlite::Result<u64> {
    overwriting(connection, || {
        let mut changed = 0;
        for entry in concerned_entries(connection, redaction)? {
            let had_texts = entry.holds_texts();
            let Some(redacted) = entry.redacted() else {
                continue;
            };
            let sql = "UPDATE ledger SET revision = ?3, state = ?4, entry = ?5, texts = ?6 WHERE order_id = ?1 AND route = ?2";
            let (key, text) = (&redacted.key, json::text(&redacted)?);
            let values = (
                &key.order,
                &key.route,
                redacted.revision.map(Revision::number),
                redacted.state.as_str(),
                text,
                redacted.texts(),
            );
            connection.prepare_cached(sql)?.execute(values)?;
            changed += u64::from(had_texts);
        }
        Ok(changed)
    })
}

struct Found {
    id: i64,
    order: Option<String>,
}

/// Returns the messages that a redaction concerns, see [`Redaction::concerns`]; without their
/// bodies, of which there may be many.
fn concerned(connection: &Connection, redaction: &Redaction) -> rusqlite::Result<Vec<Found>> {
    let sql = "SELECT id, order_id, group_id FROM messages WHERE store = ?1 AND accepted < ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query((&redaction.store, micros(redaction.before)))?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let (id, order, group): (i64, Option<String>, String) =
            (row.get(0)?, row.get(1)?, row.get(2)?);
        let concerned = match &redaction.subject {
            Subject::Everyone => true,
            Subject::Customer { orders, groups } => {
                groups.contains(&group)
                    || order.as_ref().is_some_and(|order| orders.contains(order))
            }
        };
        if concerned {
            all.push(Found { id, order });
        }
    }
    Ok(all)
}

fn concerned_entries(
    connection: &Connection,
    redaction: &Redaction,
) -> rusqlite::Result<Vec<LedgerEntry>> {
    if redaction.subject != Subject::Everyone {
        let keys = redaction.keys();
        return keys
            .iter()
            .filter_map(|key| ledger::load(connection, key).transpose())
            .collect();
    }
    let mut all = Vec::new();
    for route in &redaction.routes {
        let sql = "SELECT entry FROM ledger WHERE route = ?1";
        let mut statement = connection.prepare_cached(sql)?;
        let of_route: rusqlite::Result<Vec<LedgerEntry>> =
            statement.query_map((route,), ledger::entry)?.collect();
        all.extend(of_route?);
    }
    Ok(all)
}

/// Removes a message from the queue, whoever has received it; the next of its group becomes the
/// head. Returns the destination if the message was in the queue.
fn take_out_of_queue(connection: &Connection, id: i64) -> rusqlite::Result<Option<String>> {
    let sql = "DELETE FROM queue WHERE id = ?1 RETURNING destination, group_id";
    let gone: Option<(String, String)> = connection
        .prepare_cached(sql)?
        .query_row((id,), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((destination, group)) = gone else {
        return Ok(None);
    };
    settle::new_head(connection, &destination, &group)?;
    Ok(Some(destination))
}

/// Runs the work with `secure_delete`: SQLite leaves deleted content where it was until something
/// else is written there, unless it is told to overwrite it.
fn overwriting<T>(
    connection: &Connection,
    work: impl FnOnce() -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    connection.pragma_update(None, "secure_delete", true)?;
    let result = work();
    connection.pragma_update(None, "secure_delete", crate::file::SECURE_DELETE)?;
    result
}

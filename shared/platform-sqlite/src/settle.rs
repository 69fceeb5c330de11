//! The settlement of messages that were received: they leave the queue, or come back later.

use crate::{
    dead_letters, message,
    time::{later, micros},
};
use jiff::Timestamp;
use ports::{Disposition, LOST_OFTEN, Settlement};
use rusqlite::{Connection, OptionalExtension};

/// A message that has left the queue.
struct Left {
    destination: String,
    has_follower: bool,
}

/// Applies a settlement if its receipt is the latest of its message. Returns the destination at
/// which something may be receivable now.
pub(crate) fn settle(
    connection: &Connection,
    settlement: &Settlement,
    now: Timestamp,
) -> rusqlite::Result<Option<String>> {
    let Some((id, receipt)) = parse(&settlement.received.receipt) else {
        return Ok(None);
    };
    let left = match &settlement.disposition {
        Disposition::Retry(after) => {
            return hide(connection, (id, receipt), now, later(now, *after), 0);
        }
        Disposition::Wait(time) => {
            return hide(connection, (id, receipt), now, later(now, *time), 1);
        }
        Disposition::Release => return release(connection, id, receipt, now),
        Disposition::Done | Disposition::Dead(_) => leave(connection, id, receipt)?,
    };
    let Some(left) = left else {
        return Ok(None);
    };
    match &settlement.disposition {
        Disposition::Dead(letter) => dead_letters::insert(connection, id, letter)?,
        _ => message::delete(connection, id)?,
    }
    // One that was lost often is in flight alone.
    let frees = left.has_follower || settlement.received.lost >= LOST_OFTEN;
    Ok(frees.then_some(left.destination))
}

/// Removes a message from the queue; the next of its group becomes the head.
fn leave(connection: &Connection, id: i64, receipt: i64) -> rusqlite::Result<Option<Left>> {
    let sql = "SELECT destination, group_id FROM queue WHERE id = ?1 AND receipt = ?2";
    let place: Option<(String, String)> = connection
        .prepare_cached(sql)?
        .query_row((id, receipt), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((destination, group)) = place else {
        return Ok(None);
    };
    connection
        .prepare_cached("DELETE FROM queue WHERE id = ?1")?
        .execute((id,))?;
    let has_follower = new_head(connection, &destination, &group)?;
    Ok(Some(Left {
        destination,
        has_follower,
    }))
}

/// Makes the earliest message of a group its head. Returns whether there is one.
pub(crate) fn new_head(
    connection: &Connection,
    destination: &str,
    group: &str,
) -> rusqlite::Result<bool> {
    let sql = "SELECT min(id) FROM queue WHERE destination = ?1 AND group_id = ?2";
    let next: Option<i64> = connection
        .prepare_cached(sql)?
        .query_row((destination, group), |row| row.get(0))?;
    let Some(next) = next else {
        return Ok(false);
    };
    connection
        .prepare_cached("UPDATE queue SET head = 1 WHERE id = ?1")?
        .execute((next,))?;
    Ok(true)
}

/// Hides a message for a while; so many of its attempts do not count.
fn hide(
    connection: &Connection,
    (id, receipt): (i64, i64),
    now: Timestamp,
    until: i64,
    unspent: u32,
) -> rusqlite::Result<Option<String>> {
    let sql = "UPDATE queue SET visible_at = ?3, hidden_at = ?4, receipt = NULL, lost = 0, attempts = max(attempts - ?5, 0) WHERE id = ?1 AND receipt = ?2 RETURNING destination";
    connection
        .prepare_cached(sql)?
        .query_row((id, receipt, until, micros(now), unspent), |row| row.get(0))
        .optional()
}

/// Makes a message receivable at once and does not count this attempt. A message that was tried
/// before stays among those that come back.
fn release(
    connection: &Connection,
    id: i64,
    receipt: i64,
    now: Timestamp,
) -> rusqlite::Result<Option<String>> {
    let sql = "UPDATE queue SET visible_at = iif(attempts > 1, ?3, 0), hidden_at = ?3, receipt = NULL, lost = 0, attempts = max(attempts - 1, 0) \
        WHERE id = ?1 AND receipt = ?2 RETURNING destination";
    connection
        .prepare_cached(sql)?
        .query_row((id, receipt, micros(now)), |row| row.get(0))
        .optional()
}

fn parse(receipt: &str) -> Option<(i64, i64)> {
    let (id, number) = receipt.split_once('.')?;
    Some((id.parse().ok()?, number.parse().ok()?))
}

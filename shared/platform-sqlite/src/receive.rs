//! The choice of the messages that are handed out: of each message group its head, the earliest.
//! New heads are found by store, retries by when they are due: both by index, however many wait.

use crate::{
    message::{self, Stored},
    time::micros,
};
use jiff::Timestamp;
use ports::{BATCH_BYTES, Candidate, LOST_OFTEN, READ, Received, SKEW, anywhere, choose};
use rusqlite::{Connection, OptionalExtension, Row};
use std::sync::LazyLock;

/// The number of due retries that are looked at, those that are due for longest; the least tried of
/// these are handed out.
const LOOKED_AT: u32 = 1000;

/// Chooses up to `max` orders, see [`ports::choose`].
pub(crate) fn orders(
    connection: &Connection,
    destination: &str,
    max: usize,
    turn: u64,
    now: Timestamp,
) -> rusqlite::Result<Vec<i64>> {
    among(connection, destination, max, turn, now, |_| true)
}

/// Chooses up to `max` orders that were posted.
pub(crate) fn posted(
    connection: &Connection,
    destination: &str,
    max: usize,
    turn: u64,
    now: Timestamp,
) -> rusqlite::Result<Vec<i64>> {
    among(connection, destination, max, turn, now, |one| {
        !one.store.ends_with(READ)
    })
}

/// Chooses up to `max` orders that were read from a store.
pub(crate) fn read(
    connection: &Connection,
    destination: &str,
    max: usize,
    turn: u64,
    now: Timestamp,
) -> rusqlite::Result<Vec<i64>> {
    among(connection, destination, max, turn, now, |one| {
        one.store.ends_with(READ)
    })
}

fn among(
    connection: &Connection,
    destination: &str,
    max: usize,
    turn: u64,
    now: Timestamp,
    is_wanted: impl Fn(&Candidate<'_>) -> bool,
) -> rusqlite::Result<Vec<i64>> {
    let mut candidates = new_heads(connection, destination, max)?;
    candidates.extend(due(connection, destination, now)?);
    candidates.retain(is_wanted);
    if candidates.iter().any(|one| one.lost >= LOST_OFTEN) && is_one_in_hand(connection, now)? {
        candidates.retain(|one| one.lost < LOST_OFTEN);
    }
    Ok(choose(candidates, max, turn))
}

/// Chooses one of the messages that were received least often.
pub(crate) fn probe(
    connection: &Connection,
    destination: &str,
    turn: u64,
    now: Timestamp,
) -> rusqlite::Result<Option<i64>> {
    let stores = stores(connection, destination)?;
    let store = usize::try_from(turn)
        .ok()
        .and_then(|turn| stores.get(turn.checked_rem(stores.len())?));
    if let Some(store) = store {
        return new_anywhere(connection, destination, store, turn).map(Some);
    }
    let sql = "SELECT id FROM queue WHERE destination = ?1 AND visible_at > 0 AND visible_at <= ?2 AND is_request = 0 \
        ORDER BY lost + (receipt IS NOT NULL) >= ?3, attempts, id LIMIT ?4";
    let sql_least = "SELECT count(*) FROM queue WHERE destination = ?1 AND visible_at > 0 AND visible_at <= ?2 AND is_request = 0 \
        GROUP BY lost + (receipt IS NOT NULL) >= ?3, attempts ORDER BY lost + (receipt IS NOT NULL) >= ?3, attempts LIMIT 1";
    let (now, most) = (micros(now), i64::from(LOOKED_AT));
    let least: Option<u64> = connection
        .prepare_cached(sql_least)?
        .query_row((destination, now, LOST_OFTEN), |row| row.get(0))
        .optional()?;
    let Some(least) = least else { return Ok(None) };
    let mut statement = connection.prepare_cached(sql)?;
    let ids = statement.query_map((destination, now, LOST_OFTEN, most), |row| row.get(0))?;
    let ids: Vec<i64> = ids.collect::<rusqlite::Result<_>>()?;
    let number = least.min(u64::try_from(ids.len()).unwrap_or(u64::MAX));
    Ok(usize::try_from(anywhere(number, turn))
        .ok()
        .and_then(|place| ids.get(place).copied()))
}

/// Chooses some new head of a store: the next one from a point between the oldest and the newest.
fn new_anywhere(
    connection: &Connection,
    destination: &str,
    store: &str,
    turn: u64,
) -> rusqlite::Result<i64> {
    let of_store = "FROM queue WHERE destination = ?1 AND store = ?2 AND head = 1 AND visible_at = 0 AND is_request = 0";
    let ends = |end: &str| {
        let sql = format!("SELECT {end}(id) {of_store}");
        connection
            .prepare_cached(&sql)?
            .query_row((destination, store), |row| row.get::<_, i64>(0))
    };
    let (oldest, newest) = (ends("min")?, ends("max")?);
    let number = u64::try_from(newest.saturating_sub(oldest))
        .unwrap_or_default()
        .saturating_add(1);
    let point = oldest.saturating_add_unsigned(anywhere(number, turn));
    let sql = format!("SELECT id {of_store} AND id >= ?3 ORDER BY id LIMIT 1");
    connection
        .prepare_cached(&sql)?
        .query_row((destination, store, point), |row| row.get(0))
}

/// Chooses up to `max` requests about personal data.
pub(crate) fn requests(
    connection: &Connection,
    destination: &str,
    max: usize,
    now: Timestamp,
) -> rusqlite::Result<Vec<i64>> {
    let sql = "SELECT id FROM queue WHERE destination = ?1 AND head = 1 AND is_request = 1 AND visible_at <= ?2 ORDER BY id LIMIT ?3";
    let most = i64::try_from(max).unwrap_or(i64::MAX);
    connection
        .prepare_cached(sql)?
        .query_map((destination, micros(now), most), |row| row.get(0))?
        .collect()
}

/// Returns the stores that have heads which were never tried.
fn stores(connection: &Connection, destination: &str) -> rusqlite::Result<Vec<String>> {
    let sql = "WITH RECURSIVE stores (store) AS (\
            SELECT min(store) FROM queue WHERE destination = ?1 AND head = 1 AND visible_at = 0 AND is_request = 0 \
            UNION ALL \
            SELECT (SELECT min(store) FROM queue WHERE destination = ?1 AND store > stores.store AND head = 1 AND visible_at = 0 AND is_request = 0) \
            FROM stores WHERE stores.store IS NOT NULL\
        ) SELECT store FROM stores WHERE store IS NOT NULL";
    connection
        .prepare_cached(sql)?
        .query_map((destination,), |row| row.get(0))?
        .collect()
}

/// Returns the oldest heads of each store that were never tried.
fn new_heads(
    connection: &Connection,
    destination: &str,
    max: usize,
) -> rusqlite::Result<Vec<Candidate<'static>>> {
    let stores = stores(connection, destination)?;
    let sql = "SELECT id, store, attempts, lost FROM queue \
        WHERE destination = ?1 AND store = ?2 AND head = 1 AND visible_at = 0 AND is_request = 0 ORDER BY id LIMIT ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let most = i64::try_from(max).unwrap_or(i64::MAX);
    let mut all = Vec::new();
    for store in stores {
        for found in statement.query_map((destination, store, most), candidate)? {
            all.push(found?);
        }
    }
    Ok(all)
}

/// Returns the messages that were tried before and are due.
fn due(
    connection: &Connection,
    destination: &str,
    now: Timestamp,
) -> rusqlite::Result<Vec<Candidate<'static>>> {
    let sql = "SELECT id, store, attempts, lost + (receipt IS NOT NULL) AS lost FROM queue \
        WHERE destination = ?1 AND visible_at > 0 AND visible_at <= ?2 AND is_request = 0 ORDER BY visible_at LIMIT ?3";
    connection
        .prepare_cached(sql)?
        .query_map((destination, micros(now), LOOKED_AT), candidate)?
        .collect()
}

/// Returns whether a message that was lost often is in flight, to whatever destination: it may take
/// everything down with it that is in flight beside it.
fn is_one_in_hand(connection: &Connection, now: Timestamp) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM queue WHERE lost > 1 AND receipt IS NOT NULL AND visible_at > ?1)";
    connection
        .prepare_cached(sql)?
        .query_row((micros(now),), |row| row.get(0))
}

fn candidate(row: &Row<'_>) -> rusqlite::Result<Candidate<'static>> {
    Ok(Candidate {
        id: row.get("id")?,
        store: row.get("store")?,
        attempts: row.get("attempts")?,
        lost: row.get("lost")?,
    })
}

/// The query for a message and what becomes of its row when it is received.
static IN_HAND: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {}, queue.attempts + 1 AS attempts, queue.lost + (queue.receipt IS NOT NULL) AS lost, random() AS receipt \
        FROM queue JOIN messages ON messages.id = queue.id WHERE queue.id = ?1",
        message::COLUMNS
    )
});

/// A message in hand, whose body is in the form in which it is kept.
pub(crate) struct Taken {
    message: Stored,
    receipt: String,
    attempts: u32,
    lost: u32,
}

impl Taken {
    /// Returns the message as it is handed out.
    pub(crate) fn unpack(self) -> Received {
        Received {
            message: self.message.unpack(),
            receipt: self.receipt,
            attempts: self.attempts,
            lost: self.lost,
            sent: None,
        }
    }
}

/// Receives the chosen messages, as many as a batch may hold, each under a new receipt.
pub(crate) fn take(
    connection: &Connection,
    chosen: &[i64],
    now: Timestamp,
    until: i64,
) -> rusqlite::Result<Vec<Taken>> {
    let mut select = connection.prepare_cached(&IN_HAND)?;
    // Each index is written once; what RETURNING returns would go through a table of its own.
    let sql = "UPDATE queue SET visible_at = ?2, hidden_at = ?3, receipt = ?4, attempts = ?5, lost = ?6 WHERE id = ?1";
    let mut hide = connection.prepare_cached(sql)?;
    let (mut all, mut bytes) = (Vec::with_capacity(chosen.len()), 0_usize);
    for id in chosen {
        let (receipt, taken) = select.query_row((id,), |row| {
            let receipt: i64 = row.get("receipt")?;
            let taken = Taken {
                message: message::from_row(row)?,
                receipt: format!("{id}.{receipt}"),
                attempts: row.get("attempts")?,
                lost: row.get("lost")?,
            };
            Ok((receipt, taken))
        })?;
        bytes = bytes.saturating_add(taken.message.size());
        if bytes > BATCH_BYTES && !all.is_empty() {
            break;
        }
        hide.execute((id, until, micros(now), receipt, taken.attempts, taken.lost))?;
        all.push(taken);
    }
    Ok(all)
}

/// Limits what a clock that was ahead postponed: from now on, it waits no longer than it was meant
/// to. Returns how many messages that concerned.
pub(crate) fn heal(connection: &Connection, now: Timestamp) -> rusqlite::Result<usize> {
    let sql = "UPDATE queue SET visible_at = ?1 + max(visible_at - hidden_at, 0), hidden_at = ?1 WHERE visible_at > ?1 AND hidden_at > ?2";
    let latest = now.saturating_add(SKEW).unwrap_or(Timestamp::MAX);
    let healed = connection
        .prepare_cached(sql)?
        .execute((micros(now), micros(latest)))?;
    // Rows of an earlier program, which did not record when a message was hidden.
    let sql = "UPDATE queue SET visible_at = ?1 WHERE visible_at > ?2 AND hidden_at = 0";
    let longest = now.saturating_add(LONGEST).unwrap_or(Timestamp::MAX);
    Ok(healed
        + connection
            .prepare_cached(sql)?
            .execute((micros(now), micros(longest)))?)
}

/// Longest time that a message is postponed, as no message of SQS is hidden for longer.
const LONGEST: std::time::Duration = std::time::Duration::from_secs(24 * 3600);

use crate::{
    SqliteStore, json,
    message::{self, Kept},
    time::{instant, micros, to_instant},
};
use async_trait::async_trait;
use jiff::Timestamp;
use ports::{
    DeadLetter, DeadLetterFilter, DeadLetters, LetterGroup, Message, PortError, ReasonKey, Version,
};
use rusqlite::{Connection, OptionalExtension, Row, named_params};
use std::{collections::BTreeMap, sync::LazyLock};

/// The query for every dead letter with its message, under distinct column names.
static SELECT: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {}, dead_letters.id AS letter, mapping, class, reason, request, response, attempts, died, earlier \
        FROM dead_letters JOIN messages ON messages.id = dead_letters.message",
        message::COLUMNS
    )
});

#[async_trait]
impl DeadLetters for SqliteStore {
    async fn list(&self, filter: &DeadLetterFilter) -> Result<Vec<DeadLetter>, PortError> {
        let filter = filter.clone();
        self.read("dead letters: list", move |connection| {
            list(connection, &filter)
        })
        .await
    }

    async fn groups(&self, filter: &DeadLetterFilter) -> Result<Vec<LetterGroup>, PortError> {
        let filter = filter.clone();
        self.read("dead letters: groups", move |connection| {
            groups(connection, &filter)
        })
        .await
    }

    async fn get(&self, id: &str) -> Result<Option<DeadLetter>, PortError> {
        let Ok(id) = id.parse() else { return Ok(None) };
        self.read("dead letters: get", move |connection| get(connection, id))
            .await
    }

    async fn replay(&self, id: &str) -> Result<bool, PortError> {
        let Ok(id) = id.parse() else { return Ok(false) };
        let destination = self
            .write("dead letters: replay", move |connection| {
                replay(connection, id)
            })
            .await?;
        self.wake().each(destination.as_deref());
        Ok(destination.is_some())
    }

    async fn discard(&self, id: &str) -> Result<bool, PortError> {
        let Ok(id) = id.parse() else { return Ok(false) };
        self.write("dead letters: discard", move |connection| {
            remove(connection, id)
        })
        .await
    }
}

/// The conditions of a filter, whatever its position.
const PASSES: &str = "(:route IS NULL OR route = :route) AND (:class IS NULL OR class = :class) \
    AND (:store IS NULL OR store = :store) AND (:destination IS NULL OR destination = :destination) \
    AND (:since IS NULL OR died >= :since) AND (:until IS NULL OR died < :until)";

/// Returns the condition of the orders, which is there only where it is wanted: by it the letters are
/// found through their messages' index.
fn of_orders(filter: &DeadLetterFilter) -> &'static str {
    match (&filter.orders, &filter.order) {
        (Some(_), _) => {
            "order_id IN (SELECT value FROM json_each(:orders)) AND (:order IS NULL OR order_id = :order)"
        }
        (None, Some(_)) => "order_id = :order AND :orders IS NULL",
        (None, None) => ":order IS NULL AND :orders IS NULL",
    }
}

/// Returns the orders of a filter as the query takes them.
fn orders(filter: &DeadLetterFilter) -> rusqlite::Result<Option<String>> {
    filter.orders.as_ref().map(json::text).transpose()
}

/// The values of [`PASSES`], and others.
macro_rules! values {
    ($filter:ident $(, $name:literal: $value:expr)*) => {
        named_params! {
            ":route": $filter.route, ":order": $filter.order, ":orders": orders($filter)?, ":class": $filter.class,
            ":store": $filter.store, ":destination": $filter.destination,
            ":since": $filter.since.map(micros), ":until": $filter.until.map(micros)
            $(, $name: $value)*
        }
    };
}

/// Returns the condition of the group, which is there only where it is wanted: by it the letters are
/// found through their index.
fn in_group(filter: &DeadLetterFilter) -> &'static str {
    if filter.group.is_some() {
        "reason_key = :group"
    } else {
        ":group IS NULL"
    }
}

fn list(connection: &Connection, filter: &DeadLetterFilter) -> rusqlite::Result<Vec<DeadLetter>> {
    let sql = format!(
        "{} WHERE {PASSES} AND {} AND {} AND dead_letters.id < :after ORDER BY dead_letters.id DESC LIMIT :limit",
        *SELECT,
        in_group(filter),
        of_orders(filter)
    );
    let limit = filter
        .limit
        .map_or(i64::MAX, |limit| i64::try_from(limit).unwrap_or(i64::MAX));
    let after = filter.after.as_ref();
    let after: i64 = after.map_or(i64::MAX, |after| after.id.parse().unwrap_or_default());
    connection
        .prepare_cached(&sql)?
        .query_map(
            values! { filter, ":group": filter.group, ":limit": limit, ":after": after },
            letter,
        )?
        .collect()
}

fn groups(
    connection: &Connection,
    filter: &DeadLetterFilter,
) -> rusqlite::Result<Vec<LetterGroup>> {
    let sql = format!(
        "SELECT reason_key, route, count(*) AS letters, min(died) AS oldest, max(died) AS newest, max(dead_letters.id) AS example \
         FROM dead_letters JOIN messages ON messages.id = dead_letters.message WHERE {PASSES} AND {} AND {} GROUP BY reason_key, route",
        in_group(filter),
        of_orders(filter)
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(values! { filter, ":group": filter.group })?;
    let mut groups: BTreeMap<String, (LetterGroup, i64)> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let (id, example): (String, i64) = (row.get("reason_key")?, row.get("example")?);
        let (oldest, newest) = (instant(row, "oldest")?, instant(row, "newest")?);
        let (group, last) = groups.entry(id.clone()).or_insert_with(|| {
            let key = ReasonKey {
                id,
                class: String::new(),
                text: String::new(),
            };
            let group = LetterGroup {
                key,
                routes: BTreeMap::new(),
                oldest,
                newest,
                example: String::new(),
            };
            (group, example)
        });
        group.routes.insert(row.get("route")?, row.get("letters")?);
        group.oldest = group.oldest.min(oldest);
        group.newest = group.newest.max(newest);
        *last = example.max(*last);
    }
    let told = groups.into_values().map(|(group, example)| {
        let key = key(connection, example)?;
        Ok(LetterGroup {
            key,
            example: example.to_string(),
            ..group
        })
    });
    told.collect::<rusqlite::Result<_>>()
        .map(LetterGroup::sorted)
}

/// Returns the key of a letter, in words.
fn key(connection: &Connection, id: i64) -> rusqlite::Result<ReasonKey> {
    let sql = "SELECT class, reason, order_id FROM dead_letters JOIN messages ON messages.id = dead_letters.message WHERE dead_letters.id = ?1";
    connection.prepare_cached(sql)?.query_row((id,), |row| {
        let (class, reason): (String, String) = (row.get(0)?, row.get(1)?);
        let order: Option<String> = row.get(2)?;
        Ok(ReasonKey::of(&class, &reason, order.as_deref()))
    })
}

/// Keeps the message of a row that has left the queue as a dead letter, in the place of an older one
/// of its order.
pub(crate) fn insert(
    connection: &Connection,
    message: i64,
    letter: &DeadLetter,
) -> rusqlite::Result<()> {
    let earlier = letter
        .earlier
        .saturating_add(take_places(connection, message, letter.died)?);
    // As the letter's own message may say otherwise than the one that is kept.
    let order: Option<String> = connection
        .prepare_cached("SELECT order_id FROM messages WHERE id = ?1")?
        .query_row((message,), |row| row.get(0))?;
    let key = ReasonKey::of(&letter.class, &letter.reason, order.as_deref());
    let sql = "INSERT INTO dead_letters (message, mapping, class, reason, request, response, attempts, died, reason_key, earlier) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    let values = (
        message,
        &letter.mapping,
        &letter.class,
        &letter.reason,
        &letter.request,
        &letter.response,
        letter.attempts,
        micros(letter.died),
        key.id,
        earlier,
    );
    connection.prepare_cached(sql)?.execute(values).map(drop)
}

/// Removes the dead letters whose place a message's takes, see [`DeadLetter::takes_place_of`], and
/// returns for how many letters they stood.
fn take_places(connection: &Connection, message: i64, died: Timestamp) -> rusqlite::Result<u32> {
    let sql = "SELECT dead_letters.id, earlier, old.modified, old.accepted, new.modified, new.accepted FROM messages AS new \
        JOIN messages AS old ON old.order_id = new.order_id AND old.route = new.route AND old.event = new.event AND (old.origin = 'edited') = (new.origin = 'edited') \
        JOIN dead_letters ON dead_letters.message = old.id WHERE new.id = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let found: Vec<(i64, u32, Version, Version)> = statement
        .query_map((message,), |row| {
            let (old, new) = (version(row, 2)?, version(row, 4)?);
            Ok((row.get(0)?, row.get(1)?, old, new))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let older = found
        .into_iter()
        .filter(|(.., old, new)| new.takes_place_of(old, died))
        .map(|(id, earlier, ..)| (id, earlier));
    let mut count = 0_u32;
    for (id, earlier) in older {
        remove(connection, id)?;
        count = count.saturating_add(earlier).saturating_add(1);
    }
    Ok(count)
}

/// Reads a version from two columns: the modification time and the arrival.
fn version(row: &Row<'_>, column: usize) -> rusqlite::Result<Version> {
    let modified: Option<i64> = row.get(column)?;
    Ok(Version {
        modified: modified.map(to_instant).transpose()?,
        accepted: to_instant(row.get(column + 1)?)?,
    })
}

fn get(connection: &Connection, id: i64) -> rusqlite::Result<Option<DeadLetter>> {
    connection
        .prepare_cached(&format!("{} WHERE dead_letters.id = ?1", *SELECT))?
        .query_row((id,), letter)
        .optional()
}

/// Moves a message back to the end of its queue and returns its destination. It becomes a new row,
/// because the order of the rows is the order of the queue.
fn replay(connection: &Connection, id: i64) -> rusqlite::Result<Option<String>> {
    let sql = "SELECT message FROM dead_letters WHERE id = ?1";
    let message: Option<i64> = connection
        .prepare_cached(sql)?
        .query_row((id,), |row| row.get(0))
        .optional()?;
    let Some(message) = message else {
        return Ok(None);
    };
    let (message, body) = message::read(connection, message)?.parts();
    remove(connection, id)?;
    let message = Message {
        dedupe: None,
        replays: message.replays.saturating_add(1),
        ..message
    };
    message::append(connection, &message, &Kept::of(&message, body))?;
    Ok(Some(message.destination))
}

fn remove(connection: &Connection, id: i64) -> rusqlite::Result<bool> {
    let sql = "DELETE FROM dead_letters WHERE id = ?1 RETURNING message";
    let message: Option<i64> = connection
        .prepare_cached(sql)?
        .query_row((id,), |row| row.get(0))
        .optional()?;
    message
        .map(|message| message::delete(connection, message))
        .transpose()?;
    Ok(message.is_some())
}

fn letter(row: &Row<'_>) -> rusqlite::Result<DeadLetter> {
    Ok(DeadLetter {
        id: row.get::<_, i64>("letter")?.to_string(),
        message: message::from_row(row)?.unpack(),
        mapping: row.get("mapping")?,
        class: row.get("class")?,
        reason: row.get("reason")?,
        request: row.get("request")?,
        response: row.get("response")?,
        attempts: row.get("attempts")?,
        died: instant(row, "died")?,
        earlier: row.get("earlier")?,
    })
}

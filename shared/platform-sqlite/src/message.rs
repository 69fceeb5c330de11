//! Messages as rows.

use crate::time::{instant, micros, optional_instant};
use bytes::Bytes;
use ports::{Kind, Message, Origin};
use rusqlite::{Connection, Row, named_params};

/// Puts a message at the end of its queue.
pub(crate) fn append(connection: &Connection, message: &Message) -> rusqlite::Result<()> {
    let insert = "INSERT INTO messages (route, destination, store, is_request, topic, event, order_id, modified, accepted, group_id, dedupe, replays, origin, body) \
        VALUES (:route, :destination, :store, :is_request, :topic, :event, :order_id, :modified, :accepted, :group_id, :dedupe, :replays, :origin, :body)";
    let id = connection.prepare_cached(insert)?.insert(named_params! {
        ":route": message.route,
        ":destination": message.destination,
        ":store": message.store,
        ":is_request": message.kind == Kind::Request,
        ":topic": message.topic,
        ":event": message.event,
        ":order_id": message.order,
        ":modified": message.modified.map(micros),
        ":accepted": micros(message.accepted),
        ":group_id": message.group,
        ":dedupe": message.dedupe,
        ":replays": message.replays,
        ":origin": message.origin.as_str(),
        ":body": &message.body[..],
    })?;
    let line_up = "INSERT INTO queue (id, destination, group_id, store, is_request, head) \
        VALUES (?1, ?2, ?3, ?4, ?5, NOT EXISTS (SELECT 1 FROM queue WHERE destination = ?2 AND group_id = ?3))";
    let values = (
        id,
        &message.destination,
        &message.group,
        message.turn(),
        message.kind == Kind::Request,
    );
    connection
        .prepare_cached(line_up)?
        .execute(values)
        .map(drop)
}

/// Reads the message of an id.
pub(crate) fn read(connection: &Connection, id: i64) -> rusqlite::Result<Message> {
    let sql = "SELECT route, destination, store, is_request, topic, event, order_id, modified, accepted, group_id, dedupe, replays, origin, body FROM messages WHERE id = ?1";
    connection.prepare_cached(sql)?.query_row((id,), from_row)
}

/// Returns the size of a message's body in bytes.
pub(crate) fn size(connection: &Connection, id: i64) -> rusqlite::Result<usize> {
    let sql = "SELECT length(body) FROM messages WHERE id = ?1";
    connection
        .prepare_cached(sql)?
        .query_row((id,), |row| row.get(0))
}

/// Deletes a message that neither waits nor is dead.
pub(crate) fn delete(connection: &Connection, id: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM messages WHERE id = ?1")?
        .execute((id,))
        .map(drop)
}

/// Reads the message of a row that has all columns of `messages`.
pub(crate) fn from_row(row: &Row<'_>) -> rusqlite::Result<Message> {
    Ok(Message {
        route: row.get("route")?,
        destination: row.get("destination")?,
        store: row.get("store")?,
        kind: if row.get("is_request")? {
            Kind::Request
        } else {
            Kind::Order
        },
        topic: row.get("topic")?,
        event: row.get("event")?,
        order: row.get("order_id")?,
        modified: optional_instant(row, "modified")?,
        accepted: instant(row, "accepted")?,
        group: row.get("group_id")?,
        dedupe: row.get("dedupe")?,
        replays: row.get("replays")?,
        origin: origin(row)?,
        body: Bytes::from(row.get::<_, Vec<u8>>("body")?),
    })
}

fn origin(row: &Row<'_>) -> rusqlite::Result<Origin> {
    let word: String = row.get("origin")?;
    let known = Origin::ALL.into_iter().find(|one| one.as_str() == word);
    Ok(known.unwrap_or_default())
}

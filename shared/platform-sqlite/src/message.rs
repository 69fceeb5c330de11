//! Messages as rows.

use crate::{
    body::Body,
    time::{instant, micros, optional_instant},
};
use bytes::Bytes;
use ports::{Kind, Message, Origin};
use rusqlite::{Connection, Row, named_params};
use std::sync::LazyLock;

/// A message whose body is in the form in which it is kept.
pub(crate) struct Stored {
    message: Message,
    body: Body,
}

impl Stored {
    /// Returns the size of the message's body as the shop sent it.
    pub(crate) fn size(&self) -> usize {
        self.body.size()
    }

    /// Returns the message without its body, and the body.
    pub(crate) fn parts(self) -> (Message, Body) {
        (self.message, self.body)
    }

    /// Returns the message with its body as the shop sent it. Takes a moment for a large body. One that
    /// the disk has damaged stays as it is, and becomes a dead letter that says so.
    pub(crate) fn unpack(self) -> Message {
        let message = self.message;
        let body = self.body.unpack().unwrap_or_else(|damaged| {
            tracing::error!(
                route = message.route,
                store = message.store,
                order = message.order,
                error = %damaged.error,
                "a body in the data file is damaged; `orderbridge sync --store` asks the shop for the order once more"
            );
            damaged.bytes
        });
        Message { body, ..message }
    }
}

/// Puts a message at the end of its queue, with its body as it is to be kept.
pub(crate) fn append(
    connection: &Connection,
    message: &Message,
    body: &Body,
) -> rusqlite::Result<()> {
    let (bytes, is_packed) = body.parts();
    let insert = "INSERT INTO messages (route, destination, store, is_request, topic, event, order_id, modified, accepted, group_id, dedupe, replays, origin, body, packed) \
        VALUES (:route, :destination, :store, :is_request, :topic, :event, :order_id, :modified, :accepted, :group_id, :dedupe, :replays, :origin, :body, :packed)";
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
        ":body": bytes,
        ":packed": is_packed,
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

/// The columns from which [`from_row`] reads a message, at the beginning of a row. By their names
/// they would be looked for in each row.
pub(crate) const COLUMNS: &str = "route, messages.destination, messages.store, messages.is_request, topic, event, order_id, modified, accepted, \
    messages.group_id, dedupe, replays, origin, body, packed";

/// The query for the message of an id.
static READ: LazyLock<String> =
    LazyLock::new(|| format!("SELECT {COLUMNS} FROM messages WHERE id = ?1"));

/// Reads the message of an id.
pub(crate) fn read(connection: &Connection, id: i64) -> rusqlite::Result<Stored> {
    connection.prepare_cached(&READ)?.query_row((id,), from_row)
}

/// Deletes a message that neither waits nor is dead.
pub(crate) fn delete(connection: &Connection, id: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM messages WHERE id = ?1")?
        .execute((id,))
        .map(drop)
}

/// Reads the message of a row that begins with [`COLUMNS`].
pub(crate) fn from_row(row: &Row<'_>) -> rusqlite::Result<Stored> {
    let message = Message {
        route: row.get(0)?,
        destination: row.get(1)?,
        store: row.get(2)?,
        kind: if row.get(3)? {
            Kind::Request
        } else {
            Kind::Order
        },
        topic: row.get(4)?,
        event: row.get(5)?,
        order: row.get(6)?,
        modified: optional_instant(row, 7)?,
        accepted: instant(row, 8)?,
        group: row.get(9)?,
        dedupe: row.get(10)?,
        replays: row.get(11)?,
        origin: origin(&row.get::<_, String>(12)?),
        body: Bytes::new(),
    };
    Ok(Stored {
        message,
        body: Body::kept(row.get(13)?, row.get(14)?),
    })
}

fn origin(word: &str) -> Origin {
    let known = Origin::ALL.into_iter().find(|one| one.as_str() == word);
    known.unwrap_or_default()
}

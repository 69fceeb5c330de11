//! Messages as rows.

use crate::{
    body::Body,
    time::{instant, micros, optional_instant},
};
use bytes::Bytes;
use crc32fast::Hasher;
use ports::{DAMAGED, Kind, Message, Origin};
use rusqlite::{Connection, Row, named_params};
use std::sync::LazyLock;

/// A message whose body is in the form in which it is kept.
pub(crate) struct Stored {
    message: Message,
    body: Body,
    /// The sum that was kept with it.
    sum: Option<i64>,
}

impl Stored {
    /// Returns the size of the message's body as the shop sent it.
    pub(crate) fn size(&self) -> usize {
        self.body.size()
    }

    /// Returns the message without its body, and the body to keep once more.
    pub(crate) fn parts(self) -> (Message, Body) {
        let body = if self.is_whole() {
            self.body
        } else {
            Body::pack(&damaged(&self.message))
        };
        (self.message, body)
    }

    /// Returns the message with its body as the shop sent it. Takes a moment for a large body. In place
    /// of what the disk has damaged it says so.
    pub(crate) fn unpack(self) -> Message {
        let is_whole = self.is_whole();
        let body = is_whole.then(|| self.body.unpack().ok()).flatten();
        let body = body.unwrap_or_else(|| damaged(&self.message));
        Message {
            body,
            ..self.message
        }
    }

    fn is_whole(&self) -> bool {
        let is = || sum(&self.message, &self.body);
        self.sum.is_none_or(|kept| kept == i64::from(is()))
    }
}

/// Tells of a message that the disk has damaged, and returns what stands in the place of its body.
fn damaged(message: &Message) -> Bytes {
    tracing::error!(
        route = message.route,
        store = message.store,
        order = message.order,
        "a message in the data file is damaged; its order is asked for at the shop, where that can be asked, or becomes a dead letter"
    );
    Bytes::from_static(DAMAGED.as_bytes())
}

/// A body as it is to be kept, and the sum over its message.
pub(crate) struct Kept {
    body: Body,
    sum: u32,
}

impl Kept {
    /// Returns what is to be kept of a message with this body.
    pub(crate) fn of(message: &Message, body: Body) -> Self {
        let sum = sum(message, &body);
        Self { body, sum }
    }
}

/// The sum over a message as it is kept, but for its destination, which may be given another name.
fn sum(message: &Message, body: &Body) -> u32 {
    let mut head = Vec::with_capacity(256);
    let mut add = |bytes: &[u8]| {
        head.extend_from_slice(&bytes.len().to_le_bytes());
        head.extend_from_slice(bytes);
    };
    for text in [
        Some(&message.route),
        Some(&message.store),
        Some(&message.topic),
        Some(&message.event),
        Some(&message.group),
        message.order.as_ref(),
        message.dedupe.as_ref(),
    ] {
        add(&[u8::from(text.is_some())]);
        add(text.map_or(&[], |text| text.as_bytes()));
    }
    let modified = message.modified.map(micros);
    for number in [
        i64::from(modified.is_some()),
        modified.unwrap_or_default(),
        micros(message.accepted),
        i64::from(message.replays),
    ] {
        add(&number.to_le_bytes());
    }
    let (bytes, is_packed) = body.parts();
    add(&[u8::from(message.kind == Kind::Request), u8::from(is_packed)]);
    add(message.origin.as_str().as_bytes());
    // A few hundred bytes at a time: many small pieces take ten times as long.
    let mut hasher = Hasher::new();
    hasher.update(&head);
    hasher.update(bytes);
    hasher.finalize()
}

/// Puts a message at the end of its queue.
pub(crate) fn append(
    connection: &Connection,
    message: &Message,
    kept: &Kept,
) -> rusqlite::Result<()> {
    let (bytes, is_packed) = kept.body.parts();
    let insert = "INSERT INTO messages (route, destination, store, is_request, topic, event, order_id, modified, accepted, group_id, dedupe, replays, origin, body, packed, sum) \
        VALUES (:route, :destination, :store, :is_request, :topic, :event, :order_id, :modified, :accepted, :group_id, :dedupe, :replays, :origin, :body, :packed, :sum)";
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
        ":sum": kept.sum,
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
    messages.group_id, dedupe, replays, origin, body, packed, sum";

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
        sum: row.get(15)?,
    })
}

fn origin(word: &str) -> Origin {
    let known = Origin::ALL.into_iter().find(|one| one.as_str() == word);
    known.unwrap_or_default()
}

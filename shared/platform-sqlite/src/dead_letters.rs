use crate::{SqliteStore, message, time::instant};
use async_trait::async_trait;
use ports::{DeadLetter, DeadLetterFilter, DeadLetters, Message, PortError};
use rusqlite::{Connection, OptionalExtension, Row, named_params};

/// The query for every dead letter with its message, under distinct column names.
const SELECT: &str = "SELECT messages.*, dead_letters.id AS letter, mapping, class, reason, request, response, attempts, died \
    FROM dead_letters JOIN messages ON messages.id = dead_letters.message";

#[async_trait]
impl DeadLetters for SqliteStore {
    async fn list(&self, filter: &DeadLetterFilter) -> Result<Vec<DeadLetter>, PortError> {
        let filter = filter.clone();
        self.read("dead letters: list", move |connection| {
            list(connection, &filter)
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

fn list(connection: &Connection, filter: &DeadLetterFilter) -> rusqlite::Result<Vec<DeadLetter>> {
    let sql = format!(
        "{SELECT} WHERE (:route IS NULL OR route = :route) AND (:order IS NULL OR order_id = :order) AND (:class IS NULL OR class = :class) \
         ORDER BY dead_letters.id DESC LIMIT :limit"
    );
    let limit = filter
        .limit
        .map_or(i64::MAX, |limit| i64::try_from(limit).unwrap_or(i64::MAX));
    let values = named_params! { ":route": filter.route, ":order": filter.order, ":class": filter.class, ":limit": limit };
    connection
        .prepare_cached(&sql)?
        .query_map(values, letter)?
        .collect()
}

fn get(connection: &Connection, id: i64) -> rusqlite::Result<Option<DeadLetter>> {
    connection
        .prepare_cached(&format!("{SELECT} WHERE dead_letters.id = ?1"))?
        .query_row((id,), letter)
        .optional()
}

/// Moves a message back to the end of its queue and returns its destination. It becomes a new row,
/// because the order of the rows is the order of the queue.
fn replay(connection: &Connection, id: i64) -> rusqlite::Result<Option<String>> {
    let Some(DeadLetter { message, .. }) = get(connection, id)? else {
        return Ok(None);
    };
    remove(connection, id)?;
    let message = Message {
        dedupe: None,
        replays: message.replays.saturating_add(1),
        ..message
    };
    message::append(connection, &message)?;
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
        message: message::from_row(row)?,
        mapping: row.get("mapping")?,
        class: row.get("class")?,
        reason: row.get("reason")?,
        request: row.get("request")?,
        response: row.get("response")?,
        attempts: row.get("attempts")?,
        died: instant(row, "died")?,
    })
}

//! Messages whose destination is no longer configured, so that no worker asks for them.

use crate::{SqliteStore, counts::by_destination, message};
use ports::PortError;
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};

impl SqliteStore {
    /// Returns how many messages wait for destinations other than these, by the destination's name.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn stranded(
        &self,
        configured: BTreeSet<String>,
    ) -> Result<BTreeMap<String, u64>, PortError> {
        self.read("queue: stranded", move |connection| {
            let sql = "SELECT destination, count(*) FROM queue GROUP BY destination";
            let mut waiting = by_destination(connection, sql)?;
            waiting.retain(|destination, _| !configured.contains(destination));
            Ok(waiting)
        })
        .await
    }

    /// Moves the messages that wait for a destination to where their routes lead: `destinations` has
    /// each route's destination by the route's name. Returns how many went to each; a message whose
    /// route is not there stays.
    ///
    /// # Errors
    /// When the file cannot be written; then none has moved.
    pub async fn move_messages(
        &self,
        from: &str,
        destinations: BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, u64>, PortError> {
        let from = from.to_owned();
        let moved = self
            .write("queue: move", move |connection| {
                let mut moved = BTreeMap::new();
                for (route, to) in &destinations {
                    let count = move_route(connection, &from, route, to)?;
                    if count > 0 {
                        *moved.entry(to.clone()).or_default() += count;
                    }
                }
                Ok(moved)
            })
            .await?;
        self.wake().each(moved.keys().map(String::as_str));
        Ok(moved)
    }

    /// Deletes the messages that wait for a destination, and returns how many there were.
    ///
    /// # Errors
    /// When the file cannot be written; then none is deleted.
    pub async fn drop_messages(&self, destination: &str) -> Result<u64, PortError> {
        let destination = destination.to_owned();
        self.write_and_empty_log("queue: drop", move |connection| {
            let select = "SELECT id FROM queue WHERE destination = ?1";
            let ids: Vec<i64> = connection
                .prepare_cached(select)?
                .query_map((&destination,), |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            connection
                .prepare_cached("DELETE FROM queue WHERE destination = ?1")?
                .execute((&destination,))?;
            for id in &ids {
                message::delete(connection, *id)?;
            }
            Ok(u64::try_from(ids.len()).unwrap_or(u64::MAX))
        })
        .await
    }
}

/// Moves the messages of one route. Message groups belong to a destination, so that none of them
/// can be there already.
fn move_route(connection: &Connection, from: &str, route: &str, to: &str) -> rusqlite::Result<u64> {
    let messages = "UPDATE messages SET destination = ?3 WHERE destination = ?1 AND route = ?2 AND id IN (SELECT id FROM queue)";
    let queue = "UPDATE queue SET destination = ?2 WHERE destination = ?1 AND id IN (SELECT id FROM messages WHERE destination = ?2)";
    connection
        .prepare_cached(messages)?
        .execute((from, route, to))?;
    let moved = connection.prepare_cached(queue)?.execute((from, to))?;
    Ok(u64::try_from(moved).unwrap_or(u64::MAX))
}

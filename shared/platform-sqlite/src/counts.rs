use crate::SqliteStore;
use ports::PortError;
use rusqlite::Connection;
use std::collections::BTreeMap;

/// The number of messages and dead letters by name of the destination; a destination that has none
/// has no entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages that wait or are in flight.
    pub queued: BTreeMap<String, u64>,
    /// Dead letters.
    pub dead: BTreeMap<String, u64>,
}

impl SqliteStore {
    /// Returns how many messages and dead letters each destination has.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn counts(&self) -> Result<Counts, PortError> {
        self.read("counts", |connection| {
            let queued = "SELECT destination, count(*) FROM queue GROUP BY destination";
            let dead =
                "SELECT destination, count(*) FROM dead_letters JOIN messages ON messages.id = dead_letters.message GROUP BY destination";
            Ok(Counts {
                queued: by_destination(connection, queued)?,
                dead: by_destination(connection, dead)?,
            })
        })
        .await
    }
}

pub(crate) fn by_destination(
    connection: &Connection,
    sql: &str,
) -> rusqlite::Result<BTreeMap<String, u64>> {
    let mut statement = connection.prepare_cached(sql)?;
    statement
        .query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

use crate::SqliteStore;
use async_trait::async_trait;
use ports::{Checkpoint, Checkpoints, PortError};
use rusqlite::OptionalExtension;

#[async_trait]
impl Checkpoints for SqliteStore {
    async fn checkpoint(&self, name: &str) -> Result<Option<Checkpoint>, PortError> {
        let name = name.to_owned();
        self.read("checkpoints: read", move |connection| {
            let sql = "SELECT text, revision FROM checkpoints WHERE name = ?1";
            let checkpoint = |row: &rusqlite::Row<'_>| {
                Ok(Checkpoint {
                    text: row.get("text")?,
                    revision: row.get("revision")?,
                })
            };
            let mut statement = connection.prepare_cached(sql)?;
            statement.query_row((name,), checkpoint).optional()
        })
        .await
    }

    async fn set_checkpoint(&self, name: &str, text: String, read: u64) -> Result<bool, PortError> {
        let name = name.to_owned();
        self.write("checkpoints: write", move |connection| {
            let sql = if read == 0 {
                "INSERT INTO checkpoints (name, text, revision) VALUES (?1, ?2, ?3 + 1) ON CONFLICT DO NOTHING"
            } else {
                "UPDATE checkpoints SET text = ?2, revision = ?3 + 1 WHERE name = ?1 AND revision = ?3"
            };
            Ok(connection.prepare_cached(sql)?.execute((&name, &text, read))? == 1)
        })
        .await
    }
}

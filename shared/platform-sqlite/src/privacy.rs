use crate::{SqliteStore, json, time::micros};
use async_trait::async_trait;
use jiff::Timestamp;
use ports::{PortError, PrivacyLog, SubjectRequest};
use rusqlite::{Connection, OptionalExtension, Row};

#[async_trait]
impl PrivacyLog for SqliteStore {
    async fn record(&self, request: SubjectRequest) -> Result<(), PortError> {
        self.write("privacy: record", move |connection| {
            let request = match find(connection, &request.id)? {
                Some(known) => known.and(request.clone()),
                None => request.clone(),
            };
            save(connection, &request)
        })
        .await
    }

    async fn requests(&self) -> Result<Vec<SubjectRequest>, PortError> {
        self.read("privacy: list", |connection| {
            let sql = "SELECT request FROM privacy ORDER BY received DESC, id";
            connection
                .prepare_cached(sql)?
                .query_map((), request)?
                .collect()
        })
        .await
    }

    async fn done(&self, id: &str, at: Timestamp) -> Result<bool, PortError> {
        let id = id.to_owned();
        self.write("privacy: done", move |connection| {
            let Some(mut request) = find(connection, &id)? else {
                return Ok(false);
            };
            request.done.get_or_insert(at);
            save(connection, &request)?;
            Ok(true)
        })
        .await
    }
}

fn find(connection: &Connection, id: &str) -> rusqlite::Result<Option<SubjectRequest>> {
    let sql = "SELECT request FROM privacy WHERE id = ?1";
    connection
        .prepare_cached(sql)?
        .query_row((id,), request)
        .optional()
}

fn save(connection: &Connection, request: &SubjectRequest) -> rusqlite::Result<()> {
    let sql = "INSERT INTO privacy (id, received, request) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET request = excluded.request";
    let values = (&request.id, micros(request.received), json::text(request)?);
    connection.prepare_cached(sql)?.execute(values).map(drop)
}

fn request(row: &Row<'_>) -> rusqlite::Result<SubjectRequest> {
    json::value(row, "request")
}

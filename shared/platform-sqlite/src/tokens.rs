use crate::{
    SqliteStore,
    time::{instant, later, micros, optional_instant},
};
use async_trait::async_trait;
use jiff::Timestamp;
use ports::{PortError, Refresh, RefreshLimit, SKEW, Token, TokenStore};
use rusqlite::{Connection, OptionalExtension, Row};
use std::time::Duration;

/// The number of grants that are kept, more than any limit counts.
const GRANTS_KEPT: u32 = 100;

#[async_trait]
impl TokenStore for SqliteStore {
    async fn token(&self, destination: &str) -> Result<Option<Token>, PortError> {
        let destination = destination.to_owned();
        self.read("tokens: read", move |connection| {
            present(connection, &destination)
        })
        .await
    }

    async fn begin_refresh(
        &self,
        destination: &str,
        refused: u64,
        lease: Duration,
        limit: Option<RefreshLimit>,
    ) -> Result<Refresh, PortError> {
        let (destination, now) = (destination.to_owned(), self.now());
        let until = later(now, lease);
        self.write("tokens: begin refresh", move |connection| {
            begin(connection, &destination, refused, limit, now, until)
        })
        .await
    }

    async fn finish_refresh(
        &self,
        destination: &str,
        lease: u64,
        token: Option<Token>,
    ) -> Result<Option<Token>, PortError> {
        let (destination, now) = (destination.to_owned(), self.now());
        self.write("tokens: finish refresh", move |connection| {
            finish(connection, &destination, lease, token.as_ref(), now)?;
            present(connection, &destination)
        })
        .await
    }
}

fn present(connection: &Connection, destination: &str) -> rusqlite::Result<Option<Token>> {
    let sql = "SELECT value, base_url, expires, generation FROM tokens WHERE destination = ?1 AND value IS NOT NULL";
    connection
        .prepare_cached(sql)?
        .query_row((destination,), token)
        .optional()
}

fn begin(
    connection: &Connection,
    destination: &str,
    refused: u64,
    limit: Option<RefreshLimit>,
    now: Timestamp,
    until: i64,
) -> rusqlite::Result<Refresh> {
    if let Some(token) =
        present(connection, destination)?.filter(|token| token.generation > refused)
    {
        return Ok(Refresh::Renewed(token));
    }
    if let Some(until) = leased_until(connection, destination, now)?.filter(|until| *until > now) {
        return Ok(Refresh::Busy { until });
    }
    let sql = "UPDATE token_grants SET granted = ?2 WHERE destination = ?1 AND granted > ?3";
    connection
        .prepare_cached(sql)?
        .execute((destination, micros(now), later(now, SKEW)))?;
    if let Some(until) = limited_until(connection, destination, limit)?.filter(|until| *until > now)
    {
        return Ok(Refresh::Limited { until });
    }
    note_grant(connection, destination, now)?;
    let grant = "INSERT INTO tokens (destination, lease, lease_until, leased_at) VALUES (?1, 1, ?2, ?3) \
        ON CONFLICT DO UPDATE SET lease = lease + 1, lease_until = excluded.lease_until, leased_at = excluded.leased_at RETURNING lease";
    let lease = connection
        .prepare_cached(grant)?
        .query_row((destination, until, micros(now)), |row| row.get(0))?;
    Ok(Refresh::Granted { lease })
}

/// Returns when the present lease ends. A lease of a clock that was ahead is over.
fn leased_until(
    connection: &Connection,
    destination: &str,
    now: Timestamp,
) -> rusqlite::Result<Option<Timestamp>> {
    let sql = "SELECT lease_until FROM tokens WHERE destination = ?1 AND leased_at <= ?2";
    connection
        .prepare_cached(sql)?
        .query_row((destination, later(now, SKEW)), |row| {
            instant(row, "lease_until")
        })
        .optional()
}

/// Returns when the earliest of the last grants, as many as the limit allows, no longer counts.
fn limited_until(
    connection: &Connection,
    destination: &str,
    limit: Option<RefreshLimit>,
) -> rusqlite::Result<Option<Timestamp>> {
    let Some(limit) = limit else { return Ok(None) };
    let sql = "SELECT granted FROM token_grants WHERE destination = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2";
    let first = connection
        .prepare_cached(sql)?
        .query_row((destination, limit.most.saturating_sub(1)), |row| {
            instant(row, "granted")
        })
        .optional()?;
    Ok(first.map(|first| first.saturating_add(limit.within).unwrap_or(Timestamp::MAX)))
}

/// Records a grant, and deletes those that no limit counts any more.
fn note_grant(connection: &Connection, destination: &str, now: Timestamp) -> rusqlite::Result<()> {
    let sql = "INSERT INTO token_grants (destination, granted) VALUES (?1, ?2)";
    connection
        .prepare_cached(sql)?
        .execute((destination, micros(now)))?;
    let sql = "DELETE FROM token_grants WHERE destination = ?1 AND id <= \
        (SELECT id FROM token_grants WHERE destination = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)";
    connection
        .prepare_cached(sql)?
        .execute((destination, GRANTS_KEPT))
        .map(drop)
}

/// Ends a lease, with a token or without; does nothing when it has ended already.
fn finish(
    connection: &Connection,
    destination: &str,
    lease: u64,
    token: Option<&Token>,
    now: Timestamp,
) -> rusqlite::Result<()> {
    // A lease is a number of this store: one that does not fit was never given.
    let Ok(lease) = i64::try_from(lease) else {
        return Ok(());
    };
    let of_lease = "WHERE destination = ?1 AND lease = ?2 AND lease_until > ?3";
    let now = micros(now);
    let Some(token) = token else {
        let free = format!("UPDATE tokens SET lease_until = 0 {of_lease}");
        return connection
            .prepare_cached(&free)?
            .execute((destination, lease, now))
            .map(drop);
    };
    let renew = format!(
        "UPDATE tokens SET value = ?4, base_url = ?5, expires = ?6, generation = generation + 1, lease_until = 0 {of_lease}"
    );
    let values = (
        destination,
        lease,
        now,
        &token.value,
        &token.base_url,
        token.expires.map(micros),
    );
    connection.prepare_cached(&renew)?.execute(values).map(drop)
}

fn token(row: &Row<'_>) -> rusqlite::Result<Token> {
    Ok(Token {
        value: row.get("value")?,
        base_url: row.get("base_url")?,
        expires: optional_instant(row, "expires")?,
        generation: row.get("generation")?,
    })
}

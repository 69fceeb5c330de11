use crate::{SqliteStore, json, redact, time::micros};
use async_trait::async_trait;
use ports::{
    Ledger, LedgerEntry, LedgerFilter, LedgerKey, PortError, Redaction, Revision, State, Stored,
};
use rusqlite::{Connection, OptionalExtension, Row, ToSql};

#[async_trait]
impl Ledger for SqliteStore {
    async fn load(&self, keys: &[LedgerKey]) -> Result<Vec<Option<LedgerEntry>>, PortError> {
        let keys = keys.to_vec();
        self.read("ledger: load", move |connection| {
            keys.iter().map(|key| load(connection, key)).collect()
        })
        .await
    }

    async fn store(&self, entries: Vec<LedgerEntry>) -> Result<Vec<Stored>, PortError> {
        self.write("ledger: store", move |connection| {
            entries
                .into_iter()
                .map(|entry| store(connection, entry))
                .collect()
        })
        .await
    }

    async fn list(&self, filter: &LedgerFilter) -> Result<Vec<LedgerEntry>, PortError> {
        let filter = filter.clone();
        self.read("ledger: list", move |connection| list(connection, &filter))
            .await
    }

    async fn redact(&self, redaction: &Redaction) -> Result<u64, PortError> {
        let redaction = redaction.clone();
        self.write_and_empty_log("ledger: redact", move |connection| {
            redact::entries(connection, &redaction)
        })
        .await
    }
}

/// Reads the entry of a key.
pub(crate) fn load(
    connection: &Connection,
    key: &LedgerKey,
) -> rusqlite::Result<Option<LedgerEntry>> {
    let sql = "SELECT entry FROM ledger WHERE order_id = ?1 AND route = ?2";
    connection
        .prepare_cached(sql)?
        .query_row((&key.order, &key.route), entry)
        .optional()
}

fn store(connection: &Connection, entry: LedgerEntry) -> rusqlite::Result<Stored> {
    let read = entry.revision.map_or(0, Revision::number);
    let sql = if entry.revision.is_none() {
        "INSERT INTO ledger (order_id, route, revision, state, updated, entry, number) VALUES (?1, ?2, ?3 + 1, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING"
    } else {
        "UPDATE ledger SET revision = ?3 + 1, state = ?4, updated = ?5, entry = ?6, number = ?7 WHERE order_id = ?1 AND route = ?2 AND revision = ?3"
    };
    let entry = entry.written();
    let values = (
        &entry.key.order,
        &entry.key.route,
        read,
        entry.state.as_str(),
        micros(entry.updated),
        json::text(&entry)?,
        &entry.number,
    );
    let written = connection.prepare_cached(sql)?.execute(values)?;
    Ok(if written == 1 {
        Stored::Yes
    } else {
        Stored::Conflict
    })
}

/// The condition that an order has this id or this number, each through its index.
const BY_NAME: &str = " AND (order_id = ? OR number = ? OR number = ?)";
/// The condition that a record of this id holds an order, which reads all entries.
const BY_RECORD: &str = " AND instr(entry, ?) > 0";

fn list(connection: &Connection, filter: &LedgerFilter) -> rusqlite::Result<Vec<LedgerEntry>> {
    let Some(text) = &filter.called else {
        return select(connection, filter, "", &[]);
    };
    let bare = text.trim_start_matches('#').to_owned();
    let names = [text.clone(), bare.clone(), format!("#{bare}")];
    let found = select(connection, filter, BY_NAME, &names)?;
    if !found.is_empty() {
        return Ok(found);
    }
    let mut found = select(connection, filter, BY_RECORD, &[json::text(text)?])?;
    found.retain(|entry| entry.is_called(text));
    Ok(found)
}

/// Lists the entries that pass the filter and another condition, with the values of its parameters.
fn select(
    connection: &Connection,
    filter: &LedgerFilter,
    condition: &str,
    named: &[String],
) -> rusqlite::Result<Vec<LedgerEntry>> {
    // The query has only the given conditions, so that an order is found by its index and
    // everything else by the time of its last change.
    let state = filter.state.map(State::as_str);
    let mut sql = format!("SELECT entry FROM ledger WHERE true{condition}");
    let mut values: Vec<&dyn ToSql> = named.iter().map(|text| text as &dyn ToSql).collect();
    if let Some(route) = &filter.route {
        sql.push_str(" AND route = ?");
        values.push(route);
    }
    if let Some(order) = &filter.order {
        sql.push_str(" AND order_id = ?");
        values.push(order);
    }
    if let Some(state) = &state {
        sql.push_str(" AND state = ?");
        values.push(state);
    }
    let limit = filter
        .limit
        .map_or(i64::MAX, |limit| i64::try_from(limit).unwrap_or(i64::MAX));
    sql.push_str(" ORDER BY updated DESC LIMIT ?");
    values.push(&limit);
    connection
        .prepare_cached(&sql)?
        .query_map(&*values, entry)?
        .collect()
}

/// Reads the entry of a row.
pub(crate) fn entry(row: &Row<'_>) -> rusqlite::Result<LedgerEntry> {
    json::value(row, "entry")
}

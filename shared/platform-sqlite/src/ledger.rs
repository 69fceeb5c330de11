use crate::{SqliteStore, StoreError, json, redact, time::micros};
use async_trait::async_trait;
use ports::{
    Ledger, LedgerCursor, LedgerEntry, LedgerFilter, LedgerKey, PortError, Redaction, Revision,
    State, Stored,
};
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params_from_iter};

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
        let operation = "ledger: store";
        let written = entries.into_iter().map(Written::of);
        let written: Vec<Written> = written
            .collect::<rusqlite::Result<_>>()
            .map_err(|error| PortError::new(operation, StoreError::from(error)))?;
        self.write(operation, move |connection| {
            let store = |one: &Written| one.store(connection);
            written.iter().map(store).collect()
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

/// An entry as it is to be written, with its texts made by whoever hands it in.
struct Written {
    /// The revision that was read; `None` of a new entry.
    read: Option<Revision>,
    entry: LedgerEntry,
    json: String,
    texts: String,
}

impl Written {
    fn of(entry: LedgerEntry) -> rusqlite::Result<Self> {
        let read = entry.revision;
        let entry = entry.written();
        Ok(Self {
            read,
            json: json::text(&entry)?,
            texts: entry.texts(),
            entry,
        })
    }

    fn store(&self, connection: &Connection) -> rusqlite::Result<Stored> {
        let sql = if self.read.is_none() {
            "INSERT INTO ledger (order_id, route, revision, state, updated, entry, number, store, texts) VALUES (?1, ?2, ?3 + 1, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING"
        } else {
            "UPDATE ledger SET revision = ?3 + 1, state = ?4, updated = ?5, entry = ?6, number = ?7, store = ?8, texts = ?9 WHERE order_id = ?1 AND route = ?2 AND revision = ?3"
        };
        let entry = &self.entry;
        let values = (
            &entry.key.order,
            &entry.key.route,
            self.read.map_or(0, Revision::number),
            entry.state.as_str(),
            micros(entry.updated),
            &self.json,
            &entry.number,
            &entry.store,
            &self.texts,
        );
        let written = connection.prepare_cached(sql)?.execute(values)?;
        Ok(if written == 1 {
            Stored::Yes
        } else {
            Stored::Conflict
        })
    }
}

/// The condition that an order has this id or this number, each through its index.
const BY_NAME: &str = " AND (order_id = ? OR number = ? OR number = ?)";
/// The condition that a record of this id may hold an order, which reads the texts of all entries.
const BY_RECORD: &str = " AND instr(texts, ?) > 0";

fn list(connection: &Connection, filter: &LedgerFilter) -> rusqlite::Result<Vec<LedgerEntry>> {
    let Some(text) = &filter.called else {
        return Query::of(filter, "", &[]).run(connection);
    };
    let bare = text.trim_start_matches('#').to_owned();
    let names = [text.clone(), bare.clone(), format!("#{bare}")];
    let found = Query::of(filter, BY_NAME, &names).run(connection)?;
    if !found.is_empty() {
        return Ok(found);
    }
    let mut found = Query::of(filter, BY_RECORD, &[text.to_lowercase()]).run(connection)?;
    found.retain(|entry| entry.is_called(text));
    Ok(found)
}

/// A query for entries. It has only the conditions that are wanted, so that an order is found by
/// its index and everything else in the order of the list, by what stands in the list's index.
struct Query {
    sql: String,
    values: Vec<Box<dyn ToSql>>,
}

impl Query {
    /// Creates the query for the entries that pass the filter and another condition, with the
    /// values of its parameters.
    fn of(filter: &LedgerFilter, condition: &str, named: &[String]) -> Self {
        let values = named.iter().map(|text| boxed(text.clone()));
        let mut query = Self {
            sql: format!("SELECT entry FROM ledger WHERE true{condition}"),
            values: values.collect(),
        };
        let state = filter.state.map(State::as_str).map(str::to_owned);
        query.and("route = ?", filter.route.clone());
        query.and("order_id = ?", filter.order.clone());
        query.and("state = ?", state);
        query.and("store = ?", filter.store.clone());
        query.and("updated >= ?", filter.since.map(micros));
        query.and("updated < ?", filter.until.map(micros));
        query.and(
            "instr(texts, ?) > 0",
            filter.text.as_ref().map(|text| text.to_lowercase()),
        );
        if let Some(LedgerCursor { updated, key }) = &filter.after {
            // The first condition is where the index is entered, the second which of equals follow.
            query.and("updated <= ?", Some(micros(*updated)));
            query
                .sql
                .push_str(" AND (updated, ?, ?) < (?, route, order_id)");
            query.values.push(boxed(key.route.clone()));
            query.values.push(boxed(key.order.clone()));
            query.values.push(boxed(micros(*updated)));
        }
        let limit = filter
            .limit
            .map_or(i64::MAX, |limit| i64::try_from(limit).unwrap_or(i64::MAX));
        query
            .sql
            .push_str(" ORDER BY updated DESC, route, order_id LIMIT ?");
        query.values.push(boxed(limit));
        query
    }

    fn and(&mut self, condition: &str, value: Option<impl ToSql + 'static>) {
        if let Some(value) = value {
            self.sql.push_str(" AND ");
            self.sql.push_str(condition);
            self.values.push(boxed(value));
        }
    }

    fn run(&self, connection: &Connection) -> rusqlite::Result<Vec<LedgerEntry>> {
        connection
            .prepare_cached(&self.sql)?
            .query_map(params_from_iter(&self.values), entry)?
            .collect()
    }
}

fn boxed(value: impl ToSql + 'static) -> Box<dyn ToSql> {
    Box::new(value)
}

/// Reads the entry of a row.
pub(crate) fn entry(row: &Row<'_>) -> rusqlite::Result<LedgerEntry> {
    json::value(row, "entry")
}

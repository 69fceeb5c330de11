use crate::{
    SqliteStore, json,
    time::{instant, later, micros},
};
use async_trait::async_trait;
use jiff::Timestamp;
use ports::{Budget, CircuitStore, OpenCircuit, PortError, SKEW};
use rusqlite::{Connection, OptionalExtension, Row};
use std::time::Duration;

#[async_trait]
impl CircuitStore for SqliteStore {
    async fn circuit(&self, destination: &str) -> Result<Option<OpenCircuit>, PortError> {
        let (destination, now) = (destination.to_owned(), self.now());
        self.read("circuits: read", move |connection| {
            present(connection, &destination, now)
        })
        .await
    }

    async fn open(&self, destination: &str, circuit: OpenCircuit) -> Result<bool, PortError> {
        let (destination, now) = (destination.to_owned(), self.now());
        self.write("circuits: open", move |connection| {
            let present = present(connection, &destination, now)?;
            let was_closed = present.is_none();
            let circuit = circuit.opened_over(present, now);
            let sql = "INSERT INTO circuits (destination, until, since, why, noted) VALUES (?1, ?2, ?3, ?4, ?5) \
                ON CONFLICT DO UPDATE SET until = excluded.until, since = excluded.since, why = excluded.why, noted = excluded.noted, probe_until = 0";
            let (until, since) = (micros(circuit.until), micros(circuit.since));
            let values = (&destination, until, since, &circuit.why, micros(now));
            connection.prepare_cached(sql)?.execute(values)?;
            Ok(was_closed)
        })
        .await
    }

    async fn close(&self, destination: &str) -> Result<(), PortError> {
        let destination = destination.to_owned();
        self.write("circuits: close", move |connection| {
            let sql = "DELETE FROM circuits WHERE destination = ?1";
            connection
                .prepare_cached(sql)?
                .execute((&destination,))
                .map(drop)
        })
        .await
    }

    async fn begin_probe(&self, destination: &str, lease: Duration) -> Result<bool, PortError> {
        let (destination, now) = (destination.to_owned(), self.now());
        let until = later(now, lease);
        self.write("circuits: begin probe", move |connection| {
            let Some(circuit) = present(connection, &destination, now)? else {
                return Ok(false);
            };
            let sql = "UPDATE circuits SET probe_until = ?2, until = ?3, noted = ?4 \
                WHERE destination = ?1 AND ?3 <= ?4 AND (probe_until <= ?4 OR noted > ?5)";
            let values = (
                &destination,
                until,
                micros(circuit.until),
                micros(now),
                later(now, SKEW),
            );
            Ok(connection.prepare_cached(sql)?.execute(values)? == 1)
        })
        .await
    }

    async fn end_probe(&self, destination: &str) -> Result<(), PortError> {
        let destination = destination.to_owned();
        self.write("circuits: end probe", move |connection| {
            let sql = "UPDATE circuits SET probe_until = 0 WHERE destination = ?1";
            connection
                .prepare_cached(sql)?
                .execute((&destination,))
                .map(drop)
        })
        .await
    }

    async fn budget(&self, destination: &str) -> Result<Option<Budget>, PortError> {
        let destination = destination.to_owned();
        self.read("budgets: read", move |connection| {
            let sql = "SELECT budget FROM budgets WHERE destination = ?1";
            let mut statement = connection.prepare_cached(sql)?;
            statement
                .query_row((destination,), |row| json::value(row, "budget"))
                .optional()
        })
        .await
    }

    async fn note_budget(&self, destination: &str, budget: Budget) -> Result<(), PortError> {
        let destination = destination.to_owned();
        self.write("budgets: note", move |connection| {
            let sql = "INSERT INTO budgets (destination, budget) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET budget = excluded.budget";
            let values = (&destination, json::text(&budget)?);
            connection.prepare_cached(sql)?.execute(values).map(drop)
        })
        .await
    }
}

/// Returns the circuit of a destination, which is over where a clock that was ahead wrote it.
fn present(
    connection: &Connection,
    destination: &str,
    now: Timestamp,
) -> rusqlite::Result<Option<OpenCircuit>> {
    let sql = "SELECT until, since, why, noted FROM circuits WHERE destination = ?1";
    connection
        .prepare_cached(sql)?
        .query_row((destination,), |row| circuit(row, now))
        .optional()
}

fn circuit(row: &Row<'_>, now: Timestamp) -> rusqlite::Result<OpenCircuit> {
    let circuit = OpenCircuit {
        until: instant(row, "until")?,
        since: instant(row, "since")?,
        why: row.get("why")?,
    };
    Ok(circuit.counting_at(instant(row, "noted")?, now))
}

use crate::{
    SqliteStore, json,
    time::{instant, later, micros},
};
use async_trait::async_trait;
use ports::{Budget, CircuitStore, OpenCircuit, PortError};
use rusqlite::{OptionalExtension, Row};
use std::time::Duration;

#[async_trait]
impl CircuitStore for SqliteStore {
    async fn circuit(&self, destination: &str) -> Result<Option<OpenCircuit>, PortError> {
        let destination = destination.to_owned();
        self.read("circuits: read", move |connection| {
            let sql = "SELECT until, since, why FROM circuits WHERE destination = ?1";
            connection.prepare_cached(sql)?.query_row((destination,), circuit).optional()
        })
        .await
    }

    async fn open(&self, destination: &str, circuit: OpenCircuit) -> Result<bool, PortError> {
        let destination = destination.to_owned();
        self.write("circuits: open", move |connection| {
            let sql = "INSERT INTO circuits (destination, until, since, why) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
            let values = (destination, micros(circuit.until), micros(circuit.since), circuit.why);
            if connection.prepare_cached(sql)?.execute(values.clone())? == 1 {
                return Ok(true);
            }
            let sql = "UPDATE circuits SET until = max(until, ?2), why = ?3, probe_until = 0 WHERE destination = ?1";
            let (destination, until, _, why) = values;
            connection.prepare_cached(sql)?.execute((destination, until, why))?;
            Ok(false)
        })
        .await
    }

    async fn close(&self, destination: &str) -> Result<(), PortError> {
        let destination = destination.to_owned();
        self.write("circuits: close", move |connection| {
            let sql = "DELETE FROM circuits WHERE destination = ?1";
            connection.prepare_cached(sql)?.execute((destination,)).map(drop)
        })
        .await
    }

    async fn begin_probe(&self, destination: &str, lease: Duration) -> Result<bool, PortError> {
        let (destination, now) = (destination.to_owned(), self.now());
        let until = later(now, lease);
        self.write("circuits: begin probe", move |connection| {
            let sql = "UPDATE circuits SET probe_until = ?2 WHERE destination = ?1 AND until <= ?3 AND probe_until <= ?3";
            let taken = connection.prepare_cached(sql)?.execute((destination, until, micros(now)))?;
            Ok(taken == 1)
        })
        .await
    }

    async fn end_probe(&self, destination: &str) -> Result<(), PortError> {
        let destination = destination.to_owned();
        self.write("circuits: end probe", move |connection| {
            let sql = "UPDATE circuits SET probe_until = 0 WHERE destination = ?1";
            connection.prepare_cached(sql)?.execute((destination,)).map(drop)
        })
        .await
    }

    async fn budget(&self, destination: &str) -> Result<Option<Budget>, PortError> {
        let destination = destination.to_owned();
        self.read("budgets: read", move |connection| {
            let sql = "SELECT budget FROM budgets WHERE destination = ?1";
            let mut statement = connection.prepare_cached(sql)?;
            statement.query_row((destination,), |row| json::value(row, "budget")).optional()
        })
        .await
    }

    async fn note_budget(&self, destination: &str, budget: Budget) -> Result<(), PortError> {
        let destination = destination.to_owned();
        self.write("budgets: note", move |connection| {
            let sql = "INSERT INTO budgets (destination, budget) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET budget = excluded.budget";
            let values = (destination, json::text(&budget)?);
            connection.prepare_cached(sql)?.execute(values).map(drop)
        })
        .await
    }
}

fn circuit(row: &Row<'_>) -> rusqlite::Result<OpenCircuit> {
    Ok(OpenCircuit {
        until: instant(row, "until")?,
        since: instant(row, "since")?,
        why: row.get("why")?,
    })
}

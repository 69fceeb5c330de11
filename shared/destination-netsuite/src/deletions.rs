//! What became of records that the ledger knows and that are not found by their keys.

use crate::{
    client::Client,
    orders,
    reading::{TRANSACTIONS, instant},
    row::Row,
    suiteql::Query,
};
use destination::{Change, Difference, Failure, Held, Reading};
use mapping::{Plan, plan::Record};
use std::collections::BTreeSet;

/// A record that the ledger knows and that was not found by its key.
struct Unfound<'a> {
    id: &'a str,
    record: &'a Record,
    held: &'a mut Held,
}

/// Tells what became of the records that the ledger knows and that were not found by their keys:
/// one whose key was changed is still there under its id, any other is gone.
pub(crate) async fn tell(
    client: &Client<'_>,
    plans: &[Plan],
    readings: &mut [Result<Reading, Failure>],
) -> Result<(), Failure> {
    let mut all = unfound(plans, readings);
    for (table, is_orders) in [("transaction", true), ("customer", false)] {
        let of_table = |one: &&Unfound<'_>| orders::is_order(one.record) == is_orders;
        let ids: Vec<String> = all
            .iter()
            .filter(of_table)
            .map(|one| one.id.to_owned())
            .collect();
        let present = present(client, table, ids.clone()).await?;
        let left = ids.into_iter().filter(|id| !present.contains(id)).collect();
        let rows = deletions(client, left).await?;
        for one in all.iter_mut().filter(|one| of_table(&&**one)) {
            *one.held = if present.contains(one.id) {
                under_another_key(one.id, one.record)
            } else {
                gone(one.id, &rows, is_orders)
            };
        }
    }
    Ok(())
}

fn unfound<'a>(
    plans: &'a [Plan],
    readings: &'a mut [Result<Reading, Failure>],
) -> Vec<Unfound<'a>> {
    let mut all = Vec::new();
    for (plan, reading) in plans.iter().zip(readings) {
        for read in reading.iter_mut().flat_map(|reading| &mut reading.records) {
            let record = plan.record(&read.name);
            if let (Held::Absent, Some(id), Some(record)) =
                (&read.held, plan.known.get(&read.name), record)
            {
                let held = &mut read.held;
                all.push(Unfound { id, record, held });
            }
        }
    }
    all
}

fn under_another_key(id: &str, record: &Record) -> Held {
    let key = record.key.iter();
    let differs = key.map(|key| Difference::new(&key.field, key.value.clone(), String::new()));
    Held::Found {
        id: id.to_owned(),
        differences: differs.collect(),
        changed: Change::default(),
    }
}

/// Ids of orders and of customers are counted apart, so that a deletion of the same id may be of
/// another kind of record.
fn gone(id: &str, rows: &[Row], is_order: bool) -> Held {
    let is_of_kind =
        |row: &&Row| (row.text("kind").as_deref() == Some(&TRANSACTIONS.to_string())) == is_order;
    let is_it = |row: &&Row| row.text("recordid").as_deref() == Some(id) && is_of_kind(row);
    Held::Gone {
        id: id.to_owned(),
        deleted: rows.iter().find(is_it).map(deletion).unwrap_or_default(),
        merged_into: None,
    }
}

/// Returns which of these ids are there in a table. An address by external id (`eid:...`) leads
/// nowhere any more where the key did not.
async fn present(
    client: &Client<'_>,
    table: &str,
    mut ids: Vec<String>,
) -> Result<BTreeSet<String>, Failure> {
    ids.retain(|id| is_id(id));
    if ids.is_empty() {
        return Ok(BTreeSet::new());
    }
    let marks = vec!["?"; ids.len()].join(", ");
    let text = format!("SELECT r.id FROM {table} r WHERE r.id IN ({marks})");
    let rows = client.query(&Query { text, params: ids }).await?;
    Ok(rows.iter().map(Row::id).collect())
}

/// Returns the deletions of records with these ids; none where the role may not see them. An
/// external id is not kept with a deletion.
async fn deletions(client: &Client<'_>, mut ids: Vec<String>) -> Result<Vec<Row>, Failure> {
    ids.retain(|id| is_id(id));
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let marks = vec!["?"; ids.len()].join(", ");
    let text = format!(
        "SELECT recordid, recordtypeid AS kind, TO_CHAR(deleteddate, 'YYYY-MM-DD HH24:MI:SS') AS at, BUILTIN.DF(deletedby) AS who FROM deletedrecord WHERE recordid IN ({marks})"
    );
    match client.query(&Query { text, params: ids }).await {
        Err(failure) if !failure.is_transient() => Ok(Vec::new()),
        rows => rows,
    }
}

fn is_id(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn deletion(row: &Row) -> Change {
    Change {
        by: row.text("who"),
        at: row.text("at").and_then(|text| instant(&text)),
        is_ours: None,
    }
}

//! Deleted and merged records: what the recycle bin says of planned records that were not found.

use crate::{
    client::Client,
    read::{Questions, Rows, ways_to_find},
    reading::{CHANGED, changed},
    row::{self, Row},
    soql,
};
use destination::{Change, Difference, Failure, Held, Reading, shown};
use mapping::{
    Plan,
    plan::{Record, Scalar},
};
use serde_json::Value;
use std::collections::BTreeMap;

/// The objects of which two records may be merged into one.
const MERGED: [&str; 3] = ["Account", "Contact", "Lead"];

/// Asks the recycle bin for the records that are absent, and tells those that were deleted or
/// merged. Deleted opportunity lines leave no trace there.
pub(crate) async fn tell(
    client: &Client<'_>,
    plans: &[Plan],
    readings: &mut [Result<Reading, Failure>],
) -> Result<(), Failure> {
    let mut questions = Questions::default();
    for (plan, reading) in plans.iter().zip(readings.iter()) {
        for (record, _) in absent(plan, reading) {
            ask_deleted(&mut questions, plan, record)?;
        }
    }
    let queries = questions.queries();
    let rows = match client.query_all(&queries).await {
        Ok(rows) => rows,
        // A user who may not look into the recycle bin still knows what was delivered.
        Err(failure) if !failure.is_transient() => Rows::new(),
        Err(failure) => return Err(failure),
    };
    for (plan, reading) in plans.iter().zip(readings.iter_mut()) {
        let told: Vec<(usize, Held)> = absent(plan, reading)
            .filter_map(|(record, place)| Some((place, gone(plan, record, &rows)?)))
            .collect();
        let records = reading.iter_mut().flat_map(|reading| &mut reading.records);
        let mut by_place: BTreeMap<usize, Held> = told.into_iter().collect();
        for (place, record) in records.enumerate() {
            if let Some(held) = by_place.remove(&place) {
                record.held = held;
            }
        }
    }
    Ok(())
}

/// Returns the single records that are absent, with their places in the reading.
fn absent<'a>(
    plan: &'a Plan,
    reading: &'a Result<Reading, Failure>,
) -> impl Iterator<Item = (&'a Record, usize)> {
    let records = reading.iter().flat_map(|reading| &reading.records);
    records.enumerate().filter_map(|(place, read)| {
        let is_it = |record: &&Record| record.name == read.name && record.index == read.index;
        let record = plan.records.iter().find(is_it)?;
        (read.held == Held::Absent && record.replaces.is_none()).then_some((record, place))
    })
}

/// Asks for the deleted record under its key, and for the one that the ledger knows, deleted or not.
fn ask_deleted(questions: &mut Questions, plan: &Plan, record: &Record) -> Result<(), Failure> {
    let object = soql::name(&record.object)?;
    let deleted = [("IsDeleted", &Scalar::Bool(true))];
    if let Some(key) = &record.key {
        let value = Scalar::Text(key.value.clone());
        questions.or_where(object, &key.field, &value, &deleted)?;
    }
    if let Some(id) = known_id(plan, record) {
        questions.or_where(object, "Id", &Scalar::Text(id.to_owned()), &[])?;
    }
    for (field, _) in ways_to_find(record) {
        questions.select(object, field)?;
    }
    for column in CHANGED.into_iter().chain(["IsDeleted"]) {
        questions.select(object, column)?;
    }
    if MERGED
        .iter()
        .any(|merged| merged.eq_ignore_ascii_case(object))
    {
        questions.select(object, "MasterRecordId")?;
    }
    Ok(())
}

/// Returns the ledger's id of a record; it keeps one for each name.
fn known_id<'a>(plan: &'a Plan, record: &Record) -> Option<&'a str> {
    let known = plan.known.get(&record.name).filter(|_| record.index == 0);
    known.map(String::as_str)
}

/// Returns what the org says of a record that was not found: that it is deleted, or that it is there
/// without what it is found by. Where the org says nothing of one that was delivered, it is gone.
fn gone(plan: &Plan, record: &Record, rows: &Rows) -> Option<Held> {
    let known = known_id(plan, record);
    let rows = rows.get(&record.object.to_ascii_lowercase());
    let is_known = |row: &&Row| known.is_some_and(|id| row::same_id(row.id(), id));
    let is_deleted = |row: &&Row| row.get("IsDeleted") == &Value::Bool(true);
    let has_key = |row: &&Row| {
        let by_key = record.key.as_ref();
        by_key.is_some_and(|key| row.says(&key.field, &key.value))
    };
    if let Some(row) = rows.and_then(|rows| rows.iter().find(is_known)) {
        return Some(if is_deleted(&row) {
            deleted(row)
        } else {
            unrecognised(record, row)
        });
    }
    let by_key = |row: &&Row| is_deleted(row) && has_key(row);
    let by_key = rows.and_then(|rows| rows.iter().rfind(by_key));
    by_key.map(deleted).or_else(|| {
        Some(Held::Gone {
            id: known?.to_owned(),
            deleted: Change::default(),
            merged_into: None,
        })
    })
}

fn deleted(row: &Row) -> Held {
    Held::Gone {
        id: row.id().to_owned(),
        deleted: changed(row, None),
        merged_into: row.text("MasterRecordId").map(str::to_owned),
    }
}

/// Returns the state of a record that is there under the ledger's id, but not under its key: told as
/// gone, it would be made a second time.
fn unrecognised(record: &Record, row: &Row) -> Held {
    let ways = ways_to_find(record).into_iter();
    let differs = |(field, value): &(&str, &str)| !row.says(field, value);
    let difference = |(field, value): (&str, &str)| {
        Difference::new(field, value.to_owned(), shown(row.get(field)))
    };
    Held::Found {
        id: row.id().to_owned(),
        differences: ways.filter(differs).map(difference).collect(),
        changed: changed(row, row.text("CreatedById")),
    }
}

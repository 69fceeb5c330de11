//! Planned records that were not found although they were delivered: deleted ones, and those that
//! are there without what they are found by.

use crate::{
    Parts, existing,
    question::Question,
    reading::{changed, name, user},
    row::{self, Row},
};
use destination::{Change, Difference, Failure, Held, Reading, shown};
use mapping::{Plan, plan::Record};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The columns that tell who made and changed a record, and when.
const AUTHORS: &str = "Created_By,Modified_By,Modified_Time";

/// Tells what became of the records that the ledger knows and that were not found.
pub(crate) async fn tell(
    parts: &Parts<'_>,
    plans: &[Plan],
    readings: &mut [Result<Reading, Failure>],
) -> Result<(), Failure> {
    let mut deleted: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    let missed = plans.iter().zip(readings.iter());
    let modules: BTreeSet<String> = missed
        .flat_map(|(plan, reading)| missing(plan, reading))
        .map(|(_, record, _)| record.object.clone())
        .collect();
    for module in modules {
        let rows = deletions(parts, &module).await?;
        deleted.insert(module, rows);
    }
    for (plan, reading) in plans.iter().zip(readings) {
        if let Err(failure) = tell_of_plan(parts, &deleted, plan, reading).await {
            *reading = Err(failure);
        }
    }
    Ok(())
}

/// Tells what became of one plan's records. Those of which no deletion is known are asked for by
/// their ids: a query leaves out what is out of the user's reach without a word, and told as gone,
/// it would be made a second time.
async fn tell_of_plan(
    parts: &Parts<'_>,
    deleted: &BTreeMap<String, Vec<Row>>,
    plan: &Plan,
    reading: &mut Result<Reading, Failure>,
) -> Result<(), Failure> {
    let mut told: Vec<(usize, Held)> = Vec::new();
    for (place, record, id) in missing(plan, reading) {
        let mut rows = deleted.get(&record.object).into_iter().flatten();
        let row = rows.find(|row| row.id() == id);
        let held = match row {
            Some(row) => gone(id, deletion(row)),
            None => by_id(parts, record, id).await?,
        };
        told.push((place, held));
    }
    let records = reading.iter_mut().flat_map(|it| it.records.iter_mut());
    let mut told: BTreeMap<usize, Held> = told.into_iter().collect();
    for (place, record) in records.enumerate() {
        if let Some(held) = told.remove(&place) {
            record.held = held;
        }
    }
    Ok(())
}

/// Returns the records that were delivered and not found, with their places in the reading and their
/// ids in the ledger, which keeps one for each name.
fn missing<'a>(
    plan: &'a Plan,
    reading: &'a Result<Reading, Failure>,
) -> impl Iterator<Item = (usize, &'a Record, &'a str)> {
    let records = reading.iter().flat_map(|reading| &reading.records);
    records.enumerate().filter_map(|(place, read)| {
        let id = plan.known.get(&read.name).filter(|_| read.index == 0)?;
        let is_asked = read.held == Held::Absent && crate::error::is_id(id);
        let record = plan.record(&read.name)?;
        is_asked.then_some((place, record, id.as_str()))
    })
}

/// Returns the module's deleted records; none where the user may not see them.
async fn deletions(parts: &Parts<'_>, module: &str) -> Result<Vec<Row>, Failure> {
    let module = module.to_owned();
    match parts.client.ask(&[Question::Deleted { module }]).await {
        Ok(mut answers) => Ok(answers.pop().unwrap_or_default()),
        Err(failure) if !failure.is_transient() => Ok(Vec::new()),
        Err(failure) => Err(failure),
    }
}

async fn by_id(parts: &Parts<'_>, record: &Record, id: &str) -> Result<Held, Failure> {
    let ways = existing::ways(record);
    let fields = ways.iter().map(|(field, _)| *field).chain([AUTHORS]);
    let question = Question::Record {
        module: record.object.clone(),
        id: id.to_owned(),
        field: fields.collect::<Vec<_>>().join(","),
    };
    let mut answers = parts.client.ask(&[question]).await?;
    let Some(row) = answers.pop().and_then(|rows| rows.into_iter().next()) else {
        return Ok(gone(id, Change::default()));
    };
    let planned = |value: &str| Value::String(value.to_owned());
    let differs =
        |(field, value): &(&str, &str)| !row::is_stored_as(&planned(value), row.get(field));
    let differing = ways.into_iter().filter(differs);
    let differences = differing
        .map(|(field, value)| Difference::new(field, value.to_owned(), shown(row.get(field))));
    Ok(Held::Found {
        id: id.to_owned(),
        differences: differences.collect(),
        changed: changed(&row, user(&row, "Created_By").as_deref()),
    })
}

fn gone(id: &str, deleted: Change) -> Held {
    Held::Gone {
        id: id.to_owned(),
        deleted,
        merged_into: None,
    }
}

fn deletion(row: &Row) -> Change {
    Change {
        by: name(row, "deleted_by"),
        at: row.text("deleted_time").and_then(|text| text.parse().ok()),
        is_ours: None,
    }
}

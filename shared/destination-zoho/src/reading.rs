//! Reading back: what the organisation holds of plans. What delivering a plan in doubt would write
//! is what is not as planned.

use crate::{
    Parts, deletions,
    existing::{self, Existing, Presence},
    item::{self, Built, Item},
    progress::{Hints, Progress},
    question::Question,
    read::{self, Purpose, Snapshot},
    row::{self, Row},
};
use destination::{
    Change, Difference, Failure, Held, Reading, RecordReading, is_same_text, per_plan, shown,
};
use jiff::Timestamp;
use mapping::{
    Plan,
    plan::{Lookup, Missing, Record, Value as Planned},
};
use serde_json::Value;

/// The number of plans that are read together: one COQL query takes fifty keys.
const PLANS_PER_CALL: usize = 50;

/// Reads back what the organisation holds of the plans.
pub(crate) async fn read(parts: &Parts<'_>, plans: &[&Plan]) -> Vec<Result<Reading, Failure>> {
    let mut readings = Vec::new();
    for chunk in plans.chunks(PLANS_PER_CALL) {
        readings.extend(per_plan(chunk.len(), read_chunk(parts, chunk).await));
    }
    readings
}

async fn read_chunk(
    parts: &Parts<'_>,
    plans: &[&Plan],
) -> Result<Vec<Result<Reading, Failure>>, Failure> {
    let plans: Vec<Plan> = plans.iter().map(|plan| to_be_read(plan)).collect();
    let mut progresses: Vec<Progress<'_>> = plans
        .iter()
        .map(|plan| Progress::new(plan, Hints::default()))
        .collect();
    let known = read::read_for(parts, &mut progresses, Purpose::Compare).await?;
    let mut readings = Vec::new();
    for (place, progress) in progresses.into_iter().enumerate() {
        readings.push(reading(place, progress, &known));
    }
    deletions::tell(parts, &plans, &mut readings).await?;
    tell_names(parts, &mut readings).await?;
    Ok(readings)
}

/// Returns the plan as one whose earlier delivery is in doubt, so that every field that would be
/// written is read. Reading makes nothing: a look-up that would make what it does not find leaves
/// its line out.
fn to_be_read(plan: &Plan) -> Plan {
    let mut plan = plan.to_be_read();
    let fields = plan
        .records
        .iter_mut()
        .flat_map(|it| it.fields.values_mut());
    fields.for_each(|field| make_nothing(&mut field.value));
    plan
}

fn make_nothing(value: &mut Planned) {
    match value {
        Planned::Lookup(Lookup { missing, .. }) if *missing == Missing::Create => {
            *missing = Missing::Skip;
        }
        Planned::Object(fields) => fields.values_mut().for_each(make_nothing),
        Planned::List(items) => items.iter_mut().for_each(make_nothing),
        _ => {}
    }
}

fn reading(place: usize, mut progress: Progress<'_>, known: &Snapshot) -> Result<Reading, Failure> {
    let plan = progress.plan;
    // What a record refers to is where it was found.
    for (position, _) in plan.records.iter().enumerate() {
        match known.presence((place, position)) {
            Presence::There(existing) => progress.written(position, existing.id.clone()),
            Presence::New | Presence::Unknown => progress.leave_out(position),
        }
    }
    let us = us(plan, place, known);
    let mut records = Vec::new();
    for (position, record) in plan.records.iter().enumerate() {
        let presence = known.presence((place, position));
        let held = match item::build(&mut progress, known, (place, position), record) {
            Built::LeftOut(_) => continue,
            built => held(built, record, presence, us.as_deref()),
        };
        records.push(RecordReading::of(record, held));
    }
    match progress.failed() {
        Some(failure) => Err(failure),
        None => Ok(Reading { records }),
    }
}

/// Returns the id of the user as whom orders are written: the one who made the order's record.
fn us(plan: &Plan, place: usize, known: &Snapshot) -> Option<String> {
    match known.presence((place, plan.own())) {
        Presence::There(existing) => user(&existing.row, "Created_By"),
        Presence::New | Presence::Unknown => None,
    }
}

fn held(built: Built, record: &Record, presence: &Presence, us: Option<&str>) -> Held {
    let Presence::There(existing) = presence else {
        return Held::Absent;
    };
    let differences = match built {
        Built::Write(item) => differences(&item, record, existing),
        Built::Nothing(_) | Built::LeftOut(_) => Vec::new(),
    };
    Held::Found {
        id: existing.id.clone(),
        differences,
        changed: changed(&existing.row, us),
    }
}

fn differences(item: &Item, record: &Record, existing: &Existing) -> Vec<Difference> {
    let mut all = Vec::new();
    let lines = existing::lines_field(record);
    for (name, planned) in &item.body {
        match planned {
            Value::Array(planned) if lines == Some(name) => {
                all.extend(lines_differ(name, planned, &existing.lines));
            }
            _ => all.extend(differs(name, name, planned, &existing.row)),
        }
    }
    all
}

/// Returns the difference in a field that was read; `place` names it.
fn differs(place: &str, name: &str, planned: &Value, row: &Row) -> Option<Difference> {
    let present = row.find(name).filter(|_| name != "id")?;
    (!is_same(planned, present)).then(|| Difference::new(place, shown(planned), shown(present)))
}

/// Compares lines: planned lines that exist carry an id, and existing ones that are not planned
/// carry the wish to be deleted.
fn lines_differ(field: &str, planned: &[Value], present: &[Row]) -> Vec<Difference> {
    let mut all = Vec::new();
    for (number, line) in planned.iter().enumerate() {
        let place = format!("{field}[{number}]");
        let id = line.get("id").and_then(Value::as_str);
        let row = id.and_then(|id| present.iter().find(|row| row.id() == id));
        match (row, line.as_object()) {
            (_, Some(fields)) if fields.contains_key("_delete") => {
                all.push(Difference::new(&place, String::new(), "a line".to_owned()));
            }
            (Some(row), Some(fields)) => {
                all.extend(fields.iter().filter_map(|(name, value)| {
                    differs(&format!("{place}.{name}"), name, value, row)
                }))
            }
            _ => all.push(Difference::new(&place, "a line".to_owned(), String::new())),
        }
    }
    all
}

/// Returns whether a field holds what was written to it. Zoho shows instants with the offset of the
/// user's time zone.
fn is_same(planned: &Value, present: &Value) -> bool {
    if row::is_stored_as(planned, present) {
        return true;
    }
    match (planned.as_str(), present.as_str()) {
        (Some(planned), Some(present)) => {
            let instant = |text: &str| text.parse::<Timestamp>().ok();
            is_same_text(planned, present)
                || instant(planned).is_some_and(|planned| instant(present) == Some(planned))
        }
        (None, Some(present)) => planned.is_null() && present.is_empty(),
        _ => false,
    }
}

pub(crate) fn changed(row: &Row, us: Option<&str>) -> Change {
    let author = user(row, "Modified_By");
    Change {
        by: name(row, "Modified_By"),
        at: row.text("Modified_Time").and_then(|text| text.parse().ok()),
        is_ours: us.and_then(|us| author.map(|author| author == us)),
    }
}

pub(crate) fn user(row: &Row, column: &str) -> Option<String> {
    Some(row.get(column).get("id")?.as_str()?.to_owned())
}

pub(crate) fn name(row: &Row, column: &str) -> Option<String> {
    Some(row.get(column).get("name")?.as_str()?.to_owned())
}

/// Asks for the names of those who changed what is not as planned: COQL tells only their ids.
async fn tell_names(
    parts: &Parts<'_>,
    readings: &mut [Result<Reading, Failure>],
) -> Result<(), Failure> {
    let mut nameless: Vec<&mut Change> = Vec::new();
    let mut questions = Vec::new();
    let records = readings.iter_mut().flatten();
    for record in records.flat_map(|reading| &mut reading.records) {
        if let Held::Found {
            id,
            differences,
            changed,
        } = &mut record.held
            && !differences.is_empty()
            && changed.by.is_none()
        {
            questions.push(Question::Record {
                module: record.object.clone(),
                id: id.clone(),
                field: "Modified_By".to_owned(),
            });
            nameless.push(changed);
        }
    }
    let answers = parts.client.ask(&questions).await?;
    for (changed, rows) in nameless.into_iter().zip(answers) {
        changed.by = rows.first().and_then(|row| name(row, "Modified_By"));
    }
    Ok(())
}

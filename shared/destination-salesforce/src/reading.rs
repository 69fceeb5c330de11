//! Reading back: what the org holds of plans. The same graph that delivering a plan in doubt would
//! write says what is not as planned: a change of a record is a difference, a record that would be
//! made is absent, a child that would be deleted is unplanned.

use crate::{
    client::Client,
    deletions, deliver,
    graph::{self, Graph, Snapshot, reference},
    lookups::LookupCache,
    node::Node,
    read::{Questions, Rows},
    resolve::Resolved,
    row::{self, Row},
};
use destination::{
    Change, Difference, Failure, Held, Reading, RecordReading, is_same_text, per_plan, shown,
};
use jiff::Timestamp;
use mapping::{Plan, plan::Record};
use serde_json::Value;

/// The number of plans of which one call asks: their keys stay far below the longest query.
const PLANS_PER_CALL: usize = 100;
/// The columns that tell who changed a record last, and when.
pub(crate) const CHANGED: [&str; 4] = [
    "LastModifiedDate",
    "LastModifiedBy.Name",
    "LastModifiedById",
    "CreatedById",
];

/// Reads back what the org holds of the plans.
pub(crate) async fn read(
    client: &Client<'_>,
    cache: &LookupCache,
    plans: &[&Plan],
) -> Vec<Result<Reading, Failure>> {
    let mut readings = Vec::new();
    for chunk in plans.chunks(PLANS_PER_CALL) {
        readings.extend(per_plan(
            chunk.len(),
            read_chunk(client, cache, chunk).await,
        ));
    }
    readings
}

async fn read_chunk(
    client: &Client<'_>,
    cache: &LookupCache,
    plans: &[&Plan],
) -> Result<Vec<Result<Reading, Failure>>, Failure> {
    // Of a plan in doubt, every field that would be written is read.
    let plans: Vec<Plan> = plans.iter().map(|plan| plan.to_be_read()).collect();
    let asked: Vec<&Plan> = plans.iter().collect();
    let read = deliver::read_with(client, cache, &asked, |questions| {
        plans.iter().try_for_each(|plan| ask_who(questions, plan))
    })
    .await?;
    let known = Snapshot {
        rows: &read.rows,
        found: &read.found,
        catalogue: &read.catalogue,
    };
    let mut readings: Vec<Result<Reading, Failure>> = plans
        .iter()
        .map(|plan| Ok(reading(plan, &graph::build(plan, known)?, known.rows)))
        .collect();
    deletions::tell(client, &plans, &mut readings).await?;
    Ok(readings)
}

/// Asks of each object of the plan who changed its records last, and when.
fn ask_who(questions: &mut Questions, plan: &Plan) -> Result<(), Failure> {
    for record in &plan.records {
        for column in CHANGED {
            questions.select(&record.object, column)?;
        }
    }
    Ok(())
}

fn reading(plan: &Plan, graph: &Graph, rows: &Rows) -> Reading {
    let resolved = Resolved::new(plan, rows);
    let us = us(plan, &resolved, rows);
    let mut records = Vec::new();
    for (position, record) in plan.records.iter().enumerate() {
        let name = reference(position, record);
        let node = graph.nodes.iter().find(|node| node.reference == name);
        let held = match node.map(|node| (node, id_of(node))) {
            // The children of a record that is not there are not there either.
            Some((_, None)) if is_below_absent(plan, record, &resolved) => continue,
            Some((_, None)) => Held::Absent,
            Some((node, Some(id))) => found(plan, record, id, node, rows, us),
            None => {
                let existing = resolved.get(record);
                let id = existing.map_or("", |existing| existing.id);
                as_planned(id, row_of(rows, &record.object, id), us)
            }
        };
        records.push(RecordReading::of(record, held));
    }
    let deleted = graph.nodes.iter().filter(|node| node.method == "DELETE");
    records.extend(deleted.map(|node| unplanned(node, rows, us)));
    Reading { records }
}

/// Returns the id of the user as whom orders are written: the one who made the order's record.
fn us<'a>(plan: &Plan, resolved: &Resolved<'_>, rows: &'a Rows) -> Option<&'a str> {
    let record = plan.records.get(plan.own())?;
    let id = resolved.get(record)?.id;
    row_of(rows, &record.object, id)?.text("CreatedById")
}

fn is_below_absent(plan: &Plan, record: &Record, resolved: &Resolved<'_>) -> bool {
    let parent = record.replaces.as_ref();
    let parent = parent.and_then(|parent| plan.record(parent));
    parent.is_some_and(|parent| resolved.get(parent).is_none())
}

/// Returns the id of the record that a node changes; `None` where it makes one.
fn id_of(node: &Node) -> Option<&str> {
    let id = node.rest.strip_prefix('/')?;
    (!id.contains('/')).then_some(id)
}

fn row_of<'a>(rows: &'a Rows, object: &str, id: &str) -> Option<&'a Row> {
    let rows = rows.get(&object.to_ascii_lowercase())?;
    rows.iter().find(|row| row::same_id(row.id(), id))
}

fn as_planned(id: &str, row: Option<&Row>, us: Option<&str>) -> Held {
    Held::Found {
        id: id.to_owned(),
        differences: Vec::new(),
        changed: row.map(|row| changed(row, us)).unwrap_or_default(),
    }
}

fn found(
    plan: &Plan,
    record: &Record,
    id: &str,
    node: &Node,
    rows: &Rows,
    us: Option<&str>,
) -> Held {
    let Some(row) = row_of(rows, &record.object, id) else {
        // It was reached through another record (a contact's account): it is the customer's, of which
        // the order's own words are compared at the records that carry our key.
        return as_planned(id, None, us);
    };
    let differs = |(field, planned): (&String, &Value)| {
        let present = row.get(field);
        let is_compared = !is_derived(plan, record, field) && row.find(field).is_some();
        (is_compared && !is_same(field, planned, present))
            .then(|| Difference::new(field, shown(planned), shown(present)))
    };
    let body = node.body.iter().flatten();
    Held::Found {
        id: id.to_owned(),
        differences: body.filter_map(differs).collect(),
        changed: changed(row, us),
    }
}

fn unplanned(node: &Node, rows: &Rows, us: Option<&str>) -> RecordReading {
    let id = id_of(node).unwrap_or_default();
    let row = row_of(rows, &node.object, id);
    RecordReading {
        name: node.object.clone(),
        index: 0,
        object: node.object.clone(),
        held: Held::Unplanned {
            id: id.to_owned(),
            changed: row.map(|row| changed(row, us)).unwrap_or_default(),
        },
    }
}

/// Returns whether Salesforce makes the field's value itself: the amount of an opportunity with
/// lines is the sum of its lines (Object Reference, Opportunity, `Amount`).
fn is_derived(plan: &Plan, record: &Record, field: &str) -> bool {
    let is = |object: &str| record.object.eq_ignore_ascii_case(object);
    let has_lines = || {
        plan.records
            .iter()
            .any(|child| child.replaces.as_ref() == Some(&record.name))
    };
    is("Opportunity") && field.eq_ignore_ascii_case("Amount") && has_lines()
}

/// Returns whether a field holds what was written to it. Salesforce stores instants in UTC, line
/// ends as `\r\n`, and e-mail addresses in lower case.
fn is_same(field: &str, planned: &Value, present: &Value) -> bool {
    if row::is_stored_as(field, planned, present) {
        return true;
    }
    let (Some(planned), Some(present)) = (planned.as_str(), present.as_str()) else {
        return planned.as_str().is_some_and(|text| text.trim().is_empty()) && present.is_null();
    };
    let is_email = field.to_ascii_lowercase().contains("email");
    is_same_text(planned, present)
        || (is_email && planned.trim().to_lowercase() == present.to_lowercase())
        || instant(planned).is_some_and(|planned| instant(present) == Some(planned))
}

/// Reads an instant as shops and Salesforce write it: the latter with `+0000`.
fn instant(text: &str) -> Option<Timestamp> {
    text.parse()
        .or_else(|_| Timestamp::strptime("%Y-%m-%dT%H:%M:%S%.f%z", text))
        .ok()
}

pub(crate) fn changed(row: &Row, us: Option<&str>) -> Change {
    let author = row.text("LastModifiedById");
    Change {
        is_ours: us.and_then(|us| author.map(|author| row::same_id(us, author))),
        by: row.text("LastModifiedBy.Name").map(str::to_owned),
        at: row.text("LastModifiedDate").and_then(instant),
    }
}

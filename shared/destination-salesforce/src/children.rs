//! Sets of children of a record, such as the lines of an opportunity: planned children that exist
//! are changed, the others are made, and those no longer planned are deleted. All of it happens in
//! one graph, so that the parent is never without children; and never by deleting all and making
//! them anew, which would run the org's automation twice and lose what staff added to the lines.

use crate::{
    graph::{Builder, reference},
    node::{Node, Source},
    read::{identity_fields, parent_field},
    resolve::Existing,
    row::{self, Row},
};
use destination::Failure;
use mapping::plan::Record;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

/// A set of children: the name of the parent, and their object in lower case. Several `[[record]]`s
/// may be members of one set (lines, shipping, fees).
type Set<'a> = (&'a str, String);

/// Returns the writes to all sets of children of a plan.
pub(crate) fn writes(
    builder: &Builder<'_>,
    kept: &[(usize, &Record)],
) -> Result<Vec<Node>, Failure> {
    let mut sets: BTreeMap<Set<'_>, Vec<(usize, &Record)>> = BTreeMap::new();
    for (position, record) in kept {
        if let Some(parent) = &record.replaces {
            sets.entry((parent, record.object.to_ascii_lowercase()))
                .or_default()
                .push((*position, record));
        }
    }
    let mut nodes = Vec::new();
    for ((parent, object), planned) in sets {
        let reference = planned
            .first()
            .and_then(|(_, record)| parent_field(record, parent))
            .unwrap_or_default();
        let rows = present(builder, parent, &object, reference);
        nodes.extend(replace(builder, &planned, rows)?);
    }
    Ok(nodes)
}

/// Returns the writes that delete sets of which nothing is left. They come before the writes to the
/// parent: while an opportunity has a line, its amount is the sum of its lines, whatever is
/// written, and with the last line that sum becomes zero.
pub(crate) fn taken_away(builder: &Builder<'_>) -> Vec<Node> {
    let sets = builder.emptied().iter();
    sets.flat_map(|set| {
        let rows = present(
            builder,
            &set.replaces,
            &set.object.to_ascii_lowercase(),
            &set.reference,
        );
        delete_all(&set.object, rows)
    })
    .collect()
}

/// Returns whether a record loses the last of its children, and with them what was their sum.
pub(crate) fn loses_all(builder: &Builder<'_>, parent: &str) -> bool {
    let mut sets = builder
        .emptied()
        .iter()
        .filter(|set| set.replaces == parent);
    sets.any(|set| {
        let object = set.object.to_ascii_lowercase();
        !present(builder, parent, &object, &set.reference).is_empty()
    })
}

/// Returns the children that the parent has, where it has any.
fn present<'a>(builder: &Builder<'a>, parent: &str, object: &str, reference: &str) -> Vec<&'a Row> {
    let Some(Source::Id(id)) = builder.source(parent) else {
        return Vec::new();
    };
    let rows = builder
        .known
        .rows
        .get(object)
        .map(Vec::as_slice)
        .unwrap_or_default();
    rows.iter()
        .filter(|row| {
            row.text(reference)
                .is_some_and(|text| row::same_id(text, id))
        })
        .collect()
}

fn replace(
    builder: &Builder<'_>,
    planned: &[(usize, &Record)],
    rows: Vec<&Row>,
) -> Result<Vec<Node>, Failure> {
    let mut nodes = Vec::new();
    let mut present = Present::new(rows);
    for (position, record) in planned {
        let fields = recognised_by(record);
        let wanted = identity_of_plan(builder, record, &fields)?;
        let reference = reference(*position, record);
        match present.take(&fields, wanted) {
            Some(row) => nodes.extend(builder.update(reference, record, &Existing::child(row))?),
            None => nodes.push(builder.create_child(reference, record)?),
        }
    }
    if let Some((_, record)) = planned.first() {
        nodes.extend(delete_all(&record.object, present.rest()));
    }
    Ok(nodes)
}

fn delete_all(object: &str, rows: Vec<&Row>) -> Vec<Node> {
    let delete = |(number, row): (usize, &Row)| Node {
        reference: format!("gone_{}_{number}", object.replace('_', "")),
        method: "DELETE",
        object: object.to_owned(),
        rest: format!("/{}", row.id()),
        body: None,
        place: format!("{object} records that are no longer in the order"),
        remembered: Vec::new(),
    };
    rows.into_iter().enumerate().map(delete).collect()
}

/// The values by which a child is recognised; two children may well have the same ones.
type Identity = Vec<String>;

/// The existing children that are not yet matched with a planned one.
struct Present<'a> {
    rows: Vec<&'a Row>,
    taken: BTreeSet<usize>,
    by_identity: HashMap<Vec<String>, HashMap<Identity, VecDeque<usize>>>,
}

impl<'a> Present<'a> {
    fn new(rows: Vec<&'a Row>) -> Self {
        Self {
            rows,
            taken: BTreeSet::new(),
            by_identity: HashMap::new(),
        }
    }

    /// Takes the oldest child with this identity that is still free.
    fn take(&mut self, fields: &[&str], identity: Identity) -> Option<&'a Row> {
        let names: Vec<String> = fields.iter().map(|field| (*field).to_owned()).collect();
        let rows = &self.rows;
        let index = self.by_identity.entry(names).or_insert_with(|| {
            let mut index: HashMap<Identity, VecDeque<usize>> = HashMap::new();
            for (position, row) in rows.iter().enumerate() {
                index
                    .entry(
                        fields
                            .iter()
                            .map(|field| comparable(field, row.get(field)))
                            .collect(),
                    )
                    .or_default()
                    .push_back(position);
            }
            index
        });
        let free = index.get_mut(&identity)?;
        while let Some(position) = free.pop_front() {
            if self.taken.insert(position) {
                return self.rows.get(position).copied();
            }
        }
        None
    }

    fn rest(self) -> Vec<&'a Row> {
        self.rows
            .into_iter()
            .enumerate()
            .filter(|(position, _)| !self.taken.contains(position))
            .map(|(_, row)| row)
            .collect()
    }
}

fn recognised_by(record: &Record) -> Vec<&str> {
    match &record.key {
        Some(key) => vec![&key.field],
        None => identity_fields(record),
    }
}

fn identity_of_plan(
    builder: &Builder<'_>,
    record: &Record,
    fields: &[&str],
) -> Result<Identity, Failure> {
    if let Some(key) = &record.key {
        return Ok(vec![comparable(
            &key.field,
            &Value::String(key.value.clone()),
        )]);
    }
    let identity = |name: &&str| {
        let planned = record.fields.get(*name);
        let value = planned
            .map(|field| builder.value(record, name, &field.value))
            .transpose()?;
        Ok(comparable(name, &value.flatten().unwrap_or_default()))
    };
    fields.iter().map(identity).collect()
}

/// Returns a form of a field's value in which two values that Salesforce considers the same are
/// equal.
fn comparable(field: &str, value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if row::is_reference(field) => row::short_id(text).to_owned(),
        Value::String(text) => text.to_lowercase(),
        other => other.to_string(),
    }
}

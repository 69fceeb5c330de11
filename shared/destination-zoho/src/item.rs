//! Building the item of an upsert from a record of a plan and what Zoho has of it.

use crate::{
    existing::{self, Presence},
    lines, lookups,
    progress::{Place, Progress},
    read::Snapshot,
    row::fold,
    rules,
};
use mapping::plan::{Key, Record, Value, When};
use serde_json::{Map, Value as Json, json};

/// One record as it goes to Zoho.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Item {
    /// Its fields, with its `id` where that is known.
    pub(crate) body: Map<String, Json>,
    pub(crate) id: Option<String>,
    /// Whether it did not exist a moment ago, so that there is nothing to empty.
    pub(crate) is_new: bool,
    /// The fields by which Zoho looks for it otherwise (`duplicate_check_fields`).
    pub(crate) checks: Vec<String>,
    /// The fields of the request beside its records; items with other options go in another
    /// request.
    pub(crate) options: Map<String, Json>,
    /// The records of the round that this item stands for: two orders of a batch may have the same
    /// company.
    pub(crate) members: Vec<Place>,
}

/// The result of building a record.
#[derive(Debug, PartialEq)]
pub(crate) enum Built {
    Write(Item),
    /// It exists already, and nothing is to be written to it: its id.
    Nothing(String),
    /// It needs something that does not exist, and the mapping says to go on without: the reason,
    /// for a person.
    LeftOut(String),
}

/// A value, or the reason why there is none.
enum Made {
    Value(Json),
    /// A reference to a record that the plan leaves out.
    Absent,
    /// A look-up found nothing, and the record or line with it is left out.
    Skip(String),
}

/// Builds the item of a record.
pub(crate) fn build(
    progress: &mut Progress<'_>,
    known: &Snapshot,
    place: Place,
    record: &Record,
) -> Built {
    let presence = known.presence(place);
    let mut warnings = Vec::new();
    let built = fields(progress, known, record, presence, &mut warnings);
    warnings
        .into_iter()
        .for_each(|warning| progress.warn(warning));
    let mut body = match built {
        Ok(body) => body,
        Err(warning) => return Built::LeftOut(warning),
    };
    let id = match presence {
        Presence::There(existing)
            if body.is_empty() || (progress.plan.in_doubt && existing.has_all(&body)) =>
        {
            return Built::Nothing(existing.id.clone());
        }
        Presence::There(existing) => Some(existing.id.clone()),
        Presence::New | Presence::Unknown => None,
    };
    if let Some(id) = &id {
        body.shift_insert(0, "id".to_owned(), json!(id));
    }
    Built::Write(Item {
        checks: checks(record)
            .into_iter()
            .map(|(field, _)| field.to_owned())
            .collect(),
        body,
        id,
        is_new: *presence == Presence::New,
        options: options(progress, known, record),
        members: vec![place],
    })
}

impl Item {
    /// Returns the value that Zoho would look for, in the form in which it compares; two items with
    /// the same one must not stand in one request.
    pub(crate) fn key(&self) -> Option<String> {
        let found = self
            .checks
            .iter()
            .find_map(|field| Some((field, self.body.get(field)?)));
        found.map(|(field, value)| {
            format!(
                "{field} {}",
                fold(value.as_str().unwrap_or(&value.to_string()))
            )
        })
    }

    /// Returns a text that is equal for two items that are the same record.
    pub(crate) fn identity(&self) -> Option<String> {
        match &self.id {
            Some(id) => Some(format!("id {id}")),
            None => self
                .key()
                .map(|key| format!("{} {key}", self.checks.join(" "))),
        }
    }

    /// Drops the fields that would be emptied, where the record is new and has nothing in them.
    pub(crate) fn drop_what_is_empty_already(&mut self) {
        if self.is_new {
            self.body.retain(|_, value| !value.is_null());
        }
    }

    /// Merges another item that is the same record: the newer one counts.
    pub(crate) fn merge(&mut self, newer: Self) {
        self.body.extend(newer.body);
        self.options = newer.options;
        self.members.extend(newer.members);
    }
}

/// Returns the fields to write; `Err` says why the record is left out.
fn fields(
    progress: &Progress<'_>,
    known: &Snapshot,
    record: &Record,
    presence: &Presence,
    warnings: &mut Vec<String>,
) -> Result<Map<String, Json>, String> {
    let mut body = Map::new();
    for (name, field) in &record.fields {
        let is_written = match presence {
            Presence::New | Presence::Unknown => true,
            Presence::There(existing) => match field.on {
                When::Always => true,
                When::Create => false,
                When::Blank => {
                    !field.value.is_null()
                        && record.parts(name).all(|part| existing.row.is_blank(part))
                }
            },
        };
        if !is_written {
            continue;
        }
        let place = format!("{}.{name}", record.name);
        match value(progress, known, &place, &field.value, warnings) {
            Made::Value(Json::Array(planned)) if rules::is_lines(name, &field.value) => {
                body.insert(name.clone(), Json::Array(with_lines(planned, presence)));
            }
            Made::Value(value) => _ = body.insert(name.clone(), value),
            Made::Absent => {}
            Made::Skip(why) => return Err(format!("{} was left out: {why}", record.name)),
        }
    }
    add_key(record, presence, &mut body);
    Ok(body)
}

fn options(progress: &Progress<'_>, known: &Snapshot, record: &Record) -> Map<String, Json> {
    let option = |(name, planned): (&String, &Value)| match value(
        progress,
        known,
        name,
        planned,
        &mut Vec::new(),
    ) {
        Made::Value(value) => Some((name.clone(), value)),
        Made::Absent | Made::Skip(_) => None,
    };
    record.options.iter().filter_map(option).collect()
}

fn with_lines(planned: Vec<Json>, presence: &Presence) -> Vec<Json> {
    match presence {
        Presence::There(existing) => lines::replaced(planned, &existing.lines),
        Presence::New | Presence::Unknown => planned,
    }
}

/// Adds the key, which the planner keeps out of the fields.
fn add_key(record: &Record, presence: &Presence, body: &mut Map<String, Json>) {
    let is_wanted = |key: &Key| match presence {
        Presence::New | Presence::Unknown => true,
        Presence::There(existing) => existing.wants_key(&record.object, key),
    };
    if let Some(key) = record.key.as_ref().filter(|key| is_wanted(key)) {
        body.shift_insert(0, key.field.clone(), json!(key.value));
    }
    // Zoho looks for the record only by fields that are in the request.
    if !matches!(presence, Presence::There(_)) {
        for (field, value) in checks(record) {
            body.entry(field).or_insert_with(|| json!(value));
        }
    }
}

fn value(
    progress: &Progress<'_>,
    known: &Snapshot,
    place: &str,
    planned: &Value,
    warnings: &mut Vec<String>,
) -> Made {
    match planned {
        Value::Literal(scalar) => Made::Value(serde_json::to_value(scalar).unwrap_or_default()),
        Value::Ref(name) => progress
            .id_of(name)
            .map_or(Made::Absent, |id| Made::Value(json!({ "id": id }))),
        Value::Lookup(lookup) => match known.found.get(lookup) {
            Some(found) => Made::Value(json!({ "id": found.id })),
            None => Made::Skip(format!("Zoho has no {}", lookups::key(lookup))),
        },
        Value::Object(fields) => {
            let mut object = Map::new();
            for (name, inner) in fields {
                match value(progress, known, &format!("{place}.{name}"), inner, warnings) {
                    Made::Value(value) => _ = object.insert(name.clone(), value),
                    Made::Absent => {}
                    Made::Skip(why) => return Made::Skip(why),
                }
            }
            if object.is_empty() {
                Made::Absent
            } else {
                Made::Value(Json::Object(object))
            }
        }
        Value::List(items) => {
            let mut list = Vec::new();
            for (number, inner) in items.iter().enumerate() {
                match value(progress, known, place, inner, warnings) {
                    Made::Value(value) => list.push(value),
                    Made::Absent => {}
                    Made::Skip(why) => {
                        warnings.push(format!("{place}[{number}] was left out: {why}"))
                    }
                }
            }
            Made::Value(Json::Array(list))
        }
    }
}

/// Returns the fields by which Zoho is to look for the record, and their values: the key, and of
/// the other ways the one that Zoho itself checks; without a key, all ways.
fn checks(record: &Record) -> Vec<(&str, &str)> {
    let is_key = |field: &str| record.key.as_ref().is_some_and(|key| key.field == field);
    let system = rules::system_check(&record.object);
    let mut checks: Vec<(&str, &str)> = Vec::new();
    for (field, value) in existing::ways(record) {
        let is_new = checks.iter().all(|(known, _)| *known != field);
        if is_new && (record.key.is_none() || is_key(field) || field == system) {
            checks.push((field, value));
        }
    }
    checks
}

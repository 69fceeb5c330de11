//! Building the item of an upsert from a record of a plan and what Zoho has of it.

use crate::{
    existing::{self, Presence},
    lines, lookups,
    progress::{Place, Progress},
    read::Snapshot,
    row::fold,
    rules,
};
use destination::rendering::{Dialect, Gap, is_due, render};
use mapping::plan::{Key, Lookup, Record, Value};
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

/// What the values of a record point to, and the warnings about those that are left out.
struct Rendering<'a> {
    progress: &'a Progress<'a>,
    known: &'a Snapshot,
    warnings: Vec<String>,
}

/// Builds the item of a record.
pub(crate) fn build(
    progress: &mut Progress<'_>,
    known: &Snapshot,
    place: Place,
    record: &Record,
) -> Built {
    let presence = known.presence(place);
    let mut rendering = Rendering {
        progress,
        known,
        warnings: Vec::new(),
    };
    let built = fields(&mut rendering, record, presence);
    let options = options(&mut rendering, record);
    let warnings = rendering.warnings;
    warnings
        .into_iter()
        .for_each(|warning| progress.warn(warning));
    let mut body = match built {
        Ok(body) => body,
        Err(Gap::LeftOut(why)) => {
            return Built::LeftOut(format!("{} was left out: {why}", record.name));
        }
        Err(Gap::Refused(failure)) => {
            progress.fail(failure.clone());
            return Built::LeftOut(failure.message);
        }
        Err(Gap::Absent) => Map::new(),
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
        options,
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
    rendering: &mut Rendering<'_>,
    record: &Record,
    presence: &Presence,
) -> Result<Map<String, Json>, Gap> {
    let mut body = Map::new();
    for (name, field) in &record.fields {
        let is_written = match presence {
            Presence::New | Presence::Unknown => true,
            Presence::There(existing) => is_due(record, name, |part| existing.row.is_blank(part)),
        };
        if !is_written {
            continue;
        }
        match render(rendering, &format!("{}.{name}", record.name), &field.value) {
            Ok(Json::Array(planned)) if rules::is_lines(name, &field.value) => {
                body.insert(name.clone(), Json::Array(with_lines(planned, presence)));
            }
            Ok(value) => _ = body.insert(name.clone(), value),
            Err(Gap::Absent) => {}
            Err(gap) => return Err(gap),
        }
    }
    add_key(record, presence, &mut body);
    Ok(body)
}

fn options(rendering: &mut Rendering<'_>, record: &Record) -> Map<String, Json> {
    let mut option = |(name, planned): (&String, &Value)| {
        Some((name.clone(), render(rendering, name, planned).ok()?))
    };
    record.options.iter().filter_map(&mut option).collect()
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

impl Dialect for Rendering<'_> {
    fn reference(&mut self, record: &str) -> Option<Json> {
        self.progress.id_of(record).map(|id| json!({ "id": id }))
    }

    fn found(&mut self, lookup: &Lookup) -> Result<Json, Gap> {
        match self.known.found.get(lookup) {
            Some(found) => Ok(json!({ "id": found.id })),
            None => Err(Gap::LeftOut(format!(
                "Zoho has no {}",
                lookups::key(lookup)
            ))),
        }
    }

    fn list(
        &mut self,
        place: &str,
        members: Vec<Json>,
        left_out: Vec<(usize, String)>,
    ) -> Result<Json, Gap> {
        let warning = |(position, why)| format!("{place}[{position}] was left out: {why}");
        self.warnings.extend(left_out.into_iter().map(warning));
        Ok(Json::Array(members))
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

//! Finding the records of a plan that are already in Zoho.

use crate::{
    progress::Progress,
    row::{self, Row, fold},
    rules,
    table::Table,
};
use destination::matching;
use mapping::{
    Plan,
    plan::{Find, Key, Record, Scalar, Value, When},
};
use serde_json::{Map, Value as Json};

/// The presence of a record in Zoho.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Presence {
    /// Nobody has asked, because nothing depends on it: the upsert finds out by itself.
    #[default]
    Unknown,
    /// It did not exist a moment ago.
    New,
    There(Existing),
}

/// A record that exists in Zoho.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Existing {
    pub(crate) id: String,
    /// The fields that were read of it; empty where nothing had to be known.
    pub(crate) row: Row,
    pub(crate) found: FoundBy,
    /// The lines that it has, where the plan replaces them.
    pub(crate) lines: Vec<Row>,
}

/// The way in which a record was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FoundBy {
    /// By its id: from the ledger, or from Zoho's own word about a duplicate.
    Id,
    Key,
    /// By another field, such as the e-mail of a contact that carries no key yet.
    Field,
    /// By the ledger: its key is another one now, but the person's name is still the same.
    Person,
}

/// Returns the id that is known before anything is read: from a first round, else from the ledger
/// where the record is the order's own.
pub(crate) fn known_id<'a>(
    progress: &'a Progress<'_>,
    position: usize,
    record: &Record,
) -> Option<&'a str> {
    if let Some(id) = progress.hints.ids.get(&position) {
        return Some(id);
    }
    ledger_id(progress.plan, record).filter(|_| !progress.hints.gone.contains(&position))
}

/// Returns the ledger's id of a record that is the order's own.
pub(crate) fn ledger_id<'a>(plan: &'a Plan, record: &Record) -> Option<&'a str> {
    let is_trusted = record.index == 0 && !rules::is_shared(&record.object);
    let known = plan.known.get(&record.name).filter(|_| is_trusted)?;
    crate::error::is_id(known).then_some(known)
}

/// Returns the ledger's id of a person, who counts as the same one if the name is the same,
/// although the e-mail has changed.
pub(crate) fn known_person<'a>(
    progress: &'a Progress<'_>,
    position: usize,
    record: &Record,
) -> Option<&'a str> {
    // A key of our own, such as the customer's number, tells people apart better than a name.
    let is_by_e_mail = record
        .key
        .as_ref()
        .is_some_and(|key| key.field == rules::system_check(&record.object));
    let is_trusted = record.index == 0
        && rules::is_people(&record.object)
        && is_by_e_mail
        && !progress.hints.gone.contains(&position);
    let known = progress
        .plan
        .known
        .get(&record.name)
        .filter(|_| is_trusted)?;
    crate::error::is_id(known).then_some(known)
}

/// Returns the field with lines, if the record has one.
pub(crate) fn lines_field(record: &Record) -> Option<&str> {
    let found = record
        .fields
        .iter()
        .find(|(name, field)| rules::is_lines(name, &field.value));
    found.map(|(name, _)| name.as_str())
}

/// Returns whether the record must be looked up by its key before it can be written.
pub(crate) fn needs_search(plan: &Plan, record: &Record, known: Option<&str>) -> bool {
    let has = |when: When| record.fields.values().any(|field| field.on == when);
    match known {
        // An earlier try may have written it.
        _ if plan.in_doubt => true,
        Some(_) => has(When::Blank),
        None => {
            has(When::Blank)
                || has(When::Create)
                || !record.find.is_empty()
                || lines_field(record).is_some()
                || is_only_a_name(record)
        }
    }
}

/// Returns whether the record is a shared one of which the plan knows nothing but its key: where it
/// exists, nothing has to be written, and the staff's spelling stays.
fn is_only_a_name(record: &Record) -> bool {
    rules::is_shared(&record.object) && record.fields.is_empty()
}

/// Returns the fields and values by which the record may be found, the best first.
pub(crate) fn ways(record: &Record) -> Vec<(&str, &str)> {
    let by_key = record
        .key
        .iter()
        .map(|key| (key.field.as_str(), key.value.as_str()));
    let by_field = record.find.iter().filter_map(|find| match find {
        Find::Field { field, value } => Some((field.as_str(), value.as_str())),
        Find::Through { .. } => None,
    });
    by_key
        .chain(by_field)
        .filter(|(_, value)| !value.trim().is_empty())
        .collect()
}

/// Finds the record among the rows of its module, which come oldest first: the id counts most, then
/// the key, then the other ways, then the person of the last delivery.
pub(crate) fn find(
    record: &Record,
    known: Option<&str>,
    person: Option<&str>,
    table: &Table,
) -> Presence {
    let there = |row: &Row, found| {
        Presence::There(Existing {
            id: row.id().to_owned(),
            row: row.clone(),
            found,
            lines: Vec::new(),
        })
    };
    if let Some(row) = known.and_then(|known| table.of_id(known)) {
        return there(row, FoundBy::Id);
    }
    for (field, value) in ways(record) {
        if let Some(row) = best(table, field, value) {
            let is_key = record.key.as_ref().is_some_and(|key| key.field == field);
            return there(row, if is_key { FoundBy::Key } else { FoundBy::Field });
        }
    }
    let same_person = person.and_then(|person| table.of_id(person));
    let same_person = same_person.filter(|row| has_same_name(record, row));
    same_person.map_or(Presence::New, |row| there(row, FoundBy::Person))
}

/// Returns the number of rows that carry the record's key.
pub(crate) fn twins(record: &Record, table: &Table) -> usize {
    let Some(key) = &record.key else { return 0 };
    table
        .with(&key.field, &Scalar::Text(key.value.clone()))
        .count()
}

impl Existing {
    /// Creates a record of which only the id is known.
    pub(crate) fn of_id(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            row: Row::default(),
            found: FoundBy::Id,
            lines: Vec::new(),
        }
    }

    /// Returns whether all these fields of the record were read and have exactly these values, its
    /// lines included.
    pub(crate) fn has_all(&self, fields: &Map<String, Json>) -> bool {
        fields.iter().all(|(name, value)| match value {
            Json::Array(lines) => self.has_lines(lines),
            _ => self
                .row
                .find(name)
                .is_some_and(|present| row::is_stored_as(value, present)),
        })
    }

    /// Returns whether the record has exactly these lines. Planned lines that exist already carry
    /// an id.
    fn has_lines(&self, lines: &[Json]) -> bool {
        lines.iter().all(|line| {
            let present = self
                .lines
                .iter()
                .find(|row| line.get("id").and_then(Json::as_str) == Some(row.id()));
            let is_there = |row: &Row, name: &str, value: &Json| {
                row.find(name)
                    .is_some_and(|present| row::is_stored_as(value, present))
            };
            match (present, line.as_object()) {
                (Some(row), Some(fields)) => fields
                    .iter()
                    .all(|(name, value)| is_there(row, name, value)),
                _ => false,
            }
        })
    }

    /// Returns whether our key is to be written. The order's own record always gets it, because a
    /// name changes with the order. A shared record keeps what it has, such as the staff's
    /// spelling. It gets the key only if it was found without it and has none or a provisional one,
    /// or if it is the person of the last delivery.
    pub(crate) fn wants_key(&self, module: &str, key: &Key) -> bool {
        if matches!(self.found, FoundBy::Id | FoundBy::Key) {
            return !rules::is_shared(module);
        }
        match self.row.text(&key.field) {
            _ if self.found == FoundBy::Person => true,
            _ if self.row.is_blank(&key.field) => true,
            Some(present) => matching::gives_way(Some(present), key),
            None => false,
        }
    }
}

fn has_same_name(record: &Record, row: &Row) -> bool {
    let planned = |name: &str| match record.fields.get(name).map(|field| &field.value) {
        Some(Value::Literal(Scalar::Text(text))) => fold(text),
        _ => String::new(),
    };
    let is_same = |name: &&str| fold(row.text(name).unwrap_or_default()) == planned(name);
    rules::NAMES.iter().all(is_same)
}

fn best<'a>(table: &'a Table, field: &str, value: &str) -> Option<&'a Row> {
    let mut rows = table.with(field, &Scalar::Text(value.to_owned()));
    let exact = rows.clone().find(|row| row.text(field) == Some(value));
    exact.or_else(|| rows.next())
}

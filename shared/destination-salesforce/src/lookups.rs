use crate::{row::Row, soql::Question};
use destination::Failure;
use jiff::{SignedDuration, Timestamp};
use mapping::plan::{Lookup, Record, Scalar, Value};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, PoisonError},
};

/// How long an id that was found is believed. An id that Salesforce refuses is forgotten at once.
const GOOD_FOR: SignedDuration = SignedDuration::from_hours(1);
/// A catalogue of more products than this starts over; it only costs a longer question.
const MOST_ENTRIES: usize = 50_000;

/// Names a look-up: its object and conditions.
pub(crate) type LookupKey = String;

/// Ids that look-ups have found, kept between batches. What was *not* found is never kept: the question rides along in a call that is made anyway, and whoever has
/// just added the missing product does not want to wait.
#[derive(Debug, Default)]
pub(crate) struct LookupCache {
    entries: Mutex<HashMap<LookupKey, (String, Timestamp)>>,
}

/// What is known about the look-ups of one batch.
#[derive(Debug, Default)]
pub(crate) struct Found {
    ids: BTreeMap<LookupKey, FoundId>,
}

/// The id of a record that was looked up.
#[derive(Clone, Debug)]
pub(crate) struct FoundId {
    pub(crate) id: String,
    /// Whether it was not asked for just now, so that it may be out of date.
    pub(crate) remembered: bool,
}

impl LookupCache {
    /// Those of the look-ups that are known.
    pub(crate) fn known<'a>(&self, lookups: impl Iterator<Item = &'a Lookup>, now: Timestamp) -> Found {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found = Found::default();
        for lookup in lookups {
            let key = key(lookup);
            if let Some((id, _)) = entries.get(&key).filter(|(_, until)| *until > now) {
                found.ids.insert(
                    key,
                    FoundId {
                        id: id.clone(),
                        remembered: true,
                    },
                );
            }
        }
        found
    }

    pub(crate) fn remember(&self, found: &Found, now: Timestamp) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() > MOST_ENTRIES {
            entries.clear();
        }
        for (key, found) in found.ids.iter().filter(|(_, found)| !found.remembered) {
            entries.insert(key.clone(), (found.id.clone(), now + GOOD_FOR));
        }
    }

    pub(crate) fn forget(&self, keys: &[LookupKey]) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            entries.remove(key);
        }
    }
}

impl Found {
    pub(crate) fn get(&self, lookup: &Lookup) -> Option<&FoundId> {
        self.ids.get(&key(lookup))
    }

    /// Stand-ins for a preview, which asks nobody.
    pub(crate) fn placeholders<'a>(lookups: impl Iterator<Item = &'a Lookup>) -> Self {
        let placeholder = |lookup| {
            (
                key(lookup),
                FoundId {
                    id: format!("<{}>", key(lookup)),
                    remembered: false,
                },
            )
        };
        Self {
            ids: lookups.map(placeholder).collect(),
        }
    }

    /// Takes what the rows of the look-up's object answer.
    pub(crate) fn learn(&mut self, lookup: &Lookup, rows: &[Row]) {
        let mut matches = rows
            .iter()
            .filter(|row| lookup.conditions.iter().all(|(path, wanted)| row.holds(path, wanted)));
        let same_spelling = |row: &&Row| {
            lookup
                .conditions
                .iter()
                .all(|(path, wanted)| !matches!(wanted, Scalar::Text(text) if row.text(path) != Some(text)))
        };
        let Some(first) = matches.clone().find(same_spelling).or_else(|| matches.next()) else {
            return;
        };
        self.ids.insert(
            key(lookup),
            FoundId {
                id: first.id().to_owned(),
                remembered: false,
            },
        );
    }
}

/// The look-ups of a record.
pub(crate) fn of(record: &Record) -> impl Iterator<Item = &Lookup> {
    fn inside(value: &Value) -> Vec<&Lookup> {
        match value {
            Value::Lookup(lookup) => vec![lookup],
            Value::Object(fields) => fields.values().flat_map(inside).collect(),
            Value::List(items) => items.iter().flat_map(inside).collect(),
            Value::Literal(_) | Value::Ref(_) => Vec::new(),
        }
    }
    record.fields.values().flat_map(|field| inside(&field.value))
}

/// Adds the look-up to the question about its object.
pub(crate) fn ask(lookup: &Lookup, question: &mut Question) -> Result<(), Failure> {
    let Some((path, value)) = distinctive(lookup) else { return Ok(()) };
    let common: Vec<(&str, &Scalar)> = lookup
        .conditions
        .iter()
        .filter(|(other, _)| *other != path)
        .map(|(path, value)| (path.as_str(), value))
        .collect();
    for path in lookup.conditions.keys() {
        question.select(path)?;
    }
    question.or_where(path, value, &common)
}

/// Whether the look-up can find anything: an empty text would match every record that has nothing there.
pub(crate) fn is_askable(lookup: &Lookup) -> bool {
    !lookup.conditions.is_empty()
        && !lookup
            .conditions
            .values()
            .any(|value| matches!(value, Scalar::Text(text) if text.trim().is_empty()))
}

/// The condition that differs from look-up to look-up: a text, rather one that is no id (the price book's id is common to all).
fn distinctive(lookup: &Lookup) -> Option<(&String, &Scalar)> {
    let rank = |value: &Scalar| match value {
        Scalar::Text(text) if !crate::row::is_id(text) => 0,
        Scalar::Text(_) => 1,
        _ => 2,
    };
    lookup.conditions.iter().min_by_key(|(_, value)| rank(value))
}

pub(crate) fn key(lookup: &Lookup) -> LookupKey {
    format!("{} where {}", lookup.object, conditions(lookup))
}

/// The conditions for a person: `Product2.ProductCode = 101 and IsActive = true`.
pub(crate) fn conditions(lookup: &Lookup) -> String {
    let text = |value: &Scalar| match value {
        Scalar::Null => "null".to_owned(),
        Scalar::Bool(value) => value.to_string(),
        Scalar::Number(number) => number.normalize().to_string(),
        Scalar::Text(text) => text.clone(),
    };
    lookup
        .conditions
        .iter()
        .map(|(path, value)| format!("{path} = {}", text(value)))
        .collect::<Vec<_>>()
        .join(" and ")
}

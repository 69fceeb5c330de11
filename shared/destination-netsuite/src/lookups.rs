use crate::{row::Row, suiteql::Question};
use destination::Failure;
use jiff::{SignedDuration, Timestamp};
use mapping::plan::{Lookup, Scalar};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, PoisonError},
};

/// How long an id that was found is believed. An id that NetSuite refuses is forgotten at once.
const GOOD_FOR: SignedDuration = SignedDuration::from_hours(1);
/// A catalogue of more items than this starts over; it only costs a longer question.
const MOST_ENTRIES: usize = 50_000;
/// So many look-ups in one question; a list of conditions may not grow without end.
const PER_QUESTION: usize = 200;

/// Names a look-up: its table and conditions.
pub(crate) type LookupKey = String;

/// Ids that look-ups have found, kept between batches. What was *not* found is never kept: whoever has just added the missing item does not want to wait.
#[derive(Debug, Default)]
pub(crate) struct LookupCache {
    entries: Mutex<HashMap<LookupKey, (String, Timestamp)>>,
}

/// What is known about the look-ups of one batch.
#[derive(Clone, Debug, Default)]
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
        let known = lookups.filter_map(|lookup| {
            let key = key(lookup);
            let (id, _) = entries.get(&key).filter(|(_, until)| *until > now)?;
            let id = FoundId {
                id: id.clone(),
                remembered: true,
            };
            Some((key, id))
        });
        Found { ids: known.collect() }
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
            let id = FoundId {
                id: format!("<{}>", key(lookup)),
                remembered: false,
            };
            (key(lookup), id)
        };
        Self {
            ids: lookups.map(placeholder).collect(),
        }
    }

    /// Takes what the rows answer; of several matches the oldest.
    pub(crate) fn learn(&mut self, lookup: &Lookup, rows: &[Row]) {
        let fits = |row: &&Row| lookup.conditions.iter().all(|(column, wanted)| row.holds(column, wanted));
        if let Some(row) = rows.iter().find(fits) {
            let id = FoundId {
                id: row.id(),
                remembered: false,
            };
            self.ids.insert(key(lookup), id);
        }
    }
}

/// The questions that the look-ups ask, each with its table in lower case.
pub(crate) fn questions(lookups: &[&Lookup]) -> Result<Vec<(String, Question)>, Failure> {
    let mut by_table: BTreeMap<String, BTreeMap<LookupKey, &Lookup>> = BTreeMap::new();
    for lookup in lookups.iter().filter(|lookup| is_askable(lookup)) {
        by_table
            .entry(lookup.object.to_ascii_lowercase())
            .or_default()
            .insert(key(lookup), lookup);
    }
    let mut questions = Vec::new();
    for (table, lookups) in by_table {
        let lookups: Vec<&Lookup> = lookups.into_values().collect();
        for chunk in lookups.chunks(PER_QUESTION) {
            let mut question = Question::new(&table)?;
            for lookup in chunk {
                lookup.conditions.keys().try_for_each(|column| question.select(column))?;
                question.or_all(&lookup.conditions)?;
            }
            questions.push((table.clone(), question));
        }
    }
    Ok(questions)
}

/// Whether the look-up can find anything: an empty text would match every record that has nothing there.
pub(crate) fn is_askable(lookup: &Lookup) -> bool {
    let is_blank = |value: &Scalar| matches!(value, Scalar::Text(text) if text.trim().is_empty());
    !lookup.conditions.is_empty() && !lookup.conditions.values().any(is_blank)
}

pub(crate) fn key(lookup: &Lookup) -> LookupKey {
    format!("{} where {}", lookup.object, conditions(lookup))
}

/// The conditions for a person: `itemid = 101 and isinactive = F`.
pub(crate) fn conditions(lookup: &Lookup) -> String {
    let text = |value: &Scalar| match value {
        Scalar::Null => "null".to_owned(),
        Scalar::Bool(value) => value.to_string(),
        Scalar::Number(number) => number.normalize().to_string(),
        Scalar::Text(text) => text.clone(),
    };
    let parts: Vec<String> = lookup
        .conditions
        .iter()
        .map(|(column, value)| format!("{column} = {}", text(value)))
        .collect();
    parts.join(" and ")
}

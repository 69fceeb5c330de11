use crate::{coql::Query, row::Row};
use destination::{Class, Failure};
use jiff::{SignedDuration, Timestamp};
use mapping::plan::{Lookup, Missing, Record, Scalar, Value};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, PoisonError},
};

/// How long an id that was found is believed. An id that Zoho refuses is forgotten at once.
const GOOD_FOR: SignedDuration = SignedDuration::from_hours(1);
/// A catalogue of more products than this starts over; it only costs a longer question.
const MOST_ENTRIES: usize = 50_000;

/// Names a look-up: its module and conditions.
pub(crate) type LookupKey = String;

/// Ids that look-ups have found, kept between batches. What was *not* found is never kept: whoever has just added the missing product does not want to wait.
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
        for key in lookups.map(key) {
            if let Some((id, _)) = entries.get(&key).filter(|(_, until)| *until > now) {
                let id = id.clone();
                found.ids.insert(key, FoundId { id, remembered: true });
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
        let mut found = Self::default();
        for lookup in lookups {
            found.add(lookup, format!("<{}>", key(lookup)));
        }
        found
    }

    /// Takes what the rows of the look-up's module answer, the oldest first.
    pub(crate) fn learn(&mut self, lookup: &Lookup, rows: &[Row]) {
        let is_match = |row: &&Row| lookup.conditions.iter().all(|(field, wanted)| row.holds(field, wanted));
        let is_exact = |row: &&Row| lookup.conditions.iter().all(|(field, wanted)| row.spells(field, wanted));
        let mut matches = rows.iter().filter(is_match);
        let best = matches.clone().find(is_exact).or_else(|| matches.next());
        if let Some(row) = best {
            self.add(lookup, row.id().to_owned());
        }
    }

    /// The look-up leads to this record, as is known since just now.
    pub(crate) fn add(&mut self, lookup: &Lookup, id: String) {
        self.ids.insert(key(lookup), FoundId { id, remembered: false });
    }

    /// Takes what the other knows.
    pub(crate) fn extend(&mut self, other: Self) {
        self.ids.extend(other.ids);
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

/// Adds the look-up to the question about its module. Asked for is by one field; the other conditions are compared with the answer.
pub(crate) fn ask(lookup: &Lookup, query: &mut Query) -> Result<(), Failure> {
    lookup.conditions.keys().try_for_each(|field| query.select(field))?;
    let is_text = |value: &Scalar| matches!(value, Scalar::Text(_));
    let distinctive = lookup.conditions.iter().find(|(_, value)| is_text(value));
    match distinctive.or_else(|| lookup.conditions.first()) {
        Some((field, value)) => query.or_where(field, value),
        None => Ok(()),
    }
}

/// Whether the look-up can find anything: an empty text would match every record that has nothing there.
pub(crate) fn is_askable(lookup: &Lookup) -> bool {
    let is_blank = |value: &Scalar| matches!(value, Scalar::Text(text) if text.trim().is_empty());
    !lookup.conditions.is_empty() && !lookup.conditions.values().any(is_blank)
}

/// Why a plan can not go on with what the look-up found; `None` where it can, or where the record is to be made or left out.
pub(crate) fn obstacle(record: &Record, lookup: &Lookup, found: &Found) -> Option<Failure> {
    if found.get(lookup).is_some() || lookup.missing == Missing::Skip {
        return None;
    }
    let text = if !is_askable(lookup) {
        format!(
            "{} has nothing to look for: {}. Three ways out: give the product a SKU in the shop, set vars.missing_product = \"skip\" on the route, or map another field of the line",
            record.name,
            key(lookup)
        )
    } else if lookup.missing == Missing::Reject {
        format!(
            "Zoho has no {}, which {} needs. Three ways out: add the product in Zoho (or whatever is looked up), then replay; set vars.missing_product = \"skip\" (deliver \
             without it) or \"create\" (make it) on the route; or correct the SKU in the shop",
            key(lookup),
            record.name
        )
    } else {
        return None;
    };
    Some(Failure {
        place: Some(record.name.clone()),
        ..Failure::permanent(Class::Mapping, "read", text)
    })
}

/// The look-up for a person, too: `Products where Product_Code = 101 and Product_Active = true`.
pub(crate) fn key(lookup: &Lookup) -> LookupKey {
    let text = |value: &Scalar| match value {
        Scalar::Null => "null".to_owned(),
        Scalar::Bool(value) => value.to_string(),
        Scalar::Number(number) => number.normalize().to_string(),
        Scalar::Text(text) => text.clone(),
    };
    let conditions = lookup.conditions.iter().map(|(field, value)| format!("{field} = {}", text(value)));
    format!("{} where {}", lookup.object, conditions.collect::<Vec<_>>().join(" and "))
}

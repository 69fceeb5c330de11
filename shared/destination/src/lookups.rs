//! What the look-ups of a mapping have found, within one batch and between batches. How a look-up is asked, and which row answers it, is each destination's own.

use jiff::{SignedDuration, Timestamp};
use mapping::plan::{Lookup, Record, Scalar, Value};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// How long an id that was found is believed. An id that the destination refuses is forgotten at once.
const GOOD_FOR: SignedDuration = SignedDuration::from_hours(1);
/// A catalogue of more products than this starts over; it only costs a longer question.
const MOST_ENTRIES: usize = 50_000;

/// Names a look-up: its object and conditions, as [`key`] writes them.
pub type LookupKey = String;

/// Ids that look-ups have found, kept between batches. What was *not* found is never kept: whoever has just added the missing product does not want to wait.
#[derive(Debug, Default)]
pub struct LookupCache {
    entries: Mutex<HashMap<LookupKey, (String, Timestamp)>>,
}

/// What is known about the look-ups of one batch.
#[derive(Clone, Debug, Default)]
pub struct Found {
    ids: HashMap<LookupKey, FoundId>,
}

/// The id of a record that was looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundId {
    /// The destination's id.
    pub id: String,
    /// Whether it was not asked for just now, so that it may be out of date.
    pub remembered: bool,
}

impl LookupCache {
    /// Those of the look-ups that are known.
    pub fn known<'a>(&self, lookups: impl Iterator<Item = &'a Lookup>, now: Timestamp) -> Found {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let known = lookups.filter_map(|lookup| {
            let key = key(lookup);
            let (id, _) = entries.get(&key).filter(|(_, until)| *until > now)?;
            let id = id.clone();
            Some((key, FoundId { id, remembered: true }))
        });
        Found { ids: known.collect() }
    }

    /// Keeps what was found just now.
    pub fn remember(&self, found: &Found, now: Timestamp) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() > MOST_ENTRIES {
            entries.clear();
        }
        for (key, found) in found.ids.iter().filter(|(_, found)| !found.remembered) {
            entries.insert(key.clone(), (found.id.clone(), now + GOOD_FOR));
        }
    }

    /// Drops ids that the destination refused, so that they are asked for again.
    pub fn forget(&self, keys: &[LookupKey]) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            entries.remove(key);
        }
    }
}

impl Found {
    /// What the look-up leads to, where that is known.
    #[must_use]
    pub fn get(&self, lookup: &Lookup) -> Option<&FoundId> {
        self.ids.get(&key(lookup))
    }

    /// The look-up leads to this record, as is known since just now.
    pub fn add(&mut self, lookup: &Lookup, id: String) {
        self.ids.insert(key(lookup), FoundId { id, remembered: false });
    }

    /// Takes what the other knows.
    pub fn extend(&mut self, other: Self) {
        self.ids.extend(other.ids);
    }

    /// Stand-ins for a preview, which asks nobody.
    pub fn placeholders<'a>(lookups: impl Iterator<Item = &'a Lookup>) -> Self {
        let mut found = Self::default();
        for lookup in lookups {
            found.add(lookup, format!("<{}>", key(lookup)));
        }
        found
    }
}

/// The look-ups of a record.
pub fn of(record: &Record) -> impl Iterator<Item = &Lookup> {
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

/// Whether the look-up can find anything: an empty text would match every record that has nothing there.
#[must_use]
pub fn is_askable(lookup: &Lookup) -> bool {
    let is_blank = |value: &Scalar| matches!(value, Scalar::Text(text) if text.trim().is_empty());
    !lookup.conditions.is_empty() && !lookup.conditions.values().any(is_blank)
}

/// The look-up's name, which a person can read too: `Products where Product_Code = 101 and Product_Active = true`.
#[must_use]
pub fn key(lookup: &Lookup) -> LookupKey {
    format!("{} where {}", lookup.object, conditions(lookup))
}

/// The conditions for a person: `Product_Code = 101 and Product_Active = true`.
#[must_use]
pub fn conditions(lookup: &Lookup) -> String {
    let text = |value: &Scalar| match value {
        Scalar::Null => "null".to_owned(),
        Scalar::Bool(value) => value.to_string(),
        Scalar::Number(number) => number.normalize().to_string(),
        Scalar::Text(text) => text.clone(),
    };
    let parts: Vec<String> = lookup
        .conditions
        .iter()
        .map(|(field, value)| format!("{field} = {}", text(value)))
        .collect();
    parts.join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use mapping::plan::Missing;

    fn product(code: &str) -> Lookup {
        Lookup {
            object: "Product".to_owned(),
            conditions: [
                ("Code".to_owned(), Scalar::Text(code.to_owned())),
                ("Active".to_owned(), Scalar::Bool(true)),
            ]
            .into_iter()
            .collect(),
            missing: Missing::Reject,
            create: Default::default(),
        }
    }

    #[test]
    fn an_id_is_believed_for_an_hour_and_not_after_it_was_refused() {
        let (cache, begin) = (LookupCache::default(), Timestamp::UNIX_EPOCH);
        let (one, two) = (product("1"), product("2"));
        let mut found = Found::default();
        found.add(&one, "a".to_owned());
        found.add(&two, "b".to_owned());
        cache.remember(&found, begin);

        let almost = begin + SignedDuration::from_mins(59);
        let known = cache.known([&one, &two].into_iter(), almost);
        let remembered = FoundId {
            id: "a".to_owned(),
            remembered: true,
        };
        assert_eq!(known.get(&one), Some(&remembered));
        cache.remember(&known, almost);
        let later = begin + SignedDuration::from_mins(60);
        assert_eq!(
            cache.known([&one].into_iter(), later).get(&one),
            None,
            "a memory is not made younger by use"
        );

        cache.forget(&[key(&one)]);
        let known = cache.known([&one, &two].into_iter(), begin);
        assert_eq!((known.get(&one), known.get(&two).map(|found| found.id.as_str())), (None, Some("b")));
    }

    #[test]
    fn a_look_up_for_nothing_is_never_asked() {
        assert!(is_askable(&product("101")));
        assert!(!is_askable(&product(" ")));
        let without = Lookup {
            conditions: Default::default(),
            ..product("101")
        };
        assert!(!is_askable(&without));
        assert_eq!(key(&product("101")), "Product where Code = 101 and Active = true");
    }
}

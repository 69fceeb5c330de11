//! The results of a mapping's look-ups, within one batch and between batches. How a look-up is
//! asked, and which row answers it, is up to each destination.

use crate::Makers;
use jiff::{SignedDuration, Timestamp};
use mapping::plan::{Lookup, Record, Scalar, Several, Value};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// Time for which a found id is believed. An id that the destination refuses is forgotten at once.
const GOOD_FOR: SignedDuration = SignedDuration::from_hours(1);
/// Number of entries above which the cache starts over; that costs no more than a longer query.
const MOST_ENTRIES: usize = 50_000;

/// Name of a look-up: its object and conditions, as [`key`] writes them.
pub type LookupKey = String;

/// Ids that look-ups have found, kept between batches. A look-up that found nothing is never kept:
/// whoever has just added the missing product does not want to wait.
#[derive(Debug, Default)]
pub struct LookupCache {
    /// What is being made because a look-up found nothing.
    pub makers: Makers,
    entries: Mutex<HashMap<LookupKey, (String, Timestamp)>>,
}

/// The known results of one batch's look-ups.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LookupResults {
    ids: HashMap<LookupKey, FoundId>,
    /// The candidates of look-ups that several records answer and of which the mapping chooses
    /// none.
    several: HashMap<LookupKey, Vec<Candidate>>,
}

/// A record that answers a look-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The destination's id.
    pub id: String,
    /// Its name for people, where that was asked for.
    pub name: Option<String>,
}

/// The id of a record that was looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundId {
    /// The destination's id.
    pub id: String,
    /// Whether it comes from the cache, so that it may be out of date.
    pub remembered: bool,
    /// The candidates that it was chosen from, where there were several.
    pub chosen_of: Vec<Candidate>,
}

impl LookupCache {
    /// Returns the look-ups whose ids are known.
    pub fn known<'a>(
        &self,
        lookups: impl Iterator<Item = &'a Lookup>,
        now: Timestamp,
    ) -> LookupResults {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let known = lookups.filter_map(|lookup| {
            let key = key(lookup);
            let (id, _) = entries.get(&key).filter(|(_, until)| *until > now)?;
            let id = id.clone();
            let chosen_of = Vec::new();
            let found = FoundId {
                id,
                remembered: true,
                chosen_of,
            };
            Some((key, found))
        });
        LookupResults {
            ids: known.collect(),
            several: HashMap::new(),
        }
    }

    /// Keeps the ids that were found just now, unless one was chosen among several.
    pub fn remember(&self, found: &LookupResults, now: Timestamp) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() > MOST_ENTRIES {
            entries.clear();
        }
        // A choice is reported with every order, so it is made anew each time.
        for (key, found) in found
            .ids
            .iter()
            .filter(|(_, found)| !found.remembered && found.chosen_of.is_empty())
        {
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

impl LookupResults {
    /// Returns the id that the look-up leads to, where it is known.
    #[must_use]
    pub fn get(&self, lookup: &Lookup) -> Option<&FoundId> {
        self.ids.get(&key(lookup))
    }

    /// Adds the id that the look-up has led to just now.
    pub fn add(&mut self, lookup: &Lookup, id: String) {
        let chosen_of = Vec::new();
        self.insert(lookup, id, chosen_of);
    }

    /// Adds the records that answer the look-up, the oldest first. Where there are several, the
    /// mapping says which one is meant, if any.
    pub fn add_candidates(&mut self, lookup: &Lookup, candidates: Vec<Candidate>) {
        let chosen = match (candidates.as_slice(), lookup.several) {
            ([], _) => return,
            ([only], _) => return self.add(lookup, only.id.clone()),
            ([oldest, ..], Several::Oldest) => oldest.id.clone(),
            ([.., newest], Several::Newest) => newest.id.clone(),
            (_, Several::Reject) => {
                self.several.insert(key(lookup), candidates);
                return;
            }
        };
        self.insert(lookup, chosen, candidates);
    }

    /// Returns whether nothing answers the look-up.
    #[must_use]
    pub fn is_unknown(&self, lookup: &Lookup) -> bool {
        let key = key(lookup);
        !self.ids.contains_key(&key) && !self.several.contains_key(&key)
    }

    /// Returns why the order must not go on, where several records answer the look-up and the
    /// mapping chooses none. `system` is the destination's name for people.
    #[must_use]
    pub fn ambiguity(&self, lookup: &Lookup, system: &str) -> Option<String> {
        let candidates = self.several.get(&key(lookup))?;
        Some(format!(
            "{system} has {} of {}: {}. Give each of them a code of its own in {system}, or retire all but one; or choose with vars.several_products = \"oldest\" or \"newest\" on the route; \
             then replay",
            candidates.len(),
            key(lookup),
            named(candidates)
        ))
    }

    /// Returns the message for an operator about a choice among several.
    #[must_use]
    pub fn choice(&self, lookup: &Lookup, system: &str) -> Option<String> {
        let found = self
            .get(lookup)
            .filter(|found| !found.chosen_of.is_empty())?;
        Some(format!(
            "{system} has {} of {}: {}; {}, the {}, was taken (vars.several_products)",
            found.chosen_of.len(),
            key(lookup),
            named(&found.chosen_of),
            found.id,
            lookup.several.as_str()
        ))
    }

    fn insert(&mut self, lookup: &Lookup, id: String, chosen_of: Vec<Candidate>) {
        let found = FoundId {
            id,
            remembered: false,
            chosen_of,
        };
        self.ids.insert(key(lookup), found);
    }

    /// Adds the results of the other.
    pub fn extend(&mut self, other: Self) {
        self.ids.extend(other.ids);
        self.several.extend(other.several);
    }

    /// Creates placeholders for a preview, which asks nobody.
    pub fn placeholders<'a>(lookups: impl Iterator<Item = &'a Lookup>) -> Self {
        let mut found = Self::default();
        for lookup in lookups {
            found.add(lookup, format!("<{}>", key(lookup)));
        }
        found
    }
}

/// Lists candidates for a person: `Mug (01t1), Mug, discontinued 2019 (01t2)`.
fn named(candidates: &[Candidate]) -> String {
    const MOST: usize = 10;
    let name = |candidate: &Candidate| match &candidate.name {
        Some(name) => format!("{name} ({})", candidate.id),
        None => candidate.id.clone(),
    };
    let mut names: Vec<String> = candidates.iter().take(MOST).map(name).collect();
    names.extend((candidates.len() > MOST).then(|| "...".to_owned()));
    names.join(", ")
}

/// Returns the look-ups of a record.
pub fn of(record: &Record) -> impl Iterator<Item = &Lookup> {
    fn inside(value: &Value) -> Vec<&Lookup> {
        match value {
            Value::Lookup(lookup) => vec![lookup],
            Value::Object(fields) => fields.values().flat_map(inside).collect(),
            Value::List(items) => items.iter().flat_map(inside).collect(),
            Value::Literal(_) | Value::Ref(_) => Vec::new(),
        }
    }
    record
        .fields
        .values()
        .flat_map(|field| inside(&field.value))
}

/// Returns whether the look-up can find anything: an empty text would match every record that has
/// nothing there.
#[must_use]
pub fn is_askable(lookup: &Lookup) -> bool {
    let is_blank = |value: &Scalar| matches!(value, Scalar::Text(text) if text.trim().is_empty());
    !lookup.conditions.is_empty() && !lookup.conditions.values().any(is_blank)
}

/// Returns why an order that does not say what to look for must not go on. `place` is the record
/// that needs it.
#[must_use]
pub fn nothing_to_look_for(place: &str, lookup: &Lookup) -> String {
    format!(
        "{place} has nothing to look for: {}. Three ways out: give the product a SKU in the shop, set vars.missing_product = \"skip\" on the route, or map another field of the line",
        key(lookup)
    )
}

/// Returns why an order must not go on whose look-up found nothing. `system` is the destination's
/// name for people, `place` the record that needs it, and `remedy` what to do in the destination:
/// "add the product in Zoho".
#[must_use]
pub fn nothing_found(system: &str, place: &str, lookup: &Lookup, remedy: &str) -> String {
    format!(
        "{system} has no {}, which {place} needs. Three ways out: {remedy} (or whatever is looked up), then replay; set vars.missing_product = \"skip\" (deliver without it) or \"create\" \
         (make it) on the route; or correct the SKU in the shop",
        key(lookup)
    )
}

/// Returns the look-up's name, which a person can read too: `Products where Product_Code = 101 and
/// Product_Active = true`.
#[must_use]
pub fn key(lookup: &Lookup) -> LookupKey {
    format!("{} where {}", lookup.object, conditions(lookup))
}

/// Returns the conditions for a person: `Product_Code = 101 and Product_Active = true`.
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
            several: Several::Reject,
            create: Default::default(),
        }
    }

    #[test]
    fn an_id_is_believed_for_an_hour_and_not_after_it_was_refused() {
        let (cache, begin) = (LookupCache::default(), Timestamp::UNIX_EPOCH);
        let (one, two) = (product("1"), product("2"));
        let mut found = LookupResults::default();
        found.add(&one, "a".to_owned());
        found.add(&two, "b".to_owned());
        cache.remember(&found, begin);

        let almost = begin + SignedDuration::from_mins(59);
        let known = cache.known([&one, &two].into_iter(), almost);
        let remembered = FoundId {
            id: "a".to_owned(),
            remembered: true,
            chosen_of: Vec::new(),
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
        assert_eq!(
            (
                known.get(&one),
                known.get(&two).map(|found| found.id.as_str())
            ),
            (None, Some("b"))
        );
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
        assert_eq!(
            key(&product("101")),
            "Product where Code = 101 and Active = true"
        );
    }

    #[test]
    fn of_several_none_is_taken_unless_the_mapping_says_which_and_then_it_is_told() {
        let candidates = [("a", Some("Mug")), ("b", None)].map(|(id, name)| Candidate {
            id: id.to_owned(),
            name: name.map(str::to_owned),
        });
        let with = |several| Lookup {
            several,
            ..product("101")
        };
        let mut found = LookupResults::default();
        found.add_candidates(&with(Several::Reject), candidates.to_vec());
        assert_eq!(found.get(&product("101")), None);
        let refusal = found.ambiguity(&product("101"), "Acme").unwrap();
        assert!(
            refusal.starts_with(
                "Acme has 2 of Product where Code = 101 and Active = true: Mug (a), b. Give each"
            ),
            "{refusal}"
        );
        for (several, id) in [(Several::Oldest, "a"), (Several::Newest, "b")] {
            let (mut found, cache) = (LookupResults::default(), LookupCache::default());
            found.add_candidates(&with(several), candidates.to_vec());
            assert_eq!(
                found.get(&with(several)).map(|found| found.id.as_str()),
                Some(id)
            );
            assert!(
                found.choice(&with(several), "Acme").is_some()
                    && found.ambiguity(&with(several), "Acme").is_none()
            );
            cache.remember(&found, Timestamp::UNIX_EPOCH);
            assert_eq!(
                cache.known([&with(several)].into_iter(), Timestamp::UNIX_EPOCH),
                LookupResults::default(),
                "told with every order"
            );
        }
        found.add_candidates(&product("102"), candidates[..1].to_vec());
        assert!(
            found.get(&product("102")).is_some() && found.choice(&product("102"), "Acme").is_none()
        );
    }
}

//! What each request wrote: never an older state after a newer one.

use super::{Judge, Known, is_older};
use crate::scenario::{marker, own_number};
use ports::LedgerEntry;
use sandbox::{Change, Operation};
use serde_json::Value;
use std::collections::BTreeSet;

const FIRST_DIGITS: &str = "q7";
const HOST: &str = "@example.com";

impl Judge {
    /// A destination has done what a request asked for, and wrote this.
    pub(crate) fn wrote(&self, flight: usize, destination: usize, changes: &[Change]) {
        let mut subjects = BTreeSet::new();
        let mut states = BTreeSet::new();
        for change in changes
            .iter()
            .filter(|change| change.operation != Operation::Delete)
        {
            texts(&Value::Object(change.fields.clone()), &mut |text| {
                states.extend(marked(text));
                if text.ends_with(HOST) {
                    subjects.insert(text.to_owned());
                }
            });
        }
        for (order, content) in &states {
            subjects.insert(order.to_string());
            self.check_write(destination, *order, *content);
        }
        self.done(flight, &Vec::from_iter(subjects));
    }

    /// The ledger holds this entry.
    pub(crate) fn ledger_knows(&self, entry: &LedgerEntry) {
        let way = self
            .scenario
            .routes
            .iter()
            .find(|way| way.name == entry.key.route);
        let Some((way, order)) = way.zip(own_number(&entry.key.order)) else {
            return;
        };
        let delivered = entry.delivered.as_ref().map(|held| held.version);
        let tried = entry.holder.as_ref().and_then(|holder| holder.version);
        for version in delivered.into_iter().chain(tried) {
            let mut notes = self.lock();
            let newest = notes
                .ledgered
                .entry((way.destination, order))
                .or_insert(version);
            if newest.is_older_than(&version) {
                *newest = version;
            }
        }
    }

    fn check_write(&self, destination: usize, order: u64, content: u64) {
        self.note(Some(order), || {
            format!(
                "written to destination {destination}: {}",
                marker(order, content)
            )
        });
        self.staff_sees_a_write(destination, order);
        let cannot_tell = self.scenario.hands_out_several && self.changes_customer(order);
        let (text, is_unknown) = {
            let mut notes = self.lock();
            let states = notes.known.get(&(destination, order)).into_iter().flatten();
            let same: Vec<&Known> = states.filter(|known| known.content == content).collect();
            let before = notes.written.get(&(destination, order));
            // The order may have gone from A to B and back to A: of the states that it can be, the
            // oldest that is not too old.
            let may_be = same
                .iter()
                .filter(|known| before.is_none_or(|before| !is_older(known, before)));
            let oldest = may_be
                .min_by_key(|known| (known.version.modified, known.arrival))
                .map(|known| (*known).clone());
            // A group that goes on with its order notes nothing in the ledger before its call. Where the
            // queue cannot tell either, a group that took the order over meanwhile cannot know of it.
            let ledgered = notes.ledgered.get(&(destination, order));
            let is_unknown = cannot_tell
                && before
                    .zip(ledgered)
                    .is_some_and(|(before, known)| known.is_older_than(&before.version));
            match (oldest, same.is_empty(), before) {
                (Some(known), _, _) => {
                    notes.written.insert((destination, order), known);
                    return;
                }
                (None, false, Some(before)) => {
                    let text = format!(
                        "state {} after state {}",
                        same.first().map_or(0, |known| known.state),
                        before.state
                    );
                    (text, is_unknown)
                }
                (None, ..) => ("a state that was never accepted".to_owned(), false),
            }
        };
        if is_unknown {
            self.counted("older states written over one that nobody knew of".to_owned());
        } else {
            self.violate(
                "no older state is written after a newer one",
                Some(order),
                format!("destination {destination} got {text}"),
            );
        }
    }
}

/// All texts in a value.
fn texts(value: &Value, found: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => found(text),
        Value::Array(list) => list.iter().for_each(|inner| texts(inner, found)),
        Value::Object(fields) => fields.values().for_each(|inner| texts(inner, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Orders and contents named in a text, see [`marker`].
pub(super) fn marked(text: &str) -> Vec<(u64, u64)> {
    let marks = text.match_indices(FIRST_DIGITS).filter_map(|(start, _)| {
        let order = text.get(start + 1..start + 7)?.parse().ok()?;
        let content = text
            .get(start + 7..start + 10)?
            .strip_prefix('c')?
            .parse()
            .ok()?;
        Some((order, content))
    });
    marks.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_found_in_any_text() {
        let text = format!(
            "Items: {} (x2), {} (x1).",
            marker(700_001, 3),
            marker(700_002, 12)
        );
        assert_eq!(marked(&text), [(700_001, 3), (700_002, 12)]);
        assert!(marked("q7, q70000c1, q700001x03").is_empty());
    }
}

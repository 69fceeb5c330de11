//! What staff wrote between two states of an order: still there where no mapping owns it, and the
//! shop's again where one does.

use super::{Judge, books::product_names};
use crate::{
    scenario::{ORDER_FIELDS, State},
    staff::{LOCATION, REMARK, id, order_of},
};
use sandbox::Double;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Kind and id of a record.
type Place = (String, String);

/// What is remembered of it.
#[derive(Default)]
pub(super) struct Staff {
    /// Fields that no mapping owns, by destination, record and name.
    wrote: BTreeMap<(usize, Place, String), String>,
    /// Fields that a mapping owns, by destination and order; whether the order has been written
    /// since.
    added: BTreeMap<(usize, u64), (Place, String, bool)>,
    /// Of each product so many lines have a place that staff gave them, by destination and order.
    placed: BTreeMap<(usize, u64), BTreeMap<String, usize>>,
}

impl Judge {
    /// The order that a record is of.
    pub(crate) fn order_of(&self, record: &Map<String, Value>) -> Option<u64> {
        order_of(record, ORDER_FIELDS)
    }

    /// Staff wrote this into a field that no mapping owns.
    pub(crate) fn staff_wrote(
        &self,
        destination: usize,
        (kind, id): (&str, &str),
        (field, value): (&str, &str),
    ) {
        let key = (
            destination,
            (kind.to_owned(), id.to_owned()),
            field.to_owned(),
        );
        self.lock().staff.wrote.insert(key, value.to_owned());
    }

    /// Staff added something to a field that a mapping owns.
    pub(crate) fn staff_added(
        &self,
        destination: usize,
        order: u64,
        (kind, id): (&str, &str),
        field: &str,
    ) {
        self.note(Some(order), || {
            format!("staff edits it at destination {destination}")
        });
        let added = ((kind.to_owned(), id.to_owned()), field.to_owned(), false);
        self.lock().staff.added.insert((destination, order), added);
    }

    /// Staff said where all lines lie that an order has.
    pub(crate) fn staff_placed(&self, destination: usize, order: u64, record: &Map<String, Value>) {
        let placed = self.products_of(destination, record, |_| true);
        self.lock()
            .staff
            .placed
            .insert((destination, order), placed);
    }

    /// An order was written.
    pub(super) fn staff_sees_a_write(&self, destination: usize, order: u64) {
        if let Some((_, _, is_written)) = self.lock().staff.added.get_mut(&(destination, order)) {
            *is_written = true;
        }
    }

    /// Compares what staff wrote with what is there.
    pub(super) fn compare_staff(&self, destination: usize, double: &Double) {
        let (wrote, added, placed) = {
            let notes = self.lock();
            let staff = &notes.staff;
            (
                staff.wrote.clone(),
                staff.added.clone(),
                staff.placed.clone(),
            )
        };
        let written = wrote.keys().map(|(at, place, _)| (at, place));
        let places = written.chain(added.iter().map(|((at, _), (place, ..))| (at, place)));
        let kinds: BTreeSet<&String> = places
            .filter(|(at, _)| **at == destination)
            .map(|(_, (kind, _))| kind)
            .collect();
        let records: BTreeMap<Place, Map<String, Value>> = kinds
            .into_iter()
            .flat_map(|kind| {
                let records = double.records(kind).into_iter();
                records.map(move |record| ((kind.clone(), id(&record).to_owned()), record))
            })
            .collect();
        let find = |place: &Place| records.get(place);
        for ((_, place, field), value) in wrote.iter().filter(|((at, ..), _)| *at == destination) {
            self.counted("fields of the staff".to_owned());
            let held = find(place).and_then(|record| record.get(field).cloned());
            if held.as_ref().and_then(Value::as_str) != Some(value) {
                let text = format!("destination {destination}: {field} of {place:?} is {held:?}");
                self.violate("what staff writes outside of the mapping stays", None, text);
            }
        }
        for ((_, order), (place, field, is_written)) in
            added.iter().filter(|((at, _), _)| *at == destination)
        {
            let held = find(place)
                .and_then(|record| record.get(field).cloned())
                .unwrap_or_default();
            if *is_written && held.as_str().is_some_and(|held| held.ends_with(REMARK)) {
                let text = format!(
                    "destination {destination}: {field} is {held}, though the order was written since"
                );
                self.violate("what the mapping owns is the shop's", Some(*order), text);
            }
        }
        for ((_, order), before) in placed.iter().filter(|((at, _), _)| *at == destination) {
            let Some((place, ..)) = added.get(&(destination, *order)) else {
                continue;
            };
            let is_placed = |line: &Map<String, Value>| {
                line.get("location").and_then(|place| place.get("id")) == Some(&LOCATION.into())
            };
            let held = find(place)
                .map(|record| self.products_of(destination, record, is_placed))
                .unwrap_or_default();
            for (product, number) in self.always_there(destination, *order, before) {
                self.counted("lines with a place that staff gave them".to_owned());
                let left = held.get(&product).copied().unwrap_or_default();
                if left < number {
                    let text = format!(
                        "destination {destination}: {left} of {number} lines of {product} have the place that staff gave them"
                    );
                    self.violate(
                        "what staff writes outside of the mapping stays",
                        Some(*order),
                        text,
                    );
                }
            }
        }
    }

    /// How many of these lines no state of the order is without.
    fn always_there(
        &self,
        destination: usize,
        order: u64,
        placed: &BTreeMap<String, usize>,
    ) -> Vec<(String, usize)> {
        let (Some(life), Some(platform)) =
            (self.scenario.order(order), self.scenario.platform(order))
        else {
            return Vec::new();
        };
        let in_state = |state: &State, product: &str| {
            let lines = state.lines(platform);
            lines
                .iter()
                .filter(|(line, _)| self.product_of(destination, state, line) == product)
                .count()
        };
        let least = |product: &str| {
            life.states
                .iter()
                .map(|state| in_state(state, product))
                .min()
                .unwrap_or_default()
        };
        placed
            .iter()
            .map(|(product, number)| (product.clone(), least(product).min(*number)))
            .collect()
    }

    /// NetSuite's lines of a record, by product.
    fn products_of(
        &self,
        destination: usize,
        record: &Map<String, Value>,
        counts: impl Fn(&Map<String, Value>) -> bool,
    ) -> BTreeMap<String, usize> {
        let mut products = BTreeMap::new();
        let names = self
            .scenario
            .destinations
            .get(destination)
            .map(|target| product_names(target, self.scenario.long));
        let lines = record
            .get("item")
            .and_then(|item| item.get("items"))
            .and_then(Value::as_array);
        for line in lines
            .into_iter()
            .flatten()
            .filter_map(Value::as_object)
            .filter(|line| counts(line))
        {
            let item = line
                .get("item")
                .and_then(|item| item.get("id"))
                .and_then(Value::as_str);
            let name = item.and_then(|item| names.as_ref()?.get(item));
            *products
                .entry(name.cloned().unwrap_or_default())
                .or_default() += 1;
        }
        products
    }
}

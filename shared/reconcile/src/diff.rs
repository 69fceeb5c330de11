//! The difference between what a destination holds of orders and what a mapping would make of them.

use crate::{
    Gathered, Ports, Problem, ShopRoute, Verified,
    verify::{AT_ONCE, Looked, ToRead, look},
};
use destination::{Failure, Held, Reading, RecordReading};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The changes that a mapping would make at some orders of a route. Holds personal data.
#[derive(Clone, Debug, Serialize)]
pub struct Difference {
    /// Name of the route.
    pub route: String,
    /// Name and version of the mapping, joined by `@`.
    pub mapping: String,
    /// The number of orders by their result: `unchanged`, `changes`, `gone`, `new` where nothing was
    /// delivered yet, `nothing to deliver`, `broken` where the mapping makes nothing of it, and
    /// `unread`.
    pub counts: BTreeMap<&'static str, usize>,
    /// The fields that would change, those of most orders first.
    pub fields: Vec<ChangingField>,
    /// The result of each order.
    pub orders: Vec<Verified>,
    /// What could not be compared at all.
    pub notes: Vec<String>,
}

/// A field that would change, at however many orders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChangingField {
    /// The record and its field, such as `opportunity.StageName`.
    pub field: String,
    /// The number of orders.
    pub orders: usize,
    /// What the destination holds at one of them.
    pub found: String,
    /// What the mapping would make of that one.
    pub expected: String,
}

/// Compares what the route would write of these orders with what its destination holds. Writes
/// nothing.
///
/// # Errors
/// Fails where the ledger cannot be read. A destination that cannot be read is in the results.
pub async fn diff(
    route: &ShopRoute,
    ports: &Ports,
    gathered: &Gathered,
) -> Result<Difference, Problem> {
    let mut all = Vec::new();
    for chunk in gathered.orders.chunks(AT_ONCE) {
        all.extend(look(route, ports, chunk).await?);
    }
    let writers = Writers::of(&all);
    let orders: Vec<Verified> = all
        .into_iter()
        .map(|looked| match looked {
            Looked::Broken(one) => named(one, "broken"),
            Looked::Undelivered(one) => named(one, "new"),
            Looked::Nothing(one) => one,
            Looked::Read(to_read, reading) => {
                let reading = writers.without_what_others_wrote(&to_read, reading);
                let one = route.of_reading(&to_read.order.summary, reading);
                match one.result {
                    "same" => named(one, "unchanged"),
                    "differs" => named(one, "changes"),
                    _ => one,
                }
            }
        })
        .collect();
    let mut counts = BTreeMap::new();
    for one in &orders {
        *counts.entry(one.result).or_default() += 1;
    }
    Ok(Difference {
        route: route.name.clone(),
        mapping: route.mapping(),
        counts,
        fields: fields(&orders),
        orders,
        notes: gathered.notes.clone(),
    })
}

fn named(one: Verified, result: &'static str) -> Verified {
    Verified { result, ..one }
}

/// Returns the fields that would change; a line's field is the same whichever line it is.
fn fields(orders: &[Verified]) -> Vec<ChangingField> {
    let mut all: BTreeMap<String, (BTreeSet<&str>, ChangingField)> = BTreeMap::new();
    for one in orders {
        for differing in &one.differs {
            let field = without_index(&differing.field);
            let (of, _) = all.entry(field.clone()).or_insert_with(|| {
                let first = ChangingField {
                    field,
                    orders: 0,
                    found: differing.found.clone(),
                    expected: differing.expected.clone(),
                };
                (BTreeSet::new(), first)
            });
            of.insert(&one.order);
        }
    }
    let counted = all.into_values().map(|(of, field)| ChangingField {
        orders: of.len(),
        ..field
    });
    let mut fields: Vec<ChangingField> = counted.collect();
    fields.sort_by_key(|field| std::cmp::Reverse(field.orders));
    fields
}

/// Returns `line.Quantity` of `line[3].Quantity`.
fn without_index(field: &str) -> String {
    match (field.split_once('['), field.split_once(']')) {
        (Some((record, _)), Some((_, rest))) => format!("{record}{rest}"),
        _ => field.to_owned(),
    }
}

impl Difference {
    /// Returns the ids of the orders that applying the mapping would change: those that would be
    /// written otherwise or were never delivered. With `forced` also those whose record is gone.
    #[must_use]
    pub fn applicable(&self, forced: bool) -> Vec<String> {
        let is_meant =
            |result: &str| ["changes", "new"].contains(&result) || (forced && result == "gone");
        let meant = self.orders.iter().filter(|one| is_meant(one.result));
        meant.map(|one| one.order.clone()).collect()
    }

    /// Returns how many orders the mapping makes nothing of, or the destination does not show.
    #[must_use]
    pub fn uncompared(&self) -> usize {
        let count = |result| self.counts.get(result).copied().unwrap_or_default();
        count("broken") + count("unread") + self.notes.len()
    }
}

/// The order that wrote each record which several orders share, such as a customer's: the one that
/// was delivered last. The record is as that order has it, and says nothing about the others.
struct Writers(BTreeMap<String, Writer>);

/// An order that may have written a record; the later writer is the greater one. Of orders that were
/// delivered at the same time it is one with which the record agrees, else the one that is newest in
/// the shop.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Writer {
    delivered: Option<Timestamp>,
    agrees: bool,
    modified: Option<Timestamp>,
    order: String,
}

impl Writers {
    fn of(all: &[Looked]) -> Self {
        let mut writers: BTreeMap<String, Writer> = BTreeMap::new();
        for looked in all {
            let Looked::Read(to_read, Ok(reading)) = looked else {
                continue;
            };
            for (id, agrees) in shared(to_read, reading).filter_map(found) {
                let writer = Writer {
                    delivered: to_read.entry.delivered.as_ref().map(|held| held.at),
                    agrees,
                    modified: to_read.order.summary.modified,
                    order: to_read.order.summary.order.clone(),
                };
                match writers.get_mut(id) {
                    Some(known) if *known < writer => *known = writer,
                    Some(_) => {}
                    None => _ = writers.insert(id.to_owned(), writer),
                }
            }
        }
        Self(writers)
    }

    fn without_what_others_wrote(
        &self,
        to_read: &ToRead,
        reading: Result<Reading, Failure>,
    ) -> Result<Reading, Failure> {
        let mut reading = reading?;
        let order = &to_read.order.summary.order;
        let is_others = |id: &str| self.0.get(id).is_some_and(|writer| writer.order != *order);
        let others: BTreeSet<String> = shared(to_read, &reading)
            .filter_map(found)
            .filter(|(id, _)| is_others(id))
            .map(|(id, _)| id.to_owned())
            .collect();
        for record in &mut reading.records {
            if let Held::Found {
                id, differences, ..
            } = &mut record.held
                && others.contains(id)
            {
                differences.clear();
            }
        }
        Ok(reading)
    }
}

fn shared<'a>(
    to_read: &'a ToRead,
    reading: &'a Reading,
) -> impl Iterator<Item = &'a RecordReading> {
    let is_shared = |read: &&RecordReading| to_read.plan.is_shared(&read.name, read.index);
    reading.records.iter().filter(is_shared)
}

/// Returns the id of a record that is there, and whether it is as planned.
fn found(read: &RecordReading) -> Option<(&str, bool)> {
    match &read.held {
        Held::Found {
            id, differences, ..
        } => Some((id, differences.is_empty())),
        _ => None,
    }
}

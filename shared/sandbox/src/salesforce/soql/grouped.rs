//! `GROUP BY` with `COUNT(field)`: one row for each group. Rules: SOQL and SOSL Reference, "GROUP
//! BY" and "Aggregate Functions".

use super::{
    bind::{Output, Path, Query, SortKey},
    run::{compare, value},
};
use crate::salesforce::{
    store::{Record, Store},
    value::Cell,
};
use serde_json::{Map, Value, json};
use std::cmp::Ordering;

struct Group<'a> {
    key: Vec<Option<Cell>>,
    records: Vec<&'a Record>,
}

/// Returns the rows for the records that fit the filter.
pub(super) fn rows(store: &Store, query: &Query<'_>, records: &[&Record]) -> Vec<Value> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for record in records {
        let key: Vec<Option<Cell>> = query
            .group
            .iter()
            .map(|path| value(store, record, path))
            .collect();
        match groups.iter_mut().find(|group| is_same(&group.key, &key)) {
            Some(group) => group.records.push(record),
            None => groups.push(Group {
                key,
                records: vec![record],
            }),
        }
    }
    groups.sort_by(|left, right| {
        let orders = query
            .order
            .iter()
            .map(|key| order(store, query, key, left, right));
        orders.fold(Ordering::Equal, Ordering::then)
    });
    groups.truncate(query.limit);
    groups
        .iter()
        .map(|group| row(store, query, group))
        .collect()
}

fn is_same(one: &[Option<Cell>], other: &[Option<Cell>]) -> bool {
    let comparable = |cell: &Option<Cell>| {
        cell.as_ref()
            .map(Cell::comparable)
            .map(|cell| format!("{cell:?}"))
    };
    one.iter().map(comparable).eq(other.iter().map(comparable))
}

fn order(
    store: &Store,
    query: &Query<'_>,
    key: &SortKey<'_>,
    left: &Group<'_>,
    right: &Group<'_>,
) -> Ordering {
    if key.is_count {
        let counts = count(store, &key.path, left).cmp(&count(store, &key.path, right));
        return if key.descending {
            counts.reverse()
        } else {
            counts
        };
    }
    let place = query.group.iter().position(|path| path.is_same(&key.path));
    let cell = |group: &Group<'_>| place.and_then(|place| group.key.get(place).cloned().flatten());
    compare(key, cell(left), cell(right))
}

/// Counts the records of a group that have a value.
fn count(store: &Store, path: &Path<'_>, group: &Group<'_>) -> usize {
    group
        .records
        .iter()
        .filter(|record| value(store, record, path).is_some())
        .count()
}

fn row(store: &Store, query: &Query<'_>, group: &Group<'_>) -> Value {
    let mut shown = Map::from_iter([("attributes".to_owned(), json!({"type": "AggregateResult"}))]);
    for output in &query.outputs {
        match output {
            Output::Count { path, name } => {
                shown.insert(name.clone(), json!(count(store, path, group)));
            }
            Output::Field(path) => {
                let place = query.group.iter().position(|grouped| grouped.is_same(path));
                let cell = place.and_then(|place| group.key.get(place)?.as_ref());
                let cell = cell.map_or(Value::Null, |cell| cell.to_json(path.field.field_type));
                shown.insert(path.field.name.clone(), cell);
            }
            Output::Children { .. } => {}
        }
    }
    Value::Object(shown)
}

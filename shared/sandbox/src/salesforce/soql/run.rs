//! The execution of a bound query.

use super::{
    super::{
        field::Field,
        rows,
        store::{Record, Store},
        value::Cell,
    },
    bind::{Output, Path, Query, SortKey},
    grouped,
};
use serde_json::{Map, Value, json};
use std::cmp::Ordering;

/// Returns the rows of a query, ready for an answer. `base` is the path of the API version.
pub(super) fn rows(store: &Store, query: &Query<'_>, base: &str) -> Vec<Value> {
    let candidates = query
        .filter
        .as_ref()
        .and_then(|filter| filter.candidates(store, &query.object.name));
    let records: Vec<&Record> = match candidates {
        Some(ids) => ids
            .iter()
            .filter_map(|id| store.get(&query.object.name, id))
            .collect(),
        None => store.of(&query.object.name).collect(),
    };
    select(store, query, records, base)
}

/// Returns the rows of a query over the records in the recycle bin, too.
pub(super) fn all_rows(store: &Store, query: &Query<'_>, base: &str) -> Vec<Value> {
    let object = &query.object.name;
    let records = store.of(object).chain(store.thrown_away(object)).collect();
    select(store, query, records, base)
}

/// Returns the value at the end of a path; null when a reference on the way is null.
pub(super) fn value(store: &Store, record: &Record, path: &Path<'_>) -> Option<Cell> {
    let mut record = record;
    for parent in &path.parents {
        record = follow(store, record, parent)?;
    }
    record.cell(&path.field.name).cloned()
}

fn select(store: &Store, query: &Query<'_>, mut records: Vec<&Record>, base: &str) -> Vec<Value> {
    records.retain(|record| {
        query
            .filter
            .as_ref()
            .is_none_or(|filter| filter.fits(store, record))
    });
    if !query.group.is_empty() {
        return grouped::rows(store, query, &records);
    }
    records.sort_by(|left, right| {
        let orders = query.order.iter().map(|key| {
            compare(
                key,
                value(store, left, &key.path),
                value(store, right, &key.path),
            )
        });
        orders.fold(Ordering::Equal, Ordering::then)
    });
    records.truncate(query.limit);
    records
        .into_iter()
        .map(|record| row(store, query, record, base))
        .collect()
}

pub(super) fn compare(key: &SortKey<'_>, left: Option<Cell>, right: Option<Cell>) -> Ordering {
    let comparable = |cell: &Option<Cell>| cell.as_ref().map(Cell::comparable);
    match (comparable(&left), comparable(&right)) {
        (Some(left), Some(right)) if key.descending => right.cmp(&left),
        (left, right) if key.nulls_last => {
            left.is_none().cmp(&right.is_none()).then(left.cmp(&right))
        }
        (left, right) => left.cmp(&right),
    }
}

fn row(store: &Store, query: &Query<'_>, record: &Record, base: &str) -> Value {
    let mut shown = Map::from_iter([("attributes".to_owned(), rows::attributes(base, record))]);
    for output in &query.outputs {
        match output {
            Output::Count { .. } => {}
            Output::Field(path) => put(&mut shown, store, record, &path.parents, path.field, base),
            Output::Children { name, link, query } => {
                let records = store.children(&query.object.name, &link.name, &record.id);
                let found = select(store, query, records, base);
                let result = if found.is_empty() {
                    Value::Null
                } else {
                    json!({"totalSize": found.len(), "done": true, "records": found})
                };
                shown.insert((*name).to_owned(), result);
            }
        }
    }
    Value::Object(shown)
}

/// Puts a field where its path leads: into the row, or into objects named after the relationships.
fn put(
    shown: &mut Map<String, Value>,
    store: &Store,
    record: &Record,
    parents: &[&Field],
    field: &Field,
    base: &str,
) {
    let Some((parent, further)) = parents.split_first() else {
        shown.insert(
            field.name.clone(),
            record
                .cell(&field.name)
                .map_or(Value::Null, |cell| cell.to_json(field.field_type)),
        );
        return;
    };
    let name = parent.parent.clone().unwrap_or_default();
    let Some(target) = follow(store, record, parent) else {
        shown.insert(name, Value::Null);
        return;
    };
    let nested = shown
        .entry(name)
        .or_insert_with(|| json!({"attributes": rows::attributes(base, target)}));
    if let Value::Object(nested) = nested {
        put(nested, store, target, further, field, base);
    }
}

fn follow<'a>(store: &'a Store, record: &Record, reference: &Field) -> Option<&'a Record> {
    store.get(reference.to.as_deref()?, record.text(&reference.name)?)
}

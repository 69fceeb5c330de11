//! The rows of a subform, such as the lines of a sales order. Rules: CRM API v8, "Update records",
//! subforms: a row with its `id` is changed, a row with `"_delete": null` is removed, a row without
//! an id is added.

use super::{
    error::Failure,
    field::Field,
    prepare::{self, Sent},
    store::Store,
    value,
};
use indexmap::IndexMap;
use serde_json::{Map, Value};

const DELETE: &str = "_delete";

/// Checks the rows of a request one by one. Returns an array in any case, empty for null.
pub(super) fn prepare(
    store: &Store,
    field: &Field,
    given: &Value,
    path: &str,
) -> Result<Value, Failure> {
    if given.is_null() {
        return Ok(Value::Array(Vec::new()));
    }
    let rows = given
        .as_array()
        .ok_or_else(|| Failure::wrong_type("jsonarray", &field.name, path))?;
    let numbered = rows.iter().enumerate();
    numbered
        .map(|(index, row)| {
            prepare_row(store, field, row, &format!("{path}[{index}]")).map(Value::Object)
        })
        .collect::<Result<Vec<_>, _>>()
        .map(Value::Array)
}

fn prepare_row(store: &Store, field: &Field, row: &Value, path: &str) -> Result<Sent, Failure> {
    let unexpected = || Failure::wrong_type("jsonobject", &field.name, path);
    let row = row.as_object().ok_or_else(unexpected)?;
    let module = field
        .to
        .as_deref()
        .and_then(|name| store.schema.module(name))
        .ok_or_else(unexpected)?;
    let id = row.get("id").map(|id| value::id(id).unwrap_or_default());
    let mut sent = if row.contains_key(DELETE) {
        Sent::from_iter([(DELETE.to_owned(), Value::Null)])
    } else {
        let sent = prepare::prepare(store, module, row, path)?;
        for required in module.fields().filter(|field| field.required) {
            let missing = sent
                .get(&required.name)
                .map_or(id.is_none(), Value::is_null);
            if missing {
                return Err(Failure::missing(
                    &required.name,
                    &format!("{path}.{}", required.name),
                ));
            }
        }
        sent
    };
    if let Some(id) = id {
        sent.insert("id".into(), Value::String(id));
    }
    Ok(sent)
}

/// Returns the rows of a record after a write: changed ones in their places, new ones behind them.
/// Rows that are not named stay, or are removed with `removes_unnamed`.
pub(super) fn merge(
    store: &mut Store,
    old: &[Value],
    sent: &[Value],
    removes_unnamed: bool,
    path: &str,
) -> Result<Vec<Value>, Failure> {
    let mut rows: IndexMap<String, Option<Map<String, Value>>> = IndexMap::new();
    for row in old.iter().filter_map(Value::as_object) {
        rows.insert(
            row_id(row).to_owned(),
            (!removes_unnamed).then(|| row.clone()),
        );
    }
    let mut added = Vec::new();
    for (index, row) in sent.iter().filter_map(Value::as_object).enumerate() {
        if !row.contains_key("id") {
            added.push(row.clone());
            continue;
        }
        let before = old
            .iter()
            .filter_map(Value::as_object)
            .find(|known| row_id(known) == row_id(row));
        let before =
            before.ok_or_else(|| Failure::unknown_id("id", &format!("{path}[{index}].id")))?;
        rows.insert(row_id(row).to_owned(), changed(before, row));
    }
    let mut rows: Vec<Value> = rows.into_values().flatten().map(Value::Object).collect();
    for mut row in added.into_iter().filter(|row| !row.contains_key(DELETE)) {
        row.retain(|_, value| !value.is_null());
        row.insert("id".into(), Value::String(store.new_line_id()));
        rows.push(Value::Object(row));
    }
    Ok(rows)
}

/// Returns the changed row; `None` for a row that is removed.
fn changed(before: &Map<String, Value>, row: &Map<String, Value>) -> Option<Map<String, Value>> {
    if row.contains_key(DELETE) {
        return None;
    }
    let mut after = before.clone();
    after.extend(row.clone());
    after.retain(|_, value| !value.is_null());
    Some(after)
}

fn row_id(row: &Map<String, Value>) -> &str {
    row.get("id").and_then(Value::as_str).unwrap_or_default()
}

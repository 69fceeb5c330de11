//! Inserting, updating and deleting one record, whatever the form of the request.

use super::{
    error::Failure,
    prepare::{self, Sent, check_required, prepare},
    sales_order,
    schema::Module,
    show,
    store::{Record, Store},
    subform, unique,
};
use crate::{barrier::Keeps, journal::Operation};
use serde_json::{Map, Value};

const LINES: &str = "Ordered_Items";
const STAGE: &str = "Stage";

/// The organisation's settings for writes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manners {
    pub(super) removes_unnamed_lines: bool,
    pub(super) leads_and_contacts_share_emails: bool,
}

/// Creates a record and returns its id.
pub(super) fn insert(
    store: &mut Store,
    manners: Manners,
    module: &Module,
    item: &Map<String, Value>,
    path: &str,
) -> Result<String, Failure> {
    check_lock(store, path)?;
    let sent = prepare(store, module, item, path)?;
    check_required(module, &sent, None, path)?;
    check_sight(store, module, &sent)?;
    unique::check(store, manners, module, &sent, None, path)?;
    let mut values = sent.clone();
    prepare::add_defaults(module, &mut values);
    finish(store, manners, module, &[], &mut values, path)?;
    if module.api_name == "Sales_Orders" {
        values.insert("SO_Number".into(), Value::String(store.new_order_number()));
    }
    let id = store.insert(module, values);
    store.note(Operation::Create, &module.api_name, &id, sent);
    Ok(id)
}

/// Writes some fields of a record.
pub(super) fn update(
    store: &mut Store,
    manners: Manners,
    module: &Module,
    record: &Record,
    item: &Map<String, Value>,
    path: &str,
) -> Result<(), Failure> {
    check_lock(store, path)?;
    if store.converted.contains(&record.id) {
        return Err(Failure::converted(path));
    }
    let sent = prepare(store, module, item, path)?;
    check_required(module, &sent, Some(record), path)?;
    check_sight(store, module, &sent)?;
    check_blueprint(store, record, &sent, path)?;
    unique::check(store, manners, module, &sent, Some(&record.id), path)?;
    let mut values = record.values.clone();
    let old_lines = values
        .get(LINES)
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    values.extend(sent.clone());
    if sent.contains_key(LINES) {
        finish(store, manners, module, &old_lines, &mut values, path)?;
    } else {
        finish_without_lines(store, module, &mut values);
    }
    store.replace(record, values);
    store.note(Operation::Update, &module.api_name, &record.id, sent);
    Ok(())
}

/// Deletes a record. Records that link to it keep a link that leads nowhere.
pub(super) fn delete(store: &mut Store, record: &Record) {
    store.remove(record);
    store.note(Operation::Delete, &record.module, &record.id, Map::new());
}

/// Returns the `details` of a success.
pub(super) fn details(record: &Record) -> Map<String, Value> {
    Map::from_iter([
        (
            "Modified_Time".to_owned(),
            Value::String(show::time(record.modified)),
        ),
        ("Modified_By".to_owned(), show::user()),
        (
            "Created_Time".to_owned(),
            Value::String(show::time(record.created)),
        ),
        ("id".to_owned(), Value::from(record.id.as_str())),
        ("Created_By".to_owned(), show::user()),
    ])
}

/// Merges the lines and computes the computed fields.
fn finish(
    store: &mut Store,
    manners: Manners,
    module: &Module,
    old: &[Value],
    values: &mut Sent,
    path: &str,
) -> Result<(), Failure> {
    if let Some(sent) = values.get(LINES).and_then(Value::as_array).cloned() {
        let path = format!("{path}.{LINES}");
        let lines = subform::merge(store, old, &sent, manners.removes_unnamed_lines, &path)?;
        values.insert(LINES.into(), Value::Array(lines));
    }
    finish_without_lines(store, module, values);
    Ok(())
}

fn finish_without_lines(store: &Store, module: &Module, values: &mut Sent) {
    values.retain(|_, value| !value.is_null());
    if module.api_name == "Sales_Orders" {
        sales_order::compute(store, values);
    }
}

/// Checks that the user of the requests may see the record with this key, and that nothing of the
/// organisation's own refuses it.
fn check_sight(store: &Store, module: &Module, sent: &Sent) -> Result<(), Failure> {
    let value = |field: &str| sent.get(field).and_then(Value::as_str);
    if store
        .barriers
        .hold(Keeps::OutOfSight, &module.api_name, value)
    {
        return Err(Failure::no_permission(&module.api_name));
    }
    match store.barriers.refusal(&module.api_name, value) {
        Some((code, text)) => Err(Failure::new(code, text, Value::Object(Map::new()))),
        None => Ok(()),
    }
}

/// Checks the stage: where a Blueprint controls a record, only the Blueprint moves its stage.
fn check_blueprint(store: &Store, record: &Record, sent: &Sent, path: &str) -> Result<(), Failure> {
    let moves = sent
        .get(STAGE)
        .is_some_and(|stage| record.get(STAGE) != Some(stage));
    if moves
        && store
            .barriers
            .hold(Keeps::Locked, &record.module, |field| record.text(field))
    {
        Err(Failure::in_blueprint(STAGE, path))
    } else {
        Ok(())
    }
}

/// Fails once with `RECORD_LOCKED`, when a fault chose the request.
fn check_lock(store: &mut Store, path: &str) -> Result<(), Failure> {
    if std::mem::take(&mut store.lock_next_row) {
        Err(Failure::locked(path))
    } else {
        Ok(())
    }
}

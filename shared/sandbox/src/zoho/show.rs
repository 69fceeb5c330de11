//! Records as the API shows them.

use super::{
    field::{Field, FieldType},
    schema::Module,
    store::{Record, Store},
};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// The user of the API.
pub(super) const USER_ID: &str = "4150868000000225013";
const USER_NAME: &str = "Sandbox Admin";
/// The colleague who changes records by hand.
const STAFF_ID: &str = "4150868000000225031";
const STAFF_NAME: &str = "Jane Doe";

/// Returns all fields of a record, or those in the list. Fields without a value are null.
pub(super) fn record(
    store: &Store,
    module: &Module,
    record: &Record,
    names: Option<&[&str]>,
) -> Map<String, Value> {
    let wanted = |field: &&Field| names.is_none_or(|names| names.contains(&field.name.as_str()));
    let fields = module.fields().filter(wanted);
    let shown = fields.map(|field| (field.name.clone(), value(store, record, field)));
    std::iter::once(("id".to_owned(), Value::from(record.id.as_str())))
        .chain(shown)
        .collect()
}

/// Returns one field of a record.
pub(super) fn value(store: &Store, record: &Record, field: &Field) -> Value {
    match (field.name.as_str(), field.field_type) {
        ("Full_Name", _) => Value::String(full_name(record)),
        ("Expected_Revenue", _) => record.get("Amount").cloned().unwrap_or_default(),
        ("Created_Time", _) => Value::String(time(record.created)),
        ("Modified_Time", _) => Value::String(time(record.modified)),
        ("Modified_By", _) => author(record),
        (_, FieldType::OwnerLookup) => user(),
        (name, field_type) => stored(store, field, field_type, record.get(name)),
    }
}

/// Returns the user, as look-ups to users show it.
pub(super) fn user() -> Value {
    json!({"name": USER_NAME, "id": USER_ID})
}

/// Returns the user who changed the record last, or deleted it.
pub(super) fn author(record: &Record) -> Value {
    if record.by_staff {
        json!({"name": STAFF_NAME, "id": STAFF_ID})
    } else {
        user()
    }
}

/// Returns the form of an instant: a numeric offset, no fraction.
pub(super) fn time(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

fn stored(store: &Store, field: &Field, field_type: FieldType, value: Option<&Value>) -> Value {
    match (field_type, value) {
        (FieldType::Lookup, Some(link)) => linked(store, field, link),
        (FieldType::Subform, rows) => {
            let module = field
                .to
                .as_deref()
                .and_then(|name| store.schema.module(name));
            let rows = rows
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_object);
            rows.map(|shown| {
                Value::Object(module.map_or_else(Map::new, |module| row(store, module, shown)))
            })
            .collect()
        }
        (FieldType::Tags, None) => json!([]),
        (_, value) => value.cloned().unwrap_or_default(),
    }
}

fn row(store: &Store, module: &Module, row: &Map<String, Value>) -> Map<String, Value> {
    let shown = row.iter().map(|(name, value)| {
        let value = module.field(name).map_or_else(
            || value.clone(),
            |field| stored(store, field, field.field_type, Some(value)),
        );
        (name.clone(), value)
    });
    shown.collect()
}

fn linked(store: &Store, field: &Field, link: &Value) -> Value {
    let id = link.get("id").and_then(Value::as_str).unwrap_or_default();
    let module = field
        .to
        .as_deref()
        .and_then(|name| store.schema.module(name));
    let name = module.and_then(|module| display_name(module, store.get(&module.api_name, id)?));
    json!({"name": name, "id": id})
}

fn display_name(module: &Module, record: &Record) -> Option<String> {
    match module.name_field.as_str() {
        "Full_Name" => Some(full_name(record)),
        field => record.text(field).map(String::from),
    }
}

fn full_name(record: &Record) -> String {
    let parts: Vec<&str> = ["First_Name", "Last_Name"]
        .iter()
        .filter_map(|part| record.text(part))
        .collect();
    parts.join(" ")
}

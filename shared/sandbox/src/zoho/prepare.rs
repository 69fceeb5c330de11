//! The step from an item of `data` to the values of a record, with every check that does not
//! concern other records.

use super::{
    error::Failure,
    field::{Field, FieldType},
    schema::Module,
    store::{Record, Store},
    subform, value,
};
use serde_json::{Map, Value};

/// The fields that an item gives, by their API names. Null clears a field.
pub(super) type Sent = Map<String, Value>;

/// Reads the values of an item for a module; stops at the first fault.
pub(super) fn prepare(
    store: &Store,
    module: &Module,
    item: &Map<String, Value>,
    path: &str,
) -> Result<Sent, Failure> {
    let mut sent = Sent::new();
    for (name, given) in item {
        if matches!(name.as_str(), "id" | "$append_values") {
            continue;
        }
        let path = format!("{path}.{name}");
        let field = module
            .field(name)
            .ok_or_else(|| Failure::unknown_field(name, &path))?;
        if field.read_only {
            continue;
        }
        let checked = match field.field_type {
            FieldType::Subform => subform::prepare(store, field, given, &path)?,
            _ if is_blank(field, given) => blank(field),
            _ => value::check(store, field, given, &path)?,
        };
        sent.insert(name.clone(), checked);
    }
    Ok(sent)
}

/// Checks the required fields: a new record must have all of them, and in an existing one the
/// request must not clear them. Rules: "MANDATORY_NOT_FOUND".
pub(super) fn check_required(
    module: &Module,
    sent: &Sent,
    previous: Option<&Record>,
    path: &str,
) -> Result<(), Failure> {
    for field in module.fields().filter(|field| field.required) {
        let is_missing = match (sent.get(&field.name), previous) {
            (None, previous) => previous.is_none(),
            // The rows of an update are only those that change.
            (Some(value), Some(_)) if field.field_type == FieldType::Subform => value.is_null(),
            (Some(Value::Array(rows)), _) => rows.is_empty(),
            (Some(value), _) => value.is_null(),
        };
        if is_missing {
            let missing = Failure::missing(&field.name, &format!("{path}.{}", field.name));
            return Err(match previous {
                Some(record) => missing.with_detail("id", Value::from(record.id.as_str())),
                None => missing,
            });
        }
    }
    Ok(())
}

/// Adds the defaults: a check box that is not ticked is false.
pub(super) fn add_defaults(module: &Module, values: &mut Sent) {
    let boxes = module
        .fields()
        .filter(|field| field.field_type == FieldType::Boolean);
    for field in boxes {
        values
            .entry(field.name.clone())
            .or_insert(Value::Bool(false));
    }
}

fn is_blank(field: &Field, given: &Value) -> bool {
    let only_blanks = field.required && field.field_type == FieldType::Text;
    match given {
        Value::Null => true,
        Value::String(text) => text.is_empty() || (only_blanks && text.trim().is_empty()),
        _ => false,
    }
}

const fn blank(field: &Field) -> Value {
    match field.field_type {
        FieldType::Boolean => Value::Bool(false),
        _ => Value::Null,
    }
}

//! Requests for one record by an external id: `/sobjects/X/Field/value`. Rules: REST API Developer
//! Guide, "Insert or Update (Upsert) a Record Using an External ID".

use super::{
    answer::Answer,
    error::ApiError,
    field::Field,
    request::Call,
    rows,
    schema::{Object, Schema},
    store::{Record, Store},
    value::Cell,
    world::World,
    write,
};
use serde_json::{Value, json};
use std::sync::Arc;

/// Answers `PATCH`: creates the record, or updates the one that has the value.
pub(super) fn write(
    world: &mut World,
    call: &Call,
    name: &str,
    field: &str,
    value: &str,
) -> Result<Answer, ApiError> {
    let schema = Arc::clone(&world.store.schema);
    let (object, field) = key(&schema, name, field)?;
    let fields = call.fields()?;
    if fields
        .keys()
        .any(|given| given.eq_ignore_ascii_case(&field.name))
    {
        return Err(ApiError::request(
            "INVALID_FIELD",
            format!(
                "The {} field should not be specified in the sobject data.",
                field.name
            ),
        ));
    }
    match matches(&world.store, object, field, value)?.as_slice() {
        [] if call.parameter("updateOnly") == Some("true") => Err(ApiError::not_found()),
        [] => {
            let mut fields = fields.clone();
            fields.insert(field.name.clone(), json_key(field, value));
            let id = write::create(&mut world.store, object, &fields)?;
            Ok(rows::written(call, object, &id, 201, Some(true)))
        }
        [record] => {
            write::update(&mut world.store, object, record, fields)?;
            let created = (call.version >= 46).then_some(false);
            Ok(created.map_or_else(Answer::no_content, |created| {
                rows::written(call, object, &record.id, 200, Some(created))
            }))
        }
        several => Ok(choices(call, several)),
    }
}

/// Answers `GET`.
pub(super) fn read(
    world: &World,
    call: &Call,
    name: &str,
    field: &str,
    value: &str,
) -> Result<Answer, ApiError> {
    let (object, field) = key(&world.store.schema, name, field)?;
    match matches(&world.store, object, field, value)?.as_slice() {
        [] => Err(ApiError::not_found()),
        [record] => rows::show(call, object, record),
        several => Ok(choices(call, several)),
    }
}

/// Answers `DELETE`.
pub(super) fn delete(
    world: &mut World,
    call: &Call,
    name: &str,
    field: &str,
    value: &str,
) -> Result<Answer, ApiError> {
    let schema = Arc::clone(&world.store.schema);
    let (object, field) = key(&schema, name, field)?;
    match matches(&world.store, object, field, value)?.as_slice() {
        [] => Err(ApiError::not_found()),
        [record] => write::delete(&mut world.store, record).map(|()| Answer::no_content()),
        several => Ok(choices(call, several)),
    }
}

fn key<'a>(
    schema: &'a Schema,
    name: &str,
    field: &str,
) -> Result<(&'a Object, &'a Field), ApiError> {
    let object = rows::object(schema, name)?;
    let unknown = || {
        let message =
            format!("Provided external ID field does not exist or is not accessible: {field}");
        ApiError::request("NOT_FOUND", message).with_status(404)
    };
    let field = object
        .field(field)
        .filter(|field| field.is_upsert_key())
        .ok_or_else(unknown)?;
    Ok((object, field))
}

/// Returns the records that have the value. An empty value is another resource, and so is one that
/// looks like a blocked file (the guide's example is an e-mail address under `.inc`).
fn matches(
    store: &Store,
    object: &Object,
    field: &Field,
    value: &str,
) -> Result<Vec<Record>, ApiError> {
    if value.trim().is_empty() || value.to_lowercase().ends_with(".inc") {
        return Err(ApiError::not_found());
    }
    let cell = Cell::from_json(field, &json_key(field, value))?;
    let ids = cell
        .map(|cell| store.find(&object.name, &field.name, &cell))
        .unwrap_or_default();
    Ok(ids
        .iter()
        .filter_map(|id| store.get(&object.name, id))
        .cloned()
        .collect())
}

fn json_key(field: &Field, value: &str) -> Value {
    let number = field
        .field_type
        .is_number()
        .then(|| value.parse().ok())
        .flatten();
    number.map_or_else(|| Value::String(value.to_owned()), Value::Number)
}

fn choices(call: &Call, records: &[Record]) -> Answer {
    let urls: Vec<String> = records
        .iter()
        .map(|record| format!("{}/sobjects/{}/{}", call.base(), record.object, record.id))
        .collect();
    Answer::with_status(300, json!(urls))
}

//! Requests for one record by its id.

use super::{
    answer::Answer,
    error::ApiError,
    ids, permissions,
    request::Call,
    schema::{Object, Schema},
    store::{Record, Store},
    world::World,
    write,
};
use serde_json::{Value, json};
use std::sync::Arc;

/// Answers `POST /sobjects/X`.
pub(super) fn create(world: &mut World, call: &Call, name: &str) -> Result<Answer, ApiError> {
    let schema = Arc::clone(&world.store.schema);
    let object = object(&schema, name)?;
    permissions::check(world, &object.name, call.fields()?, true)?;
    world.is_stale |= permissions::is_set_up(&object.name);
    let id = write::create(&mut world.store, object, call.fields()?)?;
    Ok(written(call, object, &id, 201, None))
}

/// Answers `GET /sobjects/X/id`, with all fields or those of `?fields=`.
pub(super) fn read(world: &World, call: &Call, name: &str, id: &str) -> Result<Answer, ApiError> {
    let object = object(&world.store.schema, name)?;
    let record = find(&world.store, object, id)?;
    show(call, object, record)
}

/// Answers `PATCH /sobjects/X/id`.
pub(super) fn update(
    world: &mut World,
    call: &Call,
    name: &str,
    id: &str,
) -> Result<Answer, ApiError> {
    let schema = Arc::clone(&world.store.schema);
    let object = object(&schema, name)?;
    let record = find(&world.store, object, id)?.clone();
    permissions::check(world, &object.name, call.fields()?, false)?;
    world.is_stale |= permissions::is_set_up(&object.name);
    write::update(&mut world.store, object, &record, call.fields()?)?;
    Ok(Answer::no_content())
}

/// Answers `DELETE /sobjects/X/id`.
pub(super) fn delete(world: &mut World, name: &str, id: &str) -> Result<Answer, ApiError> {
    let record = find(&world.store, object(&world.store.schema, name)?, id)?.clone();
    write::delete(&mut world.store, &record)?;
    Ok(Answer::no_content())
}

/// Returns the object with this name, or 404.
pub(super) fn object<'a>(schema: &'a Schema, name: &str) -> Result<&'a Object, ApiError> {
    schema.object(name).ok_or_else(ApiError::not_found)
}

/// Creates the answer to a create or an upsert.
pub(super) fn written(
    call: &Call,
    object: &Object,
    id: &str,
    status: u16,
    created: Option<bool>,
) -> Answer {
    let mut body = json!({"id": id, "success": true, "errors": []});
    if let (Some(created), Some(body)) = (created, body.as_object_mut()) {
        body.insert("created".into(), Value::Bool(created));
    }
    let location = format!("{}/sobjects/{}/{id}", call.base(), object.name);
    Answer {
        location: Some(location),
        ..Answer::with_status(status, body)
    }
}

/// Creates the answer with a record and its attributes.
pub(super) fn show(call: &Call, object: &Object, record: &Record) -> Result<Answer, ApiError> {
    let mut shown =
        serde_json::Map::from_iter([("attributes".to_owned(), attributes(&call.base(), record))]);
    let wanted: Option<Vec<&str>> = call
        .parameter("fields")
        .map(|list| list.split(',').map(str::trim).collect());
    let fields = match wanted {
        None => object.fields().collect(),
        Some(names) => names
            .into_iter()
            .map(|name| object.field(name).ok_or_else(|| no_column(object, name)))
            .collect::<Result<Vec<_>, _>>()?,
    };
    for field in fields {
        shown.insert(
            field.name.clone(),
            record
                .cell(&field.name)
                .map_or(Value::Null, |cell| cell.to_json(field.field_type)),
        );
    }
    shown
        .entry("Id")
        .or_insert_with(|| Value::String(record.id.clone()));
    Ok(Answer::ok(Value::Object(shown)))
}

/// Returns `{"type", "url"}` of a record.
pub(super) fn attributes(base: &str, record: &Record) -> Value {
    json!({"type": record.object, "url": format!("{base}/sobjects/{}/{}", record.object, record.id)})
}

fn no_column(object: &Object, name: &str) -> ApiError {
    ApiError::request(
        "INVALID_FIELD",
        format!("No such column '{name}' on sobject of type {}", object.name),
    )
}

fn find<'a>(store: &'a Store, object: &Object, text: &str) -> Result<&'a Record, ApiError> {
    let Some(id) = ids::full(text) else {
        let message =
            format!("Provided external ID field does not exist or is not accessible: {text}");
        return Err(ApiError::request("NOT_FOUND", message).with_status(404));
    };
    if !id.starts_with(&object.prefix) {
        return Err(ApiError::row(
            "MALFORMED_ID",
            format!("Record ID: id value of incorrect type: {text}"),
            ["Id"],
        ));
    }
    if store.was_deleted(&id) {
        return Err(ApiError::row("ENTITY_IS_DELETED", "entity is deleted", []).with_status(404));
    }
    store.get(&object.name, &id).ok_or_else(ApiError::not_found)
}

use super::{
    answer::Answer,
    error::ApiError,
    field::{Access, Field, FieldType},
    rows,
    schema::Object,
    world::World,
};
use serde_json::{Value, json};

/// Answers `GET /sobjects`: the objects that the user sees.
pub(super) fn all(world: &World) -> Answer {
    let object = |object: &Object| json!({"name": object.name, "keyPrefix": object.prefix});
    let objects: Vec<Value> = world.store.schema.objects().map(object).collect();
    Answer::ok(json!({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": objects}))
}

/// Answers `GET /sobjects/X/describe`, with the facts about each field that a client may need.
pub(super) fn answer(world: &World, name: &str) -> Result<Answer, ApiError> {
    let object = rows::object(&world.store.schema, name)?;
    let fields: Vec<Value> = object.fields().map(describe).collect();
    let children: Vec<Value> = world
        .store
        .schema
        .incoming(&object.name)
        .map(|incoming| json!({"childSObject": incoming.object.name, "field": incoming.field.name, "relationshipName": incoming.field.children}))
        .collect();
    Ok(Answer::ok(json!({
        "name": object.name, "label": object.name, "keyPrefix": object.prefix, "custom": false,
        "createable": !object.is_closed, "updateable": true, "deletable": true, "queryable": true,
        "fields": fields, "childRelationships": children,
    })))
}

fn describe(field: &Field) -> Value {
    let number = field.field_type.is_number();
    let whole = field.field_type == FieldType::Integer;
    let text_length = if number { 0 } else { field.length };
    let precision = if number && !whole { field.length } else { 0 };
    let values = field
        .restricted_to
        .iter()
        .flatten()
        .map(|value| json!({"active": true, "label": value, "value": value}));
    json!({
        "name": field.name, "label": field.label, "type": field.field_type.api_name(),
        "length": text_length, "precision": precision, "scale": field.scale, "digits": if whole { field.length } else { 0 },
        "createable": field.is_writable(true), "updateable": field.access == Access::Write,
        "nillable": !field.required && !matches!(field.field_type, FieldType::Boolean | FieldType::Id),
        "defaultedOnCreate": field.default.is_some() || field.field_type == FieldType::Boolean,
        "externalId": field.external_id, "unique": field.unique, "caseSensitive": false,
        "idLookup": field.is_upsert_key() || field.field_type == FieldType::Id,
        "custom": field.name.ends_with("__c"), "restrictedPicklist": field.restricted_to.is_some(),
        "picklistValues": values.collect::<Vec<_>>(),
        "referenceTo": field.to.iter().collect::<Vec<_>>(), "relationshipName": field.parent,
    })
}

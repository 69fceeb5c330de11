//! The metadata catalogue, to the extent that a client asks it for properties.

use super::{
    account::Account,
    answer::Answer,
    error::Problem,
    schema::{Property, PropertyKind, Shape},
    view,
};
use serde_json::{Map, Value, json};

/// Answers `GET /metadata-catalog` with the names of records.
pub(super) fn list(account: &Account) -> Answer {
    let entry = |shape: &Shape| json!({"name": shape.name, "links": view::links(&account.url, &format!("metadata-catalog/{}", shape.name))});
    let items: Vec<Value> = account.books.schema.records().map(entry).collect();
    Answer::collection(json!({"links": [], "items": items}))
}

/// Answers `GET /metadata-catalog/{record}` with a JSON schema.
pub(super) fn read(account: &Account, name: &str) -> Result<Answer, Problem> {
    let shape = account
        .books
        .schema
        .record(name)
        .ok_or_else(Problem::no_record)?;
    let properties: Map<String, Value> = shape
        .properties()
        .map(|property| (property.name.clone(), described(property)))
        .collect();
    Ok(Answer::json(
        200,
        json!({"type": "object", "title": shape.name, "properties": properties}),
    ))
}

fn described(property: &Property) -> Value {
    let kind = match property.kind {
        PropertyKind::Text | PropertyKind::Email | PropertyKind::Date => "string",
        PropertyKind::Number => "number",
        PropertyKind::Integer => "integer",
        PropertyKind::Boolean => "boolean",
        _ => "object",
    };
    json!({"title": property.name, "type": kind, "nullable": true, "x-ns-custom-field": property.custom})
}

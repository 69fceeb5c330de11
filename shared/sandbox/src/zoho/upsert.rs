//! `POST /{module}/upsert`. Rules: CRM API v8, "Upsert records": the fields that find a duplicate,
//! and their order.

use super::{
    answer::Answer,
    batch,
    error::{ApiError, Failure},
    field::Field,
    request::{Call, data},
    schema::Module,
    store::Record,
    world::World,
    write,
};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Answers an upsert: updates the record that is found, or inserts a new one.
pub(super) fn answer(world: &mut World, call: &Call, name: &str) -> Result<Answer, ApiError> {
    let body = call.json()?;
    let items = data(&body, world.most_records())?;
    let schema = Arc::clone(&world.store.schema);
    let unknown = || ApiError::in_data(400, Failure::unknown_module_in_url());
    let order = check_order(
        schema.module(name).ok_or_else(unknown)?,
        body.get("duplicate_check_fields"),
    )?;
    let is_new = |item: &Value| {
        let (item, module) = (item.as_object(), schema.module(name));
        let found = item
            .zip(module)
            .map(|(item, module)| existing(world, module, &order, item, "$"));
        matches!(found, Some(Ok(None)))
    };
    if world.store.is_full && items.iter().any(is_new) {
        return Err(ApiError::storage_full());
    }
    batch::run(world, name, items, 200, |world, module, item, path| {
        upsert(world, module, &order, item, path)
    })
}

fn upsert(
    world: &mut World,
    module: &Module,
    order: &[&Field],
    item: &Map<String, Value>,
    path: &str,
) -> Result<Value, Failure> {
    let (id, action, found_by) = match existing(world, module, order, item, path)? {
        Some((record, found_by)) => {
            write::update(&mut world.store, world.manners, module, &record, item, path)?;
            (record.id, "update", found_by)
        }
        None => (
            write::insert(&mut world.store, world.manners, module, item, path)?,
            "insert",
            None,
        ),
    };
    let details = write::details(batch::find(world, module, &id, path)?);
    let message = if action == "insert" {
        "record added"
    } else {
        "record updated"
    };
    Ok(json!({
        "code": "SUCCESS", "duplicate_field": found_by, "action": action, "details": details, "message": message, "status": "success",
    }))
}

/// Returns the record to update, and the field that found it. An item with an `id` is updated by
/// that id.
fn existing<'a>(
    world: &World,
    module: &Module,
    order: &[&'a Field],
    item: &Map<String, Value>,
    path: &str,
) -> Result<Option<(Record, Option<&'a str>)>, Failure> {
    if item.get("id").is_some_and(|id| !id.is_null()) {
        return batch::by_id(world, module, item, path).map(|record| Some((record, None)));
    }
    let found = order.iter().find_map(|field| {
        let value = item
            .get(&field.name)
            .filter(|value| value.as_str() != Some(""))?;
        let record = world.store.find_duplicate(&module.api_name, field, value)?;
        Some((record.clone(), Some(field.name.as_str())))
    });
    Ok(found)
}

/// Returns the fields in the order in which they are tried: the named ones, then the other
/// user-defined unique ones. The system-defined one is tried only where it is named, or where no
/// field is named.
fn check_order<'a>(module: &'a Module, wanted: Option<&Value>) -> Result<Vec<&'a Field>, ApiError> {
    let wanted = match wanted {
        None | Some(Value::Null) => &[],
        Some(Value::Array(names)) => names.as_slice(),
        Some(_) => {
            return Err(refused(
                json!({"expected_data_type": "jsonarray"}),
                "$.duplicate_check_fields",
            ));
        }
    };
    let mut order: Vec<&Field> = Vec::new();
    for (index, name) in wanted.iter().enumerate() {
        let field = name
            .as_str()
            .and_then(|name| module.field(name))
            .filter(|field| field.finds_duplicates());
        let path = format!("$.duplicate_check_fields[{index}]");
        order.push(field.ok_or_else(|| refused(json!({}), &path))?);
    }
    if wanted.is_empty() {
        order.extend(module.fields().find(|field| field.check));
    }
    for field in module.unique_fields() {
        if !order.iter().any(|named| named.name == field.name) {
            order.push(field);
        }
    }
    Ok(order)
}

fn refused(details: Value, path: &str) -> ApiError {
    let failure = Failure::invalid(details)
        .with_detail("api_name", json!("duplicate_check_fields"))
        .with_detail("json_path", json!(path));
    ApiError::in_data(400, failure)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zoho::{
        options::{CustomField, Options},
        schema::Schema,
    };

    /// The table of "Upsert records", with two unique fields beside the system-defined one.
    #[test]
    fn the_order_of_duplicate_checks() {
        let fields =
            ["unique1", "unique2"].map(|name| CustomField::unique_text("Contacts", name, 50));
        let options = Options {
            custom_fields: fields.into(),
            ..Options::default()
        };
        let schema = Schema::new(&options).unwrap();
        let order = |wanted: Option<Value>| -> Vec<String> {
            let fields = check_order(schema.module("Contacts").unwrap(), wanted.as_ref()).unwrap();
            fields.iter().map(|field| field.name.clone()).collect()
        };
        assert_eq!(order(None), ["Email", "unique1", "unique2"]);
        assert_eq!(order(Some(json!([]))), ["Email", "unique1", "unique2"]);
        assert_eq!(
            order(Some(json!(["Email"]))),
            ["Email", "unique1", "unique2"]
        );
        assert_eq!(order(Some(json!(["unique1"]))), ["unique1", "unique2"]);
        assert_eq!(order(Some(json!(["unique2"]))), ["unique2", "unique1"]);
        assert_eq!(
            order(Some(json!(["unique1", "unique2"]))),
            ["unique1", "unique2"]
        );
        assert_eq!(
            order(Some(json!(["unique2", "Email"]))),
            ["unique2", "Email", "unique1"]
        );
    }
}

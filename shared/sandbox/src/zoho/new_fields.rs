//! `POST /settings/fields?module=` and `PATCH /settings/fields/{id}?module=`. Rules: CRM API v8,
//! "Create custom field", "Update custom field".

use super::{
    answer::Answer,
    error::{ApiError, Failure},
    field::{Field, FieldType},
    index::folded,
    metadata,
    request::Call,
    schema::Module,
    world::World,
};
use serde_json::{Map, Value, json};
use std::{collections::HashSet, sync::Arc};

/// The fields that one call may make.
const MOST_AT_ONCE: usize = 5;
/// The unique fields that a module may have, in all editions.
const MOST_UNIQUE: usize = 2;

/// Answers `POST /settings/fields`: each field is judged by itself.
pub(super) fn create(world: &mut World, call: &Call) -> Result<Answer, ApiError> {
    world.spend(1)?;
    let module = metadata::module(&world.store.schema, call)?
        .api_name
        .clone();
    let wanted = wanted(call)?;
    if wanted.len() > MOST_AT_ONCE {
        return Err(ApiError::flat(400, limit(MOST_AT_ONCE)));
    }
    let mut results = Vec::new();
    for (index, item) in wanted.iter().enumerate() {
        let path = format!("$.fields[{index}]");
        results.push(create_one(world, &module, item, &path));
    }
    let made = results.iter().filter(|result| result.is_ok()).count();
    let status = match made {
        0 => 400,
        made if made < results.len() => 207,
        _ => 201,
    };
    let entries: Vec<Value> = results
        .into_iter()
        .map(|result| entry(result, "field created"))
        .collect();
    Ok(Answer::with_status(status, json!({"fields": entries})))
}

/// Answers `PATCH /settings/fields/{id}`: a custom field becomes unique, which fails over doubles,
/// or takes longer texts.
pub(super) fn change(world: &mut World, call: &Call, id: &str) -> Result<Answer, ApiError> {
    world.spend(1)?;
    let schema = Arc::clone(&world.store.schema);
    let module = metadata::module(&schema, call)?;
    let wanted = wanted(call)?;
    let item = wanted
        .first()
        .filter(|_| wanted.len() == 1)
        .ok_or_else(unexpected)?;
    let field = module
        .fields()
        .find(|field| field.custom && module.field_id(&field.name).as_deref() == Some(id))
        .ok_or_else(|| ApiError::flat(400, Failure::unknown_id_in_url()))?;
    let changed = change_one(world, module, field, item).map(|()| id.to_owned());
    let status = if changed.is_ok() { 200 } else { 400 };
    let entry = entry(changed, "field updated");
    Ok(Answer::with_status(status, json!({"fields": [entry]})))
}

fn create_one(
    world: &mut World,
    module: &str,
    item: &Map<String, Value>,
    path: &str,
) -> Result<String, Failure> {
    let text = |key: &str| item.get(key).and_then(Value::as_str);
    let missing = |key: &str| Failure::missing(key, &format!("{path}.{key}"));
    let label = text("field_label").ok_or_else(|| missing("field_label"))?;
    let named = text("data_type").ok_or_else(|| missing("data_type"))?;
    let (field_type, longest) = FieldType::creatable(named).ok_or_else(|| {
        Failure::invalid(json!({"api_name": "data_type", "json_path": format!("{path}.data_type")}))
    })?;
    let length = length(item, path)?.unwrap_or(longest);
    if length > longest {
        return Err(Failure::too_long(
            longest,
            "length",
            &format!("{path}.length"),
        ));
    }
    let is_unique = is_unique(item, path)?;
    let schema = Arc::clone(&world.store.schema);
    let present = schema
        .module(module)
        .ok_or_else(Failure::unknown_module_in_url)?;
    let name: String = label
        .chars()
        .map(|letter| {
            if letter.is_alphanumeric() {
                letter
            } else {
                '_'
            }
        })
        .collect();
    if present
        .fields()
        .any(|field| field.name.eq_ignore_ascii_case(&name))
    {
        let details =
            json!({"api_name": "field_label", "json_path": format!("{path}.field_label")});
        return Err(Failure::new("DUPLICATE_DATA", "duplicate data", details));
    }
    check_room(world, present, is_unique)?;
    let field = Field {
        unique: is_unique,
        custom: true,
        ..Field::plain(&name, field_type, length)
    };
    world.store.change_schema(|schema| {
        if let Some(module) = schema.module_mut(module) {
            module.insert(field);
        }
    });
    let made = world.store.schema.module(module);
    made.and_then(|module| module.field_id(&name))
        .ok_or_else(Failure::unknown_module_in_url)
}

fn change_one(
    world: &mut World,
    module: &Module,
    field: &Field,
    item: &Map<String, Value>,
) -> Result<(), Failure> {
    let path = "$.fields[0]";
    let becomes_unique = is_unique(item, path)? && !field.unique;
    if becomes_unique && has_doubles(world, module, field) {
        let details = json!({"api_name": "unique", "json_path": format!("{path}.unique")});
        return Err(Failure::new("DUPLICATE_DATA", "duplicate data", details));
    }
    if becomes_unique && module.unique_fields().count() >= MOST_UNIQUE {
        return Err(limit(MOST_UNIQUE));
    }
    let length = length(item, path)?.unwrap_or(field.length);
    let (module, name) = (module.api_name.clone(), field.name.clone());
    world.store.change_schema(|schema| {
        if let Some(field) = schema
            .module_mut(&module)
            .and_then(|module| module.field_mut(&name))
        {
            field.unique |= becomes_unique;
            field.length = length;
        }
    });
    Ok(())
}

fn check_room(world: &World, module: &Module, is_unique: bool) -> Result<(), Failure> {
    if is_unique && module.unique_fields().count() >= MOST_UNIQUE {
        return Err(limit(MOST_UNIQUE));
    }
    let custom = module.fields().filter(|field| field.custom).count();
    if custom >= world.most_custom_fields {
        return Err(limit(world.most_custom_fields));
    }
    Ok(())
}

fn has_doubles(world: &World, module: &Module, field: &Field) -> bool {
    let mut seen = HashSet::new();
    world
        .store
        .of(&module.api_name)
        .filter_map(|record| folded(record.get(&field.name)?))
        .any(|value| !seen.insert(value))
}

/// Returns whether the field is to be unique. Only `false` is taken for the case of letters:
/// unique values never differ by it alone.
fn is_unique(item: &Map<String, Value>, path: &str) -> Result<bool, Failure> {
    let Some(unique) = item.get("unique").filter(|unique| !unique.is_null()) else {
        return Ok(false);
    };
    let told = ["case_sensitive", "casesensitive"]
        .iter()
        .find_map(|key| unique.get(*key));
    let is_false = |told: &Value| told == &json!(false) || told == &json!("false");
    if told.is_some_and(is_false) {
        return Ok(true);
    }
    let path = format!("{path}.unique.case_sensitive");
    let details = json!({"api_name": "unique", "json_path": path, "supported_values": ["false"]});
    Err(Failure::invalid(details))
}

fn length(item: &Map<String, Value>, path: &str) -> Result<Option<usize>, Failure> {
    let Some(length) = item.get("length") else {
        return Ok(None);
    };
    let number = length
        .as_u64()
        .and_then(|length| usize::try_from(length).ok());
    match number {
        Some(length) if length > 0 => Ok(Some(length)),
        _ => Err(Failure::wrong_type(
            "integer",
            "length",
            &format!("{path}.length"),
        )),
    }
}

fn wanted(call: &Call) -> Result<Vec<Map<String, Value>>, ApiError> {
    let body = call.json()?;
    let items = body
        .get("fields")
        .and_then(Value::as_array)
        .filter(|items| !items.is_empty())
        .ok_or_else(unexpected)?;
    let objects = items.iter().map(|item| item.as_object().cloned());
    objects.collect::<Option<_>>().ok_or_else(unexpected)
}

fn unexpected() -> ApiError {
    let details = json!({"expected_data_type": "jsonarray", "api_name": "fields"});
    ApiError::flat(400, Failure::invalid(details))
}

fn limit(most: usize) -> Failure {
    let message = "The field has reached its maximum creation limit";
    Failure::new("LIMIT_EXCEEDED", message, json!({"limit": most}))
}

fn entry(result: Result<String, Failure>, message: &str) -> Value {
    match result {
        Ok(id) => {
            json!({"code": "SUCCESS", "details": {"id": id}, "message": message, "status": "success"})
        }
        Err(failure) => failure.body(),
    }
}

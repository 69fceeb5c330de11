//! Requests that write records: each item of `data` succeeds or fails on its own. Rules: CRM API
//! v8, "Insert records" and "Update records".

use super::{
    answer::Answer,
    error::{ApiError, Failure},
    request::{Call, data},
    schema::Module,
    store::Record,
    value,
    world::World,
    write,
};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Answers `POST /{module}`.
pub(super) fn insert(world: &mut World, call: &Call, module: &str) -> Result<Answer, ApiError> {
    let body = call.json()?;
    if world.store.is_full {
        return Err(ApiError::storage_full());
    }
    run(
        world,
        module,
        data(&body, world.most_records())?,
        201,
        |world, module, item, path| {
            let id = write::insert(&mut world.store, world.manners, module, item, path)?;
            Ok(written(find(world, module, &id, path)?, "record added"))
        },
    )
}

/// Answers `PUT /{module}`: every item has its `id`.
pub(super) fn update_many(
    world: &mut World,
    call: &Call,
    module: &str,
) -> Result<Answer, ApiError> {
    let body = call.json()?;
    run(
        world,
        module,
        data(&body, world.most_records())?,
        200,
        |world, module, item, path| {
            let record = by_id(world, module, item, path)?;
            update(world, module, &record, item, path)
        },
    )
}

/// Answers `PUT /{module}/{id}`: one item.
pub(super) fn update_one(
    world: &mut World,
    call: &Call,
    module: &str,
    id: &str,
) -> Result<Answer, ApiError> {
    let body = call.json()?;
    let items = data(&body, 1)?;
    let record = world.store.get(module, id).cloned();
    let record = record.ok_or_else(|| ApiError::in_data(400, Failure::unknown_id_in_url()))?;
    run(world, module, items, 200, |world, module, item, path| {
        update(world, module, &record, item, path)
    })
}

/// Runs every item, one after the other, and answers with a result for each: status 207 when some
/// failed, 400 when all did.
pub(super) fn run(
    world: &mut World,
    module: &str,
    items: &[Value],
    success: u16,
    mut work: impl FnMut(&mut World, &Module, &Map<String, Value>, &str) -> Result<Value, Failure>,
) -> Result<Answer, ApiError> {
    world.spend(credits(items.len()))?;
    let schema = Arc::clone(&world.store.schema);
    let unknown = || ApiError::in_data(400, Failure::unknown_module_in_url());
    let module = schema
        .module(module)
        .filter(|module| !module.is_subform)
        .ok_or_else(unknown)?;
    let mut failed = 0;
    let mut results = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let path = format!("$.data[{index}]");
        let item = item
            .as_object()
            .ok_or_else(|| Failure::wrong_type("jsonobject", "data", &path));
        results.push(
            item.and_then(|item| work(world, module, item, &path))
                .unwrap_or_else(|failure| {
                    failed += 1;
                    failure.body()
                }),
        );
    }
    let status = match failed {
        0 => success,
        all if all == results.len() => 400,
        _ => 207,
    };
    Ok(Answer::with_status(status, json!({"data": results})))
}

/// Returns the record that an item names by its `id`.
pub(super) fn by_id(
    world: &World,
    module: &Module,
    item: &Map<String, Value>,
    path: &str,
) -> Result<Record, Failure> {
    let path_of_id = format!("{path}.id");
    let given = item.get("id").filter(|id| !id.is_null());
    let given = given.ok_or_else(|| Failure::missing("id", &path_of_id))?;
    find(world, module, &value::id(given).unwrap_or_default(), path).cloned()
}

/// Returns a record by its id.
pub(super) fn find<'a>(
    world: &'a World,
    module: &Module,
    id: &str,
    path: &str,
) -> Result<&'a Record, Failure> {
    let record = world.store.get(&module.api_name, id);
    record.ok_or_else(|| Failure::unknown_id("id", &format!("{path}.id")))
}

fn update(
    world: &mut World,
    module: &Module,
    record: &Record,
    item: &Map<String, Value>,
    path: &str,
) -> Result<Value, Failure> {
    write::update(&mut world.store, world.manners, module, record, item, path)?;
    Ok(written(
        find(world, module, &record.id, path)?,
        "record updated",
    ))
}

fn written(record: &Record, message: &str) -> Value {
    let mut details = write::details(record);
    details.insert("$approval_state".into(), json!("approved"));
    json!({"code": "SUCCESS", "details": details, "message": message, "status": "success"})
}

/// Returns the credits: one for every ten records.
fn credits(records: usize) -> u64 {
    u64::try_from(records.div_ceil(10)).unwrap_or(u64::MAX)
}

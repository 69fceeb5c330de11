//! Reading and deleting records by id. Rules: CRM API v8, "Get records", "Get a specific record"
//! and "Delete records".

use super::{
    answer::Answer,
    error::{ApiError, Failure},
    request::Call,
    schema::Module,
    show,
    store::Record,
    world::World,
    write,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;

const MOST_FIELDS: usize = 50;
const PAGE: usize = 200;

/// Answers `GET /{module}/{id}`, with all fields or those of `?fields=`. Nothing found is status
/// 204.
pub(super) fn read(
    world: &mut World,
    call: &Call,
    name: &str,
    id: &str,
) -> Result<Answer, ApiError> {
    world.spend(1)?;
    let schema = Arc::clone(&world.store.schema);
    let module = module(&schema, name)?;
    let Some(record) = world.store.get(name, id) else {
        return Ok(Answer::nothing());
    };
    let shown = show::record(&world.store, module, record, call.list("fields").as_deref());
    Ok(Answer::ok(json!({"data": [shown]})))
}

/// Answers `GET /{module}?fields=` with the records of `ids`, or the newest ones. The fields must
/// be named.
pub(super) fn list(world: &mut World, call: &Call, name: &str) -> Result<Answer, ApiError> {
    world.spend(1)?;
    let schema = Arc::clone(&world.store.schema);
    let module = module(&schema, name)?;
    let fields = call
        .list("fields")
        .ok_or_else(|| ApiError::missing_parameter("fields"))?;
    if fields.len() > MOST_FIELDS {
        let details = json!({"limit": MOST_FIELDS, "param_name": "fields"});
        return Err(ApiError::flat(
            400,
            Failure::new("LIMIT_EXCEEDED", "limit exceeded", details),
        ));
    }
    let records: Vec<_> = match call.list("ids") {
        Some(ids) => ids
            .iter()
            .filter_map(|id| world.store.get(name, id))
            .collect(),
        None => world.store.of(name).rev().collect(),
    };
    let rows: Vec<Value> = records
        .iter()
        .take(PAGE)
        .map(|record| Value::Object(show::record(&world.store, module, record, Some(&fields))))
        .collect();
    if rows.is_empty() {
        return Ok(Answer::nothing());
    }
    let more_records = records.len() > PAGE;
    let info = json!({
        "per_page": PAGE, "count": rows.len(), "page": 1, "sort_by": "id", "sort_order": "desc", "more_records": more_records,
    });
    Ok(Answer::ok(json!({"data": rows, "info": info})))
}

/// Answers `GET /{module}/deleted`, a page of deleted records, the newest deletion first. Rules: CRM
/// API v8, "Get Deleted Records".
pub(super) fn deleted(world: &mut World, call: &Call, name: &str) -> Result<Answer, ApiError> {
    world.spend(1)?;
    module(&world.store.schema, name)?;
    let page = call.parameter("page").and_then(|page| page.parse().ok());
    let page: usize = page.unwrap_or(1);
    let all: Vec<_> = world.store.deleted(name).collect();
    let row = |(record, time): &&(Record, Timestamp)| {
        json!({
            "id": record.id, "display_name": Value::Null, "type": "recycle", "deleted_by": show::author(record),
            "created_by": show::user(), "deleted_time": show::time(*time),
        })
    };
    let before = page.saturating_sub(1).saturating_mul(PAGE);
    let rows: Vec<Value> = all.iter().skip(before).take(PAGE).map(row).collect();
    if rows.is_empty() {
        return Ok(Answer::nothing());
    }
    let more_records = all.len() > before.saturating_add(rows.len());
    let info =
        json!({"per_page": PAGE, "count": rows.len(), "page": page, "more_records": more_records});
    Ok(Answer::ok(json!({"data": rows, "info": info})))
}

/// Answers `DELETE /{module}/{id}`.
pub(super) fn delete(world: &mut World, name: &str, id: &str) -> Result<Answer, ApiError> {
    world.spend(1)?;
    module(&world.store.schema, name)?;
    let record = world.store.get(name, id).cloned();
    let record = record.ok_or_else(|| ApiError::in_data(400, Failure::unknown_id_in_url()))?;
    write::delete(&mut world.store, &record);
    let result = json!({"code": "SUCCESS", "details": {"id": id}, "message": "record deleted", "status": "success"});
    Ok(Answer::ok(json!({"data": [result]})))
}

/// Returns a module that has records of its own.
pub(super) fn module<'a>(
    schema: &'a super::schema::Schema,
    name: &str,
) -> Result<&'a Module, ApiError> {
    let module = schema.module(name).filter(|module| !module.is_subform);
    module.ok_or_else(|| ApiError::flat(400, Failure::unknown_module_in_url()))
}

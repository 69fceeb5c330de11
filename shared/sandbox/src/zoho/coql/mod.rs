//! `POST /coql`: a SELECT with columns, WHERE, ORDER BY and LIMIT. Rules: CRM API v8, "COQL". It
//! reads the records themselves, so there is no delay as with the search API. LIKE, BETWEEN,
//! aggregates and sub-queries are not simulated; such a query is refused as unsupported.

mod column;
mod filter;
mod lexer;
mod parser;

use super::{
    answer::Answer,
    error::{ApiError, Failure},
    request::Call,
    scope,
    store::Record,
    world::World,
};
use column::Column;
use filter::Filter;
use serde_json::{Map, Value, json};
use std::sync::Arc;

const MOST_COLUMNS: usize = 50;
const MOST_CRITERIA: usize = 25;
const MOST_ROWS: usize = 2_000;
/// The limit inside of a composite: "Get, search and COQL: 25 records".
const MOST_ROWS_IN_COMPOSITE: usize = 25;

/// Runs the query in `select_query`. Nothing found is status 204 without a body.
pub(super) fn answer(world: &mut World, call: &Call) -> Result<Answer, ApiError> {
    if !scope::covers(&world.scopes, "ZohoCRM.coql.READ") {
        return Err(ApiError::scope_mismatch());
    }
    let body = call.json()?;
    let query = body.get("select_query").ok_or_else(|| {
        let details = json!({"api_name": "select_query"});
        ApiError::flat(
            400,
            Failure::new("MANDATORY_NOT_FOUND", "mandatory key not found", details),
        )
    })?;
    let query = query.as_str().ok_or_else(|| {
        ApiError::flat(
            400,
            Failure::wrong_type("text", "select_query", "$.select_query"),
        )
    })?;
    run(world, query)
}

fn run(world: &mut World, query: &str) -> Result<Answer, ApiError> {
    let refused = |failure| ApiError::flat(400, failure);
    let mut select = parser::parse(query).map_err(refused)?;
    if !scope::covers_module(&world.scopes, &select.module, &["READ"]) {
        return Err(ApiError::scope_mismatch());
    }
    check_limits(&select).map_err(refused)?;
    if world.in_composite {
        select.limit = select.limit.min(MOST_ROWS_IN_COMPOSITE);
    }
    // It costs one credit for up to 200 rows, two for up to 1,000, three for up to 2,000.
    world.spend(1 + u64::from(select.limit > 200) + u64::from(select.limit > 1_000))?;
    let schema = Arc::clone(&world.store.schema);
    let module = schema
        .module(&select.module)
        .filter(|module| !module.is_subform);
    let module = module.ok_or_else(|| {
        let message = "the given module is not supported in api";
        refused(Failure::new("INVALID_MODULE", message, json!({})))
    })?;
    let bind = |name: &String| Column::bind(&schema, module, name);
    let columns = select
        .columns
        .iter()
        .map(bind)
        .collect::<Result<Vec<_>, _>>()
        .map_err(refused)?;
    let filter = Filter::bind(&schema, module, &select.condition).map_err(refused)?;
    let mut found: Vec<&Record> = filter.records(&world.store, &module.api_name);
    for (name, descending) in select.order.iter().rev() {
        let column = bind(name).map_err(refused)?;
        found.sort_by(|left, right| {
            let order = filter::sort_order(
                column.value(&world.store, left),
                column.value(&world.store, right),
            );
            if *descending { order.reverse() } else { order }
        });
    }
    let page = found.iter().skip(select.offset).take(select.limit);
    let rows: Vec<Value> = page
        .map(|record| Value::Object(row(world, record, &columns)))
        .collect();
    if rows.is_empty() {
        return Ok(Answer::nothing());
    }
    let more_records = found.len() > select.offset.saturating_add(rows.len());
    let info = json!({"count": rows.len(), "more_records": more_records});
    Ok(Answer::ok(json!({"data": rows, "info": info})))
}

fn row(world: &World, record: &Record, columns: &[Column<'_>]) -> Map<String, Value> {
    let mut row: Map<String, Value> = columns
        .iter()
        .map(|column| (column.name.clone(), column.shown(&world.store, record)))
        .collect();
    row.insert("id".into(), Value::from(record.id.as_str()));
    row
}

fn check_limits(select: &parser::Select) -> Result<(), Failure> {
    for (name, given, most) in [
        ("columns", select.columns.len(), MOST_COLUMNS),
        ("criteria", select.criteria, MOST_CRITERIA),
        ("limit", select.limit, MOST_ROWS),
    ] {
        if given > most {
            let message = format!("{name} exceeded the limit");
            return Err(Failure::new(
                "LIMIT_EXCEEDED",
                message,
                json!({"limit": most}),
            ));
        }
    }
    if select.limit == 0 {
        return Err(Failure::new(
            "INVALID_DATA",
            "limit should be greater than 0",
            json!({}),
        ));
    }
    Ok(())
}

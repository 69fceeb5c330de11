//! `GET /query`: a small SELECT. It has fields and parent paths, one level of sub-selects, WHERE
//! with `=`, `!=`, `<`, `>`, `IN`, `NOT IN`, AND, OR and parentheses, GROUP BY with COUNT(field),
//! ORDER BY and LIMIT. Everything else is `MALFORMED_QUERY`. Rules: SOQL and SOSL Reference.

mod bind;
mod condition;
mod grouped;
mod lexer;
mod parser;
mod run;
mod syntax;

use super::{
    answer::Answer, error::ApiError, request::Call, schema::Schema, store::Store, world::World,
};
use serde_json::{Value, json};
use std::sync::Arc;

const LONGEST_QUERY: usize = 100_000;

/// Answers `GET /query?q=`, and `GET /queryAll?q=`, which shows deleted records, too.
pub(super) fn answer(
    world: &mut World,
    call: &Call,
    with_deleted: bool,
) -> Result<Answer, ApiError> {
    let text = call
        .parameter("q")
        .ok_or_else(|| malformed("A query string has to be specified"))?;
    if text.chars().count() > LONGEST_QUERY {
        return Err(malformed(
            "SOQL statements cannot be longer than 100,000 characters.",
        ));
    }
    let rows = {
        let select = parser::parse(text)?;
        let schema = Arc::clone(&world.store.schema);
        let query = bind::bind(&schema, text, &select)?;
        if with_deleted {
            run::all_rows(&world.store, &query, &call.base())
        } else {
            run::rows(&world.store, &query, &call.base())
        }
    };
    if rows.len() <= world.page_size {
        return Ok(Answer::ok(
            json!({"totalSize": rows.len(), "done": true, "records": rows}),
        ));
    }
    let locator = format!("01gSb{:010}", world.pages.len());
    world.pages.insert(locator.clone(), rows);
    page(world, call, &locator, 0)
}

/// Returns the rows of a query over the objects of this schema, all on one page.
pub(super) fn rows(
    schema: &Schema,
    store: &Store,
    text: &str,
    base: &str,
) -> Result<Vec<Value>, ApiError> {
    let select = parser::parse(text)?;
    let query = bind::bind(schema, text, &select)?;
    Ok(run::rows(store, &query, base))
}

/// Answers `GET /query/locator-offset`.
pub(super) fn next_page(world: &World, call: &Call, locator: &str) -> Result<Answer, ApiError> {
    let (locator, offset) = locator.rsplit_once('-').ok_or_else(unknown_locator)?;
    page(
        world,
        call,
        locator,
        offset.parse().map_err(|_| unknown_locator())?,
    )
}

fn page(world: &World, call: &Call, locator: &str, offset: usize) -> Result<Answer, ApiError> {
    let rows = world.pages.get(locator).ok_or_else(unknown_locator)?;
    let records: Vec<&Value> = rows.iter().skip(offset).take(world.page_size).collect();
    let next = offset + records.len();
    if next >= rows.len() {
        return Ok(Answer::ok(
            json!({"totalSize": rows.len(), "done": true, "records": records}),
        ));
    }
    let url = format!("{}/query/{locator}-{next}", call.base());
    Ok(Answer::ok(
        json!({"totalSize": rows.len(), "done": false, "nextRecordsUrl": url, "records": records}),
    ))
}

fn unknown_locator() -> ApiError {
    ApiError::request("INVALID_QUERY_LOCATOR", "invalid query locator")
}

fn malformed(message: impl Into<String>) -> ApiError {
    ApiError::request("MALFORMED_QUERY", message)
}

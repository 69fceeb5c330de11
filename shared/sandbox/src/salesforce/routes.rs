use super::{
    answer::Answer, composite, describe, error::ApiError, graph, limits, request::Call, rows, soql,
    tooling, upsert, world::World,
};

/// Carries out one request, and rolls back its changes when it fails.
pub(super) fn dispatch(world: &mut World, call: &Call) -> Answer {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    let answer = match (call.method.as_str(), segments.as_slice()) {
        ("POST", ["composite"]) => composite::handle(world, call),
        ("POST", ["composite", "graph"]) => graph::handle(world, call),
        (method, ["composite"] | ["composite", "graph"]) => {
            Err(ApiError::method_not_allowed(method, "POST"))
        }
        ("GET", ["limits"]) => Ok(limits::answer(world)),
        ("GET", ["sobjects"]) => Ok(describe::all(world)),
        ("GET", ["tooling", "query"]) => tooling::query(world, call),
        ("POST", ["tooling", "sobjects", tooling::FIELDS]) => tooling::create(world, call),
        ("PATCH", ["tooling", "sobjects", tooling::FIELDS, id]) => tooling::change(world, call, id),
        _ => single(world, call),
    };
    answer.unwrap_or_else(Answer::from)
}

/// Carries out a request that may be inside a composite as well: one query, or one record.
pub(super) fn single(world: &mut World, call: &Call) -> Result<Answer, ApiError> {
    let mark = world.store.mark();
    world.store.saves_duplicates = call.saves_duplicates;
    let answer = route(world, call);
    if answer.is_err() {
        world.store.roll_back(mark);
    }
    answer
}

fn route(world: &mut World, call: &Call) -> Result<Answer, ApiError> {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    match (call.method.as_str(), segments.as_slice()) {
        ("GET", ["query"]) => soql::answer(world, call, false),
        ("GET", ["queryAll"]) => soql::answer(world, call, true),
        ("GET", ["query", locator]) => soql::next_page(world, call, locator),
        ("GET", ["sobjects", name, "describe"]) => describe::answer(world, name),
        ("POST", ["sobjects", name]) => rows::create(world, call, name),
        ("GET", ["sobjects", name, id]) => rows::read(world, call, name, id),
        ("PATCH", ["sobjects", name, id]) => rows::update(world, call, name, id),
        ("DELETE", ["sobjects", name, id]) => rows::delete(world, name, id),
        ("PATCH", ["sobjects", name, field, value]) => {
            upsert::write(world, call, name, field, value)
        }
        ("GET", ["sobjects", name, field, value]) => upsert::read(world, call, name, field, value),
        ("DELETE", ["sobjects", name, field, value]) => {
            upsert::delete(world, call, name, field, value)
        }
        (method, ["query" | "limits"] | ["query", _] | ["sobjects", _, "describe"]) => {
            Err(ApiError::method_not_allowed(method, "GET,HEAD"))
        }
        (method, ["sobjects", _]) => Err(ApiError::method_not_allowed(method, "GET,HEAD,POST")),
        (method, ["sobjects", _, _] | ["sobjects", _, _, _]) => Err(ApiError::method_not_allowed(
            method,
            "GET,HEAD,PATCH,DELETE",
        )),
        _ => Err(ApiError::not_found()),
    }
}

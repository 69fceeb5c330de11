use super::{
    account::Account,
    answer::Answer,
    error::Problem,
    items, jobs, language, metadata, records,
    request::{Call, JOBS, QUERY, SYSTEM},
    suiteql,
};
use std::sync::Arc;

/// Carries out one request that has been admitted.
pub(super) fn dispatch(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let path = call.request.path();
    let method = call.request.method.as_str();
    if path == QUERY {
        return match method {
            "POST" => suiteql::answer(&account.books, call),
            _ => Err(Problem::method_not_allowed(method)),
        };
    }
    if let Some(resource) = path.strip_prefix(SYSTEM) {
        return match (method, resource) {
            ("GET", "/serverTime") => Ok(account.server_time()),
            ("GET", "/governanceLimits") => Err(Problem::administrators_only()),
            _ => Err(Problem::no_resource()),
        };
    }
    if let Some(resource) = path.strip_prefix(JOBS) {
        return match method {
            "GET" => jobs::read(account, resource.trim_start_matches('/')),
            _ => Err(Problem::method_not_allowed(method)),
        };
    }
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    match (method, segments.as_slice()) {
        ("GET", ["metadata-catalog"]) => Ok(metadata::list(account)),
        ("GET", ["metadata-catalog", name]) => metadata::read(account, name),
        (_, ["metadata-catalog", ..]) => Err(Problem::method_not_allowed(method)),
        (_, [name] | [name, _]) => record(account, call, name, segments.get(1).copied()),
        _ => Err(Problem::no_resource()),
    }
}

fn record(
    account: &mut Account,
    call: &Call<'_>,
    name: &str,
    identifier: Option<&str>,
) -> Result<Answer, Problem> {
    let method = call.request.method.as_str();
    if let Some(kind) = items::kind(name) {
        return match (method, identifier) {
            ("GET", Some(identifier)) => items::read(account, call, kind, identifier),
            _ => Err(Problem::new(
                400,
                "INVALID_REQUEST",
                format!("{name} can only be read in the sandbox."),
            )),
        };
    }
    let schema = Arc::clone(&account.books.schema);
    let Some(shape) = schema.record(name) else {
        let detail = format!("Record type '{name}' does not exist.");
        return Err(Problem::new(404, "NOT_FOUND", detail));
    };
    if account.books.out_of_reach.contains(&shape.name) {
        return Err(Problem::no_permission(&shape.name));
    }
    language::check(call.request, &account.policy.language)?;
    if identifier.is_none() && jobs::is_batch(call.request) {
        return jobs::accept(account, call);
    }
    match (method, identifier) {
        ("GET", None) => records::list(account, call, shape),
        ("POST", None) if call.is_form() => records::form(account, call, shape),
        ("POST", None) => records::create(account, call, shape),
        ("GET", Some(identifier)) => records::read(account, call, shape, identifier),
        ("PUT", Some(identifier)) => records::upsert(account, call, shape, identifier),
        ("PATCH", Some(identifier)) => records::update(account, call, shape, identifier),
        ("DELETE", Some(identifier)) => records::delete(account, call, shape, identifier),
        _ => Err(Problem::method_not_allowed(method)),
    }
}

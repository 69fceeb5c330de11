//! `POST /__composite_requests`: up to five requests in one call. Rules: CRM API v8, "Composite
//! API". Requests that refer to each other and `rollback_on_fail` are not simulated: such
//! references get `INVALID_REFERENCE`, and the flag is refused.

use super::{
    answer::Answer,
    error::{ApiError, Failure},
    kind::Kind,
    request::Call,
    routes, scope,
    world::World,
};
use serde_json::{Map, Value, json};

const REQUESTS: &str = "__composite_requests";
const MOST_REQUESTS: usize = 5;

/// Runs every part, one after the other. A part that ran is a success whatever it answered; only
/// its own status shows its outcome.
pub(super) fn answer(world: &mut World, call: &Call) -> Result<Answer, ApiError> {
    if !scope::covers(&world.scopes, "ZohoCRM.composite_requests.CUSTOM") {
        return Err(ApiError::scope_mismatch());
    }
    let body = call.json()?;
    let parts = parts(&body).map_err(|failure| ApiError::flat(400, failure))?;
    // It costs one credit, whatever the parts are.
    world.spend(1)?;
    let mut results = Vec::new();
    let mut refused = 0;
    world.in_composite = true;
    for (index, part) in parts.iter().enumerate() {
        let path = format!("$.{REQUESTS}[{index}]");
        let outcome = check(part, parts, &path).and_then(|call| run(world, &call));
        results.push(outcome.unwrap_or_else(|failure| {
            refused += 1;
            failure.body()
        }));
    }
    world.in_composite = false;
    let status = match refused {
        0 => 200,
        all if all == results.len() => 400,
        _ => 207,
    };
    Ok(Answer::with_status(status, json!({REQUESTS: results})))
}

fn parts(body: &Map<String, Value>) -> Result<&Vec<Value>, Failure> {
    let path = format!("$.{REQUESTS}");
    if body
        .get("rollback_on_fail")
        .is_some_and(|flag| *flag != Value::Bool(false))
    {
        let details = json!({"api_name": "rollback_on_fail", "json_path": "$.rollback_on_fail"});
        return Err(Failure::new("NOT_SUPPORTED", "not supported", details));
    }
    if body
        .get("parallel_execution")
        .is_some_and(|flag| !flag.is_boolean())
    {
        return Err(Failure::wrong_type(
            "boolean",
            "parallel_execution",
            "$.parallel_execution",
        ));
    }
    let given = body
        .get(REQUESTS)
        .ok_or_else(|| Failure::missing(REQUESTS, &path))?;
    let parts = given.as_array().filter(|parts| !parts.is_empty());
    let parts = parts.ok_or_else(|| Failure::wrong_type("jsonarray", REQUESTS, &path))?;
    if parts.len() > MOST_REQUESTS {
        return Err(Failure::too_long(MOST_REQUESTS, REQUESTS, &path));
    }
    Ok(parts)
}

/// Reads the request of a part.
fn check(part: &Value, parts: &[Value], path: &str) -> Result<Call, Failure> {
    let part = part
        .as_object()
        .ok_or_else(|| Failure::wrong_type("jsonobject", REQUESTS, path))?;
    let place = |name: &str| format!("{path}.{name}");
    let text = |name: &str| {
        let value = part
            .get(name)
            .ok_or_else(|| Failure::missing(name, &place(name)))?;
        value
            .as_str()
            .ok_or_else(|| Failure::wrong_type("text", name, &place(name)))
    };
    let (method, uri) = (text("method")?, text("uri")?);
    check_id(part, parts, path)?;
    for name in ["headers", "body"] {
        if part
            .get(name)
            .is_some_and(|value| !value.is_object() && !value.is_null())
        {
            return Err(Failure::wrong_type("jsonobject", name, &place(name)));
        }
    }
    let headers = part.get("headers").and_then(Value::as_object);
    let is_restricted =
        |name: &&String| matches!(name.to_lowercase().as_str(), "authorization" | "x-crm-org");
    let restricted: Vec<&String> = headers
        .into_iter()
        .flat_map(Map::keys)
        .filter(is_restricted)
        .collect();
    if !restricted.is_empty() {
        let details = json!({"api_name": "headers", "json_path": place("headers"), "restricted_headers": restricted});
        return Err(Failure::new("NOT_SUPPORTED", "restricted headers", details));
    }
    let body = part
        .get("body")
        .filter(|body| !body.is_null())
        .map(ToString::to_string);
    let body = body.unwrap_or_default();
    if uri.contains("@{") || body.contains("@{") {
        let details = json!({"api_name": "uri", "json_path": place("uri")});
        return Err(Failure::new(
            "INVALID_REFERENCE",
            "invalid reference",
            details,
        ));
    }
    if !uri.starts_with("/crm/v") {
        return Err(Failure::wrong_type("text", "uri", &place("uri")));
    }
    let mismatch = |_| {
        Failure::new(
            "NOT_SUPPORTED",
            "version mismatch",
            json!({"composite_request_version": 8}),
        )
    };
    Call::parse(method, uri, body.into()).map_err(mismatch)
}

/// Checks the `sub_request_id`, which is a word, and occurs only once.
fn check_id(part: &Map<String, Value>, parts: &[Value], path: &str) -> Result<(), Failure> {
    let Some(id) = part.get("sub_request_id").filter(|id| !id.is_null()) else {
        return Ok(());
    };
    let details =
        json!({"api_name": "sub_request_id", "json_path": format!("{path}.sub_request_id")});
    let is_word = |id: &str| {
        let belongs = |character: char| character.is_ascii_alphanumeric() || character == '_';
        id.starts_with(|first: char| first.is_ascii_alphanumeric()) && id.chars().all(belongs)
    };
    if !id.as_str().is_some_and(is_word) {
        return Err(Failure::invalid(details));
    }
    let same: Vec<usize> = (0..parts.len())
        .filter(|index| {
            parts
                .get(*index)
                .and_then(|part| part.get("sub_request_id"))
                == Some(id)
        })
        .collect();
    if same.len() > 1 {
        let duplicate = Failure::new("DUPLICATE_DATA", "duplicate data", details);
        return Err(duplicate.with_detail("sub_request_indexes", json!(same)));
    }
    Ok(())
}

fn run(world: &mut World, call: &Call) -> Result<Value, Failure> {
    if matches!(
        Kind::of_resource(&call.method, &call.segments),
        Kind::Composite | Kind::Other
    ) {
        let message = "the given API is not supported in composite requests";
        return Err(Failure::new("NOT_SUPPORTED", message, json!({})));
    }
    let answer = routes::dispatch(world, call).unwrap_or_else(Answer::from);
    let headers = match answer.body {
        Some(_) => json!({"content-type": "application/json;charset=UTF-8"}),
        None => json!({}),
    };
    let response = json!({"status_code": answer.status, "headers": headers, "body": answer.body});
    let message = "composite sub request executed successfully";
    Ok(
        json!({"code": "SUCCESS", "status": "success", "message": message, "details": {"response": response}}),
    )
}

//! The sub-requests of composites and graphs: their shape, and the execution of a list of them.

use super::{
    answer::Answer,
    error::ApiError,
    reference::{self, Bodies},
    request::Call,
    routes,
    world::World,
};
use serde_json::{Map, Value};
use std::collections::HashSet;

const METHODS: [&str; 5] = ["POST", "PUT", "PATCH", "GET", "DELETE"];
const FORBIDDEN_HEADERS: [&str; 3] = ["accept", "authorization", "content-type"];

/// One entry of `compositeRequest`.
#[derive(Clone, Debug)]
pub(super) struct Subrequest {
    pub(super) method: String,
    pub(super) url: String,
    pub(super) reference_id: String,
    pub(super) body: Value,
    /// The sub-request's own `Sforce-Duplicate-Rule-Header`, which it may have in a composite.
    duplicate_header: Option<String>,
}

/// The place of a list of sub-requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// `/composite`: records and queries.
    Composite,
    /// A node of a graph: records only, and no `httpHeaders`.
    Graph,
}

impl Subrequest {
    /// Returns the referenceIds that it uses.
    pub(super) fn uses(&self) -> Vec<String> {
        let mut names = reference::used_by(&Value::String(self.url.clone()));
        names.extend(reference::used_by(&self.body));
        names
    }

    /// Returns the segments of its path as written: `["", "services", "data", "v65.0", "sobjects",
    /// …]`.
    pub(super) fn path(&self) -> Vec<&str> {
        self.url
            .split('?')
            .next()
            .unwrap_or_default()
            .split('/')
            .collect()
    }
}

/// Reads `compositeRequest`. A fault in one entry refuses the whole request (since v52).
pub(super) fn read(list: Option<&Value>, place: Place) -> Result<Vec<Subrequest>, ApiError> {
    let entries = list
        .and_then(Value::as_array)
        .filter(|entries| !entries.is_empty());
    let entries = entries
        .ok_or_else(|| invalid("compositeRequest must be a list with at least one subrequest"))?;
    let mut seen = HashSet::new();
    let mut read = Vec::new();
    for entry in entries {
        let subrequest = read_one(entry, place)?;
        if !seen.insert(subrequest.reference_id.clone()) {
            return Err(invalid(format!(
                "Duplicate referenceId: {}",
                subrequest.reference_id
            )));
        }
        read.push(subrequest);
    }
    Ok(read)
}

fn read_one(entry: &Value, place: Place) -> Result<Subrequest, ApiError> {
    let fields = entry.as_object().ok_or_else(|| {
        ApiError::request("JSON_PARSER_ERROR", "A subrequest must be a JSON object")
    })?;
    check_keys(fields, place)?;
    let text = |name: &str| {
        fields
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let reference_id = text("referenceId");
    let valid = |id: &str| {
        id.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && id.starts_with(|first: char| first.is_ascii_alphanumeric())
    };
    if !valid(&reference_id) {
        let message = format!(
            "Provided referenceId ('{reference_id}') must start with a letter or a number, and it can contain only letters, numbers and underscores ('_')."
        );
        return Err(invalid(message));
    }
    let (method, url) = (text("method"), text("url"));
    if !METHODS.contains(&method.as_str()) {
        return Err(invalid(format!(
            "Invalid method '{method}' in subrequest {reference_id}"
        )));
    }
    if url.is_empty() {
        return Err(invalid(format!(
            "url is missing in subrequest {reference_id}"
        )));
    }
    Ok(Subrequest {
        method,
        url,
        reference_id,
        body: fields.get("body").cloned().unwrap_or_default(),
        duplicate_header: duplicate_header(fields),
    })
}

fn duplicate_header(fields: &Map<String, Value>) -> Option<String> {
    let headers = fields.get("httpHeaders")?.as_object()?;
    let found = headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("Sforce-Duplicate-Rule-Header"));
    found.and_then(|(_, text)| text.as_str()).map(str::to_owned)
}

fn check_keys(fields: &Map<String, Value>, place: Place) -> Result<(), ApiError> {
    let known = |name: &str| {
        matches!(name, "method" | "url" | "referenceId" | "body")
            || (name == "httpHeaders" && place == Place::Composite)
    };
    if let Some(unknown) = fields.keys().find(|name| !known(name)) {
        return Err(ApiError::request(
            "JSON_PARSER_ERROR",
            format!("Unrecognized field \"{unknown}\" in a subrequest"),
        ));
    }
    let headers = fields.get("httpHeaders").and_then(Value::as_object);
    let forbidden = headers
        .into_iter()
        .flatten()
        .any(|(name, _)| FORBIDDEN_HEADERS.contains(&name.to_lowercase().as_str()));
    if forbidden {
        Err(invalid(
            "httpHeaders of a subrequest can't contain Accept, Authorization or Content-Type",
        ))
    } else {
        Ok(())
    }
}

/// Carries out the sub-requests; returns the entries of the answer, and whether all have succeeded.
/// With `all_or_none` a failure rolls everything back and stops.
pub(super) fn run(
    world: &mut World,
    whole: &Call,
    entries: &[Subrequest],
    all_or_none: bool,
    place: Place,
) -> (Vec<Value>, bool) {
    let mark = world.store.mark();
    let mut bodies = Bodies::new();
    let mut answers: Vec<Answer> = Vec::new();
    for entry in entries {
        let answer = run_one(world, whole, entry, &bodies, place).unwrap_or_else(Answer::from);
        let failed = answer.status >= 300;
        if !failed {
            bodies.insert(
                entry.reference_id.clone(),
                answer.body.clone().unwrap_or_default(),
            );
        }
        answers.push(answer);
        if failed && all_or_none {
            world.store.roll_back(mark);
            return (halt_all_but_last(entries, answers), false);
        }
    }
    let good = answers.iter().all(|answer| answer.status < 300);
    (
        entries
            .iter()
            .zip(answers)
            .map(|(entry, answer)| with_reference(entry, answer))
            .collect(),
        good,
    )
}

/// Creates the entries of sub-requests that were not carried out, or were rolled back.
pub(super) fn halted(entries: &[Subrequest], error: &ApiError) -> Vec<Value> {
    entries
        .iter()
        .map(|entry| with_reference(entry, Answer::from(error.clone())))
        .collect()
}

/// Creates the entries after a failure: the failed one has its own error, every other one that it
/// was rolled back.
fn halt_all_but_last(entries: &[Subrequest], mut answers: Vec<Answer>) -> Vec<Value> {
    let culprit = answers.len().saturating_sub(1);
    let mut shown = halted(entries, &ApiError::rolled_back());
    if let (Some(place), Some(entry), Some(answer)) =
        (shown.get_mut(culprit), entries.get(culprit), answers.pop())
    {
        *place = with_reference(entry, answer);
    }
    shown
}

fn run_one(
    world: &mut World,
    whole: &Call,
    entry: &Subrequest,
    bodies: &Bodies,
    place: Place,
) -> Result<Answer, ApiError> {
    let url = reference::resolve_text(&entry.url, bodies)?;
    let body = reference::resolve(&entry.body, bodies)?;
    if !url.starts_with("/services/data/v") {
        return Err(ApiError::request(
            "PROCESSING_HALTED",
            format!("{url} is not a valid url"),
        ));
    }
    let call = Call::parse(&entry.method, &url, (!body.is_null()).then_some(body))?;
    let mut call = call.with_duplicate_header(entry.duplicate_header.as_deref());
    if place == Place::Graph {
        call.saves_duplicates = whole.saves_duplicates && world.duplicate_header_reaches_nodes;
    }
    if place == Place::Graph && (call.version < 50 || !is_node(&call)) {
        let message = "Endpoint not supported in Composite Graph API";
        return Err(ApiError::request("OPERATION_NOT_ALLOWED", message).with_status(404));
    }
    routes::single(world, &call)
}

/// Returns whether a graph may hold the call: `sobjects/X`, `sobjects/X/id`,
/// `sobjects/X/field/value`.
fn is_node(call: &Call) -> bool {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    match segments.as_slice() {
        ["sobjects", _] => call.method == "POST",
        ["sobjects", _, last] => *last != "describe",
        ["sobjects", _, _, _] => true,
        _ => false,
    }
}

fn with_reference(entry: &Subrequest, answer: Answer) -> Value {
    answer.into_entry(&Value::String(entry.reference_id.clone()))
}

/// Creates a refusal with status 400 and one error: the platform's texts for most of these are not
/// documented.
pub(super) fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::request("INVALID_INPUT", message)
}

use super::error::{ApiError, Failure};
use bytes::Bytes;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

const BASE: &str = "/crm/v8/";
const TRIGGERS: [&str; 5] = [
    "approval",
    "workflow",
    "blueprint",
    "pathfinder",
    "orchestration",
];

/// A request under `/crm/v8`, from HTTP or from inside a composite.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) method: String,
    /// The segments of the path behind the version, decoded.
    pub(super) segments: Vec<String>,
    parameters: Vec<(String, String)>,
    body: Bytes,
}

impl Call {
    /// Parses a path with its query.
    ///
    /// # Errors
    /// 404 for anything but a path of version 8.
    pub(super) fn parse(method: &str, target: &str, body: Bytes) -> Result<Self, ApiError> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let resource = path.strip_prefix(BASE).ok_or_else(ApiError::unknown_url)?;
        let segments = resource
            .split('/')
            .map(|segment| percent_decode_str(segment).decode_utf8().map(String::from));
        Ok(Self {
            method: method.to_owned(),
            segments: segments
                .collect::<Result<_, _>>()
                .map_err(|_| ApiError::unknown_url())?,
            parameters: url::form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
            body,
        })
    }

    /// Returns a parameter of the query that is not empty.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(given, _)| given == name);
        found
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// Returns the parts of a parameter that is a list.
    pub(super) fn list(&self, name: &str) -> Option<Vec<&str>> {
        self.parameter(name).map(|list| list.split(',').collect())
    }

    /// Returns the body as a JSON object.
    pub(super) fn json(&self) -> Result<Map<String, Value>, ApiError> {
        let unexpected = || {
            ApiError::flat(
                400,
                Failure::invalid(json!({"expected_data_type": "jsonobject"})),
            )
        };
        serde_json::from_slice(&self.body).map_err(|_| unexpected())
    }
}

/// Returns the items of a body's `data`, 1 to `most` of them. Rules: "Insert records", request
/// JSON.
pub(super) fn data(body: &Map<String, Value>, most: usize) -> Result<&Vec<Value>, ApiError> {
    let unexpected = || {
        let details = json!({"expected_data_type": "jsonarray", "api_name": "data"});
        ApiError::flat(400, Failure::invalid(details))
    };
    let data = body
        .get("data")
        .and_then(Value::as_array)
        .filter(|data| !data.is_empty());
    let data = data.ok_or_else(unexpected)?;
    if data.len() > most {
        let message = "count of records in your request exceeds the limit";
        let details = json!({"maximum_length": most, "api_name": "data"});
        return Err(ApiError::in_data(
            400,
            Failure::new("LIMIT_EXCEEDED", message, details),
        ));
    }
    check_trigger(body)?;
    Ok(data)
}

/// Checks `trigger`, which names the automations that run; an empty list means none. Nothing runs
/// here.
fn check_trigger(body: &Map<String, Value>) -> Result<(), ApiError> {
    let known = |name: &Value| name.as_str().is_some_and(|name| TRIGGERS.contains(&name));
    let Some(trigger) = body.get("trigger").filter(|trigger| !trigger.is_null()) else {
        return Ok(());
    };
    if trigger
        .as_array()
        .is_some_and(|names| names.iter().all(known))
    {
        return Ok(());
    }
    let details =
        json!({"api_name": "trigger", "json_path": "$.trigger", "supported_values": TRIGGERS});
    Err(ApiError::in_data(400, Failure::invalid(details)))
}

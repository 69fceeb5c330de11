//! Small helpers for reading and quoting answers in JSON.

use serde_json::Value;

/// Returns a list in an answer; an empty one where it is missing.
#[must_use]
pub fn list<'a>(answer: &'a Value, name: &str) -> &'a [Value] {
    answer
        .get(name)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
}

/// Returns a value as indented JSON, for the reader of a dead letter.
#[must_use]
pub fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

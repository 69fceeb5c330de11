//! References `@{reference.path}` inside composites: values from an earlier answer.

use super::error::ApiError;
use serde_json::{Map, Value};
use std::collections::HashMap;

/// The bodies of the sub-requests that have succeeded, by referenceId.
pub(super) type Bodies = HashMap<String, Value>;

/// Replaces the references in a value.
///
/// # Errors
/// `PROCESSING_HALTED` for a reference that has no value.
pub(super) fn resolve(value: &Value, bodies: &Bodies) -> Result<Value, ApiError> {
    Ok(match value {
        Value::String(text) => match whole(text) {
            Some(path) => look_up(path, bodies)?,
            None => Value::String(resolve_text(text, bodies)?),
        },
        Value::Array(items) => Value::Array(
            items
                .iter()
                .map(|item| resolve(item, bodies))
                .collect::<Result<_, _>>()?,
        ),
        Value::Object(fields) => {
            let fields: Result<Map<_, _>, ApiError> = fields
                .iter()
                .map(|(name, field)| Ok((name.clone(), resolve(field, bodies)?)))
                .collect();
            Value::Object(fields?)
        }
        other => other.clone(),
    })
}

/// Replaces the references in a text by text.
pub(super) fn resolve_text(text: &str, bodies: &Bodies) -> Result<String, ApiError> {
    let mut resolved = String::new();
    let mut rest = text;
    while let Some((before, path, after)) = next(rest) {
        resolved.push_str(before);
        let value = look_up(path, bodies)?;
        resolved.push_str(
            &value
                .as_str()
                .map_or_else(|| value.to_string(), String::from),
        );
        rest = after;
    }
    resolved.push_str(rest);
    Ok(resolved)
}

/// Returns the referenceIds that a value uses.
pub(super) fn used_by(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => {
            let mut names = Vec::new();
            let mut rest = text.as_str();
            while let Some((_, path, after)) = next(rest) {
                names.push(name_of(path).to_owned());
                rest = after;
            }
            names
        }
        Value::Array(items) => items.iter().flat_map(used_by).collect(),
        Value::Object(fields) => fields.values().flat_map(used_by).collect(),
        _ => Vec::new(),
    }
}

fn next(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("@{")?;
    let (path, after) = rest.split_once('}')?;
    Some((before, path, after))
}

fn whole(text: &str) -> Option<&str> {
    next(text)
        .filter(|(before, _, after)| before.is_empty() && after.is_empty())
        .map(|(_, path, _)| path)
}

fn name_of(path: &str) -> &str {
    path.split(['.', '[']).next().unwrap_or_default()
}

fn look_up(path: &str, bodies: &Bodies) -> Result<Value, ApiError> {
    let name = name_of(path);
    let found = bodies.get(name).and_then(|body| {
        let mut steps = path
            .get(name.len()..)?
            .split(['.', '[', ']'])
            .filter(|step| !step.is_empty())
            .peekable();
        steps.peek()?;
        steps.try_fold(body, descend)
    });
    found
        .filter(|value| !value.is_null())
        .cloned()
        .ok_or_else(|| no_value(path, name))
}

fn descend<'a>(value: &'a Value, step: &str) -> Option<&'a Value> {
    match value {
        Value::Object(fields) => fields.get(step),
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        _ => None,
    }
}

fn no_value(path: &str, name: &str) -> ApiError {
    let message = format!(
        "Invalid reference specified. No value for {path} found in {name}. Provided referenceId ('{path}') must start with a letter or a number, \
         and it can contain only letters, numbers and underscores ('_')."
    );
    ApiError::request("PROCESSING_HALTED", message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_keep_their_type_when_they_stand_alone() {
        let bodies = Bodies::from([(
            "q".to_owned(),
            json!({"records": [{"Id": "006", "Amount": 9.5}]}),
        )]);
        assert_eq!(
            resolve(
                &json!({"A": "@{q.records[0].Amount}", "B": "no. @{q.records[0].Id}!"}),
                &bodies
            )
            .unwrap(),
            json!({"A": 9.5, "B": "no. 006!"})
        );
    }

    #[test]
    fn what_is_not_there_halts() {
        let bodies = Bodies::from([("a".to_owned(), json!({"id": null}))]);
        for path in ["@{a.id}", "@{a}", "@{a.Id}", "@{b.id}", "@{a.id[0]}"] {
            assert_eq!(
                resolve(&json!(path), &bodies).unwrap_err().code,
                "PROCESSING_HALTED",
                "{path}"
            );
        }
    }
}

use ports::Secret;
use serde_json::{Map, Value};

/// Returns the JSON object that Secrets Manager holds: a text for each key, and a list where there
/// are several.
pub(crate) fn json(secret: &Secret) -> String {
    let value = |key: &str| match secret.all(key) {
        [single] => Value::from(single.as_str()),
        several => Value::from(several.to_vec()),
    };
    let entries: Map<String, Value> = secret
        .keys()
        .map(|key| (key.to_owned(), value(key)))
        .collect();
    Value::Object(entries).to_string()
}

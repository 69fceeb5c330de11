use crate::template::Exact;
use minijinja::Value;
use rust_decimal::Decimal;

/// Converts the shop's payload for templates: integers stay integers, every other number is exact.
pub(crate) fn value(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::from(()),
        serde_json::Value::Bool(truth) => Value::from(*truth),
        serde_json::Value::Number(digits) => number(digits),
        serde_json::Value::String(text) => Value::from(text.as_str()),
        serde_json::Value::Array(items) => items.iter().map(value).collect(),
        serde_json::Value::Object(fields) => Value::from_pairs(
            fields
                .iter()
                .map(|(name, field)| (name.as_str(), value(field))),
        ),
    }
}

/// Converts a number. One that no decimal holds becomes its digits as text, so that nothing is lost
/// and nothing calculates with it by accident.
fn number(number: &serde_json::Number) -> Value {
    if let Some(whole) = number.as_i64() {
        return Value::from(whole);
    }
    let digits = number.to_string();
    match Decimal::from_str_exact(&digits).or_else(|_| Decimal::from_scientific(&digits)) {
        Ok(decimal) => Exact::value(decimal),
        Err(_) => Value::from(digits),
    }
}

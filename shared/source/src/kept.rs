//! One pass over a body that builds only the few fields it keeps. Every accepted webhook pays for
//! this.

use crate::Extent;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::fmt;

/// The largest number of values in a kept value, such as addresses, ids, or the lines of a refund.
const MOST_VALUES: usize = 20_000;

/// The fields that are kept of a body, at its top and in each envelope.
#[derive(Clone, Copy, Debug)]
pub struct Kept {
    /// Names of fields, in one list for each reason to keep them.
    pub fields: &'static [&'static [&'static str]],
    /// Names of envelopes: objects of which the same fields are kept again. Any other value under
    /// such a name is kept as null.
    pub envelopes: &'static [&'static str],
    /// The largest depth of nested envelopes.
    pub layers: usize,
}

impl Kept {
    /// Returns the kept fields of a body; `None` when it is not one whole JSON object.
    #[must_use]
    pub fn of(self, body: &[u8]) -> Option<Map<String, Value>> {
        let mut json = serde_json::Deserializer::from_slice(body);
        let fields = json.deserialize_map(self).ok()?;
        json.end().ok()?;
        Some(fields)
    }

    fn inside(self, content: &RawValue) -> Value {
        let inner = self
            .layers
            .checked_sub(1)
            .map(|layers| Self { layers, ..self });
        let fields = inner.and_then(|inner| inner.of(content.get().as_bytes()));
        fields.map_or(Value::Null, Value::Object)
    }
}

impl<'de> Visitor<'de> for Kept {
    type Value = Map<String, Value>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut body: A) -> Result<Self::Value, A::Error> {
        let mut fields = Map::new();
        while let Some(key) = body.next_key_seed(KeyKind(self))? {
            match key {
                Key::Kept(name) => drop(fields.insert(name.to_owned(), small(body.next_value()?))),
                Key::Envelope(name) => {
                    drop(fields.insert(name.to_owned(), self.inside(body.next_value()?)))
                }
                Key::Other => drop(body.next_value::<IgnoredAny>()?),
            }
        }
        Ok(fields)
    }
}

/// Returns the value; for one that is larger than a kept value ever is, an empty one of its kind.
fn small(content: &RawValue) -> Value {
    let json = content.get();
    if Extent::of(json.as_bytes()).values <= MOST_VALUES {
        return serde_json::from_str(json).unwrap_or_default();
    }
    if json.starts_with('[') {
        Value::Array(Vec::new())
    } else {
        Value::Object(Map::new())
    }
}

enum Key {
    Kept(&'static str),
    Envelope(&'static str),
    Other,
}

/// A seed that compares a key in place, in the body: most keys are not kept and need no copy.
struct KeyKind(Kept);

impl<'de> DeserializeSeed<'de> for KeyKind {
    type Value = Key;

    fn deserialize<D: Deserializer<'de>>(self, key: D) -> Result<Key, D::Error> {
        key.deserialize_str(self)
    }
}

impl Visitor<'_> for KeyKind {
    type Value = Key;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Key, E> {
        let among = |names: &[&'static str]| names.iter().find(|name| **name == key).copied();
        let kept = self
            .0
            .fields
            .iter()
            .find_map(|names| among(names))
            .map(Key::Kept);
        let envelope = || among(self.0.envelopes).map(Key::Envelope);
        Ok(kept.or_else(envelope).unwrap_or(Key::Other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const KEPT: Kept = Kept {
        fields: &[&["id"], &["email"]],
        envelopes: &["order", "data"],
        layers: 2,
    };

    #[test]
    fn keeps_what_is_named_at_the_top_and_in_envelopes() {
        let body = json!({"id": 1, "lines": [{"id": 2}], "order": {"email": "a@example.com", "note": "x", "data": {"id": 3, "order": {"id": 4}}}, "data": "text"});
        let kept = KEPT.of(body.to_string().as_bytes()).unwrap();
        let expected = json!({"id": 1, "order": {"email": "a@example.com", "data": {"id": 3, "order": null}}, "data": null});
        assert_eq!(Value::Object(kept), expected);
    }

    #[test]
    fn of_a_value_that_is_too_large_only_its_kind_is_kept() {
        let body = format!(
            "{{\"id\": [{}0], \"email\": {{\"a\": [{}0]}}}}",
            "0,".repeat(30_000),
            "0,".repeat(30_000)
        );
        assert_eq!(
            Value::Object(KEPT.of(body.as_bytes()).unwrap()),
            json!({"id": [], "email": {}})
        );
    }

    #[test]
    fn a_body_that_is_no_whole_object_keeps_nothing() {
        for body in ["", "[]", "17", "{\"id\": 1", "{\"id\": 1} x"] {
            assert_eq!(KEPT.of(body.as_bytes()), None, "{body}");
        }
    }
}

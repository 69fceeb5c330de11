//! What accepting needs, from one pass over the bytes (and one over what is in an envelope) that builds only the few fields it keeps. Every accepted webhook pays for this.

use crate::payload::Object;
use crate::subject::{self, Subject};
use crate::{build::people, dates, envelope};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use source::Peek;
use std::fmt;

/// What is kept of each level beside the fields that tell what the body is (`updated_at` is among those).
const KEPT: &[&str] = &["customer_id", "customer_is_guest", "customer_email", "billing_address", "addresses"];

pub(crate) fn peek(body: &[u8]) -> Peek {
    let Some(fields) = kept_fields(body, envelope::MOST_LAYERS) else {
        return Peek::default();
    };
    let order = Object::root(envelope::opened(&fields));
    let (Subject::Order(id) | Subject::Unsaved(id) | Subject::Document(id) | Subject::Name(id)) = subject::subject(&order) else {
        return Peek::default();
    };
    Peek {
        modified: dates::modified(&order),
        customer: Some(customer(&order, &id)),
        order_id: Some(id),
    }
}

/// Who must not be handled twice at a time.
fn customer(order: &Object<'_>, order_id: &str) -> String {
    let email = people::email(order);
    if !email.is_empty() {
        return email;
    }
    people::customer_id(order).unwrap_or_else(|| order_id.to_owned())
}

fn kept_fields(body: &[u8], layers: usize) -> Option<Map<String, Value>> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let fields = json.deserialize_map(KeptFields { layers }).ok()?;
    json.end().ok()?;
    Some(fields)
}

/// The fields of one layer; the envelopes in it are opened so many layers deep.
struct KeptFields {
    layers: usize,
}

impl<'de> Visitor<'de> for KeptFields {
    type Value = Map<String, Value>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an order")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut body: A) -> Result<Self::Value, A::Error> {
        let mut fields = Map::new();
        while let Some(key) = body.next_key_seed(KeyKind)? {
            match key {
                Key::Kept(name) => drop(fields.insert(name.to_owned(), body.next_value()?)),
                Key::Wrapper(name) => drop(fields.insert(name.to_owned(), self.inside(body.next_value()?))),
                Key::Other => drop(body.next_value::<IgnoredAny>()?),
            }
        }
        Ok(fields)
    }
}

impl KeptFields {
    /// The content of an envelope; null where something else stands under its key.
    fn inside(&self, content: &RawValue) -> Value {
        let fields = self
            .layers
            .checked_sub(1)
            .and_then(|layers| kept_fields(content.get().as_bytes(), layers));
        fields.map_or(Value::Null, Value::Object)
    }
}

enum Key {
    Kept(&'static str),
    Wrapper(&'static str),
    Other,
}

/// Compares a key where it stands in the body: most keys are not kept and need no copy.
struct KeyKind;

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
        let wrapper = || among(envelope::WRAPPERS).map(Key::Wrapper);
        let kept = among(subject::FIELDS).or_else(|| among(KEPT)).map(Key::Kept);
        Ok(kept.or_else(wrapper).unwrap_or(Key::Other))
    }
}

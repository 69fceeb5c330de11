//! What accepting needs, from one pass over the bytes that builds only the few fields it keeps. Every accepted webhook pays for this.

use crate::payload::Object;
use crate::subject::{self, Subject};
use crate::{build::people, dates, envelope};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};
use source::Peek;
use std::fmt;

/// What is kept of each level beside the fields that tell what the body is.
const KEPT: &[&str] = &["customer_id", "customer_is_guest", "customer_email", "billing_address", "addresses"];

pub(crate) fn peek(body: &[u8]) -> Peek {
    let Some(fields) = kept_fields(body) else { return Peek::default() };
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

fn kept_fields(body: &[u8]) -> Option<Map<String, Value>> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let fields = json.deserialize_map(KeptFields).ok()?;
    json.end().ok()?;
    Some(fields)
}

struct KeptFields;

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
                Key::Wrapper(name) => drop(fields.insert(name.to_owned(), body.next_value_seed(Wrapped)?)),
                Key::Other => drop(body.next_value::<IgnoredAny>()?),
            }
        }
        Ok(fields)
    }
}

/// The content of an envelope; nothing where something else stands under its key.
struct Wrapped;

impl<'de> DeserializeSeed<'de> for Wrapped {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<Value, D::Error> {
        value.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Wrapped {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("anything")
    }

    /// Numbers come here too, as the library keeps their digits; they hold none of the kept fields.
    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Value, A::Error> {
        KeptFields.visit_map(fields).map(Value::Object)
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
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

//! What accepting needs, from one pass over the bytes that builds only the few fields it keeps. Every accepted webhook pays for this.

use crate::payload::Object;
use crate::{dates, legacy};
use order::text;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};
use source::Peek;
use std::fmt;

/// All that is read of the top level. `order` is the legacy envelope: a whole order, but a rare one.
const KEPT: &[&str] = &[
    "id",
    "order",
    "customer_id",
    "billing",
    "date_created",
    "date_created_gmt",
    "date_modified",
    "date_modified_gmt",
];

pub(crate) fn peek(body: &[u8]) -> Peek {
    let Some(fields) = kept_fields(body) else { return Peek::default() };
    let modern = legacy::modernized(&fields);
    let order = Object::root(modern.as_ref().unwrap_or(&fields));
    let Some(id) = order.id("id") else { return Peek::default() };
    Peek {
        modified: dates::modified(&order),
        customer: Some(customer(&order, &id)),
        order_id: Some(id),
    }
}

/// Who must not be handled twice at a time.
fn customer(order: &Object<'_>, order_id: &str) -> String {
    let email = text::email(&order.object("billing").text("email"));
    if !email.is_empty() {
        return email;
    }
    order.id("customer_id").unwrap_or_else(|| order_id.to_owned())
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
        while let Some(key) = body.next_key_seed(KeptKey)? {
            match key {
                Some(name) => drop(fields.insert(name.to_owned(), body.next_value()?)),
                None => drop(body.next_value::<IgnoredAny>()?),
            }
        }
        Ok(fields)
    }
}

/// Compares a key where it stands in the body: most keys are not kept and need no copy.
struct KeptKey;

impl<'de> DeserializeSeed<'de> for KeptKey {
    type Value = Option<&'static str>;

    fn deserialize<D: Deserializer<'de>>(self, key: D) -> Result<Self::Value, D::Error> {
        key.deserialize_str(self)
    }
}

impl Visitor<'_> for KeptKey {
    type Value = Option<&'static str>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(KEPT.iter().find(|kept| **kept == key).copied())
    }
}

//! What accepting needs, from one pass over the bytes that builds only the few fields it keeps. Every accepted webhook pays for this.

use crate::build::email;
use crate::dates;
use crate::payload::Object;
use crate::shape::{self, Shape};
use order::text;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};
use source::Peek;
use std::fmt;

/// All that is read of the top level. `order` is the Admin API's envelope: a whole order, but not in webhooks.
const KEPT: &[&str] = &[
    "id",
    "order",
    "order_id",
    "order_edit",
    "total_price",
    "refund_line_items",
    "shop_id",
    "email",
    "contact_email",
    "customer",
    "updated_at",
];

pub(crate) fn peek(body: &[u8]) -> Peek {
    let Some(fields) = kept_fields(body) else { return Peek::default() };
    let fields = shape::without_envelope(fields);
    let payload = Object::root(&fields);
    match shape::of(&payload) {
        // Without a time it is never taken for a repetition: the order may have changed since.
        Shape::Reference { holder, .. } => Peek {
            order_id: holder.id("order_id"),
            ..Peek::default()
        },
        Shape::Privacy => Peek {
            customer: concerned(&payload.object("customer")),
            ..Peek::default()
        },
        Shape::Deleted | Shape::Order => order(&payload),
    }
}

fn order(payload: &Object<'_>) -> Peek {
    let Some(id) = payload.id("id") else { return Peek::default() };
    Peek {
        modified: dates::modified(payload),
        customer: Some(customer(payload, &id)),
        order_id: Some(id),
    }
}

/// Who must not be handled twice at a time.
fn customer(payload: &Object<'_>, order_id: &str) -> String {
    let email = email(payload);
    if !email.is_empty() {
        return email;
    }
    payload.object("customer").id("id").unwrap_or_else(|| order_id.to_owned())
}

/// Whose personal data it is about.
fn concerned(customer: &Object<'_>) -> Option<String> {
    let email = text::email(&customer.text("email"));
    if email.is_empty() { customer.id("id") } else { Some(email) }
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

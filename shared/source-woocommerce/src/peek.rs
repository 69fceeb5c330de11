//! The few fields that accepting needs, from one pass over the bytes.

use crate::{dates, legacy};
use order::text;
use source::payload::Object;
use source::{Kept, Peek};

/// The fields that are read of the top level. `order` is the legacy envelope: a whole order, but a
/// rare one.
const KEPT: Kept = Kept {
    fields: &[&[
        "id",
        "order",
        "customer_id",
        "billing",
        "date_created",
        "date_created_gmt",
        "date_modified",
        "date_modified_gmt",
    ]],
    envelopes: &[],
    layers: 0,
};

pub(crate) fn peek(body: &[u8]) -> Peek {
    let Some(fields) = KEPT.of(body) else {
        return Peek::default();
    };
    let modern = legacy::modernized(&fields);
    let order = Object::root(modern.as_ref().unwrap_or(&fields));
    let Some(id) = order.id("id") else {
        return Peek::default();
    };
    Peek {
        modified: dates::modified(&order),
        customer: Some(customer(&order, &id)),
        order_id: Some(id),
        topic: None,
    }
}

/// Returns the customer of whom only one delivery may be handled at a time.
fn customer(order: &Object<'_>, order_id: &str) -> String {
    let email = text::email(&order.object("billing").text("email"));
    if !email.is_empty() {
        return email;
    }
    order
        .id("customer_id")
        .unwrap_or_else(|| order_id.to_owned())
}

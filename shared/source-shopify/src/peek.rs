//! The few fields that accepting needs, from one pass over the bytes.

use crate::build::email;
use crate::shape::{self, Shape};
use crate::{dates, privacy};
use order::text;
use source::payload::Object;
use source::{Kept, Peek};

/// The fields that are read of the top level. `order` is the Admin API's envelope: a whole order,
/// but not in webhooks.
const KEPT: Kept = Kept {
    fields: &[&[
        "id",
        "order",
        "order_id",
        "order_edit",
        "total_price",
        "refund_line_items",
        "shop_id",
        "orders_to_redact",
        "orders_requested",
        "data_request",
        "email",
        "contact_email",
        "customer",
        "updated_at",
    ]],
    envelopes: &[],
    layers: 0,
};

pub(crate) fn peek(body: &[u8]) -> Peek {
    let Some(fields) = KEPT.of(body) else {
        return Peek::default();
    };
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
            topic: privacy::topic(&payload),
            ..Peek::default()
        },
        Shape::GraphQl => Peek::default(),
        Shape::Deleted | Shape::Order => order(&payload),
    }
}

fn order(payload: &Object<'_>) -> Peek {
    let Some(id) = payload.id("id") else {
        return Peek::default();
    };
    Peek {
        modified: dates::modified(payload),
        customer: Some(customer(payload, &id)),
        order_id: Some(id),
        topic: None,
    }
}

/// Returns the customer of whom only one delivery may be handled at a time.
fn customer(payload: &Object<'_>, order_id: &str) -> String {
    let email = email(payload);
    if !email.is_empty() {
        return email;
    }
    payload
        .object("customer")
        .id("id")
        .unwrap_or_else(|| order_id.to_owned())
}

/// Returns the customer whose personal data it is about.
fn concerned(customer: &Object<'_>) -> Option<String> {
    let email = text::email(&customer.text("email"));
    if email.is_empty() {
        customer.id("id")
    } else {
        Some(email)
    }
}

//! The few fields that accepting needs, from one pass over the bytes and one over the contents of
//! an envelope.

use crate::subject::{self, Subject};
use crate::{build::people, dates, envelope};
use source::payload::Object;
use source::{Kept, Peek};

/// The fields of the order's customer, beside those that tell what the body is (`updated_at` is
/// among the latter).
const CUSTOMER: &[&str] = &[
    "customer_id",
    "customer_is_guest",
    "customer_email",
    "billing_address",
    "addresses",
];

const KEPT: Kept = Kept {
    fields: &[subject::FIELDS, CUSTOMER],
    envelopes: envelope::WRAPPERS,
    layers: envelope::MOST_LAYERS,
};

pub(crate) fn peek(body: &[u8]) -> Peek {
    let Some(fields) = KEPT.of(body) else {
        return Peek::default();
    };
    let order = Object::root(envelope::opened(&fields));
    let (Subject::Order(id) | Subject::Unsaved(id) | Subject::Document(id) | Subject::Name(id)) =
        subject::subject(&order)
    else {
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
    let email = people::email(order);
    if !email.is_empty() {
        return email;
    }
    people::customer_id(order).unwrap_or_else(|| order_id.to_owned())
}

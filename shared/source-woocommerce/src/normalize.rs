//! The meaning of a signed body: an order, the news that one is gone, rightly nothing, or a named
//! failure.

use crate::config::{DELETED, PLATFORM};
use crate::{anonymized, build, failure, legacy};
use order::StatusKind;
use source::payload::Object;
use source::{Normalized, PayloadError};

pub(crate) fn normalize(topic: &str, body: &[u8]) -> Result<Normalized, PayloadError> {
    let raw = source::parse(body)?;
    let fields = raw
        .as_object()
        .ok_or_else(|| not_an_order("it is not a JSON object"))?;
    let modern = legacy::modernized(fields);
    let payload = Object::root(modern.as_ref().unwrap_or(fields));

    failure::of_shop(&payload)?;
    let id = order_id(&payload)?;
    let status = build::status(&payload);
    // The topic is in a header that nobody signed and that may be missing; only this body is an id
    // alone.
    if topic == DELETED || payload.len() == 1 || status.kind == StatusKind::Trashed {
        return Ok(Normalized::Gone {
            order: id,
            how: "moved to the shop's trash",
        });
    }
    if payload.get("total").is_none() {
        return Err(not_an_order(
            "it has an id but no total; is the webhook's topic one of orders?",
        ));
    }
    if status.kind == StatusKind::Draft {
        let reason = format!("order {id} is a draft ({}), not yet an order", status.name);
        return Ok(Normalized::Skip(reason));
    }
    if anonymized::is_anonymized(&payload) {
        return Ok(Normalized::Privacy(anonymized::request(id)));
    }
    let order = build::order(&payload, &id).map_err(|unusable| unusable.in_order(&id))?;
    Ok(Normalized::Order(Box::new(order::Order { raw, ..order })))
}

fn order_id(payload: &Object<'_>) -> Result<String, PayloadError> {
    if payload.get("id").is_none() {
        return Err(not_an_order("it has no id"));
    }
    let problem = || {
        payload
            .unusable("id", "not a positive whole number")
            .in_order("?")
    };
    payload.id("id").ok_or_else(problem)
}

fn not_an_order(reason: &str) -> PayloadError {
    PayloadError::NotAnOrder {
        platform: PLATFORM,
        reason: reason.to_owned(),
    }
}

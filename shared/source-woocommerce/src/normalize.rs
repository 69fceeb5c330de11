//! What a signed body is: an order, rightly nothing, or a named failure.

use crate::config::{DELETED, PLATFORM};
use crate::{build, legacy};
use order::StatusKind;
use serde_json::Value;
use source::payload::Object;
use source::{Normalized, PayloadError};

/// Enough of a shop's error text to understand it.
const LONGEST_MESSAGE: usize = 300;

pub(crate) fn normalize(topic: &str, body: &[u8]) -> Result<Normalized, PayloadError> {
    let raw: Value = serde_json::from_slice(body).map_err(|error| PayloadError::NotJson(error.to_string()))?;
    let fields = raw.as_object().ok_or_else(|| not_an_order("it is not a JSON object"))?;
    let modern = legacy::modernized(fields);
    let payload = Object::root(modern.as_ref().unwrap_or(fields));

    shop_error(&payload)?;
    let id = order_id(&payload)?;
    // The topic stands in a header that nobody signed and that may be missing; no other body is an id alone.
    if topic == DELETED || payload.len() == 1 {
        return Ok(Normalized::Skip(format!(
            "order {id} was moved to the shop's trash; what was delivered of it stays as it is"
        )));
    }
    if payload.get("total").is_none() {
        return Err(not_an_order("it has an id but no total; is the webhook's topic one of orders?"));
    }
    if let Some(reason) = nothing_to_deliver(&payload, &id) {
        return Ok(Normalized::Skip(reason));
    }
    let order = build::order(&payload, &id).map_err(|unusable| unusable.in_order(&id))?;
    Ok(Normalized::Order(Box::new(order::Order { raw, ..order })))
}

/// The webhook renders the order as the user who owns it; what REST refuses that user is sent, and signed, in place of the order.
fn shop_error(payload: &Object<'_>) -> Result<(), PayloadError> {
    let code = payload.text("code");
    if code.is_empty() || payload.get("message").is_none() || payload.get("id").is_some() {
        return Ok(());
    }
    let message = payload.text("message").chars().take(LONGEST_MESSAGE).collect();
    let fix = fix(&code);
    Err(PayloadError::ShopError { code, message, fix })
}

fn fix(code: &str) -> &'static str {
    if code.ends_with("invalid_id") {
        return "the order was deleted before the shop sent it: if it is gone from the shop too, drop this dead letter";
    }
    if code.contains("_cannot_") || code.contains("forbidden") {
        return "the webhook's owner may not read orders any more: in WooCommerce > Settings > Advanced > Webhooks give the webhook to an administrator \
                (or make it anew as one), then save the order in the shop to send it again";
    }
    "mend the cause in the shop, then save the order there to send it again"
}

fn order_id(payload: &Object<'_>) -> Result<String, PayloadError> {
    if payload.get("id").is_none() {
        return Err(not_an_order("it has no id"));
    }
    let problem = || payload.unusable("id", "not a positive whole number").in_order("?");
    payload.id("id").ok_or_else(problem)
}

fn nothing_to_deliver(payload: &Object<'_>, id: &str) -> Option<String> {
    let status = build::status(payload);
    match status.kind {
        StatusKind::Draft => Some(format!("order {id} is a draft ({}), not yet an order", status.name)),
        StatusKind::Trashed => Some(format!("order {id} is in the shop's trash")),
        _ => None,
    }
}

fn not_an_order(reason: &str) -> PayloadError {
    PayloadError::NotAnOrder {
        platform: PLATFORM,
        reason: reason.to_owned(),
    }
}

//! Errors that a shop signs and sends in place of an order. A webhook renders the order as the user
//! who owns the webhook, and in the API version with which the webhook was made. If REST refuses
//! the order to that user, or cannot render it in that version, the error is sent as the delivery's
//! body.

use source::PayloadError;
use source::payload::Object;

/// The largest number of characters that are kept of a shop's error text.
const LONGEST_MESSAGE: usize = 300;

/// The error code of WooCommerce's first REST API for every order that is kept in the order tables
/// (HPOS). Seen in WooCommerce 11.0.1.
const FIRST_API: &str = "woocommerce_rest_invalid_shop_order_id";

/// Fails with the error in the body, if the body is one.
pub(crate) fn of_shop(payload: &Object<'_>) -> Result<(), PayloadError> {
    let (code, message) = match written(payload).or_else(|| legacy(payload)) {
        Some(error) => error,
        None => return Ok(()),
    };
    let message = message.chars().take(LONGEST_MESSAGE).collect();
    let fix = fix(&code);
    Err(PayloadError::ShopError { code, message, fix })
}

/// Reads `{"code":..,"message":..,"data":{"status":..}}`.
fn written(payload: &Object<'_>) -> Option<(String, String)> {
    let code = payload.text("code");
    let is_error = !code.is_empty() && payload.has("message") && !payload.has("id");
    is_error.then(|| (code, payload.text("message")))
}

/// Reads `{"errors":{"woocommerce_api_invalid_order":["Invalid order"]},"error_data":{..}}`, the
/// form of the legacy API.
fn legacy(payload: &Object<'_>) -> Option<(String, String)> {
    if payload.has("id") || payload.has("order") {
        return None;
    }
    let errors = payload.get("errors")?.as_object()?;
    let (code, messages) = errors.iter().next()?;
    let first = messages
        .as_array()
        .and_then(|messages| messages.first())
        .and_then(|message| message.as_str());
    Some((code.clone(), order::text::clean(first.unwrap_or_default())))
}

fn fix(code: &str) -> &'static str {
    if code == FIRST_API || code.starts_with("woocommerce_api_") {
        return "the webhook was made with an old version of the API, which cannot read orders in WooCommerce's order tables (HPOS): in WooCommerce > Settings > Advanced > \
                Webhooks set its API version to \"WP REST API Integration v3\", then save the order in the shop to send it again";
    }
    if code.ends_with("invalid_id") {
        return "what the webhook was about was deleted before the shop sent it: the order itself, or one of its refunds. If the order is gone from the shop, drop this dead \
                letter; if only a refund was deleted, save the order in the shop to send what it is worth now";
    }
    if code.contains("_cannot_") || code.contains("forbidden") {
        return "the webhook's owner may not read orders any more: in WooCommerce > Settings > Advanced > Webhooks give the webhook to an administrator \
                (or make it anew as one), then save the order in the shop to send it again";
    }
    "mend the cause in the shop, then save the order there to send it again"
}

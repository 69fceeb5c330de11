//! The bodies of Shopify's compliance webhooks: `{shop_id, shop_domain}`, in two of the three with
//! the customer and the orders concerned. Source: shopify.dev, "Privacy law compliance".

use crate::config::{DATA_REQUEST, REDACT_CUSTOMER, REDACT_SHOP, SHOP_IN_BODY};
use crate::payload::ShopifyObject as _;
use order::text;
use source::payload::Object;
use source::{PrivacyKind, PrivacyRequest};

/// Returns the topic of a body from which the request is clear without the topic.
pub(crate) fn topic(payload: &Object<'_>) -> Option<&'static str> {
    match request("", payload)?.kind {
        PrivacyKind::RedactCustomer => Some(REDACT_CUSTOMER),
        PrivacyKind::Access => Some(DATA_REQUEST),
        PrivacyKind::RedactOrder | PrivacyKind::RedactStore => None,
    }
}

/// Reads the request; `None` where topic and body do not make one request. The body outweighs the
/// topic, which nobody signed; but the data of a whole shop is deleted only where both say so.
pub(crate) fn request(topic: &str, payload: &Object<'_>) -> Option<PrivacyRequest> {
    let customer = payload.object("customer");
    let kind = match topic {
        _ if payload.has("orders_to_redact") => PrivacyKind::RedactCustomer,
        _ if payload.has("orders_requested") || payload.has("data_request") => PrivacyKind::Access,
        REDACT_CUSTOMER if payload.has("customer") => PrivacyKind::RedactCustomer,
        DATA_REQUEST if payload.has("customer") => PrivacyKind::Access,
        REDACT_SHOP if !payload.has("customer") => PrivacyKind::RedactStore,
        _ => return None,
    };
    let list = if kind == PrivacyKind::Access {
        "orders_requested"
    } else {
        "orders_to_redact"
    };
    Some(PrivacyRequest {
        kind,
        shop: Some(payload.text(SHOP_IN_BODY)).filter(|shop| !shop.is_empty()),
        customer_id: customer.id("id"),
        email: Some(text::email(&customer.text("email"))).filter(|email| !email.is_empty()),
        orders: payload.ids(list),
    })
}

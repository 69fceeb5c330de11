//! The names that Shopify uses, and what its words for an order's state mean. Source: shopify.dev,
//! "Webhooks" (topics, delivery structure) and the REST Admin API's Order resource, version
//! 2026-04.

use order::{Status, StatusKind};

/// Name in the configuration and in error texts.
pub(crate) const PLATFORM: &str = "shopify";

/// Shopify's release of the Admin API that payloads are read in, and orders are asked for in.
pub(crate) const API_VERSION: &str = "2026-04";

/// Topics whose body is a whole order, or (`orders/edited`, `refunds/create`) names one whose
/// newest state must be asked for. `orders/delete` is no part of it: nothing is delivered for it.
pub(crate) const ORDER_TOPICS: &[&str] = &[
    "orders/create",
    UPDATED,
    "orders/paid",
    "orders/cancelled",
    "orders/fulfilled",
    "orders/partially_fulfilled",
    "orders/edited",
    "refunds/create",
];

/// What Shopify sends after every other change of an order, and so what an order that was asked for
/// is read as.
pub(crate) const UPDATED: &str = "orders/updated";

/// Mandatory for apps in Shopify's store, sent even to apps without access to any data. Source:
/// shopify.dev, "Privacy law compliance".
pub(crate) const PRIVACY_TOPICS: &[&str] = &[DATA_REQUEST, REDACT_CUSTOMER, REDACT_SHOP];
pub(crate) const DATA_REQUEST: &str = "customers/data_request";
pub(crate) const REDACT_CUSTOMER: &str = "customers/redact";
pub(crate) const REDACT_SHOP: &str = "shop/redact";

pub(crate) const SIGNATURE: &str = "X-Shopify-Hmac-Sha256";
pub(crate) const TOPIC: &str = "X-Shopify-Topic";
/// The shop that sends, as `NAME.myshopify.com`. Nobody signed it, and with one app secret for many
/// shops it is all that an order says.
pub(crate) const SHOP: &str = "X-Shopify-Shop-Domain";
/// The same in the bodies of requests about personal data, where it is signed.
pub(crate) const SHOP_IN_BODY: &str = "shop_domain";
/// The same on every repeat of a delivery. Source: shopify.dev, "Ignore duplicate webhooks".
pub(crate) const DELIVERY: &str = "X-Shopify-Webhook-Id";
/// The same in the newer kind of delivery that Shopify calls events.
pub(crate) const EVENT_SIGNATURE: &str = "Shopify-Hmac-Sha256";
pub(crate) const EVENT_SHOP: &str = "Shopify-Shop-Domain";
pub(crate) const EVENT_TOPIC: &str = "Shopify-Topic";
pub(crate) const EVENT_DELIVERY: &str = "Shopify-Webhook-Id";

/// One state from Shopify's three: called off or not, `financial_status`, `fulfillment_status`.
///
/// | cancelled | payment | fulfilment | kind | name | because |
/// |---|---|---|---|---|---|
/// | yes | any | any | cancelled | `cancelled` | called off is called off, even where the money went back too (`refund_total` says how much) |
/// | no | `refunded` | any | refunded | `refunded` | before that it was completed where the goods went out, else processing |
/// | no | `partially_refunded` | any | partially refunded | `partially_refunded` | the same |
/// | no | `paid` | `fulfilled` | completed | `fulfilled` | nothing is left to do |
/// | no | `paid` | any other | processing | `paid` | |
/// | no | `pending`, `authorized`, `partially_paid` | any | pending | the word | not all of the money is there, even where the goods went out on account |
/// | no | `voided` | any | cancelled | `voided` | the shop let go of a payment that it could have taken |
/// | no | `expired` | any | failed | `expired` | the payment ran out before it was taken |
/// | no | none | any | pending | `open` | placed; nothing is known of a payment |
/// | no | any other | any | other | the word | Shopify may add words |
pub(crate) fn status(is_cancelled: bool, payment: &str, fulfilment: &str) -> Status {
    let paid = if fulfilment == "fulfilled" {
        StatusKind::Completed
    } else {
        StatusKind::Processing
    };
    let given_back = |kind| Status {
        kind,
        ..Status::new(paid, payment)
    };
    match payment {
        _ if is_cancelled => Status::new(StatusKind::Cancelled, "cancelled"),
        "paid" if paid == StatusKind::Completed => Status::new(paid, "fulfilled"),
        "paid" => Status::new(paid, payment),
        "refunded" => given_back(StatusKind::Refunded),
        "partially_refunded" => given_back(StatusKind::PartiallyRefunded),
        "pending" | "authorized" | "partially_paid" => Status::new(StatusKind::Pending, payment),
        "voided" => Status::new(StatusKind::Cancelled, payment),
        "expired" => Status::new(StatusKind::Failed, payment),
        "" => Status::new(StatusKind::Pending, "open"),
        _ => Status::new(StatusKind::Other, payment),
    }
}

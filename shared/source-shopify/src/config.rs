//! The names that Shopify uses, and the meaning of its words for an order's status. Source:
//! shopify.dev, "Webhooks" (topics, delivery structure) and the REST Admin API's Order resource,
//! version 2026-04.

use order::{Status, StatusKind};

/// Name in the configuration and in error texts.
pub(crate) const PLATFORM: &str = "shopify";

/// Shopify's release of the Admin API in which payloads are read and orders are requested.
pub(crate) const API_VERSION: &str = "2026-04";

/// Topics whose body is a whole order, or (`orders/edited`, `refunds/create`) names one whose
/// newest state must be requested. `orders/delete` is not among them: nothing is delivered for it.
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

/// The topic that Shopify sends after every other change of an order, under which a requested order
/// is read, too.
pub(crate) const UPDATED: &str = "orders/updated";

/// Mandatory for apps in Shopify's store, sent even to apps without access to any data. Source:
/// shopify.dev, "Privacy law compliance".
pub(crate) const PRIVACY_TOPICS: &[&str] = &[DATA_REQUEST, REDACT_CUSTOMER, REDACT_SHOP];
pub(crate) const DATA_REQUEST: &str = "customers/data_request";
pub(crate) const REDACT_CUSTOMER: &str = "customers/redact";
pub(crate) const REDACT_SHOP: &str = "shop/redact";

pub(crate) const SIGNATURE: &str = "X-Shopify-Hmac-Sha256";
pub(crate) const TOPIC: &str = "X-Shopify-Topic";
/// The header with the shop that sends, as `NAME.myshopify.com`. It is not signed, and where many
/// shops share one app secret, it is all that tells the shop of an order.
pub(crate) const SHOP: &str = "X-Shopify-Shop-Domain";
/// The key of the shop in the bodies of requests about personal data, where it is signed.
pub(crate) const SHOP_IN_BODY: &str = "shop_domain";
/// The header with the id of a delivery, which every repetition has as well. Source: shopify.dev,
/// "Ignore duplicate webhooks".
pub(crate) const DELIVERY: &str = "X-Shopify-Webhook-Id";
/// The header with the signature in the newer kind of delivery that Shopify calls events; the
/// headers below are from the same kind.
pub(crate) const EVENT_SIGNATURE: &str = "Shopify-Hmac-Sha256";
pub(crate) const EVENT_SHOP: &str = "Shopify-Shop-Domain";
pub(crate) const EVENT_TOPIC: &str = "Shopify-Topic";
pub(crate) const EVENT_DELIVERY: &str = "Shopify-Webhook-Id";

/// Derives one status from Shopify's three: cancelled or not, `financial_status`,
/// `fulfillment_status`.
///
/// | cancelled | payment | fulfilment | kind | name |
/// |---|---|---|---|---|
/// | yes | any | any | cancelled | `cancelled` |
/// | no | `refunded` | any | refunded | `refunded` |
/// | no | `partially_refunded` | any | partially refunded | `partially_refunded` |
/// | no | `paid` | `fulfilled` | completed | `fulfilled` |
/// | no | `paid` | any other | processing | `paid` |
/// | no | `pending`, `authorized`, `partially_paid` | any | pending | the word |
/// | no | `voided` | any | cancelled | `voided` |
/// | no | `expired` | any | failed | `expired` |
/// | no | none | any | pending | `open` |
/// | no | any other | any | other | the word |
///
/// The reasons, from top to bottom:
/// - A cancelled order is cancelled, even where the money went back, too (`refund_total` has the
///   sum).
/// - Before its refunds, an order was completed where the goods were sent, else processing.
/// - An order that is paid and fulfilled has nothing left to do.
/// - A pending order lacks some of its money, even where the goods were sent on account.
/// - With `voided`, the shop released a payment that it could have taken.
/// - With `expired`, the payment ran out before it was taken.
/// - Without a payment status, the order was placed, and nothing is known of a payment.
/// - Shopify may add words.
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

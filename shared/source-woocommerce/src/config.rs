//! The names that WooCommerce uses. Source: `WC_Webhook` in
//! woocommerce/includes/class-wc-webhook.php.

/// Name in the configuration and in error texts.
pub(crate) const PLATFORM: &str = "woocommerce";

/// Topics whose body is a whole order. `order.created` may already say `processing`, and often
/// equals the `order.updated` that follows.
pub(crate) const ORDER_TOPICS: &[&str] = &["order.created", UPDATED, "order.restored"];

/// Sent for every change, and for new orders too.
pub(crate) const UPDATED: &str = "order.updated";

/// Sent when an order is moved to the trash; its body is `{"id":N}` and nothing else.
pub(crate) const DELETED: &str = "order.deleted";

pub(crate) const SIGNATURE: &str = "X-WC-Webhook-Signature";
pub(crate) const TOPIC: &str = "X-WC-Webhook-Topic";

//! The names that Magento, its common webhook modules and Adobe Commerce use.

/// Name in the configuration and in error texts.
pub(crate) const PLATFORM: &str = "magento";

/// The number of decimals with which Magento stores amounts (`decimal(20,4)` in db_schema.xml of
/// Magento\Sales). Events that are sent while it still calculates hold PHP's floats, with their
/// noise.
pub(crate) const DECIMALS: u32 = 4;

/// The topic of a delivery when neither its body nor the address names one: the event of the usual
/// module, for new orders and changes alike.
pub(crate) const USUAL_TOPIC: &str = "sales_order_save_after";

/// Events about an order. The first group carries the whole order: the core's events (`dispatch` in
/// Magento\Sales and Magento\Checkout), Adobe's API plugins, and the names of Mage-OS Async Events
/// (etc/async_events.xml of mageos-common-async-events). The documents of the second group only
/// name their order. Events before the order is saved or placed (`..._before`) are left out: the
/// shop may still refuse the order.
pub(crate) const ORDER_TOPICS: &[&str] = &[
    "sales_order_save_after",
    "sales_order_save_commit_after",
    "sales_order_place_after",
    "checkout_submit_all_after",
    "order_cancel_after",
    "plugin.magento.sales.api.order_management.place",
    "plugin.magento.sales.api.order_repository.save",
    "sales.order.created",
    "sales.order.updated",
    "sales.order.paid",
    "sales.order.shipped",
    "sales.order.holded",
    "sales.order.unholded",
    "sales.order.cancelled",
    "sales_order_invoice_save_after",
    "sales_order_invoice_save_commit_after",
    "sales_order_creditmemo_save_after",
    "sales_order_creditmemo_save_commit_after",
    "sales_order_shipment_save_after",
    "sales_order_shipment_save_commit_after",
    "sales.invoice.created",
    "sales.invoice.paid",
    "sales.creditmemo.created",
    "sales.shipment.created",
];

/// Events that are sent when an order is deleted, which only extensions do. Their bodies are the
/// order as it was.
pub(crate) const DELETED: &[&str] = &[
    "sales_order_delete_after",
    "sales_order_delete_commit_after",
];

/// The usual modules' header: HMAC-SHA256 of the body in hexadecimal.
pub(crate) const SIGNATURE: &str = "X-Magento-Signature";

/// Adobe Commerce's own header: an RSA signature in base64.
pub(crate) const ADOBE_SIGNATURE: &str = "x-adobe-commerce-webhook-signature";

/// The key of the store's secret for the public key that verifies Adobe's signature.
pub(crate) const PUBLIC_KEY: &str = "public_key";

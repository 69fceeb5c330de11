//! The sample webhooks of the demo, in the order in which the shops send them.

use config::Platform;

/// The expected outcome of a sample at one of its destinations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expect {
    Delivered,
    Unchanged,
    Stale,
    Skipped,
    Privacy,
    Rejected,
}

/// A webhook of the demo.
pub(crate) struct Step {
    pub(crate) platform: Platform,
    pub(crate) title: &'static str,
    pub(crate) topic: &'static str,
    pub(crate) body: &'static str,
    /// The outcome at each destination, unless `but` says otherwise.
    pub(crate) expect: Expect,
    /// The exceptions, by destination.
    pub(crate) but: &'static [(&'static str, Expect)],
}

impl Step {
    pub(crate) fn expected(&self, destination: &str) -> Expect {
        let exception = self.but.iter().find(|(name, _)| *name == destination);
        exception.map_or(self.expect, |(_, expect)| *expect)
    }
}

macro_rules! sample {
    ($platform:ident, $title:literal, $topic:literal, $file:literal, $expect:ident $(, $but:expr)?) => {
        Step {
            platform: Platform::$platform,
            title: $title,
            topic: $topic,
            body: include_str!(concat!("../../../../events/", $file, ".json")),
            expect: Expect::$expect,
            but: &[$($but)?],
        }
    };
}

#[rustfmt::skip]
pub(crate) const STEPS: &[Step] = &[
    sample!(WooCommerce, "a new customer", "order.created", "woocommerce/01-new-customer", Delivered),
    sample!(WooCommerce, "the same delivery once more", "order.created", "woocommerce/01-new-customer", Unchanged),
    sample!(WooCommerce, "a returning customer", "order.created", "woocommerce/02-returning-customer", Delivered),
    sample!(WooCommerce, "a guest", "order.created", "woocommerce/03-guest", Delivered),
    sample!(WooCommerce, "the same guest again", "order.created", "woocommerce/04-guest-again", Delivered),
    sample!(WooCommerce, "other lines, completed", "order.updated", "woocommerce/05-update", Delivered),
    sample!(WooCommerce, "10.00 over three items", "order.created", "woocommerce/06-does-not-divide", Delivered),
    sample!(WooCommerce, "an older state, late", "order.updated", "woocommerce/10-older-update", Stale),
    sample!(WooCommerce, "refunded in part", "order.updated", "woocommerce/07-refunded-in-part", Delivered),
    // A deal names its products in a text; only records with lines need to know them.
    sample!(WooCommerce, "an unknown product", "order.created", "woocommerce/08-unknown-product", Rejected, ("crm", Expect::Delivered)),
    sample!(WooCommerce, "an error in place of an order", "order.updated", "woocommerce/09-not-an-order", Rejected),
    sample!(Shopify, "a new customer", "orders/create", "shopify/01-new-customer", Delivered),
    sample!(Shopify, "a returning customer", "orders/create", "shopify/02-returning-customer", Delivered),
    sample!(Shopify, "a sale at the till, no customer", "orders/create", "shopify/03-no-customer", Delivered),
    sample!(Shopify, "fulfilled: no other stage here", "orders/updated", "shopify/04-update", Unchanged),
    sample!(Shopify, "an older state, late", "orders/updated", "shopify/10-older-update", Stale),
    sample!(Shopify, "discounts, prices with tax", "orders/create", "shopify/05-discounts-and-tax-included", Delivered),
    sample!(Shopify, "refunded in part", "orders/updated", "shopify/06-partially-refunded", Delivered),
    sample!(Shopify, "a refund, which carries no order", "refunds/create", "shopify/07-refund", Skipped),
    sample!(Shopify, "cancelled", "orders/cancelled", "shopify/08-cancelled", Delivered),
    sample!(Shopify, "a customer wants to be forgotten", "customers/redact", "shopify/09-customer-redact", Privacy),
    sample!(Magento, "a new customer", "sales_order_save_after", "magento/01-new-customer", Delivered),
    sample!(Magento, "a returning customer", "sales_order_save_after", "magento/02-returning-customer", Delivered),
    sample!(Magento, "a guest", "sales_order_save_after", "magento/03-guest", Delivered),
    sample!(Magento, "other lines", "sales_order_save_after", "magento/04-update", Delivered),
    sample!(Magento, "an older state, late", "sales_order_save_after", "magento/10-older-update", Stale),
    sample!(Magento, "configurable and bundle", "sales_order_save_after", "magento/05-configurable-and-bundle", Delivered),
    sample!(Magento, "discount and tax", "sales_order_save_after", "magento/06-discount-and-tax", Delivered),
    sample!(Magento, "refunded in part", "sales_order_save_after", "magento/07-partially-refunded", Delivered),
    sample!(Magento, "cancelled", "sales_order_save_after", "magento/08-cancelled", Delivered),
    sample!(Magento, "as Adobe Commerce wraps it", "sales_order_save_after", "magento/09-adobe-webhook", Delivered),
];

use crate::{
    choice::Platform,
    suggest::{did_you_mean, listed},
};

/// `WC_Webhook::get_default_topic_hooks`; `action.<hook>` comes besides.
const WOOCOMMERCE: &[&str] = &["order.created", "order.updated", "order.deleted", "order.restored"];

/// Shopify's webhook topics that concern an order, and the three that its app store makes mandatory.
const SHOPIFY: &[&str] = &[
    "orders/create",
    "orders/updated",
    "orders/paid",
    "orders/cancelled",
    "orders/fulfilled",
    "orders/partially_fulfilled",
    "orders/edited",
    "orders/delete",
    "orders/link_requested",
    "orders/risk_assessment_changed",
    "orders/shopify_protect_eligibility_changed",
    "refunds/create",
    "customers/data_request",
    "customers/redact",
    "shop/redact",
];

/// What is wrong with a topic that this platform never sends. Magento's names come from the shop's own module, so there any will do.
pub(crate) fn unknown_topic(platform: Platform, topic: &str) -> Option<String> {
    let known = match platform {
        Platform::WooCommerce if is_action(topic) => return None,
        Platform::WooCommerce => WOOCOMMERCE,
        Platform::Shopify => SHOPIFY,
        Platform::Magento => return None,
    };
    if known.contains(&topic) {
        return None;
    }
    let near = did_you_mean(topic, known.iter().copied());
    let besides = if platform == Platform::WooCommerce {
        " or `action.` with a hook's name"
    } else {
        ""
    };
    let fix = if near.is_empty() {
        format!("; write one of {}{besides}", listed(known.iter().copied()))
    } else {
        near
    };
    Some(format!("`{topic}` is no topic of {}{fix}", platform.as_str()))
}

fn is_action(topic: &str) -> bool {
    topic.strip_prefix("action.").is_some_and(|hook| !hook.is_empty())
}

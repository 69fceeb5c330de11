use crate::{
    secret_needs::{Needs, part},
    topics::{Topics, Unlisted},
};
use std::time::Duration;

pub(crate) const WORD: &str = "shopify";

/// The time for an answer: Shopify gives up after five seconds (Shopify, "HTTPS webhooks"), a
/// function's start included.
pub(crate) const PATIENCE: Duration = Duration::from_millis(4200);

/// Shopify's webhook topics that concern an order, and the three that its app store makes
/// mandatory.
pub(crate) const TOPICS: Topics = Topics {
    listed: &[
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
    ],
    unlisted: Unlisted::Never,
    untold: &[],
};

/// Returns the keys of the secret. `webhook_secret` alone receives orders. `store_domain` tells the
/// shop from others whose webhooks the same app signs. Together with a token, or with the id and
/// secret of an app that gets a token for a day, it lets us ask the shop.
pub(crate) fn needs() -> Needs {
    Needs {
        required: vec![part(
            "webhook_secret",
            "the line under the list in Settings > Notifications > Webhooks, or the app's client secret for webhooks that an app made",
        )],
        optional_together: &["client_id", "client_secret"],
        optional: &["store_domain", "admin_api_access_token"],
        only_with: &[
            ("admin_api_access_token", "store_domain"),
            ("client_id", "store_domain"),
        ],
        // Every shop has this domain, whatever domain its customers see, and names itself by it.
        domain: Some(("store_domain", ".myshopify.com")),
        // Shopify signs the webhooks that an app made with the app's secret.
        other_names: &[("webhook_secret", "SHOPIFY_API_SECRET_KEY")],
        ..Needs::default()
    }
}

use crate::{
    secret_needs::{Needs, part},
    topics::{Topics, Unlisted},
};
use std::time::Duration;

pub(crate) const WORD: &str = "woocommerce";

/// The time for an answer: WooCommerce waits for a minute and never repeats; API Gateway waits for
/// ten seconds, see the template.
pub(crate) const PATIENCE: Duration = Duration::from_secs(8);

/// The topics of `WC_Webhook::get_default_topic_hooks`, and `action.<hook>`.
pub(crate) const TOPICS: Topics = Topics {
    listed: &[
        "order.created",
        "order.updated",
        "order.deleted",
        "order.restored",
    ],
    unlisted: Unlisted::After {
        prefix: "action.",
        what: "a hook's name",
    },
    untold: &[],
};

/// Returns the keys of the secret. `webhook_secret` alone receives orders; the rest lets us ask the
/// shop.
pub(crate) fn needs() -> Needs {
    Needs {
        required: vec![part(
            "webhook_secret",
            "WooCommerce > Settings > Advanced > Webhooks, field Secret, exactly as it is shown there",
        )],
        optional_together: &["url", "consumer_key", "consumer_secret"],
        other_names: &[("url", "WOOCOMMERCE_API_URL")],
        ..Needs::default()
    }
}

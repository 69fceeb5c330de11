use crate::{
    secret_needs::{Needs, part},
    topics::{Topics, Unlisted},
};
use std::time::Duration;

pub(crate) const WORD: &str = "magento";

/// Modules wait for ten seconds at least; so does API Gateway, see the template.
pub(crate) const PATIENCE: Duration = Duration::from_secs(8);

/// The names come from the shop's own module, so any will do. Mage-OS and Aligent Async Events post
/// the bare order, without a word of the event.
pub(crate) const TOPICS: Topics = Topics {
    listed: &[],
    unlisted: Unlisted::Any,
    untold: &[
        "sales.order.created",
        "sales.order.updated",
        "sales.order.paid",
        "sales.order.shipped",
        "sales.order.holded",
        "sales.order.unholded",
        "sales.order.cancelled",
        "sales.invoice.created",
        "sales.invoice.paid",
        "sales.creditmemo.created",
        "sales.shipment.created",
    ],
};

/// `webhook_secret` alone receives orders; the rest lets us ask the shop. Adobe Commerce signs its
/// own webhooks with a key pair. The access token does without the other three where the shop takes
/// it as a bearer's.
pub(crate) fn needs() -> Needs {
    Needs {
        required: vec![part(
            "webhook_secret",
            "the secret or verification token of the subscription in the shop's webhook module; where only Adobe Commerce itself sends (public_key), make one up of 32 letters",
        )],
        optional_together: &["consumer_key", "consumer_secret", "access_token_secret"],
        optional: &["base_url", "access_token", "public_key"],
        only_with: &[
            ("base_url", "access_token"),
            ("access_token", "base_url"),
            ("consumer_key", "access_token"),
        ],
        public_pem: Some("public_key"),
        ..Needs::default()
    }
}

use crate::{
    secret_needs::{Needs, part},
    topics::{Topics, Unlisted},
};
use std::time::Duration;

pub(crate) const WORD: &str = "magento";

/// The time for an answer: modules wait for ten seconds at least; so does API Gateway, see the
/// template.
pub(crate) const PATIENCE: Duration = Duration::from_secs(8);

/// The topics. Their names come from the shop's own module, so any will do. Mage-OS and Aligent
/// Async Events post the bare order, without a word about the event.
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

/// Returns the keys of the secret. `webhook_secret` alone receives orders; the rest lets us ask the
/// shop. Adobe Commerce signs its own webhooks with a key pair. The access token needs none of the
/// other three where the shop accepts it as a bearer token.
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

//! The app's webhooks. After failures for four hours Shopify removes one, and tells only an e-mail
//! address.

use serde::Deserialize;
use source::reader::{Answer, Hook, ReadError, Webhooks};

/// The topics that a store needs: every change of an order has the second.
pub const NEEDED: &[&str] = &["orders/create", "orders/updated"];

#[derive(Deserialize)]
struct Answered {
    webhooks: Vec<Webhook>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Webhook {
    topic: String,
    address: String,
}

/// Reads the webhooks. An app sees only its own; where it has none, they may have been made by
/// hand.
pub(super) fn read(answer: &Answer, ours: &str) -> Result<Webhooks, ReadError> {
    let answered: Answered =
        serde_json::from_slice(&answer.body).map_err(|_| answer.strange("a list of webhooks"))?;
    if answered.webhooks.is_empty() {
        return Ok(Webhooks::Untold(
            "the app has no webhooks of its own, and Shopify does not show it those that were made in Settings > Notifications > Webhooks".to_owned(),
        ));
    }
    let found: Vec<_> = answered
        .webhooks
        .into_iter()
        .map(|hook| Hook {
            id: String::new(),
            topic: hook.topic,
            address: hook.address,
            is_on: true,
            flaw: None,
        })
        .collect();
    Ok(Webhooks::judged(NEEDED, ours, &found))
}

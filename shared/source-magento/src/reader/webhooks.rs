//! The subscriptions of the shop's webhook module, where it is Mage-OS or Aligent Async Events and
//! the integration may see them. Magento's core has no webhooks.

use super::answer;
use serde::Deserialize;
use source::reader::{Answer, ReadError, Webhooks};

/// The topics that a store needs. `updated` comes only when the order's state changes, which a
/// partial credit memo does not do.
const NEEDED: &[&str] = &[
    "sales.order.created",
    "sales.order.updated",
    "sales.creditmemo.created",
];

#[derive(Default, Deserialize)]
#[serde(default)]
struct Subscription {
    event_name: String,
    recipient_url: String,
    status: serde_json::Value,
}

pub(super) fn read(answer: &Answer, ours: &str) -> Result<Webhooks, ReadError> {
    let list = answer::list(answer)?;
    let found: Vec<_> = list
        .items
        .unwrap_or_default()
        .iter()
        .map(|entry| serde_json::from_str::<Subscription>(entry.get()).unwrap_or_default())
        .map(|entry| {
            let is_on = matches!(entry.status.to_string().as_str(), "true" | "1" | "\"1\"");
            (entry.event_name, entry.recipient_url, is_on)
        })
        .collect();
    Ok(Webhooks::judged(NEEDED, ours, &found))
}

/// Turns a refusal into an answer that says nothing about the webhooks: they may come from another
/// module.
pub(super) fn untold(error: ReadError) -> Result<Webhooks, ReadError> {
    match error {
        ReadError::Refused(_) => Ok(Webhooks::Untold(
            "the shop's webhook module has no list of its subscriptions, or the integration may not see it (Mage-OS Async Events: give it the resource of that name)".to_owned(),
        )),
        other => Err(other),
    }
}

//! The subscriptions of the shop's webhook module, where it is Mage-OS or Aligent Async Events and
//! the integration may see them. Magento's core has no webhooks.

use super::answer;
use serde::Deserialize;
use source::reader::{Answer, Hook, ReadError, Webhooks};

/// The topics that a store needs. `updated` comes only when the order's state changes, which a
/// partial credit memo does not do.
pub const NEEDED: &[&str] = &[
    "sales.order.created",
    "sales.order.updated",
    "sales.creditmemo.created",
];

#[derive(Default, Deserialize)]
#[serde(default)]
struct Subscription {
    subscription_id: u64,
    event_name: String,
    recipient_url: String,
    status: serde_json::Value,
}

/// Reads a page of the list.
pub(super) fn read(answer: &Answer) -> Result<Vec<Hook>, ReadError> {
    let list = answer::list(answer)?;
    let hooks = list.items.unwrap_or_default().into_iter().map(|entry| {
        let entry: Subscription = serde_json::from_str(entry.get()).unwrap_or_default();
        Hook {
            id: entry.subscription_id.to_string(),
            topic: entry.event_name,
            address: entry.recipient_url,
            is_on: matches!(entry.status.to_string().as_str(), "true" | "1" | "\"1\""),
            flaw: None,
        }
    });
    Ok(hooks.collect())
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

//! The shop's webhooks. After five failures in a row WooCommerce switches one off and tells nobody.

use super::answer;
use serde::Deserialize;
use source::reader::{Answer, Hook, ReadError};

/// The topics that a store needs: an order that a plug-in saves once triggers only `created`, one
/// that leaves the trash only `restored`.
pub const NEEDED: &[&str] = &[
    "order.created",
    "order.updated",
    "order.deleted",
    "order.restored",
];

#[derive(Default, Deserialize)]
#[serde(default)]
struct Webhook {
    id: u64,
    topic: String,
    delivery_url: String,
    status: String,
}

/// Reads a page of the list.
pub(super) fn read(answer: &Answer) -> Result<Vec<Hook>, ReadError> {
    let entries = answer::entries(answer)?;
    let hooks = entries.iter().map(|entry| {
        let hook: Webhook = serde_json::from_str(entry.get()).unwrap_or_default();
        Hook {
            id: hook.id.to_string(),
            topic: hook.topic,
            address: hook.delivery_url,
            is_on: hook.status == "active",
            flaw: None,
        }
    });
    Ok(hooks.collect())
}

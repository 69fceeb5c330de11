//! The shop's webhooks. After five failures in a row WooCommerce switches one off and tells nobody.

use super::answer;
use serde::Deserialize;
use source::reader::{Answer, ReadError, Webhooks};

/// The topics that a store needs: an order that a plug-in saves once triggers only `created`, one
/// that leaves the trash only `restored`.
const NEEDED: &[&str] = &[
    "order.created",
    "order.updated",
    "order.deleted",
    "order.restored",
];

#[derive(Default, Deserialize)]
#[serde(default)]
struct Webhook {
    topic: String,
    delivery_url: String,
    status: String,
}

pub(super) fn read(answer: &Answer, ours: &str) -> Result<Webhooks, ReadError> {
    let entries = answer::entries(answer)?;
    let found: Vec<_> = entries
        .iter()
        .map(|entry| serde_json::from_str::<Webhook>(entry.get()).unwrap_or_default())
        .map(|hook| (hook.topic, hook.delivery_url, hook.status == "active"))
        .collect();
    Ok(Webhooks::judged(NEEDED, ours, &found))
}

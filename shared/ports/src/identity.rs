//! Names that are hashes: the same where a message is made and where it is looked for.

use sha2::{Digest, Sha256};

/// Identity of an event: store and raw body. Delivery ids will not do: WooCommerce gives two orders of one second the same.
#[must_use]
pub fn event_id(store: &str, body: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(store.as_bytes());
    hash.update([0]);
    hash.update(body);
    hex::encode(hash.finalize())
}

/// The message group: one customer (e-mail in lower case, else the shop's customer id, else the order) on one route. Hashed, because group ids show up in consoles and
/// logs.
#[must_use]
pub fn group_id(route: &str, customer: &str) -> String {
    short_hash(&[route, customer])
}

/// What the queue deduplicates by: one delivery of one event on one route, as the platform names it when it repeats it.
#[must_use]
pub fn dedupe_id(route: &str, event: &str, delivery: &str) -> String {
    short_hash(&[route, event, delivery])
}

fn short_hash(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let digest = hash.finalize();
    hex::encode(digest.get(..16).unwrap_or_default())
}

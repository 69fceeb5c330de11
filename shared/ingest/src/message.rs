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

/// The message group: one customer on one route. Hashed, because group ids show up in consoles and logs.
#[must_use]
pub fn group_id(route: &str, customer: &str) -> String {
    short_hash(&[route, customer])
}

/// What the queue deduplicates by: one event on one route.
pub(crate) fn dedupe_id(route: &str, event: &str) -> String {
    short_hash(&[route, event])
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

//! Identifiers that are hashes: the same where a message is made and where it is looked for.

use sha2::{Digest, Sha256};

/// Returns the identity of an event: a hash of store and raw body. Delivery ids will not do,
/// because WooCommerce gives two orders of the same second the same delivery id.
#[must_use]
pub fn event_id(store: &str, body: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(store.as_bytes());
    hash.update([0]);
    hash.update(body);
    hex::encode(hash.finalize())
}

/// Returns the message group: one customer (e-mail in lower case, else the shop's customer id, else
/// the order) on the way to one destination. An e-mail is the same person in every shop, so that
/// two shops that feed one destination do not make two records of their common customer; an id
/// means something within its shop only. The name is hashed, because group ids show up in consoles
/// and logs.
#[must_use]
pub fn group_id(destination: &str, store: &str, customer: &str) -> String {
    if customer.contains('@') {
        short_hash(&[destination, customer])
    } else {
        short_hash(&[destination, store, customer])
    }
}

/// Returns the dedupe value: one delivery of one event on one route. `delivery` is the platform's
/// name of the delivery, which stays the same when the platform repeats it.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_e_mail_is_one_customer_in_all_shops_of_a_destination_and_an_id_only_within_its_shop() {
        assert_eq!(
            group_id("crm", "a", "jane@example.com"),
            group_id("crm", "b", "jane@example.com")
        );
        assert_ne!(
            group_id("crm", "a", "jane@example.com"),
            group_id("erp", "a", "jane@example.com")
        );
        assert_ne!(group_id("crm", "a", "5"), group_id("crm", "b", "5"));
        assert_eq!(group_id("crm", "a", "5"), group_id("crm", "a", "5"));
    }
}

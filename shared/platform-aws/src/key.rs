//! The names of items: one table for everything, with a partition key `pk` and a sort key `sk`.

use crate::document::Item;
use aws_sdk_dynamodb::types::AttributeValue;
use ports::LedgerKey;
use sha2::{Digest, Sha256};

/// The longest text that a key holds as it is: DynamoDB takes sort keys of up to 1024 bytes (Amazon
/// DynamoDB, "Service quotas"), so longer texts of a shop are told apart by their hash.
const LONGEST: usize = 900;

/// The prefix of the sort keys of ledger entries.
pub(crate) const LEDGER: &str = "ledger#";
/// The partition of all dead letters: rare by nature, and listed together.
pub(crate) const DEAD: &str = "dead";
/// The partition of the requests about personal data.
pub(crate) const PRIVACY: &str = "privacy";
/// The partition of the latest redactions.
pub(crate) const REDACTIONS: &str = "redactions";

/// The key of one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

impl Key {
    /// Creates the key of a ledger entry: all routes of an order are in one partition.
    pub(crate) fn ledger(key: &LedgerKey) -> Self {
        Self {
            pk: order_partition(&key.order),
            sk: format!("{LEDGER}{}", bounded(&key.route)),
        }
    }

    /// Creates the key of a destination's token.
    pub(crate) fn token(destination: &str) -> Self {
        Self {
            pk: format!("destination#{}", bounded(destination)),
            sk: "token".to_owned(),
        }
    }

    /// Creates the key of a destination's circuit.
    pub(crate) fn circuit(destination: &str) -> Self {
        Self {
            pk: format!("destination#{}", bounded(destination)),
            sk: "circuit".to_owned(),
        }
    }

    /// Creates the key of a destination's budget, the calls that its account has left.
    pub(crate) fn budget(destination: &str) -> Self {
        Self {
            pk: format!("destination#{}", bounded(destination)),
            sk: "budget".to_owned(),
        }
    }

    /// Creates the key of a checkpoint.
    pub(crate) fn checkpoint(name: &str) -> Self {
        Self {
            pk: format!("checkpoint#{}", bounded(name)),
            sk: "checkpoint".to_owned(),
        }
    }

    /// Creates the key of a request about personal data.
    pub(crate) fn request(id: &str) -> Self {
        Self {
            pk: PRIVACY.to_owned(),
            sk: format!("request#{}", bounded(id)),
        }
    }

    /// Creates the key of a redaction, by the hash of its content.
    pub(crate) fn redaction(content: &[u8]) -> Self {
        Self {
            pk: REDACTIONS.to_owned(),
            sk: hex::encode(Sha256::digest(content)),
        }
    }

    /// Creates the key of a part of a dead letter.
    pub(crate) fn letter(id: &str, part: usize) -> Self {
        Self {
            pk: DEAD.to_owned(),
            sk: format!("{}{part:03}", letter_prefix(id)),
        }
    }

    /// Returns the key as the attributes of an item.
    pub(crate) fn item(&self) -> Item {
        Item::from([
            ("pk".to_owned(), AttributeValue::S(self.pk.clone())),
            ("sk".to_owned(), AttributeValue::S(self.sk.clone())),
        ])
    }
}

/// Returns the partition of an order's ledger entries.
pub(crate) fn order_partition(order: &str) -> String {
    format!("order#{}", bounded(order))
}

/// Returns the prefix of the sort keys of a dead letter's parts.
pub(crate) fn letter_prefix(id: &str) -> String {
    format!("{}#", bounded(id))
}

fn bounded(text: &str) -> String {
    if text.len() <= LONGEST {
        return text.to_owned();
    }
    format!("sha256:{}", hex::encode(Sha256::digest(text)))
}

#[cfg(test)]
mod tests {
    use super::Key;
    use ports::LedgerKey;

    #[test]
    fn no_text_of_a_shop_is_too_long_or_empty() {
        let key = |order: &str| {
            Key::ledger(&LedgerKey {
                route: "r".repeat(5000),
                order: order.to_owned(),
            })
        };
        let long = "9".repeat(5000);
        assert!(key(&long).pk.len() < 100 && key(&long).sk.len() < 100);
        assert_ne!(key(&long), key(&long[1..]));
        assert_eq!(key("").pk, "order#");
    }
}

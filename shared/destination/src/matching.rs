//! Matching: the keys of records that were found without ours.

use mapping::plan::Key;

/// Returns whether a key is provisional, as guests get one (`guest-`, `order-`, also behind the
/// name of a shop): a firm key replaces it.
#[must_use]
pub fn is_provisional(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["guest-", "order-"]
        .iter()
        .any(|mark| key.starts_with(mark) || key.contains(&format!("_{mark}")))
}

/// Returns whether our key is to be written to a record that was found without it and holds
/// `present` in the key's field: where that is empty, or a provisional key.
#[must_use]
pub fn gives_way(present: Option<&str>, key: &Key) -> bool {
    match present {
        None | Some("") => true,
        Some(present) => is_provisional(present) && !key.provisional,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guests_key_is_provisional_wherever_it_stands() {
        for key in [
            "guest-71d4",
            "order-12",
            "WOO_CUST_guest-71d4",
            "SHOPIFY_CUST_order-12",
        ] {
            assert!(is_provisional(key), "{key}");
        }
        for key in ["56", "WOO_CUST_56", "MAGENTO_CUST_56", "reorder-5"] {
            assert!(!is_provisional(key), "{key}");
        }
    }

    #[test]
    fn a_key_gives_way_only_where_it_is_empty_or_provisional_and_ours_is_firm() {
        let key = |provisional| Key {
            field: "Shop_ID".to_owned(),
            value: "7".to_owned(),
            provisional,
        };
        assert!(gives_way(None, &key(true)) && gives_way(Some(""), &key(false)));
        assert!(gives_way(Some("guest-1"), &key(false)));
        assert!(!gives_way(Some("guest-1"), &key(true)) && !gives_way(Some("8"), &key(false)));
    }
}

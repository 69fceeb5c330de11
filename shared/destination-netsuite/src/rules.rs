//! NetSuite's own rules for its records (REST API Browser, 2026.1), as far as writing orders needs
//! them.

/// Kinds of record that are read before they are written, each with its table and the columns that
/// can be compared with the plan. All others are written at once: their external id shows whether
/// they exist.
const READ_FIRST: &[(&str, &str, &[&str])] = &[(
    "customer",
    "customer",
    &[
        "entityId",
        "isPerson",
        "firstName",
        "middleName",
        "lastName",
        "companyName",
        "email",
        "phone",
        "currency",
    ],
)];

/// The field that makes a record ours: NetSuite lets no two records of a group have the same
/// external id.
pub(crate) const EXTERNAL_ID: &str = "externalId";

/// Longest name of a customer, in characters.
const LONGEST_ENTITY_ID: usize = 80;

/// Returns the table and the comparable columns of a kind of record that is read before it is
/// written.
pub(crate) fn read_first(object: &str) -> Option<(&'static str, &'static [&'static str])> {
    let found = READ_FIRST
        .iter()
        .find(|(known, ..)| known.eq_ignore_ascii_case(object));
    found.map(|(_, table, columns)| (*table, *columns))
}

/// The field with the currencies that a customer may order in. It is no column of the customer, so
/// its content is not known: nothing is written to it until an order is refused for its currency.
pub(crate) const CURRENCIES: &str = "currencyList";

/// Returns whether a field of a kind of record that is read first can be compared.
pub(crate) fn is_comparable(object: &str, field: &str) -> bool {
    read_first(object).is_some_and(|(_, columns)| {
        columns
            .iter()
            .any(|column| column.eq_ignore_ascii_case(field))
    })
}

/// Returns whether a field is one of the account's own, of a kind of record that is read first. Such
/// a field is a column as well, unless the account does not store it.
pub(crate) fn is_custom(object: &str, field: &str) -> bool {
    let prefix = field.get(..CUSTOM.len());
    read_first(object).is_some() && prefix.is_some_and(|prefix| prefix.eq_ignore_ascii_case(CUSTOM))
}

/// What the names of customers' custom fields begin with.
const CUSTOM: &str = "custentity";

/// Returns whether both keys are of one shop: they begin alike, up to the part that tells its
/// customers apart (`WOO_CUST_56`, `WOO_CUST_guest-71d4`).
pub(crate) fn is_of_same_shop(present: &str, own: &str) -> bool {
    let shop = |key: &str| {
        key.rsplit_once('_')
            .map(|(shop, _)| shop.to_ascii_lowercase())
    };
    shop(present) == shop(own)
}

/// Returns whether the key is a provisional one of the same shop. One of another system is not ours
/// to replace.
pub(crate) fn is_stand_in_of(present: &str, own: &str) -> bool {
    destination::matching::is_provisional(present) && is_of_same_shop(present, own)
}

/// Returns whether the text has only characters that an external id may have ("External IDs",
/// NetSuite help), and a length that every kind of record takes.
pub(crate) fn is_external_id(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 100
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// Returns a name that no other customer has: the usual one and the external id.
pub(crate) fn distinct_name(usual: &str, external_id: &str) -> String {
    let room = LONGEST_ENTITY_ID.saturating_sub(external_id.chars().count() + 1);
    let usual: String = usual.chars().take(room).collect();
    format!("{} {external_id}", usual.trim_end())
        .trim_start()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stand_in_of_another_shop_is_not_ours_to_replace() {
        assert!(
            is_stand_in_of("WOO_CUST_guest-71d4", "woo_cust_56")
                && !is_stand_in_of("WOO_CUST_55", "WOO_CUST_56")
        );
        assert!(
            !is_stand_in_of("SHOPIFY_CUST_guest-71d4", "WOO_CUST_56")
                && !is_stand_in_of("guest-71d4", "WOO_CUST_56")
        );
        assert!(
            is_of_same_shop("WOO_CUST_55", "WOO_CUST_56")
                && !is_of_same_shop("HUBSPOT-77", "WOO_CUST_56")
        );
        assert!(!is_of_same_shop("WOO_ORDER_56", "WOO_CUST_56") && is_of_same_shop("7", "8"));
    }

    #[test]
    fn a_distinct_name_keeps_the_whole_external_id() {
        assert_eq!(
            distinct_name("John Doe", "WOO_CUST_56"),
            "John Doe WOO_CUST_56"
        );
        let long = distinct_name(&"é".repeat(200), "WOO_CUST_56");
        assert!(
            long.ends_with(" WOO_CUST_56") && long.chars().count() == 80,
            "{long}"
        );
        assert_eq!(distinct_name("", "WOO_CUST_56"), "WOO_CUST_56");
    }

    #[test]
    fn external_ids_are_letters_digits_and_two_marks() {
        assert!(is_external_id("WOO_ORDER-1234"));
        assert!(
            !is_external_id("a|b")
                && !is_external_id("")
                && !is_external_id("a@b")
                && !is_external_id(&"a".repeat(101))
        );
    }
}

//! Zoho's own rules for its modules, as far as writing orders needs them.

use destination::{Class, Failure};
use mapping::plan::Value;

/// The field of each standard module by which Zoho looks for duplicates ("Upsert Records"). It is
/// checked, but not unique: two writers at the same instant both insert.
const SYSTEM_CHECKS: &[(&str, &str)] = &[
    ("Accounts", "Account_Name"),
    ("Contacts", "Email"),
    ("Deals", "Deal_Name"),
    ("Invoices", "Subject"),
    ("Leads", "Email"),
    ("Products", "Product_Name"),
    ("Purchase_Orders", "Subject"),
    ("Quotes", "Subject"),
    ("Sales_Orders", "Subject"),
    ("Vendors", "Vendor_Name"),
];
/// The field of every custom module by which Zoho looks for duplicates.
const CUSTOM_CHECK: &str = "Name";
/// Modules whose records belong to many orders. They are found by their key: an order that moves to
/// another company or customer must not rename the first one.
const SHARED: &[&str] = &["Accounts", "Contacts", "Leads", "Products", "Vendors"];
/// Modules of people.
const PEOPLE: &[&str] = &["Contacts", "Leads"];
/// The fields with people's names.
pub(crate) const NAMES: &[&str] = &["First_Name", "Last_Name"];
/// Lists of objects that are no sub-forms: sent whole, they replace the present ones.
const PLAIN_LISTS: &[&str] = &["Tag", "Line_Tax"];

/// The options that an upsert takes beside its records ("Upsert Records"): which automations run,
/// by which rule owners are assigned.
pub(crate) const OPTIONS: &[&str] = &[
    "trigger",
    "lar_id",
    "apply_feature_execution",
    "skip_feature_execution",
];

/// Returns the field by which Zoho looks for duplicates in the module.
pub(crate) fn system_check(module: &str) -> &'static str {
    let found = SYSTEM_CHECKS.iter().find(|(known, _)| *known == module);
    found.map_or(CUSTOM_CHECK, |(_, field)| field)
}

/// Returns whether the module's records belong to many orders.
pub(crate) fn is_shared(module: &str) -> bool {
    SHARED.contains(&module)
}

/// Returns whether each record of the module is about one order. Nobody knows what a custom module
/// is about, so it does not count.
pub(crate) fn is_of_one_order(module: &str) -> bool {
    !is_shared(module) && SYSTEM_CHECKS.iter().any(|(known, _)| *known == module)
}

/// Returns whether the module's records are people, who may change their e-mail.
pub(crate) fn is_people(module: &str) -> bool {
    PEOPLE.contains(&module)
}

/// Returns whether the field holds the lines of a record (a sub-form), which are kept, changed and
/// removed one by one.
pub(crate) fn is_lines(field: &str, value: &Value) -> bool {
    let is_objects = |items: &[Value]| items.iter().all(|item| matches!(item, Value::Object(_)));
    matches!(value, Value::List(items) if is_objects(items))
        && !PLAIN_LISTS.contains(&field)
        && !field.starts_with('$')
}

/// Checks that a text is an API name, or a path of them (letters, digits, `_` and `.`), and returns
/// it. Anything else could change the meaning of a query or an address.
pub(crate) fn name(text: &str) -> Result<&str, Failure> {
    let is_part = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_alphabetic())
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    if text.split('.').all(is_part) {
        return Ok(text);
    }
    let message = format!(
        "\"{text}\" is no API name of Zoho; see Setup > Developer Hub > APIs & SDKs > API Names"
    );
    Err(Failure::permanent(Class::Mapping, "map", message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use indexmap::IndexMap;

    #[test]
    fn names_cannot_carry_anything_else() {
        for good in ["Deals", "Shop_Order_ID", "Account_Name.Account_Name"] {
            assert_eq!(name(good).unwrap(), good);
        }
        for bad in ["", "Deals/upsert", "a b", "a'", "1a", "a.", "$x", "Ä"] {
            assert!(name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn lines_are_told_from_other_lists() {
        let lines = Value::List(vec![Value::Object(IndexMap::new())]);
        assert!(
            is_lines("Ordered_Items", &lines)
                && is_lines("Ordered_Items", &Value::List(Vec::new()))
        );
        assert!(
            !is_lines("Tag", &lines)
                && !is_lines("$line_tax", &lines)
                && !is_lines("Ordered_Items", &Value::Ref("x".to_owned()))
        );
    }
}

//! The notes of plug-ins and of WooCommerce itself on an order: `meta_data`, a list of `{key,
//! value}` in which a value may be anything.

use serde_json::Value;
use source::payload::Object;

/// Returns whether such a note exists and its value means yes.
pub(crate) fn says_yes(payload: &Object<'_>, key: &str) -> bool {
    let notes = payload.php_list("meta_data").unwrap_or_default();
    let yes = |note: &Object<'_>| match note.get("value") {
        Some(Value::Bool(yes)) => *yes,
        _ => matches!(note.text("value").as_str(), "1" | "yes" | "true"),
    };
    notes
        .iter()
        .any(|note| note.text("key") == key && yes(note))
}

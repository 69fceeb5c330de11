//! What plug-ins and WooCommerce itself note on an order: `meta_data`, a list of `{key, value}` in
//! which a value may be anything.

use serde_json::Value;
use source::payload::Object;

/// Whether such a note is there and says yes.
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

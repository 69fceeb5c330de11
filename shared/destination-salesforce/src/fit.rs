//! Whether a field of the org is fit for what plans write to it. The one judgement of it, for the
//! check and for the set-up alike.

use crate::needs::{Kind, Need};
use serde_json::Value;

/// The length that a key needs: a guest's key has 38 characters, and a shop's prefix comes on top.
const LONG_ENOUGH: usize = 64;

/// The fitness of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    Good,
    /// It does not exist, or is hidden.
    Absent,
    /// Salesforce itself sets it: a formula, a number that counts up, a system field.
    Calculated,
    /// The user may not write it.
    ReadOnly,
    /// It is the key, and lacks one of the two properties.
    NotKey {
        is_external_id: bool,
        is_unique: bool,
    },
    /// It has a type that the values do not fit.
    WrongType {
        is: String,
    },
    /// Texts that were seen are longer.
    TooShort {
        length: usize,
    },
    /// Keys may become longer.
    Narrow {
        length: usize,
    },
}

/// Returns how fit a field is, by the description of its object.
pub(crate) fn fit(described: &Value, name: &str, need: &Need) -> Fit {
    let Some(field) = field(described, name) else {
        return Fit::Absent;
    };
    let is = |property: &str| field.get(property).and_then(Value::as_bool) == Some(true);
    let kind = field
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let length = length(field);
    if !need.is_written {
        return Fit::Good;
    }
    // A compound key such as Account (by its external id) is described under another name; only
    // what can be read here is checked.
    if field.get("createable").and_then(Value::as_bool) == Some(false) {
        let permissionable = field.get("permissionable").and_then(Value::as_bool);
        let is_fixed = is("calculated") || is("autoNumber") || permissionable == Some(false);
        return match is_fixed {
            true => Fit::Calculated,
            false => Fit::ReadOnly,
        };
    }
    let is_custom = name.ends_with("__c");
    if is_custom && !takes(kind, need) {
        return Fit::WrongType {
            is: kind.to_owned(),
        };
    }
    if need.is_key && !(is("externalId") && is("unique")) {
        return Fit::NotKey {
            is_external_id: is("externalId"),
            is_unique: is("unique"),
        };
    }
    match is_custom && kind == "string" {
        true if length < need.longest => Fit::TooShort { length },
        true if need.is_key && length < LONG_ENOUGH => Fit::Narrow { length },
        _ => Fit::Good,
    }
}

/// Returns a field of a description.
pub(crate) fn field<'a>(described: &'a Value, name: &str) -> Option<&'a Value> {
    let mut fields = described.get("fields").and_then(Value::as_array)?.iter();
    fields.find(|field| {
        field
            .get("name")
            .and_then(Value::as_str)
            .is_some_and(|known| known.eq_ignore_ascii_case(name))
    })
}

/// Returns the values of a picklist that can be chosen.
pub(crate) fn choices(field: &Value) -> Vec<&str> {
    let is_active = |choice: &&Value| choice.get("active").and_then(Value::as_bool) != Some(false);
    let choices = field.get("picklistValues").and_then(Value::as_array);
    choices
        .into_iter()
        .flatten()
        .filter(is_active)
        .filter_map(|choice| choice.get("value")?.as_str())
        .collect()
}

fn length(field: &Value) -> usize {
    let length = field.get("length").and_then(Value::as_u64);
    length
        .and_then(|length| usize::try_from(length).ok())
        .unwrap_or_default()
}

/// Returns whether a custom field of this type, by its word in descriptions, takes such values.
fn takes(kind: &str, need: &Need) -> bool {
    let is_number = matches!(kind, "double" | "currency" | "percent" | "int");
    match &need.kind {
        // Numbers lose the zeros that they begin with.
        _ if need.is_key => matches!(kind, "string" | "email"),
        Kind::Unknown => true,
        Kind::Text => !is_number && !matches!(kind, "boolean" | "date" | "datetime"),
        Kind::Number => is_number,
        Kind::Flag => kind == "boolean",
        Kind::Day => !is_number && kind != "boolean",
        Kind::Moment => !is_number && !matches!(kind, "boolean" | "date"),
        Kind::Reference(_) => matches!(kind, "reference" | "string"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn key() -> Need {
        Need {
            kind: Kind::Text,
            is_key: true,
            is_written: true,
            longest: 20,
            ..Need::default()
        }
    }

    fn judged(field: Value, need: &Need) -> Fit {
        let mut named = json!({"name": "Shop_Order_Id__c", "createable": true});
        for (name, value) in field.as_object().unwrap() {
            named[name] = value.clone();
        }
        fit(&json!({ "fields": [named] }), "shop_order_id__c", need)
    }

    #[test]
    fn a_key_is_a_text_that_is_long_enough_and_both_external_id_and_unique() {
        let text = |length: u32, external: bool, unique: bool| {
            let field = json!({"type": "string", "length": length, "externalId": external, "unique": unique});
            judged(field, &key())
        };
        assert_eq!(text(255, true, true), Fit::Good);
        assert_eq!(text(64, true, true), Fit::Good);
        assert_eq!(text(63, true, true), Fit::Narrow { length: 63 });
        assert_eq!(text(19, true, true), Fit::TooShort { length: 19 });
        for (is_external_id, is_unique) in [(true, false), (false, true), (false, false)] {
            let found = text(255, is_external_id, is_unique);
            let expected = Fit::NotKey {
                is_external_id,
                is_unique,
            };
            assert_eq!(found, expected);
        }
        let number = json!({"type": "double", "externalId": true, "unique": true});
        let is = "double".to_owned();
        assert_eq!(judged(number, &key()), Fit::WrongType { is });
    }

    #[test]
    fn each_kind_of_value_fits_its_types() {
        let kinds = [
            (Kind::Text, "string", "double"),
            (Kind::Text, "picklist", "boolean"),
            (Kind::Number, "currency", "string"),
            (Kind::Flag, "boolean", "string"),
            (Kind::Moment, "datetime", "date"),
            (Kind::Day, "date", "int"),
            (
                Kind::Reference("Account".to_owned()),
                "reference",
                "boolean",
            ),
        ];
        for (kind, good, bad) in kinds {
            let need = Need {
                kind,
                is_written: true,
                ..Need::default()
            };
            assert_eq!(judged(json!({"type": good, "length": 9}), &need), Fit::Good);
            let is = bad.to_owned();
            assert_eq!(judged(json!({ "type": bad }), &need), Fit::WrongType { is });
        }
    }

    #[test]
    fn a_field_that_nobody_may_write_is_told_from_one_that_this_user_may_not() {
        let fixed = json!({"type": "string", "createable": false, "calculated": true});
        assert_eq!(judged(fixed, &key()), Fit::Calculated);
        let system = json!({"type": "string", "createable": false, "permissionable": false});
        assert_eq!(judged(system, &key()), Fit::Calculated);
        let closed = json!({"type": "string", "createable": false, "permissionable": true});
        assert_eq!(judged(closed.clone(), &key()), Fit::ReadOnly);
        let searched = Need::default();
        assert_eq!(judged(closed, &searched), Fit::Good, "it is only looked at");
        assert_eq!(fit(&json!({"fields": []}), "X__c", &searched), Fit::Absent);
    }
}

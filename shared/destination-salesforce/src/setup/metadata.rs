//! The definition of a custom field, as the Tooling API takes it (CustomField, in the Tooling API
//! and in the Metadata API Developer Guide).

use crate::needs::{Kind, Need};
use serde_json::{Map, Value, json};

/// The longest text that can be an external id.
const LONGEST: usize = 255;
const DESCRIPTION: &str = "Written by orderbridge. Do not edit.";

/// Returns the definition of a field that takes such values; `None` where no values say what it is,
/// and for a look-up field.
pub(super) fn of(name: &str, need: &Need) -> Option<Value> {
    let label = label(name);
    Some(match &need.kind {
        _ if need.is_key => json!({
            "label": label, "description": DESCRIPTION, "required": false,
            "type": "Text", "length": LONGEST, "externalId": true, "unique": true, "caseSensitive": true,
        }),
        Kind::Reference(_) => return None,
        Kind::Number => json!({
            "label": label, "description": DESCRIPTION, "required": false,
            "type": "Number", "precision": 18, "scale": 2,
        }),
        Kind::Moment => json!({
            "label": label, "description": DESCRIPTION, "required": false, "type": "DateTime",
        }),
        Kind::Flag => json!({
            "label": label, "description": DESCRIPTION, "type": "Checkbox", "defaultValue": "false",
        }),
        Kind::Unknown | Kind::Text | Kind::Day if need.longest > LONGEST => json!({
            "label": label, "description": DESCRIPTION, "required": false,
            "type": "LongTextArea", "length": 32_768, "visibleLines": 3,
        }),
        Kind::Unknown | Kind::Text | Kind::Day => json!({
            "label": label, "description": DESCRIPTION, "required": false,
            "type": "Text", "length": LONGEST,
        }),
    })
}

/// Returns the definition of a text field as it is described, because a change replaces all of it.
/// `None` where the field has another type. A description does not show the field's own
/// description.
pub(super) fn described(field: &Value) -> Option<Map<String, Value>> {
    if field.get("type").and_then(Value::as_str) != Some("string") {
        return None;
    }
    let mut metadata = Map::from_iter([
        ("type".to_owned(), json!("Text")),
        ("required".to_owned(), json!(false)),
        ("description".to_owned(), json!(DESCRIPTION)),
    ]);
    let kept = [
        "label",
        "length",
        "externalId",
        "unique",
        "caseSensitive",
        "inlineHelpText",
    ];
    for name in kept {
        if let Some(value) = field.get(name).filter(|value| !value.is_null()) {
            metadata.insert(name.to_owned(), value.clone());
        }
    }
    Some(metadata)
}

/// Returns the words for a definition, such as "Text(255), External ID, Unique".
pub(super) fn words(metadata: &Value) -> String {
    let text = |name: &str| {
        metadata
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let number = |name: &str| metadata.get(name).and_then(Value::as_u64);
    let is = |name: &str| metadata.get(name).and_then(Value::as_bool) == Some(true);
    let size = match (number("length"), number("precision"), number("scale")) {
        (Some(length), _, _) => format!("({length})"),
        (None, Some(precision), Some(scale)) => format!("({precision}, {scale})"),
        _ => String::new(),
    };
    let mut words = vec![format!("{}{size}", text("type"))];
    for (name, word) in [("externalId", "External ID"), ("unique", "Unique")] {
        words.extend(is(name).then(|| word.to_owned()));
    }
    words.join(", ")
}

/// Returns the words for a field as it is described.
pub(super) fn words_of_described(field: &Value) -> String {
    let mut field = field.clone();
    let kind = field.get("type").and_then(Value::as_str);
    let kind = match kind.unwrap_or_default() {
        "string" => "Text",
        "double" => "Number",
        "boolean" => "Checkbox",
        "datetime" => "DateTime",
        other => other,
    };
    let kind = json!(kind);
    let is_text = kind == "Text";
    if let Some(field) = field.as_object_mut() {
        field.retain(|name, _| match name.as_str() {
            "length" => is_text,
            "precision" | "scale" => !is_text && kind == "Number",
            _ => true,
        });
        field.insert("type".to_owned(), kind);
    }
    words(&field)
}

/// Returns the label of a field by its API name.
pub(super) fn label(name: &str) -> String {
    name.strip_suffix("__c").unwrap_or(name).replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_value_has_its_definition() {
        let need = |kind: Kind, longest: usize| Need {
            kind,
            longest,
            is_written: true,
            ..Need::default()
        };
        let told = |need: &Need| of("Shop_Order_Id__c", need).map(|metadata| words(&metadata));
        let key = Need {
            is_key: true,
            ..need(Kind::Text, 1)
        };
        for (need, expected) in [
            (key, "Text(255), External ID, Unique"),
            (need(Kind::Number, 0), "Number(18, 2)"),
            (need(Kind::Moment, 20), "DateTime"),
            (need(Kind::Flag, 0), "Checkbox"),
            (need(Kind::Text, 20), "Text(255)"),
            (need(Kind::Text, 256), "LongTextArea(32768)"),
        ] {
            assert_eq!(told(&need).as_deref(), Some(expected));
        }
        assert_eq!(told(&need(Kind::Reference("Account".to_owned()), 0)), None);
        let flag = of("X__c", &need(Kind::Flag, 0)).unwrap();
        assert_eq!(flag["defaultValue"], "false", "it is mandatory, as a text");
        assert_eq!(label("Shop_Order_Id__c"), "Shop Order Id");
    }
}

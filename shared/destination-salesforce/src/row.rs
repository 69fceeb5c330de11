use mapping::plan::Scalar;
use rust_decimal::Decimal;
use serde_json::{Map, Value};

/// A record as a query answers it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Row(Map<String, Value>);

impl Row {
    pub(crate) fn new(value: Value) -> Option<Self> {
        match value {
            Value::Object(fields) => Some(Self(fields)),
            _ => None,
        }
    }

    /// The value at a path such as `Account.Name`; null where any part of it is absent. Salesforce spells names its own way, so case does not count.
    pub(crate) fn get(&self, path: &str) -> &Value {
        let mut fields = Some(&self.0);
        let mut value = &Value::Null;
        for part in path.split('.') {
            let found = fields.and_then(|fields| {
                fields.get(part).or_else(|| {
                    fields
                        .iter()
                        .find(|(name, _)| name.eq_ignore_ascii_case(part))
                        .map(|(_, value)| value)
                })
            });
            value = found.unwrap_or(&Value::Null);
            fields = value.as_object();
        }
        value
    }

    /// The text at a path.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.get(path).as_str()
    }

    pub(crate) fn id(&self) -> &str {
        self.text("Id").unwrap_or_default()
    }

    /// Whether the value at the path is what was asked for, as Salesforce compares: texts without regard to case.
    pub(crate) fn holds(&self, path: &str, wanted: &Scalar) -> bool {
        match (self.get(path), wanted) {
            (Value::Null, Scalar::Null) => true,
            (Value::Bool(value), Scalar::Bool(wanted)) => value == wanted,
            (Value::Number(value), Scalar::Number(wanted)) => value.to_string().parse::<Decimal>().is_ok_and(|value| value == *wanted),
            (Value::String(value), Scalar::Text(wanted)) => same_text(value, wanted),
            _ => false,
        }
    }
}

/// The first row that holds the value, but rather one that spells it the same way.
pub(crate) fn best<'a>(rows: impl Iterator<Item = &'a Row> + Clone, path: &str, wanted: &str) -> Option<&'a Row> {
    let mut exact = rows.clone().filter(|row| row.text(path) == Some(wanted));
    exact.next().or_else(|| {
        rows.into_iter()
            .find(|row| row.text(path).is_some_and(|text| same_text(text, wanted)))
    })
}

/// Whether Salesforce takes two texts for the same: case does not count, and an id has a long and a short form.
pub(crate) fn same_text(a: &str, b: &str) -> bool {
    a == b || a.to_lowercase() == b.to_lowercase() || (is_id(a) && is_id(b) && a.get(..15) == b.get(..15))
}

/// Whether the text may be the id of a record, in its short (15) or long (18) form.
pub(crate) fn is_id(text: &str) -> bool {
    matches!(text.len(), 15 | 18) && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) && text.bytes().any(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_compare_as_salesforce_does() {
        let row = Row::new(
            json!({"Id": "01s000000000001AAA", "Price": 10.50, "Active": true, "Product2": {"ProductCode": "ABC"}, "Parent": null}),
        )
        .unwrap();
        assert!(row.holds("product2.productcode", &Scalar::Text("abc".into())));
        assert!(row.holds("Id", &Scalar::Text("01s000000000001".into())));
        assert!(row.holds("Price", &Scalar::Number("10.5".parse().unwrap())));
        assert!(row.holds("Active", &Scalar::Bool(true)) && !row.holds("Active", &Scalar::Bool(false)));
        assert!(row.get("Parent.Name").is_null() && row.get("Nothing.At.All").is_null());
    }

    #[test]
    fn the_same_spelling_wins() {
        let rows = ["abc", "ABC"].map(|code| Row::new(json!({ "Code": code })).unwrap());
        assert_eq!(best(rows.iter(), "Code", "ABC").and_then(|row| row.text("Code")), Some("ABC"));
        assert_eq!(best(rows.iter(), "Code", "Abc").and_then(|row| row.text("Code")), Some("abc"));
    }
}

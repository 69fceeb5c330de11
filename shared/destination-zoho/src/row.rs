use mapping::plan::Scalar;
use rust_decimal::Decimal;
use serde_json::{Map, Value};

/// A record as Zoho returns it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Row(Map<String, Value>);

impl Row {
    pub(crate) fn new(value: Value) -> Option<Self> {
        match value {
            Value::Object(fields) => Some(Self(fields)),
            _ => None,
        }
    }

    /// Returns the value of a column; null where it is absent.
    pub(crate) fn get(&self, column: &str) -> &Value {
        self.0.get(column).unwrap_or(&Value::Null)
    }

    /// Returns the value of a column; `None` where it is absent.
    pub(crate) fn find(&self, column: &str) -> Option<&Value> {
        self.0.get(column)
    }

    /// Returns the text in a column.
    pub(crate) fn text(&self, column: &str) -> Option<&str> {
        self.get(column).as_str()
    }

    pub(crate) fn id(&self) -> &str {
        self.text("id").unwrap_or_default()
    }

    /// Returns whether there is nothing in the column.
    pub(crate) fn is_blank(&self, column: &str) -> bool {
        match self.get(column) {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            _ => false,
        }
    }

    /// Returns whether the column holds the value, as Zoho compares: texts without regard to case,
    /// look-ups by their id.
    pub(crate) fn holds(&self, column: &str, wanted: &Scalar) -> bool {
        match (self.get(column), wanted) {
            (Value::Null, Scalar::Null) => true,
            (Value::Bool(value), Scalar::Bool(wanted)) => value == wanted,
            (Value::Number(value), Scalar::Number(wanted)) => value
                .to_string()
                .parse::<Decimal>()
                .is_ok_and(|value| value == *wanted),
            (Value::Number(value), Scalar::Text(wanted)) => value.to_string() == *wanted,
            (Value::String(value), Scalar::Text(wanted)) => fold(value) == fold(wanted),
            (Value::Object(value), Scalar::Text(wanted)) => {
                value.get("id").and_then(Value::as_str) == Some(wanted)
            }
            _ => false,
        }
    }

    /// Returns the columns with the forms of their values: two values that compare as equal have
    /// one form in common.
    pub(crate) fn forms(&self) -> impl Iterator<Item = (&str, String)> {
        self.0.iter().flat_map(|(column, value)| {
            forms(value)
                .into_iter()
                .map(move |form| (column.as_str(), form))
        })
    }

    /// Returns whether the column spells the value the same way.
    pub(crate) fn spells(&self, column: &str, wanted: &Scalar) -> bool {
        match wanted {
            Scalar::Text(text) => self.text(column) == Some(text),
            _ => true,
        }
    }
}

/// Returns whether a field already has the value that it would have after this was written to it. A
/// value that Zoho stores in another form counts as different.
pub(crate) fn is_stored_as(written: &Value, present: &Value) -> bool {
    let number = |value: &Value| value.to_string().trim_matches('"').parse::<Decimal>().ok();
    match (written, present) {
        (Value::String(written), Value::Null) => written.trim().is_empty(),
        (Value::String(written), Value::String(present)) => written.trim() == present,
        (Value::Number(_), Value::Number(_)) => {
            number(written).is_some_and(|written| number(present) == Some(written))
        }
        (Value::Object(written), Value::Object(present)) => {
            written.contains_key("id") && written.get("id") == present.get("id")
        }
        (Value::Null | Value::Bool(_), _) => written == present,
        _ => false,
    }
}

/// Returns the form of a value that is looked for.
pub(crate) fn form_of(wanted: &Scalar) -> String {
    match wanted {
        Scalar::Null => "null".to_owned(),
        Scalar::Bool(value) => value.to_string(),
        Scalar::Number(number) => number.normalize().to_string(),
        Scalar::Text(text) => fold(text),
    }
}

fn forms(value: &Value) -> Vec<String> {
    match value {
        Value::Null | Value::Bool(_) => vec![value.to_string()],
        Value::Number(_) => {
            let (text, number) = (value.to_string(), value.to_string().parse::<Decimal>());
            let exact = number.ok().map(|number| form_of(&Scalar::Number(number)));
            let exact = exact.filter(|exact| *exact != text);
            [Some(fold(&text)), exact].into_iter().flatten().collect()
        }
        Value::String(text) => vec![fold(text)],
        Value::Object(fields) => fields
            .get("id")
            .and_then(Value::as_str)
            .map(fold)
            .into_iter()
            .collect(),
        Value::Array(_) => Vec::new(),
    }
}

/// Returns the form in which Zoho compares the values of duplicate check fields.
pub(crate) fn fold(text: &str) -> String {
    text.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_compare_as_zoho_does() {
        let row =
            Row::new(json!({"id": "12", "Price": 10.50, "Active": true, "Code": "Abc", "Account_Name": {"id": "7"}, "Fax": ""})).unwrap();
        assert!(
            row.holds("Code", &Scalar::Text("aBC ".into()))
                && !row.spells("Code", &Scalar::Text("aBC".into()))
        );
        assert!(row.holds("Price", &Scalar::Number("10.5".parse().unwrap())));
        assert!(
            row.holds("Active", &Scalar::Bool(true)) && !row.holds("Active", &Scalar::Bool(false))
        );
        assert!(
            row.holds("Account_Name", &Scalar::Text("7".into()))
                && row.holds("Nothing", &Scalar::Null)
        );
        assert!(row.is_blank("Fax") && row.is_blank("Phone") && !row.is_blank("Active"));
    }
}

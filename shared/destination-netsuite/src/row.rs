use mapping::plan::Scalar;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A row that answers a query: names in lower case; empty columns are absent.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(transparent)]
pub(crate) struct Row(Map<String, Value>);

impl Row {
    pub(crate) fn new(value: Value) -> Option<Self> {
        match value {
            Value::Object(columns) => Some(Self(columns)),
            _ => None,
        }
    }

    /// Returns the text of a column; `None` where it is empty.
    pub(crate) fn text(&self, column: &str) -> Option<String> {
        match self.0.get(&column.to_ascii_lowercase())? {
            Value::String(text) if text.is_empty() => None,
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(value) => Some(flag(*value).to_owned()),
            _ => None,
        }
    }

    /// Returns the row with these columns only.
    pub(crate) fn only(&self, columns: &[String]) -> Self {
        let kept = self.0.iter().filter(|(name, _)| columns.contains(name));
        Self(
            kept.map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        )
    }

    /// Returns the columns whose names begin with this prefix, without the prefix.
    pub(crate) fn part(&self, prefix: &str) -> Self {
        let part = |(name, value): (&String, &Value)| {
            Some((name.strip_prefix(prefix)?.to_owned(), value.clone()))
        };
        Self(self.0.iter().filter_map(part).collect())
    }

    /// Returns the columns whose names begin with none of these prefixes.
    pub(crate) fn without(&self, prefixes: &[&str]) -> Self {
        let is_other = |name: &str| prefixes.iter().all(|prefix| !name.starts_with(prefix));
        let others = self.0.iter().filter(|(name, _)| is_other(name));
        Self(
            others
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        )
    }

    /// Reverses the sign of a number.
    pub(crate) fn negate(&mut self, column: &str) {
        let number = self
            .text(column)
            .and_then(|text| text.parse::<Decimal>().ok());
        if let Some(number) = number {
            self.0
                .insert(column.to_owned(), Value::String((-number).to_string()));
        }
    }

    pub(crate) fn id(&self) -> String {
        self.text("id").unwrap_or_default()
    }

    /// Returns the column's value in the form in which [`comparable`] writes values of the wanted
    /// kind; `None` where it holds no such value.
    pub(crate) fn comparable(&self, column: &str, wanted: &Scalar) -> Option<String> {
        match (self.text(column), wanted) {
            (None, Scalar::Null) => Some(String::new()),
            (None, _) | (Some(_), Scalar::Null) => None,
            (Some(text), Scalar::Number(_)) => text
                .parse::<Decimal>()
                .ok()
                .map(|number| number.normalize().to_string()),
            (Some(text), Scalar::Bool(_) | Scalar::Text(_)) => Some(text),
        }
    }

    /// Returns whether the column already says what is about to be written: a text, a number, a
    /// flag, or a reference by id.
    pub(crate) fn says(&self, column: &str, json: &Value) -> bool {
        let text = self.text(column);
        match json {
            Value::String(wanted) => text.as_ref() == Some(wanted),
            Value::Bool(wanted) => text.as_deref() == Some(flag(*wanted)),
            Value::Number(wanted) => {
                let wanted = wanted.to_string().parse::<Decimal>().ok();
                wanted.is_some() && text.and_then(|text| text.parse().ok()) == wanted
            }
            Value::Object(wanted) => {
                wanted.len() == 1
                    && text.is_some()
                    && wanted.get("id").and_then(Value::as_str) == text.as_deref()
            }
            Value::Null => text.is_none(),
            Value::Array(_) => false,
        }
    }
}

/// Returns a wanted value in a form in which equal values are equal texts.
pub(crate) fn comparable(wanted: &Scalar) -> String {
    match wanted {
        Scalar::Null => String::new(),
        Scalar::Bool(value) => flag(*value).to_owned(),
        Scalar::Number(number) => number.normalize().to_string(),
        Scalar::Text(text) => text.clone(),
    }
}

/// Returns a flag as NetSuite's database writes it.
pub(crate) fn flag(value: bool) -> &'static str {
    if value { "T" } else { "F" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn row() -> Row {
        Row::new(
            json!({"links": [], "id": "647", "isperson": "T", "email": "ann@example.com", "subsidiary": "1", "price": "10.50", "memo": ""}),
        )
        .unwrap()
    }

    #[test]
    fn what_is_there_is_compared_with_what_would_be_written() {
        let row = row();
        assert!(
            row.says("email", &json!("ann@example.com"))
                && !row.says("email", &json!("Ann@example.com"))
        );
        assert!(row.says("isPerson", &json!(true)) && !row.says("isPerson", &json!(false)));
        assert!(
            row.says("subsidiary", &json!({"id": "1"}))
                && !row.says("subsidiary", &json!({"id": "2"}))
        );
        assert!(row.says("price", &json!(10.5)));
        assert!(row.says("memo", &json!(null)) && !row.says("memo", &json!("x")));
        assert!(
            !row.says("links", &json!([])),
            "what cannot be compared differs"
        );
    }

    #[test]
    fn conditions_are_exact() {
        let row = row();
        let holds = |column: &str, wanted: Scalar| {
            row.comparable(column, &wanted) == Some(comparable(&wanted))
        };
        assert!(holds("price", Scalar::Number("10.5".parse().unwrap())));
        assert!(holds("isperson", Scalar::Bool(true)));
        assert!(!holds("email", Scalar::Text("ANN@example.com".to_owned())));
        assert!(
            !holds("email", Scalar::Number("1".parse().unwrap())) && !holds("email", Scalar::Null)
        );
        assert!(
            holds("nothing", Scalar::Null)
                && holds("memo", Scalar::Null)
                && !holds("nothing", Scalar::Text(String::new()))
        );
    }
}

use mapping::plan::Scalar;
use rust_decimal::Decimal;
use serde_json::{Map, Value};

/// A record as a query returns it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Row(Map<String, Value>);

impl Row {
    pub(crate) fn new(value: Value) -> Option<Self> {
        match value {
            Value::Object(fields) => Some(Self(fields)),
            _ => None,
        }
    }

    /// Returns the value at a path such as `Account.Name`; null where any part of it is absent.
    pub(crate) fn get(&self, path: &str) -> &Value {
        self.find(path).unwrap_or(&Value::Null)
    }

    /// Returns the value at a path; `None` where any part of it is absent. Salesforce spells names
    /// its own way, so case does not count.
    pub(crate) fn find(&self, path: &str) -> Option<&Value> {
        let mut fields = Some(&self.0);
        let mut value = None;
        for part in path.split('.') {
            let of = fields?;
            let in_another_case = || {
                of.iter()
                    .find(|(name, _)| name.eq_ignore_ascii_case(part))
                    .map(|(_, value)| value)
            };
            value = of.get(part).or_else(in_another_case);
            fields = value.and_then(Value::as_object);
        }
        value
    }

    /// Returns the text at a path.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.get(path).as_str()
    }

    pub(crate) fn id(&self) -> &str {
        self.text("Id").unwrap_or_default()
    }

    /// Returns whether the text at the path is the wanted one, as Salesforce compares: ids by what
    /// they name, all else without regard to case.
    pub(crate) fn says(&self, path: &str, wanted: &str) -> bool {
        let same = if is_reference(path) {
            same_id
        } else {
            same_text
        };
        self.text(path).is_some_and(|text| same(text, wanted))
    }

    /// Returns whether the value at the path is the wanted one, as Salesforce compares.
    pub(crate) fn holds(&self, path: &str, wanted: &Scalar) -> bool {
        match (self.get(path), wanted) {
            (Value::Null, Scalar::Null) => true,
            (Value::Bool(value), Scalar::Bool(wanted)) => value == wanted,
            (Value::Number(value), Scalar::Number(wanted)) => value
                .to_string()
                .parse::<Decimal>()
                .is_ok_and(|value| value == *wanted),
            (Value::String(_), Scalar::Text(wanted)) => self.says(path, wanted),
            _ => false,
        }
    }
}

/// Returns whether a field already has the value that it would have after this was written to it. A
/// value that Salesforce stores in another form, such as a time, counts as different.
pub(crate) fn is_stored_as(path: &str, written: &Value, present: &Value) -> bool {
    let number = |value: &Value| match value {
        Value::Number(number) => number.to_string().parse::<Decimal>().ok(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    match (written, present) {
        (Value::String(written), Value::Null) => written.trim().is_empty(),
        (Value::String(written), Value::String(present)) if is_reference(path) => {
            same_id(written, present)
        }
        // Salesforce trims texts at both ends.
        (Value::String(written), Value::String(present)) => written.trim() == present,
        (Value::Number(_), Value::Number(_)) | (Value::String(_), Value::Number(_)) => {
            number(written).is_some_and(|written| number(present) == Some(written))
        }
        (Value::Null | Value::Bool(_), _) => written == present,
        _ => false,
    }
}

/// Returns the first row that spells the value the same way, else the first that holds it.
pub(crate) fn best<'a>(
    rows: impl Iterator<Item = &'a Row> + Clone,
    path: &str,
    wanted: &str,
) -> Option<&'a Row> {
    let mut exact = rows.clone().filter(|row| row.text(path) == Some(wanted));
    exact
        .next()
        .or_else(|| rows.into_iter().find(|row| row.says(path, wanted)))
}

/// Returns whether the path leads to the id of a record. Only the name can tell: a SKU or an
/// order's number may well have the 15 or 18 letters and digits of an id. Salesforce's own
/// references end with `Id`, and nothing else does; a custom look-up cannot be recognised here, so
/// its ids count as texts.
pub(crate) fn is_reference(path: &str) -> bool {
    let field = path.rsplit('.').next().unwrap_or(path);
    field.eq_ignore_ascii_case("id") || field.ends_with("Id")
}

/// Returns whether two ids name one record: an id has a long form (18 characters) and a short one
/// (15), and between two long ones case does not count.
pub(crate) fn same_id(a: &str, b: &str) -> bool {
    let is_id = |text: &str| {
        matches!(text.len(), 15 | 18) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    (is_id(a) && is_id(b) && a.get(..15) == b.get(..15))
        || (a.len() == 18 && a.eq_ignore_ascii_case(b))
}

/// Returns the form of an id in which two that name one record are equal.
pub(crate) fn short_id(id: &str) -> &str {
    match id.len() {
        18 => id.get(..15).unwrap_or(id),
        _ => id,
    }
}

fn same_text(a: &str, b: &str) -> bool {
    a == b || a.to_lowercase() == b.to_lowercase()
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
        assert!(
            row.holds("Active", &Scalar::Bool(true)) && !row.holds("Active", &Scalar::Bool(false))
        );
        assert!(row.get("Parent.Name").is_null() && row.get("Nothing.At.All").is_null());
    }

    #[test]
    fn only_an_id_has_a_short_form() {
        let row = Row::new(json!({
            "Id": "006Sb0000000001AAA", "Product2Id": "01tSb0000000001AAA", "Sku__c": "SSCC18340123456789", "Product2": {"ProductCode": "202611280000001234"},
        }))
        .unwrap();
        for (path, same, other) in [
            ("Id", "006Sb0000000001", "006Sb0000000002"),
            ("product2Id", "01tSb0000000001", "01tSb0000000001AA"),
            ("Sku__c", "sscc18340123456789", "SSCC18340123456XYZ"),
            ("Sku__c", "SSCC18340123456789", "SSCC18340123456"),
            (
                "Product2.ProductCode",
                "202611280000001234",
                "202611280000001235",
            ),
        ] {
            assert!(row.holds(path, &Scalar::Text(same.into())), "{path} {same}");
            assert!(
                !row.holds(path, &Scalar::Text(other.into())),
                "{path} {other}"
            );
        }
        assert!(
            same_id("01tSb0000000001AAA", "01tsb0000000001aaa")
                && !same_id("01tSb0000000001", "01tsb0000000001")
        );
        assert!(
            is_reference("Opportunity.AccountId")
                && !is_reference("Paid")
                && !is_reference("WooCommerce_Order_ID__c")
        );
    }

    #[test]
    fn the_same_spelling_wins() {
        let rows = ["abc", "ABC"].map(|code| Row::new(json!({ "Code": code })).unwrap());
        assert_eq!(
            best(rows.iter(), "Code", "ABC").and_then(|row| row.text("Code")),
            Some("ABC")
        );
        assert_eq!(
            best(rows.iter(), "Code", "Abc").and_then(|row| row.text("Code")),
            Some("abc")
        );
    }
}

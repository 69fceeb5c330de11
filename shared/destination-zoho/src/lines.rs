//! The lines of a record (a sub-form). On an update Zoho keeps and changes the lines that carry their id, removes those with `_delete`, and adds the others, so an update
//! without ids would double an order ("Update Records", sub-forms).

use crate::row::Row;
use serde_json::{Map, Value, json};

/// The lines of a record that was read whole.
pub(crate) fn of(row: &Row, field: &str) -> Vec<Row> {
    let lines = row.get(field).as_array().cloned().unwrap_or_default();
    lines
        .into_iter()
        .filter_map(Row::new)
        .filter(|line| !line.id().is_empty())
        .collect()
}

/// The planned lines with the ids of those that are there, so that the record has exactly the planned ones afterwards.
pub(crate) fn replaced(planned: Vec<Value>, existing: &[Row]) -> Vec<Value> {
    let mut open: Vec<&Row> = existing.iter().collect();
    let mut lines: Vec<Value> = planned.into_iter().map(|line| with_id(line, &mut open)).collect();
    lines.extend(open.iter().map(|line| json!({"id": line.id(), "_delete": null})));
    lines
}

/// A line is the same if it is about the same records, such as the product; of several the one with the same quantity, else the first.
fn with_id(line: Value, open: &mut Vec<&Row>) -> Value {
    let Value::Object(fields) = line else { return line };
    let twins = || open.iter().enumerate().filter(|(_, row)| is_about_the_same(&fields, row));
    let is_equal = |row: &Row| {
        fields
            .get("Quantity")
            .is_some_and(|quantity| same_number(quantity, row.get("Quantity")))
    };
    let best = twins()
        .find(|(_, row)| is_equal(row))
        .or_else(|| twins().next())
        .map(|(place, _)| place);
    let Some(place) = best else { return Value::Object(fields) };
    let row = open.remove(place);
    let mut known = Map::from_iter([("id".to_owned(), json!(row.id()))]);
    known.extend(fields);
    Value::Object(known)
}

fn is_about_the_same(fields: &Map<String, Value>, row: &Row) -> bool {
    let mut links = fields.iter().filter_map(|(name, value)| Some((name, value.get("id")?.as_str()?)));
    links.all(|(name, id)| row.get(name).get("id").and_then(Value::as_str) == Some(id))
}

fn same_number(a: &Value, b: &Value) -> bool {
    let number = |value: &Value| value.to_string().parse::<rust_decimal::Decimal>().ok();
    number(a).is_some() && number(a) == number(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there(id: &str, product: &str, quantity: &str) -> Row {
        let quantity: Value = quantity.parse().unwrap();
        Row::new(json!({"id": id, "Product_Name": {"id": product, "name": "Lamp"}, "Quantity": quantity})).unwrap()
    }

    fn planned(product: &str, quantity: u32) -> Value {
        json!({"Product_Name": {"id": product}, "Quantity": quantity})
    }

    #[test]
    fn lines_keep_their_ids_and_nothing_else_stays() {
        let existing = [there("1", "a", "1"), there("2", "b", "2.0"), there("3", "a", "5")];
        let lines = replaced(vec![planned("a", 5), planned("c", 1), planned("a", 2)], &existing);
        assert_eq!(
            json!(lines),
            json!([
                {"id": "3", "Product_Name": {"id": "a"}, "Quantity": 5},
                {"Product_Name": {"id": "c"}, "Quantity": 1},
                {"id": "1", "Product_Name": {"id": "a"}, "Quantity": 2},
                {"id": "2", "_delete": null},
            ])
        );
        assert_eq!(replaced(vec![planned("a", 1)], &[]), vec![planned("a", 1)]);
        assert_eq!(replaced(Vec::new(), &existing[..1]), vec![json!({"id": "1", "_delete": null})]);
    }
}

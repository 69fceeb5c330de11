//! The lines of a record (a sub-form). On an update Zoho keeps and changes the lines that carry
//! their id, removes those with `_delete`, and adds the others, so an update without ids would
//! double an order ("Update Records", sub-forms).

use crate::row::Row;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};
use std::collections::{HashMap, HashSet, VecDeque};

/// Returns the lines of a record that was read whole.
pub(crate) fn of(row: &Row, field: &str) -> Vec<Row> {
    let lines = row.get(field).as_array().cloned().unwrap_or_default();
    lines
        .into_iter()
        .filter_map(Row::new)
        .filter(|line| !line.id().is_empty())
        .collect()
}

/// Adds to the planned lines the ids of those that exist, and the removal of all others, so that
/// the record has exactly the planned ones afterwards.
pub(crate) fn replaced(planned: Vec<Value>, existing: &[Row]) -> Vec<Value> {
    let mut open = Open::new(existing);
    let mut lines: Vec<Value> = planned
        .into_iter()
        .map(|line| with_id(line, &mut open))
        .collect();
    lines.extend(
        open.rest()
            .map(|line| json!({"id": line.id(), "_delete": null})),
    );
    lines
}

fn with_id(line: Value, open: &mut Open<'_>) -> Value {
    let Value::Object(fields) = line else {
        return line;
    };
    let Some(row) = open.take(&fields) else {
        return Value::Object(fields);
    };
    let mut known = Map::from_iter([("id".to_owned(), json!(row.id()))]);
    known.extend(fields);
    Value::Object(known)
}

/// The existing lines that no planned one has taken yet. A line is the same if it is about the same
/// records, such as the product; among several it is the one with the same quantity, else the
/// first.
struct Open<'r> {
    rows: &'r [Row],
    taken: HashSet<usize>,
    /// The lines by the names of the links that a planned line has: usually the same names for all
    /// lines of a mapping.
    by_links: HashMap<Vec<String>, HashMap<Vec<String>, Alike>>,
}

/// Positions of lines about the same records; those that are taken are skipped.
#[derive(Default)]
struct Alike {
    all: VecDeque<usize>,
    by_quantity: HashMap<Decimal, VecDeque<usize>>,
}

impl<'r> Open<'r> {
    fn new(rows: &'r [Row]) -> Self {
        Self {
            rows,
            taken: HashSet::new(),
            by_links: HashMap::new(),
        }
    }

    fn take(&mut self, fields: &Map<String, Value>) -> Option<&'r Row> {
        let links = fields.iter().filter_map(|(name, value)| {
            Some((name.clone(), value.get("id")?.as_str()?.to_owned()))
        });
        let (names, ids): (Vec<String>, Vec<String>) = links.unzip();
        let rows = self.rows;
        let groups = self
            .by_links
            .entry(names)
            .or_insert_with_key(|names| groups(names, rows));
        let place = groups
            .get_mut(&ids)?
            .next(fields.get("Quantity"), &self.taken)?;
        self.taken.insert(place);
        rows.get(place)
    }

    fn rest(&self) -> impl Iterator<Item = &'r Row> {
        let rows = self.rows.iter().enumerate();
        rows.filter(|(place, _)| !self.taken.contains(place))
            .map(|(_, row)| row)
    }
}

impl Alike {
    fn next(&mut self, quantity: Option<&Value>, taken: &HashSet<usize>) -> Option<usize> {
        let equal = quantity
            .and_then(number)
            .and_then(|quantity| self.by_quantity.get_mut(&quantity));
        equal
            .and_then(|equal| pop(equal, taken))
            .or_else(|| pop(&mut self.all, taken))
    }
}

fn groups(names: &[String], rows: &[Row]) -> HashMap<Vec<String>, Alike> {
    let mut groups: HashMap<Vec<String>, Alike> = HashMap::new();
    for (place, row) in rows.iter().enumerate() {
        let id = |name: &String| Some(row.get(name).get("id")?.as_str()?.to_owned());
        let Some(ids) = names.iter().map(id).collect() else {
            continue;
        };
        let alike = groups.entry(ids).or_default();
        alike.all.push_back(place);
        if let Some(quantity) = number(row.get("Quantity")) {
            alike
                .by_quantity
                .entry(quantity)
                .or_default()
                .push_back(place);
        }
    }
    groups
}

fn pop(places: &mut VecDeque<usize>, taken: &HashSet<usize>) -> Option<usize> {
    while let Some(place) = places.pop_front() {
        if !taken.contains(&place) {
            return Some(place);
        }
    }
    None
}

fn number(value: &Value) -> Option<Decimal> {
    value.to_string().parse().ok()
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
        let existing = [
            there("1", "a", "1"),
            there("2", "b", "2.0"),
            there("3", "a", "5"),
        ];
        let lines = replaced(
            vec![planned("a", 5), planned("c", 1), planned("a", 2)],
            &existing,
        );
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
        assert_eq!(
            replaced(Vec::new(), &existing[..1]),
            vec![json!({"id": "1", "_delete": null})]
        );
    }
}

use crate::row::{self, Row};
use mapping::plan::Scalar;
use std::collections::HashMap;

/// The rows of a module that a batch has read, the oldest first, indexed by their values.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
    /// The rows by column and form of the value.
    places: HashMap<String, HashMap<String, Vec<usize>>>,
}

impl Table {
    /// Returns the rows whose column holds the value, as Zoho compares.
    pub(crate) fn with<'t>(
        &'t self,
        column: &str,
        wanted: &Scalar,
    ) -> impl Iterator<Item = &'t Row> + Clone + use<'t> {
        let places = self
            .places
            .get(column)
            .and_then(|forms| forms.get(&row::form_of(wanted)));
        let rows = places
            .into_iter()
            .flatten()
            .filter_map(|place| self.rows.get(*place));
        let (column, wanted) = (column.to_owned(), wanted.clone());
        rows.filter(move |row| row.holds(&column, &wanted))
    }

    /// Returns the row with this id.
    pub(crate) fn of_id(&self, id: &str) -> Option<&Row> {
        self.with("id", &Scalar::Text(id.to_owned())).next()
    }
}

impl Extend<Row> for Table {
    fn extend<T: IntoIterator<Item = Row>>(&mut self, rows: T) {
        for row in rows {
            // A record that answers two parts of a query is still one.
            if self.of_id(row.id()).is_some() {
                continue;
            }
            for (column, form) in row.forms() {
                let forms = self.places.entry(column.to_owned()).or_default();
                forms.entry(form).or_default().push(self.rows.len());
            }
            self.rows.push(row);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn any_cell() -> impl Strategy<Value = Value> {
        prop_oneof![
            prop::sample::select(vec![
                json!(null),
                json!(true),
                json!(false),
                json!(1),
                json!(1.50),
                json!("A"),
                json!("a "),
                json!("1")
            ]),
            prop::sample::select(vec![
                json!({"id": "1"}),
                json!({"id": "a"}),
                json!([1]),
                json!(""),
                json!("1.5"),
                json!("null"),
                json!({})
            ]),
        ]
    }

    fn any_wanted() -> impl Strategy<Value = Scalar> {
        let texts = ["A", "a", " a", "1", "1.5", "1.50", "", "null", "true"]
            .map(|text| Scalar::Text(text.to_owned()));
        let numbers = ["1", "1.0", "1.5"].map(|number| Scalar::Number(number.parse().unwrap()));
        let others = [Scalar::Null, Scalar::Bool(true), Scalar::Bool(false)];
        prop::sample::select([texts.to_vec(), numbers.to_vec(), others.to_vec()].concat())
    }

    proptest! {
        #[test]
        fn what_is_found_is_what_a_look_at_each_row_finds(cells in prop::collection::vec(any_cell(), 0..12), wanted in any_wanted()) {
            let rows: Vec<Row> = cells.iter().enumerate().map(|(id, cell)| Row::new(json!({"id": id.to_string(), "Code": cell})).unwrap()).collect();
            let mut table = Table::default();
            table.extend(rows.clone());
            table.extend(rows.clone());
            let found: Vec<&Row> = table.with("Code", &wanted).collect();
            prop_assert_eq!(found, rows.iter().filter(|row| row.holds("Code", &wanted)).collect::<Vec<_>>());
        }
    }
}

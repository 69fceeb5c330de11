use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What a query was expected to answer for an order.
#[derive(Deserialize)]
pub(super) struct Guard {
    query: usize,
    #[serde(rename = "where")]
    of: BTreeMap<String, Vec<String>>,
    rows: Vec<Map<String, Value>>,
}

impl Guard {
    /// Returns whether the rows that hold one of these texts in one of these columns, in any case,
    /// are exactly the expected ones.
    pub(super) fn holds(&self, rows: &[Vec<Map<String, Value>>]) -> bool {
        let is_meant = |row: &&Map<String, Value>| {
            self.of.iter().any(|(column, texts)| {
                let held = row.get(column).map(|value| text(value).to_lowercase());
                held.is_some_and(|held| texts.iter().any(|text| text.to_lowercase() == held))
            })
        };
        let found = rows.get(self.query).map(Vec::as_slice).unwrap_or_default();
        let mut found: Vec<_> = found.iter().filter(is_meant).map(canonical).collect();
        let mut wanted: Vec<_> = self.rows.iter().map(canonical).collect();
        found.sort();
        wanted.sort();
        found == wanted
    }
}

/// Returns the same for the same row, whatever the order of its columns, and for 7 and "7".
fn canonical(row: &Map<String, Value>) -> BTreeMap<&str, String> {
    row.iter()
        .map(|(column, value)| (column.as_str(), text(value)))
        .collect()
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

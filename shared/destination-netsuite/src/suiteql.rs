//! Queries in SuiteQL. Values never stand in the text: they are bound parameters ("Executing
//! SuiteQL Queries Through REST Web Services", NetSuite help).

use crate::row;
use destination::{Class, Failure};
use mapping::plan::Scalar;
use serde_json::{Value, json};

/// A query and its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Query {
    pub(crate) text: String,
    pub(crate) params: Vec<String>,
}

/// A question for the rows of one table that meet any of several conditions, the oldest first.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    table: String,
    columns: Vec<String>,
    conditions: Vec<String>,
    params: Vec<String>,
}

impl Question {
    /// Creates a question about this table, without a condition yet.
    pub(crate) fn new(table: &str) -> Result<Self, Failure> {
        Ok(Self {
            table: name(table)?.to_ascii_lowercase(),
            columns: vec!["id".to_owned()],
            conditions: Vec::new(),
            params: Vec::new(),
        })
    }

    /// Returns the columns that are asked for.
    pub(crate) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Asks for a column.
    pub(crate) fn select(&mut self, column: &str) -> Result<(), Failure> {
        let column = name(column)?.to_ascii_lowercase();
        if !self.columns.contains(&column) {
            self.columns.push(column);
        }
        Ok(())
    }

    /// Adds the rows whose column holds one of the values; with `any_case`, in whatever case.
    pub(crate) fn or_in(
        &mut self,
        column: &str,
        any_case: bool,
        values: &[String],
    ) -> Result<(), Failure> {
        if values.is_empty() {
            return Ok(());
        }
        let column = name(column)?.to_ascii_lowercase();
        let marks = vec!["?"; values.len()].join(", ");
        if any_case {
            self.conditions
                .push(format!("LOWER({column}) IN ({marks})"));
            self.params
                .extend(values.iter().map(|value| value.to_lowercase()));
        } else {
            self.conditions.push(format!("{column} IN ({marks})"));
            self.params.extend(values.iter().cloned());
        }
        Ok(())
    }

    /// Adds the rows for which all of these conditions hold.
    pub(crate) fn or_all<'a>(
        &mut self,
        conditions: impl IntoIterator<Item = (&'a String, &'a Scalar)>,
    ) -> Result<(), Failure> {
        let mut parts = Vec::new();
        let mut params = Vec::new();
        for (column, value) in conditions {
            let any_case = is_any_case(column);
            let plain = name(column_of(column))?.to_ascii_lowercase();
            let column = if any_case {
                format!("LOWER({plain})")
            } else {
                plain
            };
            let value = match value {
                Scalar::Null => {
                    parts.push(format!("{column} IS NULL"));
                    continue;
                }
                Scalar::Bool(value) => row::flag(*value).to_owned(),
                Scalar::Number(number) => number.normalize().to_string(),
                Scalar::Text(text) if any_case => text.to_lowercase(),
                Scalar::Text(text) => text.clone(),
            };
            parts.push(format!("{column} = ?"));
            params.push(value);
        }
        if !parts.is_empty() {
            self.conditions.push(format!("({})", parts.join(" AND ")));
            self.params.extend(params);
        }
        Ok(())
    }

    /// Returns the query; `None` where nothing is asked.
    pub(crate) fn query(&self) -> Option<Query> {
        if self.conditions.is_empty() {
            return None;
        }
        let (columns, conditions) = (self.columns.join(", "), self.conditions.join(" OR "));
        Some(Query {
            text: format!(
                "SELECT {columns} FROM {} WHERE {conditions} ORDER BY id",
                self.table
            ),
            params: self.params.clone(),
        })
    }
}

impl Query {
    /// Creates a query without parameters.
    pub(crate) fn of(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            params: Vec::new(),
        }
    }

    pub(crate) fn json(&self) -> Value {
        json!({"q": self.text, "params": self.params})
    }
}

/// Returns the column that a condition is about: `itemid` of `lower(itemid)`.
pub(crate) fn column_of(condition: &str) -> &str {
    any_case(condition).unwrap_or(condition)
}

/// Returns whether the condition ignores the case of letters.
pub(crate) fn is_any_case(condition: &str) -> bool {
    any_case(condition).is_some()
}

fn any_case(condition: &str) -> Option<&str> {
    condition.strip_prefix("lower(")?.strip_suffix(')')
}

/// Checks that a text is the name of a table, column, record or field, and returns it: nothing else
/// can get into a query or a path.
pub(crate) fn name(text: &str) -> Result<&str, Failure> {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let is_name = text.len() <= 80
        && text.bytes().all(is_letter)
        && text
            .bytes()
            .next()
            .is_some_and(|byte| byte.is_ascii_alphabetic());
    if is_name {
        return Ok(text);
    }
    let shown: String = text.chars().take(80).collect();
    let problem = format!(
        "\"{shown}\" is no name of a NetSuite record or field; names hold letters, digits and _ only"
    );
    Err(Failure::permanent(Class::Mapping, "map", problem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_parameters_and_never_text() {
        let nasty = "' OR 1=1 --".to_owned();
        let mut question = Question::new("item").unwrap();
        question.select("itemId").unwrap();
        question
            .or_all([
                (&"itemid".to_owned(), &Scalar::Text(nasty.clone())),
                (&"isinactive".to_owned(), &Scalar::Bool(false)),
                (&"parent".to_owned(), &Scalar::Null),
            ])
            .unwrap();
        question
            .or_all([(&"lower(itemid)".to_owned(), &Scalar::Text("Mug".to_owned()))])
            .unwrap();
        question
            .or_in("email", true, &["A@Example.com".to_owned()])
            .unwrap();
        let query = question.query().unwrap();
        assert_eq!(
            query.text,
            "SELECT id, itemid FROM item WHERE (itemid = ? AND isinactive = ? AND parent IS NULL) OR (LOWER(itemid) = ?) OR LOWER(email) IN (?) ORDER BY id"
        );
        assert_eq!(
            query.params,
            [
                nasty,
                "F".to_owned(),
                "mug".to_owned(),
                "a@example.com".to_owned()
            ]
        );
    }

    #[test]
    fn names_that_are_none_are_refused() {
        let mut question = Question::new("item").unwrap();
        assert!(
            question
                .or_all([(&"lower(id); DROP)".to_owned(), &Scalar::Null)])
                .is_err()
        );
        for bad in ["", "item; DROP", "item.id", "1st", "a-b", "naïve"] {
            assert!(name(bad).is_err(), "{bad}");
            assert!(Question::new(bad).is_err(), "{bad}");
        }
        assert!(
            Question::new("item").unwrap().query().is_none(),
            "nothing is asked without a condition"
        );
    }
}

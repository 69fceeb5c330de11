//! Queries in COQL (COQL, Zoho CRM API): the one place where values are quoted. COQL sees what was
//! written a moment ago, which Zoho's search does not.
//!
//! A quote inside a text is doubled (`'O''Brien'`; "Kaizen #171", question 3); a backslash right
//! before a quote is a syntax error. How any other backslash is read is documented nowhere, so a
//! text with one is asked for in both readings, as it is and doubled. No wrong record is taken by
//! that, because rows are compared with the text itself (`row::Row::holds`).

use crate::rules;
use destination::Failure;
use indexmap::{IndexMap, IndexSet};
use mapping::plan::Scalar;

/// The number of rows per page; a query for up to that many costs one credit.
pub(crate) const PAGE: usize = 200;
/// The number of values in one `in`.
const MOST_VALUES: usize = 50;

/// A query of one module for the records that have one of these values in one of these fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Query {
    pub(crate) module: String,
    columns: Vec<String>,
    /// The fields and their quoted values; any of them may match.
    alternatives: IndexMap<String, IndexSet<String>>,
}

impl Query {
    /// Creates a query without conditions, which finds nothing.
    pub(crate) fn new(module: &str) -> Result<Self, Failure> {
        Ok(Self {
            module: rules::name(module)?.to_owned(),
            columns: vec!["id".to_owned()],
            alternatives: IndexMap::new(),
        })
    }

    /// Adds a column to the answer.
    pub(crate) fn select(&mut self, field: &str) -> Result<(), Failure> {
        let field = rules::name(field)?;
        if !self.columns.iter().any(|known| known == field) {
            self.columns.push(field.to_owned());
        }
        Ok(())
    }

    /// Adds the records with this value in this field. A value that COQL has no words for is not
    /// asked for.
    pub(crate) fn or_where(&mut self, field: &str, value: &Scalar) -> Result<(), Failure> {
        let field = rules::name(field)?;
        let literals = literals(value);
        if !literals.is_empty() {
            self.alternatives
                .entry(field.to_owned())
                .or_default()
                .extend(literals);
        }
        Ok(())
    }

    /// Splits the query into parts that are within COQL's limits; none where there is nothing to
    /// ask.
    pub(crate) fn parts(self) -> Vec<Self> {
        let rounds = self
            .alternatives
            .values()
            .map(|values| values.len().div_ceil(MOST_VALUES))
            .max()
            .unwrap_or_default();
        let part = |round: usize| {
            let chunk = |(field, values): (&String, &IndexSet<String>)| {
                let (from, to) = (
                    round * MOST_VALUES,
                    values.len().min((round + 1) * MOST_VALUES),
                );
                let values = values
                    .get_range(from..to)
                    .filter(|values| !values.is_empty())?;
                Some((field.clone(), values.iter().cloned().collect()))
            };
            Self {
                module: self.module.clone(),
                columns: self.columns.clone(),
                alternatives: self.alternatives.iter().filter_map(chunk).collect(),
            }
        };
        (0..rounds).map(part).collect()
    }

    /// Returns the text of the query, which asks for the oldest records first.
    pub(crate) fn text(&self, offset: usize) -> String {
        // COQL nests conditions in pairs: ((a or b) or c).
        let conditions = self
            .alternatives
            .iter()
            .map(|(field, values)| format!("{field} in ({})", list(values)));
        let condition = conditions
            .reduce(|left, right| format!("({left} or {right})"))
            .unwrap_or_else(|| "id is null".to_owned());
        let mut text = format!(
            "select {} from {} where {condition} order by id asc limit {PAGE}",
            self.columns.join(", "),
            self.module
        );
        if offset > 0 {
            text.push_str(&format!(" offset {offset}"));
        }
        text
    }
}

fn list(values: &IndexSet<String>) -> String {
    values
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ")
}

/// Returns whether COQL has words for the value: it has none for a text that ends with a backslash,
/// or has one right before a quote.
pub(crate) fn can_ask(value: &Scalar) -> bool {
    match value {
        Scalar::Text(text) => {
            !text.ends_with('\\') && !text.contains("\\'") && !text.contains("\\\"")
        }
        Scalar::Null | Scalar::Bool(_) | Scalar::Number(_) => true,
    }
}

/// Returns the literals for the value in a query: more than one where it is not known how COQL
/// reads it.
fn literals(value: &Scalar) -> Vec<String> {
    match value {
        Scalar::Null => vec!["null".to_owned()],
        Scalar::Bool(value) => vec![value.to_string()],
        Scalar::Number(number) => vec![number.normalize().to_string()],
        Scalar::Text(_) if !can_ask(value) => Vec::new(),
        Scalar::Text(text) if text.contains('\\') => {
            vec![quoted(text), quoted(&text.replace('\\', "\\\\"))]
        }
        Scalar::Text(text) => vec![quoted(text)],
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(value: &str) -> Scalar {
        Scalar::Text(value.to_owned())
    }

    #[test]
    fn values_are_quoted_and_asked_for_once() {
        let mut query = Query::new("Contacts").unwrap();
        query.select("Email").unwrap();
        query.select("Email").unwrap();
        for email in ["o'brien@example.com", "o'brien@example.com", "'"] {
            query.or_where("Email", &text(email)).unwrap();
        }
        assert_eq!(
            query.text(0),
            "select id, Email from Contacts where Email in ('o''brien@example.com', '''') order by id asc limit 200"
        );
        query.or_where("id", &text("12")).unwrap();
        query.or_where("Fax", &text("1")).unwrap();
        assert!(
            query.text(200).contains("where ((Email in (")
                && query
                    .text(200)
                    .ends_with("or Fax in ('1')) order by id asc limit 200 offset 200")
        );
    }

    #[test]
    fn many_values_are_asked_for_in_parts() {
        let mut query = Query::new("Contacts").unwrap();
        assert!(query.clone().parts().is_empty());
        for number in 0..120 {
            query
                .or_where("Email", &text(&format!("{number}@example.com")))
                .unwrap();
        }
        query.or_where("Phone", &text("1")).unwrap();
        let parts = query.parts();
        assert_eq!(parts.len(), 3);
        assert!(
            parts[0].text(0).contains("Phone")
                && !parts[1].text(0).contains("Phone")
                && parts[2].text(0).contains("119@example.com")
        );
    }

    #[test]
    fn a_backslash_is_asked_for_in_both_readings_and_never_before_a_quote() {
        let mut query = Query::new("Accounts").unwrap();
        query.or_where("Account_Name", &text(r"AC\DC")).unwrap();
        assert_eq!(
            query.text(0),
            r"select id from Accounts where Account_Name in ('AC\DC', 'AC\\DC') order by id asc limit 200"
        );
        for unspeakable in [r"a\", r"a\'b", "a\\\"b"] {
            let mut query = Query::new("Accounts").unwrap();
            query.or_where("Account_Name", &text(unspeakable)).unwrap();
            assert!(
                !can_ask(&text(unspeakable)) && query.parts().is_empty(),
                "{unspeakable}"
            );
        }
    }

    /// Reads a literal as COQL does: quotes are doubled, and a backslash is either a letter like
    /// any other, or takes the next one as it is.
    fn read(literal: &str, backslash_escapes: bool) -> String {
        let inner = literal
            .strip_prefix('\'')
            .and_then(|rest| rest.strip_suffix('\''))
            .unwrap();
        let mut letters = inner.chars();
        let mut text = String::new();
        while let Some(letter) = letters.next() {
            match letter {
                '\'' => assert_eq!(letters.next(), Some('\''), "{literal} ends too early"),
                '\\' if backslash_escapes => {
                    text.push(letters.next().unwrap());
                    continue;
                }
                _ => {}
            }
            text.push(letter);
        }
        text
    }

    proptest! {
        #[test]
        fn every_text_is_asked_for_whatever_a_backslash_means(value in prop_oneof![".*", "[\\\\'\"a]{0,8}"]) {
            let literals = literals(&text(&value));
            prop_assert_eq!(literals.is_empty(), !can_ask(&text(&value)));
            for literal in &literals {
                let inner = &literal[1..];
                prop_assert!(!inner.contains("\\'") && !inner.contains("\\\""), "a syntax error: {}", literal);
            }
            for backslash_escapes in [false, true] {
                prop_assert!(literals.is_empty() || literals.iter().any(|literal| read(literal, backslash_escapes) == value));
            }
        }
    }
}

//! A mapping's text as a tree with lines, in the order of the file. The fields that a route sets
//! are the same tree without lines.

use crate::problem::{Line, Problems};
use rust_decimal::Decimal;
use toml::de::{DeTable, DeValue};

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) line: Option<Line>,
    pub(crate) kind: Kind,
}

/// The kind of a value, with the value. Numbers are exact.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Text(String),
    Number(Decimal),
    Bool(bool),
    List(Vec<Node>),
    Table(Vec<Entry>),
}

/// A key with its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) node: Node,
}

impl Node {
    /// Returns the kind of the value in words, for messages.
    pub(crate) fn kind_name(&self) -> &'static str {
        match self.kind {
            Kind::Text(_) => "a text",
            Kind::Number(_) => "a number",
            Kind::Bool(_) => "true or false",
            Kind::List(_) => "a list",
            Kind::Table(_) => "a table",
        }
    }
}

/// Parses a file into its tree; `None` where the text is not TOML. `file` is its number in
/// [`Problems`].
pub(crate) fn parse(text: &str, file: usize, problems: &mut Problems) -> Option<Vec<Entry>> {
    match DeTable::parse(text) {
        Ok(document) => {
            let mut reader = Reader {
                text,
                file,
                problems,
            };
            Some(reader.table(document.get_ref()))
        }
        Err(error) => {
            let number = error.span().map(|span| line_of(text, span.start));
            problems.add(
                number.map(|number| Line { file, number }),
                format!("not TOML: {}", error.message()),
            );
            None
        }
    }
}

/// Turns a table that a route sets into a tree. `path` is the place of the table, for messages.
pub(crate) fn from_table(table: &toml::Table, path: &str, problems: &mut Problems) -> Vec<Entry> {
    let entries = table.iter().filter_map(|(key, value)| {
        let node = from_value(value, &format!("{path}.{key}"), problems)?;
        Some(Entry {
            key: key.clone(),
            node,
        })
    });
    entries.collect()
}

fn from_value(value: &toml::Value, path: &str, problems: &mut Problems) -> Option<Node> {
    let kind = match value {
        toml::Value::String(text) => Kind::Text(text.clone()),
        toml::Value::Integer(number) => Kind::Number(Decimal::from(*number)),
        toml::Value::Boolean(truth) => Kind::Bool(*truth),
        toml::Value::Datetime(date) => Kind::Text(date.to_string()),
        toml::Value::Array(items) => Kind::List(
            items
                .iter()
                .filter_map(|item| from_value(item, path, problems))
                .collect(),
        ),
        toml::Value::Table(table) => Kind::Table(from_table(table, path, problems)),
        // The digits that were written are lost by now, and guessing them is what exact numbers are
        // there to avoid.
        toml::Value::Float(_) => {
            problems.add(
                None,
                format!(
                    "{path} is a floating-point number; write it as text, such as \"12.50\", or \"{{{{ '12.50'|number }}}}\" for a field"
                ),
            );
            return None;
        }
    };
    Some(Node { line: None, kind })
}

struct Reader<'a> {
    text: &'a str,
    file: usize,
    problems: &'a mut Problems,
}

impl Reader<'_> {
    fn table(&mut self, table: &DeTable<'_>) -> Vec<Entry> {
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        let read = |(key, value): (&toml::Spanned<_>, &toml::Spanned<DeValue<'_>>)| {
            let key: &std::borrow::Cow<'_, str> = key.get_ref();
            Some(Entry {
                key: key.to_string(),
                node: self.value(value)?,
            })
        };
        entries.into_iter().filter_map(read).collect()
    }

    fn value(&mut self, value: &toml::Spanned<DeValue<'_>>) -> Option<Node> {
        let line = Some(Line {
            file: self.file,
            number: line_of(self.text, value.span().start),
        });
        let kind = match value.get_ref() {
            DeValue::String(text) => Kind::Text(text.to_string()),
            DeValue::Integer(number) => {
                Kind::Number(self.integer(number.as_str(), number.radix(), line)?)
            }
            DeValue::Float(number) => Kind::Number(self.decimal(number.as_str(), line)?),
            DeValue::Boolean(truth) => Kind::Bool(*truth),
            DeValue::Datetime(date) => Kind::Text(date.to_string()),
            DeValue::Array(items) => {
                Kind::List(items.iter().filter_map(|item| self.value(item)).collect())
            }
            DeValue::Table(table) => Kind::Table(self.table(table)),
        };
        Some(Node { line, kind })
    }

    fn integer(&mut self, digits: &str, radix: u32, line: Option<Line>) -> Option<Decimal> {
        let number = i64::from_str_radix(digits, radix).ok().map(Decimal::from);
        self.known(number, digits, line)
    }

    /// Reads a number from the digits in the file: no float in between.
    fn decimal(&mut self, digits: &str, line: Option<Line>) -> Option<Decimal> {
        let number = Decimal::from_str_exact(digits)
            .or_else(|_| Decimal::from_scientific(digits))
            .ok();
        self.known(number, digits, line)
    }

    fn known(
        &mut self,
        number: Option<Decimal>,
        digits: &str,
        line: Option<Line>,
    ) -> Option<Decimal> {
        if number.is_none() {
            self.problems.add(
                line,
                format!("{digits} is no number that can be kept exactly; write one with at most 28 digits"),
            );
        }
        number
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().get(..offset).unwrap_or_default();
    before
        .iter()
        .filter(|byte| **byte == b'\n')
        .count()
        .saturating_add(1)
}

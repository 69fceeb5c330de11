use super::node::{Entry, Kind, Node};
use crate::problem::{Line, Problems, did_you_mean, listed};

/// A table that is read key by key; a key that is left at the end is unknown.
pub(super) struct Table {
    entries: Vec<Entry>,
    /// The table in words, for messages: `[[record]] lines`.
    pub(super) place: String,
    pub(super) line: Option<Line>,
}

impl Table {
    pub(super) fn new(entries: Vec<Entry>, place: String, line: Option<Line>) -> Self {
        Self {
            entries,
            place,
            line,
        }
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|entry| entry.key == key)
    }

    /// Returns the line of a key's value, or of the table where the key is missing.
    pub(super) fn line_of(&self, key: &str) -> Option<Line> {
        self.entries
            .iter()
            .find(|entry| entry.key == key)
            .map_or(self.line, |entry| entry.node.line)
    }

    /// Takes the value of a key, which counts as known from now on.
    pub(super) fn take(&mut self, key: &str) -> Option<Node> {
        let at = self.entries.iter().position(|entry| entry.key == key)?;
        Some(self.entries.remove(at).node)
    }

    /// Takes the value of a key that must be there.
    pub(super) fn require(&mut self, key: &str, problems: &mut Problems) -> Option<Node> {
        let node = self.take(key);
        if node.is_none() {
            problems.add(
                self.line,
                format!("`{key}` is missing in {}; add it", self.place),
            );
        }
        node
    }

    /// Takes a key whose value is a plain text, not a template, and not blank.
    pub(super) fn take_text(&mut self, key: &str, problems: &mut Problems) -> Option<String> {
        let node = self.take(key)?;
        match node.kind {
            Kind::Text(text) if !text.trim().is_empty() => Some(text),
            Kind::Text(_) => {
                problems.add(
                    node.line,
                    format!(
                        "`{key}` in {} is empty; give it a value or remove it",
                        self.place
                    ),
                );
                None
            }
            _ => {
                problems.add(
                    node.line,
                    format!(
                        "`{key}` in {} is {}; it must be a text",
                        self.place,
                        node.kind_name()
                    ),
                );
                None
            }
        }
    }

    /// Takes such a text from a key that must be there.
    pub(super) fn require_text(&mut self, key: &str, problems: &mut Problems) -> Option<String> {
        if self.has(key) {
            return self.take_text(key, problems);
        }
        self.require(key, problems).map(|_| String::new())
    }

    /// Takes a key whose value is a table.
    pub(super) fn take_table(&mut self, key: &str, problems: &mut Problems) -> Vec<Entry> {
        let Some(node) = self.take(key) else {
            return Vec::new();
        };
        match node.kind {
            Kind::Table(entries) => entries,
            _ => {
                problems.add(
                    node.line,
                    format!(
                        "`{key}` in {} is {}; it must be a table",
                        self.place,
                        node.kind_name()
                    ),
                );
                Vec::new()
            }
        }
    }

    /// Returns all keys, for a table that may have any.
    pub(super) fn into_entries(self) -> Vec<Entry> {
        self.entries
    }

    /// Reports every key that nobody took.
    pub(super) fn finish(self, known: &[&str], problems: &mut Problems) {
        for entry in self.entries {
            let near = did_you_mean(&entry.key, known.iter().copied());
            let list = listed(known.iter().copied());
            problems.add(
                entry.node.line,
                format!(
                    "unknown key `{}` in {}{near}; the keys are {list}",
                    entry.key, self.place
                ),
            );
        }
    }
}

use crate::{
    Problem,
    keys::Key,
    source::Source,
    suggest::{did_you_mean, listed},
};
use serde::{Deserialize, de::IntoDeserializer};
use std::ops::Range;
use toml::{
    Spanned,
    de::{DeString, DeTable, DeValue},
};

/// A table of the file while it is read. It hands out its inner tables here and its typed values in
/// `section_values`, and reports what is wrong with each.
#[derive(Clone)]
pub(crate) struct Section<'a> {
    /// Its name in messages: `[stores.acme]`.
    pub(crate) place: String,
    /// The place of its header.
    pub(crate) span: Range<usize>,
    source: Source<'a>,
    table: &'a DeTable<'a>,
    keys: Vec<Key>,
}

impl<'a> Section<'a> {
    /// Creates the section of a table at `span` that may hold `keys`.
    pub(crate) fn new(
        source: Source<'a>,
        place: String,
        span: Range<usize>,
        table: &'a DeTable<'a>,
        keys: &[Key],
    ) -> Self {
        Self {
            place,
            span,
            source,
            table,
            keys: keys.to_vec(),
        }
    }

    /// Allows more keys in the table.
    pub(crate) fn allowing(mut self, keys: &[Key]) -> Self {
        self.keys.extend_from_slice(keys);
        self
    }

    /// Returns the line of its header.
    pub(crate) fn line(&self) -> usize {
        self.source.line(&self.span)
    }

    /// Returns the line of a key's value; that of the header where the key does not exist.
    pub(crate) fn line_of(&self, name: &str) -> usize {
        let span = self.value(name).map(Spanned::span);
        self.source.line(&span.unwrap_or_else(|| self.span.clone()))
    }

    /// Returns one problem for each key that is not allowed here.
    pub(crate) fn unknown_keys(&self) -> Vec<Problem> {
        let known = || self.keys.iter().map(|key| key.name);
        self.table
            .keys()
            .filter(|key| !known().any(|name| name == key.get_ref()))
            .map(|key| {
                let near = did_you_mean(key.get_ref(), known());
                let fix = if near.is_empty() {
                    format!("; remove it or use one of {}", listed(known()))
                } else {
                    near
                };
                self.source.problem(
                    &key.span(),
                    format!("unknown key `{}` in {}{fix}", key.get_ref(), self.place),
                )
            })
            .collect()
    }

    /// Returns the entries of a table whose keys are names that the user chose, each with its
    /// section.
    pub(crate) fn tables(&self, name: &str, keys: &[Key]) -> Result<Vec<Named<'a>>, Problem> {
        let Some(value) = self.value(name) else {
            return Ok(Vec::new());
        };
        let table = value.get_ref().as_table().ok_or_else(|| {
            let header = self.child(name, "NAME");
            self.problem(
                value,
                format!("`{name}` must be tables with a name each: write {header} with one bracket and the name"),
            )
        })?;
        let section = |(key, value): (&'a Spanned<DeString<'a>>, &'a Spanned<DeValue<'a>>)| {
            let place = self.child(name, key.get_ref());
            let section = match value.get_ref().as_table() {
                Some(table) => Ok(Section::new(self.source, place, key.span(), table, keys)),
                None => Err(self.source.problem(
                    &key.span(),
                    format!("`{}` must be a table: write {place}", key.get_ref()),
                )),
            };
            Named {
                name: key.get_ref(),
                section,
            }
        };
        Ok(table.iter().map(section).collect())
    }

    /// Returns the tables of a `[[name]]` list.
    pub(crate) fn list_of_tables(
        &self,
        name: &str,
        keys: &[Key],
    ) -> Result<Vec<Result<Section<'a>, Problem>>, Problem> {
        let Some(value) = self.value(name) else {
            return Ok(Vec::new());
        };
        let wrong = |value| {
            self.problem(
                value,
                format!("`{name}` must be a list of tables: write [[{name}]] with two brackets before each"),
            )
        };
        let items = value.get_ref().as_array().ok_or_else(|| wrong(value))?;
        let section = |item: &'a Spanned<DeValue<'a>>| {
            let table = item.get_ref().as_table().ok_or_else(|| wrong(item))?;
            Ok(Section::new(
                self.source,
                format!("[[{name}]]"),
                item.span(),
                table,
                keys,
            ))
        };
        Ok(items.iter().map(section).collect())
    }

    /// Returns an inner table with keys of ours, if it exists.
    pub(crate) fn table(&self, name: &str, keys: &[Key]) -> Result<Option<Section<'a>>, Problem> {
        let Some((key, value)) = self.entry(name) else {
            return Ok(None);
        };
        let place = self.child(name, "");
        match value.get_ref().as_table() {
            Some(table) => Ok(Some(Section::new(
                self.source,
                place,
                key.span(),
                table,
                keys,
            ))),
            None => Err(self.source.problem(
                &key.span(),
                format!("`{name}` must be a table: write {place} and its keys below"),
            )),
        }
    }

    /// Returns an inner table with keys of the user's, as plain TOML; empty if it does not exist.
    pub(crate) fn free_table(&self, name: &str) -> Result<toml::Table, Problem> {
        let Some((key, value)) = self.entry(name) else {
            return Ok(toml::Table::new());
        };
        let Some(table) = value.get_ref().as_table() else {
            let message = format!(
                "`{name}` in {} must be a table: write [routes.{name}] and its keys below",
                self.place
            );
            return Err(self.source.problem(&key.span(), message));
        };
        let spanned = Spanned::new(value.span(), table.clone());
        toml::Table::deserialize(spanned.into_deserializer()).map_err(|error| {
            let span = error.span().unwrap_or_else(|| value.span());
            self.source.problem(
                &span,
                format!(
                    "a value in `{name}` of {} cannot be used: {}",
                    self.place,
                    error.message()
                ),
            )
        })
    }

    /// Creates a problem of the table as a whole.
    pub(crate) fn problem_here(&self, message: impl Into<String>) -> Problem {
        self.source.problem(&self.span, message)
    }

    /// Creates a problem at a key's value, for mistakes that only the caller can see; of the whole
    /// table when the key does not exist.
    pub(crate) fn problem_at(&self, name: &str, message: impl Into<String>) -> Problem {
        let span = self
            .value(name)
            .map_or_else(|| self.span.clone(), Spanned::span);
        self.source.problem(&span, message)
    }

    /// Creates a problem at the header of a table inside the table `name`.
    pub(crate) fn problem_under(
        &self,
        name: &str,
        key: &str,
        message: impl Into<String>,
    ) -> Problem {
        let inner = self
            .value(name)
            .and_then(|value| value.get_ref().as_table());
        let span = inner
            .and_then(|table| table.keys().find(|there| there.get_ref() == key))
            .map_or_else(|| self.span.clone(), Spanned::span);
        self.source.problem(&span, message)
    }

    /// Creates a problem at one item of a list.
    pub(crate) fn problem_in(&self, item: &Spanned<&str>, message: impl Into<String>) -> Problem {
        self.source.problem(&item.span(), message)
    }

    fn entry(&self, name: &str) -> Option<(&'a Spanned<DeString<'a>>, &'a Spanned<DeValue<'a>>)> {
        self.table.iter().find(|(key, _)| key.get_ref() == name)
    }

    /// Returns the value to the right of the `=`, or the table under a header.
    pub(crate) fn value(&self, name: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.entry(name).map(|(_, value)| value)
    }

    /// Creates a problem at a value.
    pub(crate) fn problem(
        &self,
        value: &Spanned<DeValue<'_>>,
        message: impl Into<String>,
    ) -> Problem {
        self.source.problem(&value.span(), message)
    }

    /// Returns an example of the key and its value, for the fix of a message.
    pub(crate) fn example(&self, name: &str) -> String {
        let example = self
            .keys
            .iter()
            .find(|key| key.name == name)
            .map_or("", |key| key.example);
        format!("`{name} = {example}`")
    }

    /// Returns the header of a table inside this one.
    fn child(&self, name: &str, key: &str) -> String {
        let parent = self.place.trim_matches(['[', ']']);
        let path = [parent, name, key]
            .into_iter()
            .filter(|part| !part.is_empty() && *part != TOP)
            .collect::<Vec<_>>();
        format!("[{}]", path.join("."))
    }
}

/// A table under a name that the user chose, or the problem of it as a whole.
pub(crate) struct Named<'a> {
    pub(crate) name: &'a str,
    pub(crate) section: Result<Section<'a>, Problem>,
}

/// The name of the file itself in messages.
pub(crate) const TOP: &str = "the file";

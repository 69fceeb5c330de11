use crate::{
    Problem,
    source::{Report, Source},
};
use ports::Secret;
use serde_json::Value;
use std::{collections::BTreeMap, path::Path};
use toml::{
    Spanned,
    de::{DeString, DeTable, DeValue},
};

/// The reason why a text is not a secret. It names the place and never the content: the text may be
/// a secret all the same.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretTextError {
    /// It is not JSON.
    #[error(
        "it is not JSON (line {line}, column {column}); write an object of texts, such as {{\"webhook_secret\": \"...\"}}"
    )]
    NotJson {
        /// Line of the mistake, from 1.
        line: usize,
        /// Column of the mistake, from 1.
        column: usize,
    },
    /// It is JSON, but not an object.
    #[error(
        "it is JSON but not an object; write an object of texts, such as {{\"webhook_secret\": \"...\"}}"
    )]
    NotAnObject,
    /// A value is neither a text nor a list of texts.
    #[error(
        "the value of `{key}` is neither a text nor a list of texts; put it in quotes, numbers too"
    )]
    NotText {
        /// The key.
        key: String,
    },
}

/// Reads a secret from the JSON object that Secrets Manager holds and that an environment variable
/// may hold: each value is a text or a list of texts.
///
/// # Errors
/// When the text is anything else. The error holds nothing of it but keys.
pub fn secret_from_json(text: &str) -> Result<Secret, SecretTextError> {
    let value: Value = serde_json::from_str(text).map_err(|error| SecretTextError::NotJson {
        line: error.line(),
        column: error.column(),
    })?;
    let Value::Object(entries) = value else {
        return Err(SecretTextError::NotAnObject);
    };
    let entry = |(key, value)| match json_texts(value) {
        Some(texts) => Ok((key, texts)),
        None => Err(SecretTextError::NotText { key }),
    };
    entries
        .into_iter()
        .map(entry)
        .collect::<Result<_, _>>()
        .map(Secret::new)
}

fn json_texts(value: Value) -> Option<Vec<String>> {
    let text = |value| {
        if let Value::String(text) = value {
            Some(text)
        } else {
            None
        }
    };
    match value {
        Value::Array(items) => items.into_iter().map(text).collect(),
        single => text(single).map(|text| vec![text]),
    }
}

/// Secrets by name, each with its own problems if it has any: these concern no other secret.
pub(crate) type Found = BTreeMap<String, Result<Secret, Vec<Problem>>>;

/// Reads the secrets of a `secrets.toml`, one table per secret, with warnings about anything else
/// in it.
///
/// # Errors
/// When it is not TOML.
pub(crate) fn secrets_from_toml(file: &Path, text: &str) -> Result<(Found, Vec<Problem>), Problem> {
    let source = Source { file, text };
    let tree = DeTable::parse(text).map_err(|error| source.syntax_problem(&error))?;
    let (mut secrets, mut warnings) = (Found::new(), Vec::new());
    for (name, value) in tree.get_ref() {
        let Some(table) = value.get_ref().as_table() else {
            let message = format!(
                "`{}` stands outside of any secret; write the secret's name above it, such as [\"orderbridge/stores/acme\"]",
                name.get_ref()
            );
            warnings.push(source.problem(&name.span(), message).as_warning());
            continue;
        };
        let mut report = Report::default();
        let (tables, entries): (Vec<_>, Vec<_>) = table
            .iter()
            .partition(|(_, value)| value.get_ref().is_table());
        warnings.extend(
            tables
                .into_iter()
                .map(|(key, _)| table_in_table(source, name.get_ref(), key).as_warning()),
        );
        let entries = entries
            .into_iter()
            .map(|entry| toml_texts(source, name.get_ref(), entry))
            .filter_map(|entry| report.keep(entry));
        let secret = Secret::new(entries.collect());
        let found = if report.0.is_empty() {
            Ok(secret)
        } else {
            Err(report.sorted())
        };
        secrets.insert(name.get_ref().to_string(), found);
    }
    Ok((secrets, warnings))
}

/// Returns the problem of a secret's name without quotes, whose dots TOML takes for tables.
fn table_in_table(source: Source<'_>, secret: &str, key: &Spanned<DeString<'_>>) -> Problem {
    let message = format!(
        "`{secret}.{}` is a table inside a table; write the secret's whole name in quotes, as in [\"orderbridge/stores/acme\"]",
        key.get_ref()
    );
    source.problem(&key.span(), message)
}

fn toml_texts(
    source: Source<'_>,
    secret: &str,
    (key, value): (&Spanned<DeString<'_>>, &Spanned<DeValue<'_>>),
) -> Result<(String, Vec<String>), Problem> {
    let owned = |value: &DeValue<'_>| value.as_str().map(ToOwned::to_owned);
    let texts = match value.get_ref() {
        DeValue::Array(items) => items.iter().map(|item| owned(item.get_ref())).collect(),
        single => owned(single).map(|text| vec![text]),
    };
    let texts = texts.ok_or_else(|| {
        let message = format!(
            "`{}` in [\"{secret}\"] is neither a text nor a list of texts; put it in quotes, numbers too",
            key.get_ref()
        );
        source.problem(&key.span(), message)
    })?;
    Ok((key.get_ref().to_string(), texts))
}

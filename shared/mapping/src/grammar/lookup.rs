//! `{ lookup = ... }`: the id of a record that exists in the destination.

use super::{
    compiler::Compiler,
    field::{SPECIAL, finish, value},
    limits,
    node::{Entry, Kind},
    table::Table,
};
use crate::template::Template;
use crate::{
    problem::alternatives,
    spec::{LookupSpec, ValueSpec},
};

/// Reads `{ lookup = ... }`.
pub(super) fn read(
    mut table: Table,
    also: &[&str],
    compiler: &mut Compiler<'_>,
) -> Option<ValueSpec> {
    let place = table.place.clone();
    let object = table
        .take("lookup")
        .and_then(|node| compiler.template(&node, &format!("{place}.lookup")));
    let missing = one_of(
        &mut table,
        "missing",
        &["reject", "skip", "create"],
        compiler,
    );
    let several = one_of(
        &mut table,
        "several",
        &["reject", "oldest", "newest"],
        compiler,
    );
    let line = table.line;
    let conditions = scalars(
        table.take_table("where", compiler.problems),
        &format!("{place}.where"),
        compiler,
    );
    let create = scalars(
        table.take_table("create", compiler.problems),
        &format!("{place}.create"),
        compiler,
    );
    if conditions.is_empty() {
        compiler.problems.add(
            line,
            format!(
                "{place}: the look-up has no condition; add where = {{ FIELD = \"{{{{ ... }}}}\" }}"
            ),
        );
    }
    finish(
        table,
        &["lookup", "where", "missing", "several", "create"],
        also,
        compiler,
    );
    Some(ValueSpec::Lookup(Box::new(LookupSpec {
        object: object?,
        conditions,
        missing,
        several,
        create,
    })))
}

/// Reads a key whose template renders to one of these words.
fn one_of(
    table: &mut Table,
    key: &str,
    words: &[&str],
    compiler: &mut Compiler<'_>,
) -> Option<Template> {
    let node = table.take(key)?;
    let place = table.place.clone();
    if let Kind::Text(word) = &node.kind
        && !word.contains("{{")
        && !words.contains(&word.as_str())
    {
        let fault = format!(
            "{place}: `{key}` is `{word}`; it is {}",
            alternatives(words)
        );
        compiler.problems.add(node.line, fault);
    }
    compiler.template(&node, &format!("{place}.{key}"))
}

/// Reads the conditions, or the fields of a record to create: templates and literals only.
fn scalars(
    entries: Vec<Entry>,
    place: &str,
    compiler: &mut Compiler<'_>,
) -> Vec<(String, ValueSpec)> {
    let mut scalars = Vec::new();
    for Entry { key, node } in entries {
        let path = format!("{place}.{key}");
        let simple = match &node.kind {
            Kind::Text(_) | Kind::Number(_) | Kind::Bool(_) => true,
            Kind::Table(entries) => key_is_dotted_by_mistake(entries),
            Kind::List(_) => false,
        };
        if matches!(node.kind, Kind::Table(_)) && simple {
            compiler.problems.add(
                node.line,
                format!(
                    "{path}: a field of another record is written in quotes: \"{key}.FIELD\" = ..."
                ),
            );
        } else if !simple && !limits::are_in(&node) {
            compiler.problems.add(
                node.line,
                format!(
                    "{path} is {}; write a template or a literal",
                    node.kind_name()
                ),
            );
        } else if let Some(spec) = value(node, &path, compiler) {
            scalars.push((key, spec));
        }
    }
    scalars
}

/// Returns whether a key was meant to be in quotes: `where = { Product2.ProductCode = ... }` is a
/// table `Product2` to TOML.
fn key_is_dotted_by_mistake(entries: &[Entry]) -> bool {
    entries
        .iter()
        .all(|entry| !SPECIAL.contains(&entry.key.as_str()))
}

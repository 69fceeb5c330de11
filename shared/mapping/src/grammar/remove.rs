//! `remove`: the paths, such as `record.contact.fields.Phone`, that a mapping takes away from the
//! one that it extends.

use super::{
    merge,
    node::{Entry, Kind, Node},
};
use crate::problem::{Line, Problems};
use std::collections::BTreeSet;

/// Fields of records, each with the name of its record before its own.
pub(super) type Fields = BTreeSet<(String, String)>;

/// Takes away everything that the list names, and reports what is not there. Returns the fields
/// that are gone from records that are still there.
pub(super) fn all(base: &mut Vec<Entry>, removed: Node, problems: &mut Problems) -> Fields {
    let before = fields(base);
    take_all(base, removed, problems);
    let (after, records) = (fields(base), records(base));
    let is_there = |record: &str| {
        records
            .iter()
            .any(|there| merge::name_of(there) == Some(record))
    };
    let gone = before
        .difference(&after)
        .filter(|(record, _)| is_there(record));
    gone.cloned().collect()
}

fn take_all(base: &mut Vec<Entry>, removed: Node, problems: &mut Problems) {
    let Kind::List(paths) = removed.kind else {
        let kind = removed.kind_name();
        problems.add(
            removed.line,
            format!("`remove` is {kind}; write a list of paths: {EXAMPLE}"),
        );
        return;
    };
    for node in paths {
        match &node.kind {
            Kind::Text(path) => one(base, path, node.line, problems),
            _ => {
                let kind = node.kind_name();
                problems.add(
                    node.line,
                    format!("an entry of `remove` is {kind}; write paths: {EXAMPLE}"),
                );
            }
        }
    }
}

const EXAMPLE: &str = "remove = [\"record.contact.fields.Phone\"]";

fn one(base: &mut Vec<Entry>, path: &str, line: Option<Line>, problems: &mut Problems) {
    let Some(keys) = keys(path) else {
        problems.add(
            line,
            format!("`remove` has `{path}`, which is no path of keys; write {EXAMPLE}"),
        );
        return;
    };
    if let Err(there) = from_table(base, &keys) {
        let there = there.iter().map(String::as_str);
        merge::not_there("remove", path, there, line, problems);
    }
}

fn fields(base: &[Entry]) -> Fields {
    let mut fields = Fields::new();
    for record in records(base) {
        let Some(name) = merge::name_of(record) else {
            continue;
        };
        let there = table(record).iter().filter(|entry| entry.key == "fields");
        let there = there.flat_map(|entry| table(&entry.node));
        fields.extend(there.map(|field| (name.to_owned(), field.key.clone())));
    }
    fields
}

fn records(base: &[Entry]) -> &[Node] {
    let records = base.iter().find(|entry| entry.key == "record");
    match records.map(|entry| &entry.node.kind) {
        Some(Kind::List(records)) => records,
        _ => &[],
    }
}

fn table(node: &Node) -> &[Entry] {
    match &node.kind {
        Kind::Table(entries) => entries,
        _ => &[],
    }
}

/// Splits a path into its keys. A path is written as TOML writes a dotted key: a key with a point
/// in it is quoted.
fn keys(path: &str) -> Option<Vec<String>> {
    let mut table: toml::Table = format!("{path} = 0").parse().ok()?;
    let mut keys = Vec::new();
    loop {
        let (key, value) = table.into_iter().next()?;
        keys.push(key);
        match value {
            toml::Value::Table(inner) => table = inner,
            _ => return Some(keys),
        }
    }
}

/// Takes a key away; where it is missing, returns the keys or names that are there instead.
fn from_table(entries: &mut Vec<Entry>, path: &[String]) -> Result<(), Vec<String>> {
    let there = || entries.iter().map(|entry| entry.key.clone()).collect();
    let Some((first, rest)) = path.split_first() else {
        return Ok(());
    };
    let at = entries.iter().position(|entry| entry.key == *first);
    let Some(at) = at else { return Err(there()) };
    if rest.is_empty() {
        entries.remove(at);
        return Ok(());
    }
    entries
        .get_mut(at)
        .map_or(Ok(()), |entry| from_node(&mut entry.node, rest))
}

fn from_node(node: &mut Node, path: &[String]) -> Result<(), Vec<String>> {
    match &mut node.kind {
        Kind::Table(entries) => from_table(entries, path),
        Kind::List(items) => from_list(items, path),
        _ => Err(Vec::new()),
    }
}

fn from_list(items: &mut Vec<Node>, path: &[String]) -> Result<(), Vec<String>> {
    let Some((first, rest)) = path.split_first() else {
        return Ok(());
    };
    let Some(at) = merge::position(items, first) else {
        let names = items.iter().filter_map(merge::name_of);
        return Err(names.map(str::to_owned).collect());
    };
    if rest.is_empty() {
        items.remove(at);
        return Ok(());
    }
    items
        .get_mut(at)
        .map_or(Ok(()), |item| from_node(item, rest))
}

//! `[routes.set]`: fields with which a route replaces the mapping's own, or adds to them.

use super::node::{Entry, Kind, Node};
use crate::problem::{Problems, did_you_mean, listed};

/// The fields that a route sets.
pub(super) struct RouteFields {
    records: Vec<(String, Vec<Entry>)>,
}

impl RouteFields {
    pub(super) fn new(set: Vec<Entry>, problems: &mut Problems) -> Self {
        let mut records = Vec::new();
        for entry in set {
            match entry.node.kind {
                Kind::Table(fields) => records.push((entry.key, fields)),
                _ => problems.add(
                    None,
                    format!(
                        "the route's set.{} is {}; write [routes.set.RECORD] with fields",
                        entry.key,
                        entry.node.kind_name()
                    ),
                ),
            }
        }
        Self { records }
    }

    /// Replaces and adds fields of one record.
    pub(super) fn apply(&self, record: &str, fields: &mut Vec<Entry>, problems: &mut Problems) {
        let Some((_, changes)) = self.records.iter().find(|(name, _)| name == record) else {
            return;
        };
        for change in changes {
            let mut path: Vec<&str> = change.key.split('.').collect();
            let field = path.pop().unwrap_or_default();
            if path.is_empty() {
                put(fields, field, &change.node);
            } else if !put_inside(fields, &path, field, &change.node) {
                problems.add(
                    None,
                    format!(
                        "the route sets {record}.{}, and the mapping has no such place: a path names fields, and in a list the items by what they are seen as, such as \
                         \"item.items.line.location\"",
                        change.key
                    ),
                );
            }
        }
    }

    /// Reports the records of the route that the mapping does not have.
    pub(super) fn finish<'n>(
        &self,
        known: impl Iterator<Item = &'n str> + Clone,
        problems: &mut Problems,
    ) {
        for (record, _) in &self.records {
            if !known.clone().any(|name| name == record) {
                let near = did_you_mean(record, known.clone());
                problems.add(
                    None,
                    format!(
                        "the route sets fields of `{record}`, which is no record of this mapping{near}; its records are {}",
                        listed(known.clone())
                    ),
                );
            }
        }
    }
}

fn put(fields: &mut Vec<Entry>, name: &str, node: &Node) {
    match fields.iter_mut().find(|field| field.key == name) {
        Some(field) => field.node = node.clone(),
        None => fields.push(Entry {
            key: name.to_owned(),
            node: node.clone(),
        }),
    }
}

/// Puts a field into a nested object, or into the items of a list that are seen under a name:
/// `item.items.line.location`. Returns whether the path leads to such a place.
fn put_inside(fields: &mut Vec<Entry>, path: &[&str], name: &str, node: &Node) -> bool {
    let Some((first, rest)) = path.split_first() else {
        put(fields, name, node);
        return true;
    };
    let Some(field) = fields.iter_mut().find(|field| field.key == *first) else {
        return false;
    };
    match &mut field.node.kind {
        Kind::Table(inner) if inner.iter().any(|entry| entry.key == "for_each") => {
            put_into_item(inner, rest, name, node)
        }
        Kind::Table(inner) => put_inside(inner, rest, name, node),
        Kind::List(items) => {
            // Every loop is tried, also after one that took it: several loops may have one name.
            let takes = |item: &mut Node| match &mut item.kind {
                Kind::Table(entries) => put_into_item(entries, rest, name, node),
                _ => false,
            };
            items
                .iter_mut()
                .map(takes)
                .fold(false, |any, takes| any | takes)
        }
        _ => false,
    }
}

/// Puts a field into the `each` of a loop, which the path names by the name of the loop's items.
/// Returns whether the loop is meant and took it.
fn put_into_item(entries: &mut [Entry], path: &[&str], name: &str, node: &Node) -> bool {
    let Some((item, rest)) = path.split_first() else {
        return false;
    };
    let called = entries
        .iter()
        .find(|entry| entry.key == "as")
        .map(|entry| &entry.node.kind);
    let is_meant = match called {
        Some(Kind::Text(called)) => called == item,
        _ => *item == "line",
    };
    let each = entries
        .iter_mut()
        .find(|entry| entry.key == "each")
        .map(|entry| &mut entry.node.kind);
    match each {
        Some(Kind::Table(fields)) if is_meant => put_inside(fields, rest, name, node),
        _ => false,
    }
}

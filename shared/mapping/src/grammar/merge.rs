//! The merge of a mapping with the one that it extends: tables merge key by key, records and
//! sentences by their `name`, loops inside a field by their `as`; options alone, such as `max`,
//! refine a field; any other value replaces the one that was there. Existing entries keep their
//! order, new ones come last.

use super::{
    field,
    node::{Entry, Kind, Node},
    remove,
};
use crate::problem::{Line, Problems, did_you_mean, listed};

/// The keys that are written as `[[record]]`, each entry with a name of its own.
const NAMED: [&str; 4] = ["record", "skip", "refuse", "warning"];

/// Lays a whole mapping over another. Returns the fields that it takes away.
pub(super) fn lay_over(
    base: &mut Vec<Entry>,
    mut own: Vec<Entry>,
    problems: &mut Problems,
) -> remove::Fields {
    let removed = take(&mut own, "remove");
    let removed = removed.map(|removed| remove::all(base, removed, problems));
    for Entry { key, node } in own {
        match base.iter_mut().find(|there| there.key == key) {
            Some(there) => match (&mut there.node.kind, node.kind) {
                (Kind::List(items), Kind::List(own)) if NAMED.contains(&key.as_str()) => {
                    lay_items(items, own, false, problems);
                }
                (_, kind) => {
                    let own = Node {
                        line: node.line,
                        kind,
                    };
                    lay_value(&mut there.node, own, false, problems);
                }
            },
            None => base.push(Entry { key, node }),
        }
    }
    removed.unwrap_or_default()
}

/// Takes a key out of a table.
pub(super) fn take(entries: &mut Vec<Entry>, key: &str) -> Option<Node> {
    let at = entries.iter().position(|entry| entry.key == key)?;
    Some(entries.remove(at).node)
}

/// Returns the name of an entry of a list: a record's `name`, a loop's `as`.
pub(super) fn name_of(item: &Node) -> Option<&str> {
    let Kind::Table(entries) = &item.kind else {
        return None;
    };
    let text = |key: &str| {
        let entry = entries.iter().find(|entry| entry.key == key)?;
        match &entry.node.kind {
            Kind::Text(text) => Some(text.as_str()),
            _ => None,
        }
    };
    let is_loop = || entries.iter().any(|entry| entry.key == "each");
    text("name")
        .or_else(|| text("as"))
        .or_else(|| is_loop().then_some("line"))
}

fn lay_table(base: &mut Vec<Entry>, own: Vec<Entry>, in_fields: bool, problems: &mut Problems) {
    for Entry { key, node } in own {
        let Some(there) = base.iter_mut().find(|there| there.key == key) else {
            base.push(Entry { key, node });
            continue;
        };
        let are_fields = !in_fields && key == "fields";
        match (&mut there.node.kind, node.kind) {
            // A field may have any name, such as `value`, and says nothing about the others.
            (Kind::Table(there), Kind::Table(own)) if are_fields => {
                lay_table(there, own, true, problems);
            }
            (_, kind) => {
                let line = node.line;
                lay_value(&mut there.node, Node { line, kind }, in_fields, problems);
            }
        }
    }
}

fn lay_value(base: &mut Node, own: Node, in_fields: bool, problems: &mut Problems) {
    if in_fields && options_alone(&own) {
        wrap(base);
    }
    match (&mut base.kind, own.kind) {
        (Kind::Table(there), Kind::Table(entries))
            if !in_fields || field::may_merge(there, &entries) =>
        {
            lay_table(there, entries, in_fields, problems);
        }
        (Kind::List(there), Kind::List(items)) if in_fields && are_loops(&items) => {
            lay_items(there, items, in_fields, problems);
        }
        (_, kind) => {
            *base = Node {
                line: own.line,
                kind,
            }
        }
    }
}

fn options_alone(own: &Node) -> bool {
    matches!(&own.kind, Kind::Table(entries) if field::are_options(entries))
}

/// Turns a plain value into `{ value = ... }`, so that it takes options.
fn wrap(base: &mut Node) {
    if matches!(base.kind, Kind::Table(_)) {
        return;
    }
    let plain = Node {
        line: base.line,
        kind: std::mem::replace(&mut base.kind, Kind::Table(Vec::new())),
    };
    base.kind = Kind::Table(vec![Entry {
        key: "value".to_owned(),
        node: plain,
    }]);
}

fn lay_items(base: &mut Vec<Node>, own: Vec<Node>, in_fields: bool, problems: &mut Problems) {
    for item in own {
        let at = name_of(&item).and_then(|name| position(base, name));
        match at.and_then(|at| base.get_mut(at)) {
            Some(Node {
                kind: Kind::Table(there),
                ..
            }) => {
                if let Kind::Table(entries) = item.kind {
                    lay_table(there, entries, in_fields, problems);
                }
            }
            _ => insert(base, item, problems),
        }
    }
}

/// Inserts a new record before the one that its `before` names, or at the end: a record that others
/// refer to stands above them.
fn insert(base: &mut Vec<Node>, mut item: Node, problems: &mut Problems) {
    let before = match &mut item.kind {
        Kind::Table(entries) => take(entries, "before"),
        _ => None,
    };
    let at = before.and_then(|before| place_before(base, &before, problems));
    base.insert(at.unwrap_or(base.len()), item);
}

fn place_before(base: &[Node], before: &Node, problems: &mut Problems) -> Option<usize> {
    let Kind::Text(name) = &before.kind else {
        let kind = before.kind_name();
        problems.add(
            before.line,
            format!("`before` is {kind}; write the name of what this one comes before"),
        );
        return None;
    };
    let at = position(base, name);
    if at.is_none() {
        not_there(
            "before",
            name,
            base.iter().filter_map(name_of),
            before.line,
            problems,
        );
    }
    at
}

/// Reports that the extended mapping has nothing of that name, and lists what it has.
pub(super) fn not_there<'a>(
    key: &str,
    name: &str,
    there: impl Iterator<Item = &'a str> + Clone,
    line: Option<Line>,
    problems: &mut Problems,
) {
    let near = did_you_mean(name, there.clone());
    let known = listed(there);
    problems.add(
        line,
        format!("`{key}` names `{name}`, which the extended mapping does not have{near}; there it has {known}"),
    );
}

pub(super) fn position(items: &[Node], name: &str) -> Option<usize> {
    items.iter().position(|item| name_of(item) == Some(name))
}

/// Returns whether a list is of loops, each with the name of its items to merge by. An empty list
/// has nothing to merge: it empties the one that is there.
fn are_loops(items: &[Node]) -> bool {
    let has_each = |entries: &[Entry]| entries.iter().any(|entry| entry.key == "each");
    let is_loop = |item: &Node| matches!(&item.kind, Kind::Table(entries) if has_each(entries));
    !items.is_empty() && items.iter().all(is_loop)
}

//! `[vars]`: the mapping's defaults with a route's values over them.

use super::node::{self, Entry, Kind, Node};
use crate::{
    problem::{Problems, did_you_mean, listed},
    template::Exact,
};
use minijinja::Value;
use rust_decimal::prelude::ToPrimitive;

/// Reads the defaults and lays the route's values over them. TOML has no null, so a default of
/// nothing is written as an empty text.
pub(super) fn read(
    defaults: Option<Node>,
    route: &toml::Table,
    problems: &mut Problems,
) -> Vec<Entry> {
    let mut vars = match defaults {
        None => Vec::new(),
        Some(Node {
            kind: Kind::Table(entries),
            ..
        }) => entries,
        Some(node) => {
            problems.add(
                node.line,
                format!("`vars` is {}; write a [vars] table", node.kind_name()),
            );
            Vec::new()
        }
    };
    for entry in node::from_table(route, "vars", problems) {
        match vars.iter_mut().find(|var| var.key == entry.key) {
            Some(var) => merge(&mut var.node, entry.node),
            None => unknown(&entry.key, &vars, problems),
        }
    }
    vars
}

/// Returns the names of the variables.
pub(super) fn names(vars: &[Entry]) -> Vec<String> {
    vars.iter().map(|var| var.key.clone()).collect()
}

/// Returns the variables as templates see them.
pub(super) fn value(vars: &[Entry]) -> Value {
    Value::from_pairs(
        vars.iter()
            .map(|var| (var.key.as_str(), node_value(&var.node))),
    )
}

/// Lays a route's value over a default. Tables are merged, so that a route can change one word of a
/// status map; anything else is replaced.
fn merge(default: &mut Node, route: Node) {
    match (&mut default.kind, route.kind) {
        (Kind::Table(entries), Kind::Table(changes)) => {
            for change in changes {
                match entries.iter_mut().find(|entry| entry.key == change.key) {
                    Some(entry) => merge(&mut entry.node, change.node),
                    None => entries.push(change),
                }
            }
        }
        (_, kind) => default.kind = kind,
    }
}

fn unknown(name: &str, vars: &[Entry], problems: &mut Problems) {
    let near = did_you_mean(name, vars.iter().map(|var| var.key.as_str()));
    let known = match vars {
        [] => "it has none".to_owned(),
        _ => format!(
            "its variables are {}",
            listed(vars.iter().map(|var| var.key.as_str()))
        ),
    };
    problems.add(
        None,
        format!("the route sets vars.{name}, which this mapping does not have{near}; {known}"),
    );
}

fn node_value(node: &Node) -> Value {
    match &node.kind {
        // An empty text is how TOML writes "nothing".
        Kind::Text(text) if text.is_empty() => Value::from(()),
        Kind::Text(text) => Value::from(text.as_str()),
        // Whole numbers stay integers, so that they can be compared with literals.
        Kind::Number(number) if number.scale() == 0 => number
            .to_i64()
            .map_or_else(|| Exact::value(*number), Value::from),
        Kind::Number(number) => Exact::value(*number),
        Kind::Bool(truth) => Value::from(*truth),
        Kind::List(items) => items.iter().map(node_value).collect(),
        Kind::Table(entries) => value(entries),
    }
}

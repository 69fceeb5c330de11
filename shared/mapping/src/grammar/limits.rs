//! The limits of a field's value, as the destination sets them: `max`, `decimals` and `carry`.

use super::{
    compiler::Compiler,
    field::{finish, value},
    node::{Kind, Node},
    table::Table,
};
use crate::spec::{Limits, ValueSpec};
use rust_decimal::Decimal;

/// The options of a value.
pub(super) const OPTIONS: [&str; 3] = ["max", "decimals", "carry"];

/// The keys of a value with options.
const KEYS: [&str; 4] = ["value", "max", "decimals", "carry"];

/// Reads `{ value = ..., max = ... }`.
pub(super) fn read(
    mut table: Table,
    also: &[&str],
    compiler: &mut Compiler<'_>,
) -> Option<ValueSpec> {
    let place = table.place.clone();
    let spec = table
        .take("value")
        .and_then(|node| value(node, &place, compiler));
    let max = table
        .take("max")
        .and_then(|node| max(&node, &place, compiler));
    let decimals = table
        .take("decimals")
        .and_then(|node| decimals(&node, &place, compiler));
    let carry = table
        .take("carry")
        .is_some_and(|node| carry(&node, decimals, &place, compiler));
    finish(table, &KEYS, also, compiler);
    match spec? {
        ValueSpec::Template { template, .. } => Some(ValueSpec::Template {
            template,
            limits: Limits {
                max,
                decimals,
                carry,
            },
        }),
        spec => Some(spec),
    }
}

fn max(node: &Node, place: &str, compiler: &mut Compiler<'_>) -> Option<usize> {
    let most = whole(node)
        .and_then(|number| usize::try_from(number).ok())
        .filter(|most| *most > 0);
    if most.is_none() {
        compiler.problems.add(
            node.line,
            format!("{place}: `max` must be a whole number of characters, at least 1"),
        );
    }
    most
}

fn decimals(node: &Node, place: &str, compiler: &mut Compiler<'_>) -> Option<u32> {
    let most = whole(node)
        .and_then(|number| u32::try_from(number).ok())
        .filter(|most| *most <= 12);
    if most.is_none() {
        compiler.problems.add(
            node.line,
            format!("{place}: `decimals` must be a whole number from 0 to 12"),
        );
    }
    most
}

fn carry(node: &Node, decimals: Option<u32>, place: &str, compiler: &mut Compiler<'_>) -> bool {
    let Kind::Bool(carry) = node.kind else {
        compiler
            .problems
            .add(node.line, format!("{place}: `carry` must be true or false"));
        return false;
    };
    if carry && decimals.is_none() {
        compiler.problems.add(
            node.line,
            format!(
                "{place}: `carry` needs `decimals`, beyond which there is something to carry over"
            ),
        );
    }
    carry
}

fn whole(node: &Node) -> Option<Decimal> {
    match &node.kind {
        Kind::Number(number) if number.scale() == 0 => Some(*number),
        _ => None,
    }
}

/// Returns whether this is `{ value = ..., max = ... }`.
pub(super) fn are_in(node: &Node) -> bool {
    matches!(&node.kind, Kind::Table(entries) if entries.iter().all(|entry| KEYS.contains(&entry.key.as_str())))
}

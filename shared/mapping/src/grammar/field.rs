//! An entry of `[record.fields]`.

use super::{
    compiler::Compiler,
    limits,
    links::LinkKind,
    lookup,
    node::{Entry, Kind, Node},
    table::Table,
};
use crate::spec::{FieldSpec, Limits, OnSpec, ValueSpec};
use crate::{plan::Scalar, template::Template};

/// The keys that make a table more than a nested object.
pub(super) const SPECIAL: [&str; 6] = ["value", "ref", "lookup", "for_each", "first", "object"];

/// Reads one field. `place` is for messages: `opportunity.Name`.
pub(super) fn read(
    name: &str,
    node: Node,
    place: &str,
    compiler: &mut Compiler<'_>,
) -> Option<FieldSpec> {
    let Node { line, kind } = node;
    let Kind::Table(entries) = kind else {
        let value = value(Node { line, kind }, place, compiler)?;
        return Some(FieldSpec {
            name: name.to_owned(),
            value,
            on: None,
        });
    };
    let mut table = Table::new(entries, place.to_owned(), line);
    let special = SPECIAL.iter().any(|key| table.has(key));
    let on = if special {
        on(&mut table, place, compiler)
    } else {
        None
    };
    let value = from_table(table, &["on"], compiler)?;
    Some(FieldSpec {
        name: name.to_owned(),
        value,
        on,
    })
}

/// Reads the `on` of a field or of a record.
pub(super) fn on(table: &mut Table, place: &str, compiler: &mut Compiler<'_>) -> Option<OnSpec> {
    let node = table.take("on")?;
    match compiler.template(&node, &format!("{place}.on"))? {
        Template::Constant(word) => match OnSpec::when(&word) {
            Ok(when) => Some(OnSpec::Fixed(when)),
            Err(fault) => {
                compiler
                    .problems
                    .add(node.line, format!("{place}: {fault}"));
                None
            }
        },
        template => Some(OnSpec::Template(template)),
    }
}

/// Returns whether a table refines the value that it is laid over. A table that names another kind
/// of value replaces it instead.
pub(super) fn may_merge(there: &[Entry], own: &[Entry]) -> bool {
    let kind = |entries: &[Entry]| {
        let is_there = |key: &&str| entries.iter().any(|entry| entry.key == **key);
        SPECIAL.into_iter().find(|key| is_there(key))
    };
    kind(own).is_none_or(|own| kind(there) == Some(own))
}

/// Returns whether a table has nothing but options of a field, which say nothing about its value.
pub(super) fn are_options(entries: &[Entry]) -> bool {
    let is_option = |entry: &Entry| entry.key == "on" || limits::OPTIONS.contains(&&*entry.key);
    !entries.is_empty() && entries.iter().all(is_option)
}

/// Reads the value of a field, of an item of a list, or of a key in a nested object.
pub(super) fn value(node: Node, place: &str, compiler: &mut Compiler<'_>) -> Option<ValueSpec> {
    match node.kind {
        Kind::Text(_) => compiler
            .template(&node, place)
            .map(|template| ValueSpec::Template {
                template,
                limits: Limits::default(),
            }),
        Kind::Number(number) => Some(ValueSpec::Literal(Scalar::Number(number))),
        Kind::Bool(truth) => Some(ValueSpec::Literal(Scalar::Bool(truth))),
        Kind::List(items) => Some(ValueSpec::List(
            items
                .into_iter()
                .filter_map(|item| value(item, place, compiler))
                .collect(),
        )),
        Kind::Table(entries) => from_table(
            Table::new(entries, place.to_owned(), node.line),
            &[],
            compiler,
        ),
    }
}

/// Reads a value that is written as a table. `also` are the keys that are allowed beside the
/// special ones.
fn from_table(table: Table, also: &[&str], compiler: &mut Compiler<'_>) -> Option<ValueSpec> {
    match SPECIAL.into_iter().find(|key| table.has(key)) {
        Some("value") => limits::read(table, also, compiler),
        Some("ref") => reference(table, also, compiler),
        Some("lookup") => lookup::read(table, also, compiler),
        Some("for_each") => each(table, also, compiler),
        Some("first") => first(table, also, compiler),
        Some(_) => object_in_words(table, also, compiler),
        None => Some(nested_object(table, compiler)),
    }
}

fn reference(mut table: Table, also: &[&str], compiler: &mut Compiler<'_>) -> Option<ValueSpec> {
    let line = table.line;
    let record = table.take_text("ref", compiler.problems);
    finish(table, &["ref"], also, compiler);
    compiler.links.link(LinkKind::Ref, record.as_deref()?, line);
    record.map(ValueSpec::Ref)
}

fn each(mut table: Table, also: &[&str], compiler: &mut Compiler<'_>) -> Option<ValueSpec> {
    let place = table.place.clone();
    let each = compiler.enter(&mut table);
    let value = table
        .require("each", compiler.problems)
        .and_then(|node| value(node, &place, compiler));
    compiler.leave(each.as_ref());
    finish(table, &["for_each", "as", "each"], also, compiler);
    Some(ValueSpec::Each {
        each: each?,
        value: Box::new(value?),
    })
}

/// Reads `{ first = [ ... ] }`, such as an article by a map of the route, else by a look-up.
fn first(mut table: Table, also: &[&str], compiler: &mut Compiler<'_>) -> Option<ValueSpec> {
    let place = table.place.clone();
    let node = table.take("first")?;
    let line = node.line;
    finish(table, &["first"], also, compiler);
    match value(node, &place, compiler)? {
        ValueSpec::List(choices) if !choices.is_empty() => Some(ValueSpec::First(choices)),
        _ => {
            compiler.problems.add(
                line,
                format!("{place}: `first` must be a list of values, the best one first"),
            );
            None
        }
    }
}

/// Reads `{ object = { value = ... } }`: an object whose own keys look special.
fn object_in_words(
    mut table: Table,
    also: &[&str],
    compiler: &mut Compiler<'_>,
) -> Option<ValueSpec> {
    let place = table.place.clone();
    let entries = table.take_table("object", compiler.problems);
    finish(table, &["object"], also, compiler);
    let fields = entries
        .into_iter()
        .filter_map(|entry| nested(entry, &place, compiler))
        .collect();
    Some(ValueSpec::Object(fields))
}

fn nested_object(table: Table, compiler: &mut Compiler<'_>) -> ValueSpec {
    let place = table.place.clone();
    ValueSpec::Object(
        table
            .into_entries()
            .into_iter()
            .filter_map(|entry| nested(entry, &place, compiler))
            .collect(),
    )
}

fn nested(entry: Entry, place: &str, compiler: &mut Compiler<'_>) -> Option<(String, ValueSpec)> {
    let spec = value(entry.node, &format!("{place}.{}", entry.key), compiler)?;
    Some((entry.key, spec))
}

/// Reports the keys that nobody took.
pub(super) fn finish(table: Table, own: &[&str], also: &[&str], compiler: &mut Compiler<'_>) {
    let known: Vec<&str> = own.iter().chain(also).copied().collect();
    table.finish(&known, compiler.problems);
}

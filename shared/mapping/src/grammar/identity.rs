//! `key` and `find` of a record: the fields by which the destination recognises it.

use super::{
    compiler::Compiler,
    links::LinkKind,
    node::{Kind, Node},
    table::Table,
};
use crate::spec::{FieldSpec, FindSpec, KeySpec, ValueSpec};
use crate::{
    problem::{Line, Problems},
    template::Template,
};

/// Reads `key`.
pub(super) fn key(
    node: Node,
    label: &str,
    fields: &[FieldSpec],
    compiler: &mut Compiler<'_>,
) -> Option<KeySpec> {
    let line = node.line;
    let place = format!("key of [[record]] {label}");
    let key = match node.kind {
        Kind::Text(field) => KeySpec {
            field: Template::Constant(field),
            value: None,
            provisional: None,
        },
        Kind::Table(entries) => {
            let mut table = Table::new(entries, place.clone(), line);
            let field = table
                .require("field", compiler.problems)
                .and_then(|node| compiler.template(&node, &format!("{label}.key.field")));
            let value = table
                .take("value")
                .and_then(|node| compiler.template(&node, &format!("{label}.key.value")));
            let provisional = table
                .take("provisional")
                .and_then(|node| compiler.template(&node, &format!("{label}.key.provisional")));
            table.finish(&["field", "value", "provisional"], compiler.problems);
            KeySpec {
                field: field?,
                value,
                provisional,
            }
        }
        _ => {
            compiler.problems.add(
                line,
                format!("{place} is {}; write the name of a field", node.kind_name()),
            );
            return None;
        }
    };
    check_key_field(&key, &place, line, fields, compiler.problems);
    Some(key)
}

fn check_key_field(
    key: &KeySpec,
    place: &str,
    line: Option<Line>,
    fields: &[FieldSpec],
    problems: &mut Problems,
) {
    // A field that a template chooses is known only with the order.
    let (None, Template::Constant(name)) = (&key.value, &key.field) else {
        return;
    };
    let field = fields.iter().find(|field| field.name == *name);
    match field.map(|field| &field.value) {
        Some(ValueSpec::Literal(_) | ValueSpec::Template { .. }) => {}
        Some(_) => problems.add(line, format!("{place}: the field `{name}` must be a template, so that its value is known before the record")),
        None => problems.add(
            line,
            format!("{place}: there is no field `{name}` to take the value from; add it to [record.fields], or write key = {{ field = \"{name}\", value = \"...\" }}"),
        ),
    }
}

/// Reads `find`.
pub(super) fn find(table: &mut Table, label: &str, compiler: &mut Compiler<'_>) -> Vec<FindSpec> {
    let Some(node) = table.take("find") else {
        return Vec::new();
    };
    let Kind::List(items) = node.kind else {
        compiler.problems.add(
            node.line,
            format!(
                "`find` in {} is {}; write a list: [{{ field = ..., value = ... }}]",
                table.place,
                node.kind_name()
            ),
        );
        return Vec::new();
    };
    items
        .into_iter()
        .filter_map(|item| read_find(item, label, compiler))
        .collect()
}

fn read_find(node: Node, label: &str, compiler: &mut Compiler<'_>) -> Option<FindSpec> {
    let line = node.line;
    let Kind::Table(entries) = node.kind else {
        compiler.problems.add(
            line,
            format!(
                "an entry of `find` in {label} is {}; write {{ field = ..., value = ... }}",
                node.kind_name()
            ),
        );
        return None;
    };
    let mut table = Table::new(entries, format!("find of [[record]] {label}"), line);
    if table.has("through") {
        let field = table.require_text("field", compiler.problems);
        let record = table.take_text("through", compiler.problems);
        table.finish(&["through", "field"], compiler.problems);
        compiler
            .links
            .link(LinkKind::Through, record.as_deref()?, line);
        return Some(FindSpec::Through {
            record: record?,
            field: field?,
        });
    }
    let mut template = |key: &str| {
        let node = table.require(key, compiler.problems)?;
        compiler.template(&node, &format!("{label}.find"))
    };
    let (field, value) = (template("field"), template("value"));
    table.finish(&["field", "value", "through"], compiler.problems);
    Some(FindSpec::Field {
        field: field?,
        value: value?,
    })
}

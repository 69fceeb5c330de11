//! `[[record]]`.

use super::{
    compiler::Compiler,
    field, identity,
    links::LinkKind,
    node::{Entry, Kind, Node},
    remove,
    route_fields::RouteFields,
    table::Table,
    together,
};
use crate::problem::{Line, listed};
use crate::spec::{FieldSpec, GoneSpec, RecordSpec};

const KEYS: [&str; 12] = [
    "name", "object", "when", "key", "find", "for_each", "as", "replaces", "on", "together",
    "options", "fields",
];

/// Reads one record, with the fields that the route sets in it. `removed` are the fields that the
/// mapping takes away from the one that it extends.
pub(super) fn read(
    entries: Vec<Entry>,
    line: Option<Line>,
    set: &mut RouteFields,
    removed: &remove::Fields,
    compiler: &mut Compiler<'_>,
) -> Option<RecordSpec> {
    let mut table = Table::new(entries, "[[record]]".to_owned(), line);
    let name = table.require_text("name", compiler.problems);
    let label = name.clone().unwrap_or_else(|| "record".to_owned());
    table.place = format!("[[record]] {label}");
    compiler.links.record(&label, line, table.has("for_each"));

    let each = compiler.enter(&mut table);
    if each.is_none()
        && let Some(node) = table.take("as")
    {
        compiler.problems.add(
            node.line,
            format!(
                "`as` in {} names the item of a `for_each`, and there is none; remove it",
                table.place
            ),
        );
    }
    let record = body(&mut table, &label, set, removed, compiler);
    compiler.leave(each.as_ref());
    table.finish(&KEYS, compiler.problems);
    Some(RecordSpec {
        name: name?,
        each,
        ..record?
    })
}

/// Reads everything that is inside the scope of the `for_each`.
fn body(
    table: &mut Table,
    label: &str,
    set: &mut RouteFields,
    removed: &remove::Fields,
    compiler: &mut Compiler<'_>,
) -> Option<RecordSpec> {
    let object = table
        .require("object", compiler.problems)
        .and_then(|node| compiler.template(&node, &format!("{label}.object")));
    let when = table
        .take("when")
        .and_then(|node| compiler.template(&node, &format!("{label}.when")));
    let replaces = replaces(table, compiler);
    let find = identity::find(table, label, compiler);
    let on = field::on(table, label, compiler);
    let key = table.take("key");
    let has_key = key.is_some();
    let mut entries = table.take_table("fields", compiler.problems);
    set.apply(label, &mut entries, compiler.problems);
    let fields = fields(entries, label, compiler);
    let removed = left_out(removed, label, &fields);
    let together = together::read(table, label, &fields, &removed, compiler);
    let options = table.take_table("options", compiler.problems);
    let options = self::fields(options, &format!("{label}.options"), compiler);
    let key = key.and_then(|node| identity::key(node, label, &fields, compiler));
    if !has_key && replaces.is_none() && find.is_empty() {
        compiler.problems.add(
            table.line,
            format!(
                "{} has neither `key` nor `find` nor `replaces`; it would be made anew on every delivery: add a `key`",
                table.place
            ),
        );
    }
    Some(RecordSpec {
        name: String::new(),
        object: object?,
        when_is_a_switch: when
            .as_ref()
            .is_some_and(|when| compiler.reads_only_vars(when)),
        when,
        key,
        find,
        each: None,
        replaces,
        on,
        together,
        removed,
        options,
        fields,
    })
}

/// Reads `[gone]`: the fields that the record of an order gets when the order is no longer in the
/// shop.
pub(super) fn gone(node: Node, compiler: &mut Compiler<'_>) -> Option<GoneSpec> {
    let line = node.line;
    let Kind::Table(entries) = node.kind else {
        let kind = node.kind_name();
        compiler
            .problems
            .add(line, format!("`gone` is {kind}; write a table [gone]"));
        return None;
    };
    let mut table = Table::new(entries, "[gone]".to_owned(), line);
    let record = table.require_text("record", compiler.problems)?;
    if !compiler.links.names().any(|name| name == record) {
        let known = listed(compiler.links.names());
        compiler.problems.add(
            line,
            format!("[gone] speaks of `{record}`, which is no record of this mapping; its records are {known}"),
        );
    }
    let entries = table.take_table("fields", compiler.problems);
    let fields = fields(entries, "gone", compiler);
    table.finish(&["record", "fields"], compiler.problems);
    Some(GoneSpec { record, fields })
}

/// Returns the names of the fields that were taken away from this record and not written anew.
fn left_out(removed: &remove::Fields, label: &str, fields: &[FieldSpec]) -> Vec<String> {
    let of_record = removed.iter().filter(|(record, _)| record == label);
    let names = of_record.map(|(_, name)| name);
    let is_there = |name: &&String| fields.iter().any(|field| field.name == **name);
    names.filter(|name| !is_there(name)).cloned().collect()
}

fn replaces(table: &mut Table, compiler: &mut Compiler<'_>) -> Option<String> {
    let line = table.line_of("replaces");
    let parent = table.take_text("replaces", compiler.problems)?;
    compiler.links.link(LinkKind::Replaces, &parent, line);
    Some(parent)
}

fn fields(entries: Vec<Entry>, label: &str, compiler: &mut Compiler<'_>) -> Vec<FieldSpec> {
    let read = |entry: Entry| {
        field::read(
            &entry.key,
            entry.node,
            &format!("{label}.{}", entry.key),
            compiler,
        )
    };
    entries.into_iter().filter_map(read).collect()
}

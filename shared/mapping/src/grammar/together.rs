//! `together` of a record: lists of fields that are the parts of one value.

use super::{
    compiler::Compiler,
    field,
    node::{Kind, Node},
    table::Table,
};
use crate::spec::{FieldSpec, TogetherSpec};
use crate::{problem::did_you_mean, template::Template};

/// Reads `together`. What was `removed` from the record is no part any more.
pub(super) fn read(
    table: &mut Table,
    label: &str,
    fields: &[FieldSpec],
    removed: &[String],
    compiler: &mut Compiler<'_>,
) -> Vec<TogetherSpec> {
    let Some(node) = table.take("together") else {
        return Vec::new();
    };
    let place = format!("together of [[record]] {label}");
    let Kind::List(items) = node.kind else {
        let kind = node.kind_name();
        compiler.problems.add(
            node.line,
            format!("{place} is {kind}; write a list: [{{ fields = [\"STREET\", \"CITY\"] }}]"),
        );
        return Vec::new();
    };
    items
        .into_iter()
        .filter_map(|item| read_entry(item, label, &place, fields, removed, compiler))
        .collect()
}

fn read_entry(
    node: Node,
    label: &str,
    place: &str,
    fields: &[FieldSpec],
    removed: &[String],
    compiler: &mut Compiler<'_>,
) -> Option<TogetherSpec> {
    let line = node.line;
    let Kind::Table(entries) = node.kind else {
        let kind = node.kind_name();
        compiler.problems.add(
            line,
            format!("an entry of {place} is {kind}; write {{ fields = [\"STREET\", \"CITY\"] }}"),
        );
        return None;
    };
    let mut table = Table::new(entries, place.to_owned(), line);
    let names = table.require("fields", compiler.problems);
    let on = field::on(&mut table, &format!("{label}.together"), compiler);
    table.finish(&["fields", "on"], compiler.problems);
    let Node { line, kind } = names?;
    let Kind::List(names) = kind else {
        compiler.problems.add(
            line,
            format!("`fields` in {place} must be a list of names of fields"),
        );
        return None;
    };
    let mut parts = Vec::new();
    for name in names {
        let Some(part) = compiler.template(&name, &format!("{label}.together")) else {
            continue;
        };
        if let Template::Constant(name) = &part
            && !removed.contains(name)
            && !fields.iter().any(|field| field.name == *name)
        {
            let near = did_you_mean(name, fields.iter().map(|field| field.name.as_str()));
            compiler.problems.add(
                line,
                format!(
                    "{place}: `{name}` is no field of the record{near}; add it to [record.fields]"
                ),
            );
        }
        parts.push(part);
    }
    Some(TogetherSpec { fields: parts, on })
}

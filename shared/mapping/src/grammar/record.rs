//! `[[record]]`.

use super::{
    compiler::Compiler,
    field,
    links::LinkKind,
    node::{Entry, Kind, Node},
    spec::{FieldSpec, FindSpec, GoneSpec, KeySpec, RecordSpec, TogetherSpec, ValueSpec},
    table::Table,
};
use crate::{
    problem::{Line, Problems, did_you_mean, listed},
    template::Template,
};

const KEYS: [&str; 12] = [
    "name", "object", "when", "key", "find", "for_each", "as", "replaces", "on", "together",
    "options", "fields",
];

/// Reads one record with what the route sets in it.
pub(super) fn read(
    entries: Vec<Entry>,
    line: Option<Line>,
    set: &mut RouteFields,
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
    let record = body(&mut table, &label, set, compiler);
    compiler.leave(each.as_ref());
    table.finish(&KEYS, compiler.problems);
    Some(RecordSpec {
        name: name?,
        each,
        ..record?
    })
}

/// Everything inside the scope of the `for_each`.
fn body(
    table: &mut Table,
    label: &str,
    set: &mut RouteFields,
    compiler: &mut Compiler<'_>,
) -> Option<RecordSpec> {
    let object = table
        .require("object", compiler.problems)
        .and_then(|node| compiler.template(&node, &format!("{label}.object")));
    let when = table
        .take("when")
        .and_then(|node| compiler.template(&node, &format!("{label}.when")));
    let replaces = replaces(table, compiler);
    let find = find(table, label, compiler);
    let on = field::on(table, label, compiler);
    let key = table.take("key");
    let has_key = key.is_some();
    let mut entries = table.take_table("fields", compiler.problems);
    set.apply(label, &mut entries, compiler.problems);
    let fields = fields(entries, label, compiler);
    let together = together(table, label, &fields, compiler);
    let options = table.take_table("options", compiler.problems);
    let options = self::fields(options, &format!("{label}.options"), compiler);
    let key = key.and_then(|node| read_key(node, label, &fields, compiler));
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
        options,
        fields,
    })
}

/// Reads `[gone]`: what the record of an order gets that is no longer in the shop.
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

/// Reads `together`: lists of fields that are the parts of one value.
fn together(
    table: &mut Table,
    label: &str,
    fields: &[FieldSpec],
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
        .filter_map(|item| read_together(item, label, &place, fields, compiler))
        .collect()
}

fn read_together(
    node: Node,
    label: &str,
    place: &str,
    fields: &[FieldSpec],
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

fn read_key(
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
    // A field that a template chooses is known with the order only.
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

fn find(table: &mut Table, label: &str, compiler: &mut Compiler<'_>) -> Vec<FindSpec> {
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
    fn apply(&self, record: &str, fields: &mut Vec<Entry>, problems: &mut Problems) {
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

    /// What the route sets in records that do not exist is a problem.
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
/// `item.items.line.location`. Whether there is such a place.
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
            // Not until the first that takes it: several loops may have one name.
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

/// The same within the `each` of a loop, which the path names by what it calls its items.
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

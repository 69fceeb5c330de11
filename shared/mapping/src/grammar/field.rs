//! An entry of `[record.fields]`.

use super::{
    compiler::Compiler,
    links::LinkKind,
    node::{Entry, Kind, Node},
    spec::{FieldSpec, Limits, LookupSpec, OnSpec, ValueSpec},
    table::Table,
};
use crate::{
    plan::{Scalar, When},
    template::Template,
};
use rust_decimal::Decimal;

/// The keys that make a table more than a nested object.
const SPECIAL: [&str; 6] = ["value", "ref", "lookup", "for_each", "first", "object"];

/// The keys of a value with options.
const OPTIONS: [&str; 4] = ["value", "max", "decimals", "carry"];

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
        Template::Constant(word) => match when(&word) {
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

/// The word of an `on`; nothing for `never`.
///
/// # Errors
/// Any other word, with those that there are.
pub(crate) fn when(word: &str) -> Result<Option<When>, String> {
    match word.trim() {
        "always" => Ok(Some(When::Always)),
        "create" => Ok(Some(When::Create)),
        "blank" => Ok(Some(When::Blank)),
        "never" => Ok(None),
        other => Err(format!(
            "`on` is `{other}`; it is `always`, `create` (only when the record is made), `blank` (only where the record has no value) or `never`"
        )),
    }
}

/// Whether a table says more of the value that it is laid over. One that names another kind of value
/// takes its place.
pub(super) fn may_merge(there: &[Entry], own: &[Entry]) -> bool {
    let kind = |entries: &[Entry]| {
        let is_there = |key: &&str| entries.iter().any(|entry| entry.key == **key);
        SPECIAL.into_iter().find(|key| is_there(key))
    };
    kind(own).is_none_or(|own| kind(there) == Some(own))
}

fn value(node: Node, place: &str, compiler: &mut Compiler<'_>) -> Option<ValueSpec> {
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

/// `also` are keys that are allowed beside the special ones, for messages.
fn from_table(table: Table, also: &[&str], compiler: &mut Compiler<'_>) -> Option<ValueSpec> {
    match SPECIAL.into_iter().find(|key| table.has(key)) {
        Some("value") => with_options(table, also, compiler),
        Some("ref") => reference(table, also, compiler),
        Some("lookup") => lookup(table, also, compiler),
        Some("for_each") => each(table, also, compiler),
        Some("first") => first(table, also, compiler),
        Some(_) => object_in_words(table, also, compiler),
        None => Some(nested_object(table, compiler)),
    }
}

fn with_options(mut table: Table, also: &[&str], compiler: &mut Compiler<'_>) -> Option<ValueSpec> {
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
    finish(table, &OPTIONS, also, compiler);
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

fn reference(mut table: Table, also: &[&str], compiler: &mut Compiler<'_>) -> Option<ValueSpec> {
    let line = table.line;
    let record = table.take_text("ref", compiler.problems);
    finish(table, &["ref"], also, compiler);
    compiler.links.link(LinkKind::Ref, record.as_deref()?, line);
    record.map(ValueSpec::Ref)
}

fn lookup(mut table: Table, also: &[&str], compiler: &mut Compiler<'_>) -> Option<ValueSpec> {
    let place = table.place.clone();
    let object = table
        .take("lookup")
        .and_then(|node| compiler.template(&node, &format!("{place}.lookup")));
    let missing = one_of(
        &mut table,
        "missing",
        &["reject", "skip", "create"],
        compiler,
    );
    let several = one_of(
        &mut table,
        "several",
        &["reject", "oldest", "newest"],
        compiler,
    );
    let line = table.line;
    let conditions = scalars(
        table.take_table("where", compiler.problems),
        &format!("{place}.where"),
        compiler,
    );
    let create = scalars(
        table.take_table("create", compiler.problems),
        &format!("{place}.create"),
        compiler,
    );
    if conditions.is_empty() {
        compiler.problems.add(
            line,
            format!(
                "{place}: the look-up has no condition; add where = {{ FIELD = \"{{{{ ... }}}}\" }}"
            ),
        );
    }
    finish(
        table,
        &["lookup", "where", "missing", "several", "create"],
        also,
        compiler,
    );
    Some(ValueSpec::Lookup(Box::new(LookupSpec {
        object: object?,
        conditions,
        missing,
        several,
        create,
    })))
}

/// A template that comes out as one of these words.
fn one_of(
    table: &mut Table,
    key: &str,
    words: &[&str],
    compiler: &mut Compiler<'_>,
) -> Option<Template> {
    let node = table.take(key)?;
    let place = table.place.clone();
    if let Kind::Text(word) = &node.kind
        && !word.contains("{{")
        && !words.contains(&word.as_str())
    {
        let fault = format!(
            "{place}: `{key}` is `{word}`; it is {}",
            alternatives(words)
        );
        compiler.problems.add(node.line, fault);
    }
    compiler.template(&node, &format!("{place}.{key}"))
}

/// "`a`, `b` or `c`".
pub(crate) fn alternatives(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

/// Conditions and the fields of a record to be made: templates and literals only.
fn scalars(
    entries: Vec<Entry>,
    place: &str,
    compiler: &mut Compiler<'_>,
) -> Vec<(String, ValueSpec)> {
    let mut scalars = Vec::new();
    for Entry { key, node } in entries {
        let path = format!("{place}.{key}");
        let simple = match &node.kind {
            Kind::Text(_) | Kind::Number(_) | Kind::Bool(_) => true,
            Kind::Table(entries) => key_is_dotted_by_mistake(entries),
            Kind::List(_) => false,
        };
        if matches!(node.kind, Kind::Table(_)) && simple {
            compiler.problems.add(
                node.line,
                format!(
                    "{path}: a field of another record is written in quotes: \"{key}.FIELD\" = ..."
                ),
            );
        } else if !simple && !has_limits(&node) {
            compiler.problems.add(
                node.line,
                format!(
                    "{path} is {}; write a template or a literal",
                    node.kind_name()
                ),
            );
        } else if let Some(spec) = value(node, &path, compiler) {
            scalars.push((key, spec));
        }
    }
    scalars
}

/// `where = { Product2.ProductCode = ... }` is a table `Product2` to TOML.
fn key_is_dotted_by_mistake(entries: &[Entry]) -> bool {
    entries
        .iter()
        .all(|entry| !SPECIAL.contains(&entry.key.as_str()))
}

/// `{ value = ..., max = ... }`, for what is written.
fn has_limits(node: &Node) -> bool {
    matches!(&node.kind, Kind::Table(entries) if entries.iter().all(|entry| OPTIONS.contains(&entry.key.as_str())))
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

/// `{ first = [ ... ] }`: an article by a map of the route, else by a look-up.
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

/// `{ object = { value = ... } }`: an object whose own keys look special.
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

fn finish(table: Table, own: &[&str], also: &[&str], compiler: &mut Compiler<'_>) {
    let known: Vec<&str> = own.iter().chain(also).copied().collect();
    table.finish(&known, compiler.problems);
}

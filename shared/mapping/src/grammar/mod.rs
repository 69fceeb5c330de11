//! The grammar of mapping files: from text to a checked [`Spec`], with every problem reported.

mod compiler;
mod extends;
mod field;
mod identity;
mod lets;
mod limits;
mod links;
mod lookup;
mod merge;
mod money;
mod node;
mod record;
mod remove;
mod route_fields;
mod table;
mod together;
mod vars;

pub(crate) use extends::{Extended, read as extended};

use crate::{
    Overrides, builtin,
    charge::CHARGE,
    problem::{Line, Problems, did_you_mean, listed},
    spec::Spec,
    template::Engine,
};
use compiler::Compiler;
use node::{Entry, Kind, Node};
use route_fields::RouteFields;
use std::collections::BTreeSet;
use table::Table;

/// The keys at the top of a mapping.
const KEYS: [&str; 14] = [
    "system",
    "platform",
    "extends",
    "remove",
    "vars",
    "let",
    "record",
    "skip",
    "refuse",
    "warning",
    "currency",
    "charges",
    "marketplace_tax",
    "gone",
];

/// Reads a mapping. The returned specification is complete only when no problem was added.
pub(crate) fn read(
    mapping: Extended,
    overrides: &Overrides,
    engine: &mut Engine,
    problems: &mut Problems,
) -> Spec {
    let mut file = Table::new(mapping.tree, "the mapping".to_owned(), None);
    let system = system(&mut file, problems);
    let platform = platform(&mut file, problems);
    let defaults = file.take("vars");
    let lets = file.take("let");
    let vars = vars::read(defaults, &overrides.vars, problems);
    let records = tables(file.take("record"), "record", problems);
    let sentences =
        ["skip", "refuse", "warning"].map(|name| (name, tables(file.take(name), name, problems)));
    let [currency, charges, marketplace_tax, gone] =
        ["currency", "charges", "marketplace_tax", "gone"].map(|key| file.take(key));
    file.finish(&KEYS, problems);

    let mut set = RouteFields::new(node::from_table(&overrides.set, "set", problems), problems);
    let mut compiler = Compiler::new(engine, problems, vars::names(&vars));
    let mut items = BTreeSet::from(["line".to_owned(), CHARGE.to_owned()]);
    for (record, _) in &records {
        collect_items(record, &mut items);
    }
    compiler.read_lets(lets);
    if records.is_empty() {
        compiler.problems.add(
            None,
            "the mapping has no [[record]]; an order would become nothing",
        );
    }
    let records = records
        .into_iter()
        .filter_map(|(entries, line)| {
            record::read(entries, line, &mut set, &mapping.removed, &mut compiler)
        })
        .collect();
    let [skips, refusals, warnings] = sentences.map(|(name, tables)| {
        let read = |(entries, line)| money::sentence(name, entries, line, &mut compiler);
        tables.into_iter().filter_map(read).collect()
    });
    let gone = gone.and_then(|node| record::gone(node, &mut compiler));
    let currency = money::currency(currency, &mut compiler);
    let charges = money::charges(charges, &mut compiler);
    let marketplace_tax = money::template(marketplace_tax, "marketplace_tax", &mut compiler);
    compiler.check_lets(&items);
    // A route may have replaced the only field that uses a name.
    if overrides.set.is_empty() {
        compiler.lets.check_use(compiler.problems);
    }
    let links = std::mem::take(&mut compiler.links);
    set.finish(links.names(), problems);
    links.check(problems);
    Spec {
        system,
        platform,
        vars: vars::value(&vars),
        records,
        skips,
        refusals,
        warnings,
        currency,
        charges,
        marketplace_tax,
        gone,
    }
}

fn system(file: &mut Table, problems: &mut Problems) -> String {
    let systems = builtin::systems();
    let known = listed(systems.iter().copied());
    let Some(node) = file.take("system") else {
        problems.add(
            None,
            format!("`system` is missing; say which system the records are for: {known}"),
        );
        return String::new();
    };
    one_of("system", node, &systems, problems).unwrap_or_default()
}

/// Reads the platform whose orders the mapping is for; `None` where it may be any.
fn platform(file: &mut Table, problems: &mut Problems) -> Option<String> {
    let node = file.take("platform")?;
    one_of("platform", node, &builtin::platforms(), problems)
}

/// Reads a key whose value is one of these words.
fn one_of(
    key: &str,
    node: Node,
    words: &BTreeSet<&str>,
    problems: &mut Problems,
) -> Option<String> {
    let known = listed(words.iter().copied());
    match node.kind {
        Kind::Text(name) => {
            if !words.contains(name.as_str()) {
                let near = did_you_mean(&name, words.iter().copied());
                problems.add(
                    node.line,
                    format!("unknown {key} `{name}`{near}; the {key}s are {known}"),
                );
            }
            Some(name)
        }
        _ => {
            problems.add(
                node.line,
                format!("`{key}` is {}; it is one of {known}", node.kind_name()),
            );
            None
        }
    }
}

/// Adds the names that the loops in this table give to their items.
fn collect_items(entries: &[Entry], items: &mut BTreeSet<String>) {
    for Entry { key, node } in entries {
        match &node.kind {
            Kind::Text(name) if key == "as" => _ = items.insert(name.clone()),
            _ => collect_items_in(node, items),
        }
    }
}

fn collect_items_in(node: &Node, items: &mut BTreeSet<String>) {
    match &node.kind {
        Kind::Table(entries) => collect_items(entries, items),
        Kind::List(nodes) => nodes.iter().for_each(|node| collect_items_in(node, items)),
        _ => {}
    }
}

/// Returns the tables of `[[name]]`, each with its line.
fn tables(
    node: Option<Node>,
    name: &str,
    problems: &mut Problems,
) -> Vec<(Vec<Entry>, Option<Line>)> {
    let Some(node) = node else { return Vec::new() };
    let Kind::List(items) = node.kind else {
        problems.add(
            node.line,
            format!(
                "`{name}` is {}; write [[{name}]], with two brackets, once per {name}",
                node.kind_name()
            ),
        );
        return Vec::new();
    };
    let mut tables = Vec::new();
    for item in items {
        match item.kind {
            Kind::Table(entries) => tables.push((entries, item.line)),
            _ => problems.add(
                item.line,
                format!(
                    "an entry of `{name}` is {}; write [[{name}]] tables",
                    item.kind_name()
                ),
            ),
        }
    }
    tables
}

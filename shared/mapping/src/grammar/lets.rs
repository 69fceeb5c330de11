//! `[let]`: expressions with a name, written once and used in templates by it.

use super::node::{Entry, Kind, Node};
use crate::{
    problem::{Line, Problems},
    template::{Engine, expand, inside},
};
use std::collections::BTreeSet;

/// The largest number of names that need each other, one through the other. Each stands in brackets
/// of its own, and the engine reads no more than some seventy of them inside each other.
const DEEPEST: usize = 100;

/// The names and the expressions that they stand for.
#[derive(Default)]
pub(super) struct Lets {
    named: Vec<Let>,
    /// The names that templates use.
    used: BTreeSet<String>,
}

struct Let {
    name: String,
    line: Option<Line>,
    /// The expression as it is written.
    source: String,
    /// Whether the names of others were to be replaced already, with or without success.
    tried: bool,
    /// The expression with the names of others replaced; `None` where that is impossible.
    expanded: Option<String>,
}

impl Let {
    /// Returns whether the name stands in the mapping itself, and not in one that it extends.
    fn is_own(&self) -> bool {
        self.line.is_none_or(|line| line.file == 0)
    }
}

impl Lets {
    /// Reads the table. `taken` returns whether a name already means something else.
    pub(super) fn read(
        node: Option<Node>,
        engine: &Engine,
        taken: &dyn Fn(&str) -> bool,
        problems: &mut Problems,
    ) -> Self {
        let mut lets = Self::default();
        let Some(node) = node else { return lets };
        let Kind::Table(entries) = node.kind else {
            let kind = node.kind_name();
            problems.add(node.line, format!("`let` is {kind}; write a table [let]"));
            return lets;
        };
        let entries = entries.into_iter();
        lets.named = entries
            .filter_map(|entry| read(entry, engine, taken, problems))
            .collect();
        for at in 0..lets.named.len() {
            lets.expand(at, &mut Vec::new(), problems);
        }
        lets.check(engine, problems);
        lets
    }

    /// Returns the names.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.named.iter().map(|named| named.name.as_str())
    }

    /// Returns the name, the source and the line of each expression that counts: the mapping's own,
    /// and those of an extended mapping that are used. A mapping may have no use for all the names
    /// that it inherits, nor have the things that they speak of.
    pub(super) fn sources(&self) -> impl Iterator<Item = (&str, &str, Option<Line>)> {
        let used = self.all_used();
        let counts = move |named: &&Let| named.is_own() || used.contains(&named.name);
        let named = self.named.iter().filter(counts);
        named.map(|named| (named.name.as_str(), named.source.as_str(), named.line))
    }

    /// Replaces the names in a template, except for `items`, which are the names of items of loops.
    ///
    /// # Errors
    /// Fails with a sentence for the user where a name cannot be replaced.
    pub(super) fn in_template(&mut self, source: &str, items: &[&str]) -> Result<String, String> {
        if self.named.is_empty() {
            return Ok(source.to_owned());
        }
        let named = &self.named;
        let meaning = |name: &str| meaning(named, name).filter(|_| !items.contains(&name));
        expand::template(source, &meaning, &mut self.used)
    }

    /// Replaces the names in an expression, except for `items`.
    ///
    /// # Errors
    /// Fails with a sentence for the user where a name cannot be replaced.
    pub(super) fn in_expression(&mut self, source: &str, items: &[&str]) -> Result<String, String> {
        let named = &self.named;
        let meaning = |name: &str| meaning(named, name).filter(|_| !items.contains(&name));
        expand::expression(source, &meaning, &mut self.used)
    }

    /// Returns the first of the names that a template gives to something else.
    pub(super) fn shadowed_in<'s>(&self, source: &'s str) -> Option<&'s str> {
        let own = expand::own_names(source);
        own.into_iter().find(|name| self.has(name))
    }

    /// Returns whether something has this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.named.iter().any(|named| named.name == name)
    }

    /// Reports the names that nothing uses, except for those of an extended mapping.
    pub(super) fn check_use(&self, problems: &mut Problems) {
        let used = self.all_used();
        for unused in self.named.iter().filter(|named| named.is_own()) {
            if !used.contains(&unused.name) {
                problems.add(
                    unused.line,
                    format!(
                        "nothing uses `{}` of [let]; remove it, or correct the name where it is meant",
                        unused.name
                    ),
                );
            }
        }
    }

    /// Returns the names that templates use, and the names that those are made of.
    fn all_used(&self) -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        let mut waiting: Vec<String> = self.used.iter().cloned().collect();
        while let Some(name) = waiting.pop() {
            let named = self.named.iter().find(|named| named.name == name);
            if all.insert(name) {
                let needed = named.map(|named| self.needed(&named.source));
                let needed = needed.into_iter().flatten();
                waiting.extend(needed.filter_map(|at| Some(self.named.get(at)?.name.clone())));
            }
        }
        all
    }

    /// Replaces the names in one expression, after those that it needs. `around` are the names that
    /// are being replaced already.
    fn expand(&mut self, at: usize, around: &mut Vec<String>, problems: &mut Problems) {
        let Some(named) = self.named.get_mut(at) else {
            return;
        };
        let (name, line, source) = (named.name.clone(), named.line, named.source.clone());
        if let Some(fault) = circle(&name, around) {
            problems.add(line, fault);
            return;
        }
        if std::mem::replace(&mut named.tried, true) {
            return;
        }
        if around.len() >= DEEPEST {
            problems.add(
                line,
                format!("`{name}` of [let] is needed by {DEEPEST} names, one through the other; say it with fewer names"),
            );
            return;
        }
        around.push(name.clone());
        for needed in self.needed(&source) {
            self.expand(needed, around, problems);
        }
        around.pop();
        let meaning = |name: &str| meaning(&self.named, name);
        let expanded = expand::expression(&source, &meaning, &mut BTreeSet::new());
        if let Err(fault) = &expanded {
            problems.add(line, format!("let.{name}: {fault}"));
        }
        if let Some(named) = self.named.get_mut(at) {
            named.expanded = expanded.ok();
        }
    }

    /// Returns the places of the other names that an expression uses.
    fn needed(&self, source: &str) -> Vec<usize> {
        let mut used = BTreeSet::new();
        let any = |name: &str| self.has(name).then_some("");
        if expand::expression(source, &any, &mut used).is_err() {
            return Vec::new();
        }
        let places = self.named.iter().enumerate();
        places
            .filter(|(_, named)| used.contains(&named.name))
            .map(|(at, _)| at)
            .collect()
    }

    fn check(&self, engine: &Engine, problems: &mut Problems) {
        for named in &self.named {
            let Some(expanded) = &named.expanded else {
                continue;
            };
            if let Err(faults) = engine.check_expression(expanded) {
                for fault in faults {
                    problems.add(named.line, format!("let.{}: {fault}", named.name));
                }
            }
        }
    }
}

/// Returns the fault of a name that is needed by itself, where `around` are the names that need it.
fn circle(name: &str, around: &[String]) -> Option<String> {
    let from = around.iter().position(|outer| outer == name)?;
    let circle: Vec<&str> = around.iter().skip(from).map(String::as_str).collect();
    let circle = circle.join(" -> ");
    Some(format!(
        "`{name}` of [let] is made of itself: {circle} -> {name}"
    ))
}

fn meaning<'l>(named: &'l [Let], name: &str) -> Option<&'l str> {
    let meant = named.iter().find(|named| named.name == name)?;
    meant.expanded.as_deref()
}

fn read(
    entry: Entry,
    engine: &Engine,
    taken: &dyn Fn(&str) -> bool,
    problems: &mut Problems,
) -> Option<Let> {
    let Entry { key: name, node } = entry;
    if taken(&name) {
        problems.add(
            node.line,
            format!("`{name}` of [let] already means something else; choose another name"),
        );
        return None;
    }
    if !engine.is_name(&name) {
        problems.add(
            node.line,
            format!("`{name}` of [let] is no name that a template can use; write a plain one such as `order_key`"),
        );
        return None;
    }
    let Kind::Text(source) = &node.kind else {
        let kind = node.kind_name();
        problems.add(
            node.line,
            format!("let.{name} is {kind}; write an expression as a text, such as \"customer.email or customer.key\""),
        );
        return None;
    };
    Some(Let {
        name,
        line: node.line,
        source: inside(source).to_owned(),
        tried: false,
        expanded: None,
    })
}

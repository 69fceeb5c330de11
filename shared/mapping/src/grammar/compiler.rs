use super::{
    lets::Lets,
    links::Links,
    node::{Kind, Node},
    table::Table,
};
use crate::{
    problem::{Line, Problems, did_you_mean, listed},
    template::{Engine, Template},
};
use crate::{scope::known_names, spec::Each};
use std::collections::{BTreeMap, BTreeSet};

/// Names whose attributes are those of each item, not of the list.
const LISTS: [&str; 7] = [
    "lines",
    "shipping_lines",
    "fees",
    "discounts",
    "taxes",
    "refunds",
    "charges",
];

/// Methods that every table of a template has.
const METHODS: [&str; 4] = ["get", "items", "keys", "values"];

/// Compiles templates and checks the names that they use against what will be in scope.
pub(super) struct Compiler<'a> {
    engine: &'a mut Engine,
    pub(super) problems: &'a mut Problems,
    vars: Vec<String>,
    known: BTreeMap<&'static str, Vec<&'static str>>,
    globals: BTreeSet<String>,
    pub(super) lets: Lets,
    items: Vec<Item>,
    /// Which record points to which, to be checked when all are read.
    pub(super) links: Links,
}

/// The item of a `for_each`; its attributes are known where it goes over a list of the order.
struct Item {
    name: String,
    attributes: Vec<&'static str>,
}

impl<'a> Compiler<'a> {
    pub(super) fn new(
        engine: &'a mut Engine,
        problems: &'a mut Problems,
        vars: Vec<String>,
    ) -> Self {
        let globals = engine.globals();
        Self {
            engine,
            problems,
            vars,
            known: known_names(),
            globals,
            lets: Lets::default(),
            items: Vec::new(),
            links: Links::default(),
        }
    }

    /// Reads `[let]`.
    pub(super) fn read_lets(&mut self, node: Option<Node>) {
        let taken = |name: &str| self.known.contains_key(name) || self.globals.contains(name);
        self.lets = Lets::read(node, self.engine, &taken, self.problems);
    }

    /// Checks the names in `[let]`, once it is known which of them are used. An expression may
    /// speak of the items of loops, by these names; whether such an item is in scope shows where
    /// the expression is used.
    pub(super) fn check_lets(&mut self, items: &BTreeSet<String>) {
        let names = self.lets.names().map(str::to_owned);
        for name in names.chain(items.iter().cloned()).collect::<Vec<_>>() {
            self.open(&name, &[]);
        }
        for (name, source, line) in self.lets.sources() {
            for used in self.engine.names_in(source) {
                if let Some(fault) = self.unknown_name(&used) {
                    self.problems.add(line, format!("let.{name}: {fault}"));
                }
            }
        }
        self.items.clear();
    }

    /// Compiles a template, which must be a text. `place` is for messages: `opportunity.Name`.
    pub(super) fn template(&mut self, node: &Node, place: &str) -> Option<Template> {
        let Kind::Text(source) = &node.kind else {
            self.problems.add(
                node.line,
                format!("{place} is {}; it must be a text", node.kind_name()),
            );
            return None;
        };
        // The template of a route may be older than these names, so it keeps its own meaning of
        // them.
        if node.line.is_some()
            && let Some(name) = self.lets.shadowed_in(source)
        {
            self.problems.add(
                node.line,
                format!("{place}: `{name}` is a name of [let], and cannot be given to something else; choose another name"),
            );
        }
        let items: Vec<&str> = self.items.iter().map(|item| item.name.as_str()).collect();
        let expanded = self.lets.in_template(source, &items);
        let compiled = expanded
            .map_err(|fault| vec![fault])
            .and_then(|source| self.engine.compile(&source));
        self.checked(compiled, node.line, place)
    }

    /// Returns whether a template renders the same for every order of a route.
    pub(super) fn reads_only_vars(&self, template: &Template) -> bool {
        self.engine
            .names(template)
            .iter()
            .all(|name| name == "vars" || name.starts_with("vars."))
    }

    /// Reads `for_each` and `as`, where the table has them. The item is in scope until
    /// [`Self::leave`].
    pub(super) fn enter(&mut self, table: &mut Table) -> Option<Each> {
        let node = table.take("for_each")?;
        let item = table
            .take_text("as", self.problems)
            .unwrap_or_else(|| "line".to_owned());
        let place = format!("for_each in {}", table.place);
        let Kind::Text(source) = &node.kind else {
            self.problems.add(
                node.line,
                format!(
                    "{place} is {}; name a list, such as \"lines\"",
                    node.kind_name()
                ),
            );
            return None;
        };
        let items: Vec<&str> = self.items.iter().map(|item| item.name.as_str()).collect();
        let expanded = self.lets.in_expression(source, &items);
        let compiled = expanded
            .map_err(|fault| vec![fault])
            .and_then(|source| self.engine.compile_expression(&source));
        let over = self.checked(compiled, node.line, &place);
        self.check_item_name(&item, node.line, &place);
        let attributes = self.known.get(source.trim()).cloned().unwrap_or_default();
        self.items.push(Item {
            name: item.clone(),
            attributes,
        });
        // An expression that does not compile still opens the scope, or every template inside would
        // be reported as well.
        Some(Each {
            over: over.unwrap_or_else(|| Template::Constant(String::new())),
            item,
        })
    }

    /// Brings an item with these attributes into scope until [`Self::close`].
    pub(super) fn open(&mut self, name: &str, attributes: &[&'static str]) {
        self.items.push(Item {
            name: name.to_owned(),
            attributes: attributes.to_vec(),
        });
    }

    /// Ends the scope of the latest item.
    pub(super) fn close(&mut self) {
        self.items.pop();
    }

    /// Returns the variables that a template reads, as `vars.x`, in the order in which it names
    /// them.
    pub(super) fn variables(&self, template: &Template) -> Vec<String> {
        let names = self.engine.names(template);
        let variables = names
            .iter()
            .filter_map(|name| name.strip_prefix("vars.")?.split('.').next());
        let mut variables: Vec<String> = variables.map(|name| format!("vars.{name}")).collect();
        variables.sort_by_key(|name| template.source().find(name.as_str()));
        variables.dedup();
        variables
    }

    /// Ends the scope of the item that [`Self::enter`] opened, if it opened one.
    pub(super) fn leave(&mut self, each: Option<&Each>) {
        if each.is_some() {
            self.items.pop();
        }
    }

    fn check_item_name(&mut self, name: &str, line: Option<Line>, place: &str) {
        let plain = name
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        if !plain || name.starts_with(|first: char| first.is_ascii_digit()) {
            self.problems.add(
                line,
                format!("{place}: `as` is `{name}`; it must be a plain name such as `line`"),
            );
        } else if self.known.contains_key(name) || (line.is_some() && self.lets.has(name)) {
            self.problems.add(
                line,
                format!("{place}: `as` is `{name}`, which already means something else; choose another name"),
            );
        }
    }

    fn checked(
        &mut self,
        compiled: Result<Template, Vec<String>>,
        line: Option<Line>,
        place: &str,
    ) -> Option<Template> {
        let template = match compiled {
            Ok(template) => template,
            Err(faults) => {
                for fault in faults {
                    self.problems.add(line, format!("{place}: {fault}"));
                }
                return None;
            }
        };
        for name in self.engine.names(&template) {
            if let Some(fault) = self.unknown_name(&name) {
                self.problems.add(line, format!("{place}: {fault}"));
            }
        }
        Some(template)
    }

    fn unknown_name(&self, name: &str) -> Option<String> {
        let mut parts = name.split('.');
        let first = parts.next()?;
        let attributes: Vec<&str> =
            if let Some(item) = self.items.iter().rev().find(|item| item.name == first) {
                item.attributes.clone()
            } else if first == "vars" {
                self.vars.iter().map(String::as_str).collect()
            } else if let Some(attributes) = self.known.get(first) {
                attributes.clone()
            } else if self.globals.contains(first) {
                return None;
            } else {
                let known: Vec<&str> = self
                    .known
                    .keys()
                    .copied()
                    .chain(self.items.iter().map(|item| item.name.as_str()))
                    .collect();
                let near = did_you_mean(first, known.iter().copied());
                return Some(format!(
                    "unknown name `{first}`{near}; in scope are {}",
                    listed(known)
                ));
            };
        let attribute = parts.next()?;
        // The attributes of a list's items, of the payload and of the items of an unknown list are
        // not known here. Methods are no attributes.
        let open = LISTS.contains(&first) || (attributes.is_empty() && first != "vars");
        if open || METHODS.contains(&attribute) || attributes.contains(&attribute) {
            return None;
        }
        let near = did_you_mean(attribute, attributes.iter().copied());
        let list = if attributes.is_empty() {
            "the mapping has no [vars]".to_owned()
        } else {
            format!("there are {}", listed(attributes))
        };
        Some(format!("`{first}` has no `{attribute}`{near}; {list}"))
    }
}

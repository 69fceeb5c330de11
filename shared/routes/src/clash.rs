//! Clashes: routes of two stores that would overwrite each other's records, because both derive the
//! same key from numbers that both shops count alike. They are found by planning the first order of
//! both shops.

use config::{Config, Route};
use mapping::{
    Mapping, Overrides, Plan,
    plan::{Find, Record},
};
use order::Order;
use std::collections::BTreeMap;

/// The variables of the built-in mappings that are part of keys.
const TELL_SHOPS_APART: [&str; 2] = ["prefix", "shop"];

/// A route with the names that it would write for its shop's first order.
struct Written<'a> {
    route: &'a Route,
    names: Vec<Name>,
}

/// The value by which a record is recognised in the destination, where it comes from a number that
/// the shop counts.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Name {
    /// The record in the mapping.
    record: String,
    object: String,
    field: String,
    value: String,
}

impl Name {
    fn is_same_as(&self, other: &Self) -> bool {
        self.object.eq_ignore_ascii_case(&other.object)
            && self.field.eq_ignore_ascii_case(&other.field)
            && self.value.to_lowercase() == other.value.to_lowercase()
    }
}

/// Returns every pair of routes from two stores into one destination that would share records of
/// different orders or customers, each with its remedy. A mapping that cannot plan the example is
/// not judged.
pub(crate) fn clashes(config: &Config, mappings: &BTreeMap<String, Mapping>) -> Vec<String> {
    let routes = config.routes.iter();
    let written: Vec<Written<'_>> = routes
        .filter_map(|route| {
            let names = names(config, route, mappings.get(&route.name)?)?;
            Some(Written { route, names })
        })
        .collect();
    let mut problems = Vec::new();
    for (number, newer) in written.iter().enumerate() {
        for older in written.iter().take(number) {
            let may_clash = older.route.store != newer.route.store
                && is_one_account(config, older.route, newer.route);
            let shared: Vec<&Name> = newer
                .names
                .iter()
                .filter(|name| may_clash && older.names.iter().any(|other| name.is_same_as(other)))
                .collect();
            if !shared.is_empty() {
                problems.push(problem(config, older.route, newer.route, &shared));
            }
        }
    }
    problems
}

fn is_one_account(config: &Config, one: &Route, other: &Route) -> bool {
    let secret = |route: &Route| {
        config
            .destination(&route.destination)
            .map(|destination| &destination.secret)
    };
    one.destination == other.destination || secret(one) == secret(other)
}

/// Returns the names that a route gives; `None` where its mapping cannot plan the example. A name
/// that does not change with the shop's numbers is the customer's own (an e-mail, a company): in
/// two shops it belongs to the same customer.
fn names(config: &Config, route: &Route, mapping: &Mapping) -> Option<Vec<Name>> {
    let of_platform =
        sources::source(config.store(&route.store)?.platform).ids_are_of_the_platform();
    // No two shops of such a platform share an id, though every one has an order number 1.
    let place = config
        .routes
        .iter()
        .position(|other| other.name == route.name)?;
    let id = if of_platform {
        format!("70000{place}")
    } else {
        "1".to_owned()
    };
    let first = names_in(&mapping.plan(&order(&id, "1")).ok()?);
    let later = names_in(&mapping.plan(&order(&format!("8{id}"), "81")).ok()?);
    Some(
        first
            .into_iter()
            .filter(|name| !later.contains(name))
            .collect(),
    )
}

/// Creates the order of a customer who orders in every shop.
fn order(id: &str, number: &str) -> Order {
    let mut order = Order::example();
    (order.id, order.number) = (id.to_owned(), number.to_owned());
    (order.customer.id, order.customer.key) = (Some(id.to_owned()), id.to_owned());
    order
}

fn names_in(plan: &Plan) -> Vec<Name> {
    let name = |record: &Record, field: &str, value: &str| Name {
        record: record.name.clone(),
        object: record.object.clone(),
        field: field.to_owned(),
        value: value.to_owned(),
    };
    let mut names = Vec::new();
    for record in &plan.records {
        names.extend(
            record
                .key
                .iter()
                .map(|key| name(record, &key.field, &key.value)),
        );
        names.extend(record.find.iter().filter_map(|find| match find {
            Find::Field { field, value } => Some(name(record, field, value)),
            Find::Through { .. } => None,
        }));
    }
    names
}

fn problem(config: &Config, older: &Route, newer: &Route, shared: &[&Name]) -> String {
    let (file, line) = (config.file.display(), newer.line);
    let records: Vec<String> = shared
        .iter()
        .map(|name| {
            format!(
                "{} ({} {} = {})",
                name.record, name.object, name.field, name.value
            )
        })
        .collect();
    format!(
        "{file}:{line}: route {}: it would overwrite the records of route {} ({file}:{}), because the stores {} and {} both count from 1 and their first orders would be the same {}. {}",
        newer.name,
        older.name,
        older.line,
        older.store,
        newer.store,
        records.join(" and "),
        way_out(config, newer, shared)
    )
}

/// Returns the remedy, which is found by trying: a variable that the mapping has, and that makes
/// all the names different.
fn way_out(config: &Config, route: &Route, shared: &[&Name]) -> String {
    let tried = |variables: &[&str]| {
        let mut vars = route.vars.clone();
        for variable in variables {
            vars.insert((*variable).to_owned(), format!("{}-", route.store).into());
        }
        let (vars, set) = (vars, route.set.clone());
        let mapping = Mapping::load(&route.mapping, &config.base, &Overrides { vars, set }).ok()?;
        let names = names(config, route, &mapping)?;
        (!shared
            .iter()
            .any(|name| names.iter().any(|other| name.is_same_as(other))))
        .then_some(())
    };
    let [prefix, shop] = TELL_SHOPS_APART;
    let sets: [&[&str]; 3] = [&[prefix], &[shop], &[prefix, shop]];
    match sets.into_iter().find(|set| tried(set).is_some()) {
        Some(set) => {
            let lines: Vec<String> = set
                .iter()
                .map(|variable| format!("{variable} = \"{}-\"", route.store))
                .collect();
            format!(
                "Give the newer of both routes a word of its own in its [routes.vars], such as {}; the older one keeps its own, or its orders would be made anew",
                lines.join(" and ")
            )
        }
        None => "Let the keys of one of both mappings begin with a word of its own".to_owned(),
    }
}

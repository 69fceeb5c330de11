use crate::{
    Platform, Problem, Route, keys,
    load::Declared,
    name::bad_name,
    section::Section,
    source::Report,
    suggest::{did_you_mean, listed},
    topics::{unknown_topic, untold_topics},
};
use std::collections::{HashMap, hash_map::Entry};

/// Reads all `[[routes]]`, checked against each other and against the names that they refer to.
pub(crate) fn read_all(top: &Section<'_>, declared: &Declared, report: &mut Report) -> Vec<Route> {
    let Some(sections) = report.keep(top.list_of_tables("routes", keys::ROUTE)) else {
        return Vec::new();
    };
    if sections.is_empty() {
        let message = "there is no route, so nothing would be delivered; add [[routes]] with `name`, `store`, `destination` and `mapping`";
        report.0.push(top.problem_at("routes", message));
    }
    let mut lines_by_name = HashMap::new();
    let mut routes = Vec::new();
    for section in sections {
        let Some(section) = report.keep(section) else {
            continue;
        };
        if let Some(name) = report.keep(section.text("name")) {
            report
                .0
                .extend(bad_name("route", name).map(|message| section.problem_at("name", message)));
            report
                .0
                .extend(duplicate(name, &section, &mut lines_by_name));
        }
        routes.extend(read(&section, declared, report));
    }
    warn_of_idle(top, declared, &routes, report);
    routes
}

fn duplicate<'a>(
    name: &'a str,
    section: &Section<'_>,
    lines_by_name: &mut HashMap<&'a str, usize>,
) -> Option<Problem> {
    let first = match lines_by_name.entry(name) {
        Entry::Vacant(place) => {
            place.insert(section.line());
            return None;
        }
        Entry::Occupied(there) => *there.get(),
    };
    let message = format!(
        "the route `{name}` is already there, at line {first}; each route needs its own name, as the ledger tells them apart by it"
    );
    Some(section.problem_at("name", message))
}

/// Reads one route; returns nothing when a part is missing that has no default.
fn read(section: &Section<'_>, declared: &Declared, report: &mut Report) -> Option<Route> {
    report.0.extend(section.unknown_keys());
    let name = section.text("name").ok();
    let store = report.keep(reference(
        section,
        "store",
        declared.stores.keys().map(String::as_str),
    ));
    let destination = report.keep(reference(
        section,
        "destination",
        declared.destinations.iter().map(String::as_str),
    ));
    let mapping = report.keep(section.text("mapping"));
    let platform = store.and_then(|store| declared.stores.get(store).copied().flatten());
    let topics = read_topics(section, platform, report);
    let set = report.keep(section.free_table("set"));
    report.0.extend(
        set.iter()
            .flatten()
            .filter(|(_, fields)| !fields.is_table())
            .map(|(record, _)| not_a_record(section, record)),
    );
    let vars = report.keep(section.free_table("vars"));
    Some(Route {
        name: name?.to_owned(),
        store: store?.to_owned(),
        destination: destination?.to_owned(),
        mapping: mapping?.to_owned(),
        topics,
        set: set?,
        vars: vars?,
        line: section.line(),
    })
}

fn not_a_record(section: &Section<'_>, record: &str) -> Problem {
    section.problem_at(
        "set",
        format!("`set.{record}` must be a table of fields: write [routes.set.RECORD], with a record of the mapping, and the fields below"),
    )
}

/// Reads the name of another part of the file, which must exist.
fn reference<'a>(
    section: &Section<'a>,
    name: &str,
    declared: impl Iterator<Item = &'a str> + Clone,
) -> Result<&'a str, Problem> {
    let text = section.text(name)?;
    if declared.clone().any(|there| there == text) {
        return Ok(text);
    }
    let near = did_you_mean(text, declared.clone());
    let fix = match (near.is_empty(), declared.clone().next()) {
        (false, _) => near,
        (true, Some(_)) => format!(
            "; write one of {} or add [{name}s.{text}]",
            listed(declared)
        ),
        (true, None) => format!("; add [{name}s.{text}]"),
    };
    Err(section.problem_at(name, format!("there is no {name} `{text}`{fix}")))
}

fn read_topics(
    section: &Section<'_>,
    platform: Option<Platform>,
    report: &mut Report,
) -> Option<Vec<String>> {
    let topics = report.keep(section.optional_texts("topics"))??;
    if topics.is_empty() {
        report.0.push(section.problem_at(
            "topics",
            "`topics` is empty, so that the route would take nothing; remove it to take every order topic",
        ));
    }
    for topic in &topics {
        let unknown = platform.and_then(|platform| unknown_topic(platform, topic.get_ref()));
        report
            .0
            .extend(unknown.map(|message| section.problem_in(topic, message)));
    }
    let names: Vec<&str> = topics.iter().map(|topic| *topic.get_ref()).collect();
    let untold = platform.and_then(|platform| untold_topics(platform, &names));
    report
        .0
        .extend(untold.map(|message| section.problem_at("topics", message).as_warning()));
    Some(names.into_iter().map(str::to_owned).collect())
}

/// Warns of stores and destinations without a route: such a store loses its orders in silence.
fn warn_of_idle(top: &Section<'_>, declared: &Declared, routes: &[Route], report: &mut Report) {
    let idle_stores = declared
        .stores
        .keys()
        .filter(|name| !routes.iter().any(|route| route.store == **name));
    for name in idle_stores {
        let message = format!(
            "no route takes the orders of the store `{name}`: they are acknowledged and forgotten; add a [[routes]] for it"
        );
        report
            .0
            .push(top.problem_under("stores", name, message).as_warning());
    }
    let idle_destinations = declared
        .destinations
        .iter()
        .filter(|name| !routes.iter().any(|route| route.destination == **name));
    for name in idle_destinations {
        let message = format!(
            "no route leads to the destination `{name}`; add a [[routes]] for it or remove it"
        );
        report.0.push(
            top.problem_under("destinations", name, message)
                .as_warning(),
        );
    }
}

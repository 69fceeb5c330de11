use crate::{Problems, clash};
use config::{Config, Problem, Route};
use mapping::{Mapping, Overrides};
use ports::Secrets;
use std::collections::BTreeMap;

/// The name of a mapping that somebody tries, for messages.
const TRIED: &str = "tried.toml";

/// Loads the mapping of each route, by the route's name.
///
/// # Errors
/// Fails with everything that is wrong with the mappings, all together; this includes routes of two
/// stores that would overwrite each other's records.
pub fn mappings(config: &Config) -> Result<BTreeMap<String, Mapping>, Problems> {
    let (mut mappings, mut problems) = (BTreeMap::new(), Vec::new());
    for route in &config.routes {
        match mapping(config, route) {
            Ok(mapping) => _ = mappings.insert(route.name.clone(), mapping),
            Err(found) => problems.extend(found.iter().map(str::to_owned)),
        }
    }
    problems.extend(clash::clashes(config, &mappings));
    if problems.is_empty() {
        Ok(mappings)
    } else {
        Err(Problems::new(problems))
    }
}

/// Loads the mappings and checks the secrets, for a caller that needs both to be right before it
/// goes on.
///
/// # Errors
/// Fails with everything that is wrong with the secrets and the mappings, all together.
pub async fn checked_mappings(
    config: &Config,
    secrets: &dyn Secrets,
) -> Result<BTreeMap<String, Mapping>, Problems> {
    let of_secrets: Vec<Problem> = config::check_secrets(config, secrets).await;
    let of_secrets: Vec<&Problem> = of_secrets
        .iter()
        .filter(|problem| problem.is_error())
        .collect();
    match mappings(config) {
        Ok(mappings) if of_secrets.is_empty() => Ok(mappings),
        made => {
            let of_mappings = made.err();
            let of_mappings = of_mappings
                .iter()
                .flat_map(Problems::iter)
                .map(str::to_owned);
            Err(Problems::new(
                of_secrets
                    .iter()
                    .map(ToString::to_string)
                    .chain(of_mappings),
            ))
        }
    }
}

/// Returns name and version of each route's mapping, joined by `@`, by the route's name, where the
/// mapping can be loaded.
#[must_use]
pub fn mapping_versions(config: &Config) -> BTreeMap<String, String> {
    let routes = config.routes.iter();
    let version = |route: &Route| {
        Some((
            route.name.clone(),
            mapping(config, route).ok()?.named_version(),
        ))
    };
    routes.filter_map(version).collect()
}

/// Loads the mapping of one route.
///
/// # Errors
/// Fails with everything that is wrong with it, and for a mapping for another system than the
/// destination's or for another platform than the store's.
pub fn mapping(config: &Config, route: &Route) -> Result<Mapping, Problems> {
    let loaded = Mapping::load(&route.mapping, &config.base, &overrides(route));
    fitting(config, route, &route.mapping, loaded)
}

/// Creates a mapping of one route from a text that somebody tries in place of the route's own. The
/// route's variables and fields lie over it, as over any. The text may extend a built-in mapping,
/// but no file.
///
/// # Errors
/// See [`mapping()`].
pub fn tried_mapping(config: &Config, route: &Route, text: &str) -> Result<Mapping, Problems> {
    let parsed = Mapping::parse_beside(&config.base, TRIED, text, &overrides(route));
    fitting(config, route, TRIED, parsed)
}

/// Returns the text with which trying another mapping of a route begins: that of the route's own
/// file, or one that extends the built-in mapping and changes nothing yet.
///
/// # Errors
/// Fails where the route's mapping cannot be read.
pub fn text_to_try(config: &Config, route: &Route) -> Result<String, Problems> {
    if Mapping::builtin_names().any(|name| name == route.mapping) {
        return Ok(format!(
            "extends = \"{}\"\n\n# [[record]]\n# name = \"...\"\n# [record.fields]\n# Description = \"{{{{ order.note }}}}\"\n",
            route.mapping
        ));
    }
    let text = Mapping::text(&route.mapping, &config.base);
    text.map_err(|problem| Problems::new([problem]))
}

fn overrides(route: &Route) -> Overrides {
    Overrides {
        vars: route.vars.clone(),
        set: route.set.clone(),
    }
}

/// Returns a mapping that fits the route's two ends.
fn fitting(
    config: &Config,
    route: &Route,
    named: &str,
    made: Result<Mapping, Vec<mapping::Problem>>,
) -> Result<Mapping, Problems> {
    let place = format!(
        "{}:{}: route {}",
        config.file.display(),
        route.line,
        route.name
    );
    let mapping = made.map_err(|problems| {
        Problems::new(problems.iter().map(|problem| format!("{place}: {problem}")))
    })?;
    let misfits: Vec<String> = [
        other_system(config, route, named, &mapping),
        other_platform(config, route, named, &mapping),
    ]
    .into_iter()
    .flatten()
    .map(|misfit| format!("{place}: {misfit}"))
    .collect();
    if misfits.is_empty() {
        Ok(mapping)
    } else {
        Err(Problems::new(misfits))
    }
}

fn other_system(config: &Config, route: &Route, named: &str, mapping: &Mapping) -> Option<String> {
    let system = config
        .destination(&route.destination)
        .map_or("", |destination| destination.system.as_str());
    (mapping.system() != system).then(|| {
        format!(
            "the mapping {named} is for {}, but the destination {} is {system}; choose a mapping for {system}",
            mapping.system(),
            route.destination
        )
    })
}

/// Returns the problem with a mapping for another platform: it would look for fields that this
/// platform does not send, and write keys that belong to the other platform's orders.
fn other_platform(
    config: &Config,
    route: &Route,
    named: &str,
    mapping: &Mapping,
) -> Option<String> {
    let of_store = config.store(&route.store)?.platform.as_str();
    let of_mapping = mapping
        .platform()
        .filter(|platform| *platform != of_store)?;
    Some(format!(
        "the mapping {named} is for orders of {of_mapping}, but the store {} is {of_store}; choose a mapping from {of_store}, such as {of_store}-{}, \
         or write platform = \"{of_store}\" in a copy of your own that is made for it",
        route.store,
        mapping.system()
    ))
}

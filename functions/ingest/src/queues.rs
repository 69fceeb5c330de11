use config::{Config, Destination};
use std::collections::BTreeMap;

/// Returns the URL of each destination's queue, from its system's variable
/// (`SALESFORCE_QUEUE_URL`), and a problem for every destination whose system has none: the
/// webhooks of its stores cannot be accepted, all others can.
pub(crate) fn queues(
    config: &Config,
    variable: impl Fn(&str) -> Option<String>,
) -> (BTreeMap<String, String>, Vec<String>) {
    let (mut by_destination, mut problems) = (BTreeMap::new(), Vec::new());
    for destination in config.destinations.values() {
        let name = variable_of(destination);
        match variable(&name).filter(|url| !url.is_empty()) {
            Some(url) => _ = by_destination.insert(destination.name.clone(), url),
            None => problems.push(missing(config, destination, &name)),
        }
    }
    (by_destination, problems)
}

fn variable_of(destination: &Destination) -> String {
    format!("{}_QUEUE_URL", destination.system.as_str().to_uppercase())
}

fn missing(config: &Config, destination: &Destination, variable: &str) -> String {
    let (file, line, name, system) = (
        config.file.display(),
        destination.line,
        &destination.name,
        destination.system.as_str(),
    );
    format!(
        "{file}:{line}: destination `{name}` is of {system}, but {variable} is not set; deploy the stack with {system} in use"
    )
}

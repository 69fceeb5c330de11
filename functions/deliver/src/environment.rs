use config::{Config, System};
use platform_aws::{QueueUrls, Queues};
use routes::Problems;
use std::{collections::BTreeMap, path::PathBuf, time::Duration};

/// The path of the configuration in the template: in a layer, so that a changed mapping needs no
/// new build.
const CONFIG: &str = "/opt/orderbridge/orderbridge.toml";

/// The function's timeout, unless the template sets another.
const TIMEOUT: Duration = Duration::from_mins(5);

/// The settings that the template passes to the function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// Path of `orderbridge.toml`.
    pub config: PathBuf,
    /// Name of the table.
    pub table: String,
    /// The queues of each system in use, by its word in the configuration.
    pub queues: BTreeMap<&'static str, QueueUrls>,
    /// Name of the bucket for bodies that are too large for a message.
    pub bucket: Option<String>,
    /// Longest time of one invocation.
    pub timeout: Duration,
    /// The number of functions that deliver to each system at once, where it is set.
    pub functions: BTreeMap<&'static str, u32>,
    /// Time that a dead letter is kept, where it is set.
    pub letters_kept: Option<Duration>,
}

impl Environment {
    /// Reads the environment. `variable` returns the value of one variable; an empty one counts as
    /// absent.
    ///
    /// # Errors
    /// When variables are missing: all of them.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Problems> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let (mut queues, mut problems) = (BTreeMap::new(), Vec::new());
        for system in System::ALL {
            let names = variables(*system);
            match names.each_ref().map(|name| variable(name)) {
                [Some(queue), Some(dead_letters)] => {
                    _ = queues.insert(
                        system.as_str(),
                        QueueUrls {
                            queue,
                            dead_letters,
                        },
                    )
                }
                [None, None] => {}
                [queue, _] => {
                    let [one, other] = &names;
                    let (missing, given) = if queue.is_none() {
                        (one, other)
                    } else {
                        (other, one)
                    };
                    problems.push(format!(
                        "{missing} is not set, though {given} is; both are outputs of the stack"
                    ));
                }
            }
        }
        let table = variable("ORDERBRIDGE_TABLE");
        if table.is_none() {
            problems.push("ORDERBRIDGE_TABLE is not set; it is the name of the stack's table, its output `Table`".to_owned());
        }
        match table {
            Some(table) if problems.is_empty() => Ok(Self {
                config: variable("ORDERBRIDGE_CONFIG")
                    .map_or_else(|| PathBuf::from(CONFIG), PathBuf::from),
                table,
                queues,
                timeout: variable("ORDERBRIDGE_TIMEOUT")
                    .and_then(|seconds| seconds.parse().ok())
                    .map_or(TIMEOUT, Duration::from_secs),
                functions: functions(variable),
                bucket: variable("ORDERBRIDGE_BUCKET"),
                letters_kept: variable("ORDERBRIDGE_DEAD_LETTER_DAYS")
                    .and_then(|days| days.parse().ok())
                    .map(|days: u32| Duration::from_hours(24 * u64::from(days))),
            }),
            _ => Err(Problems::new(problems)),
        }
    }

    /// Returns the queues of each destination, and a problem for every destination whose system has
    /// none: no message arrives for those, and all others are delivered to.
    pub fn queues_of(&self, config: &Config) -> (Queues, Vec<String>) {
        let (mut by_destination, mut problems) = (BTreeMap::new(), Vec::new());
        for destination in config.destinations.values() {
            let system = destination.system;
            if let Some(urls) = self.queues.get(system.as_str()) {
                by_destination.insert(destination.name.clone(), urls.clone());
                continue;
            }
            let [queue, _] = variables(system);
            problems.push(format!(
                "{}:{}: destination `{}` is of {}, but {queue} is not set; deploy the stack with {} in use",
                config.file.display(),
                destination.line,
                destination.name,
                system.as_str(),
                system.as_str()
            ));
        }
        (Queues::new(by_destination), problems)
    }

    /// Returns a problem for each account that has fewer simultaneous calls than functions that
    /// deliver to it.
    pub(crate) fn calls_too_few(&self, config: &Config) -> Vec<String> {
        let mut problems = Vec::new();
        for destination in config.destinations.values() {
            let functions = self
                .functions
                .get(destination.system.as_str())
                .copied()
                .unwrap_or(1);
            if let Some(calls) = destination.settings.calls_for_fewer_than(functions) {
                problems.push(format!(
                    "destination `{}` may have {calls} calls at once, but {functions} functions deliver to it, and each makes one at least; raise calls_at_once, or lower its concurrency in \
                     the template's parameters",
                    destination.name
                ));
            }
        }
        problems
    }
}

fn functions(variable: impl Fn(&str) -> Option<String>) -> BTreeMap<&'static str, u32> {
    let told = |system: &System| {
        let count = variable(&format!("{}_FUNCTIONS", system.as_str().to_uppercase()))?;
        Some((system.as_str(), count.parse().ok()?))
    };
    System::ALL.iter().filter_map(told).collect()
}

/// Returns the URLs of all queues that the environment names, whatever else it lacks.
pub(crate) fn queue_urls(variable: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let url = |system: &System| {
        let [queue, _] = variables(*system);
        variable(&queue).filter(|url| !url.is_empty())
    };
    System::ALL.iter().filter_map(url).collect()
}

/// Returns the names of the variables for a system's queue and for its dead-letter queue.
fn variables(system: System) -> [String; 2] {
    let word = system.as_str().to_uppercase();
    [
        format!("{word}_QUEUE_URL"),
        format!("{word}_DEAD_LETTER_QUEUE_URL"),
    ]
}

#[cfg(test)]
mod tests {
    use super::Environment;
    use config::Config;
    use std::{collections::BTreeMap, path::Path};

    const WHOLE: &[(&str, &str)] = &[
        ("ORDERBRIDGE_TABLE", "orders"),
        (
            "SALESFORCE_QUEUE_URL",
            "https://sqs.example.com/1/salesforce.fifo",
        ),
        (
            "SALESFORCE_DEAD_LETTER_QUEUE_URL",
            "https://sqs.example.com/1/salesforce-dead.fifo",
        ),
        ("ZOHO_QUEUE_URL", ""),
    ];

    fn read(variables: &[(&str, &str)]) -> Result<Environment, String> {
        let variables: BTreeMap<&str, &str> = variables.iter().copied().collect();
        Environment::read(|name| variables.get(name).map(|value| (*value).to_owned()))
            .map_err(|problems| problems.to_string())
    }

    #[test]
    fn what_is_empty_is_not_in_use() {
        let environment = read(WHOLE).unwrap();
        assert_eq!(
            environment.config,
            Path::new("/opt/orderbridge/orderbridge.toml")
        );
        assert_eq!(
            environment.queues.keys().collect::<Vec<_>>(),
            [&"salesforce"]
        );
    }

    #[test]
    fn more_functions_than_calls_at_once_is_told() {
        let sample =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/samples/orderbridge.toml");
        let told = |functions: &str| {
            let environment =
                read(&[WHOLE, &[("NETSUITE_FUNCTIONS", functions)]].concat()).unwrap();
            environment.calls_too_few(&Config::load(&sample).unwrap())
        };
        assert_eq!(told("2"), Vec::<String>::new());
        let problems = told("200");
        assert!(
            matches!(&problems[..], [one] if one.contains("destination `erp`") && one.contains("200 functions")),
            "{problems:?}"
        );
    }

    #[test]
    fn everything_that_is_missing_is_named_together() {
        let problems =
            read(&[("ZOHO_QUEUE_URL", "https://sqs.example.com/1/zoho.fifo")]).unwrap_err();
        assert!(
            problems.contains("ZOHO_DEAD_LETTER_QUEUE_URL is not set, though ZOHO_QUEUE_URL is"),
            "{problems}"
        );
        assert!(
            problems.contains("ORDERBRIDGE_TABLE is not set"),
            "{problems}"
        );
    }

    #[test]
    fn a_destination_whose_system_has_no_queue_is_named_with_its_line() {
        let sample =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/samples/orderbridge.toml");
        let (_, problems) = read(WHOLE)
            .unwrap()
            .queues_of(&Config::load(&sample).unwrap());
        assert_eq!(problems.len(), 2, "{problems:?}");
        let first = &problems[0];
        assert!(
            first.contains("destination `crm` is of zoho, but ZOHO_QUEUE_URL is not set"),
            "{first}"
        );
    }
}

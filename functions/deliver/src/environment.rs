use config::{Config, System};
use platform_aws::{QueueUrls, Queues};
use routes::Problems;
use std::{collections::BTreeMap, path::PathBuf};

/// Where the template puts the configuration: in a layer, so that a changed mapping needs no new build.
const CONFIG: &str = "/opt/orderbridge/orderbridge.toml";

/// What the template tells the function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// Path of `orderbridge.toml`.
    pub config: PathBuf,
    /// Name of the table.
    pub table: String,
    /// The queues of each system in use, by its word in the configuration.
    pub queues: BTreeMap<&'static str, QueueUrls>,
}

impl Environment {
    /// Reads the environment. `variable` gives the value of one variable; an empty one counts as absent.
    ///
    /// # Errors
    /// Every variable that is missing.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Problems> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let (mut queues, mut problems) = (BTreeMap::new(), Vec::new());
        for system in System::ALL {
            let names = variables(*system);
            match names.each_ref().map(|name| variable(name)) {
                [Some(queue), Some(dead_letters)] => _ = queues.insert(system.as_str(), QueueUrls { queue, dead_letters }),
                [None, None] => {}
                [queue, _] => {
                    let [one, other] = &names;
                    let (missing, given) = if queue.is_none() { (one, other) } else { (other, one) };
                    problems.push(format!("{missing} is not set, though {given} is; both are outputs of the stack"));
                }
            }
        }
        let table = variable("ORDERBRIDGE_TABLE");
        if table.is_none() {
            problems.push("ORDERBRIDGE_TABLE is not set; it is the name of the stack's table, its output `Table`".to_owned());
        }
        match table {
            Some(table) if problems.is_empty() => Ok(Self {
                config: variable("ORDERBRIDGE_CONFIG").map_or_else(|| PathBuf::from(CONFIG), PathBuf::from),
                table,
                queues,
            }),
            _ => Err(Problems::new(problems)),
        }
    }

    /// The queues of each destination.
    ///
    /// # Errors
    /// Every destination whose system has none.
    pub fn queues_of(&self, config: &Config) -> Result<Queues, Problems> {
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
        if problems.is_empty() {
            Ok(Queues::new(by_destination))
        } else {
            Err(Problems::new(problems))
        }
    }
}

/// The variables of a system's queue and of its dead-letter queue.
fn variables(system: System) -> [String; 2] {
    let word = system.as_str().to_uppercase();
    [format!("{word}_QUEUE_URL"), format!("{word}_DEAD_LETTER_QUEUE_URL")]
}

#[cfg(test)]
mod tests {
    use super::Environment;
    use config::Config;
    use std::{collections::BTreeMap, path::Path};

    const WHOLE: &[(&str, &str)] = &[
        ("ORDERBRIDGE_TABLE", "orders"),
        ("SALESFORCE_QUEUE_URL", "https://sqs.example.com/1/salesforce.fifo"),
        ("SALESFORCE_DEAD_LETTER_QUEUE_URL", "https://sqs.example.com/1/salesforce-dead.fifo"),
        ("ZOHO_QUEUE_URL", ""),
    ];

    fn read(variables: &[(&str, &str)]) -> Result<Environment, String> {
        let variables: BTreeMap<&str, &str> = variables.iter().copied().collect();
        Environment::read(|name| variables.get(name).map(|value| (*value).to_owned())).map_err(|problems| problems.to_string())
    }

    #[test]
    fn what_is_empty_is_not_in_use() {
        let environment = read(WHOLE).unwrap();
        assert_eq!(environment.config, Path::new("/opt/orderbridge/orderbridge.toml"));
        assert_eq!(environment.queues.keys().collect::<Vec<_>>(), [&"salesforce"]);
    }

    #[test]
    fn everything_that_is_missing_is_named_together() {
        let problems = read(&[("ZOHO_QUEUE_URL", "https://sqs.example.com/1/zoho.fifo")]).unwrap_err();
        assert!(
            problems.contains("ZOHO_DEAD_LETTER_QUEUE_URL is not set, though ZOHO_QUEUE_URL is"),
            "{problems}"
        );
        assert!(problems.contains("ORDERBRIDGE_TABLE is not set"), "{problems}");
    }

    #[test]
    fn a_destination_whose_system_has_no_queue_is_named_with_its_line() {
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/samples/orderbridge.toml");
        let problems = read(WHOLE)
            .unwrap()
            .queues_of(&Config::load(&sample).unwrap())
            .unwrap_err()
            .to_string();
        let lines: Vec<&str> = problems.lines().collect();
        assert_eq!(lines.len(), 2, "{problems}");
        assert!(
            lines[0].contains("destination `crm` is of zoho, but ZOHO_QUEUE_URL is not set"),
            "{problems}"
        );
    }
}

use config::{Config, System};
use platform_aws::{QueueUrls, Queues};
use routes::Problems;
use std::{collections::BTreeMap, path::PathBuf};

/// The path of the configuration in the template: in a layer, so that a changed mapping needs no
/// new build.
const CONFIG: &str = "/opt/orderbridge/orderbridge.toml";

/// The settings that the template passes to the function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// Path of `orderbridge.toml`.
    pub config: PathBuf,
    /// Name of the table.
    pub table: String,
    /// The URL of the queue of each system in use, by its word in the configuration.
    pub queues: BTreeMap<&'static str, String>,
    /// Name of the bucket for bodies that are too large for a message.
    pub bucket: Option<String>,
    /// The address at which shops reach the stack, without a slash at its end.
    pub public_url: Option<String>,
}

impl Environment {
    /// Reads the environment. `variable` returns the value of one variable; an empty one counts as
    /// absent.
    ///
    /// # Errors
    /// When the name of the table is missing.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Problems> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let table = variable("ORDERBRIDGE_TABLE").ok_or_else(|| {
            Problems::new([
                "ORDERBRIDGE_TABLE is not set; it is the name of the stack's table, its output `Table`",
            ])
        })?;
        let queue = |system: &System| {
            let url = variable(&queue_variable(*system))?;
            Some((system.as_str(), url))
        };
        Ok(Self {
            config: variable("ORDERBRIDGE_CONFIG")
                .map_or_else(|| PathBuf::from(CONFIG), PathBuf::from),
            table,
            queues: System::ALL.iter().filter_map(queue).collect(),
            bucket: variable("ORDERBRIDGE_BUCKET"),
            public_url: variable("ORDERBRIDGE_PUBLIC_URL")
                .map(|url| url.trim_end_matches('/').to_owned()),
        })
    }

    /// Returns the queue of each destination, and a problem for every destination whose system has
    /// none: its orders are not compared, and all others are. This function receives nothing, so
    /// that it knows no dead-letter queue.
    pub fn queues_of(&self, config: &Config) -> (Queues, Vec<String>) {
        let (mut by_destination, mut problems) = (BTreeMap::new(), Vec::new());
        for destination in config.destinations.values() {
            let system = destination.system;
            match self.queues.get(system.as_str()) {
                Some(url) => {
                    let urls = QueueUrls {
                        queue: url.clone(),
                        dead_letters: String::new(),
                    };
                    by_destination.insert(destination.name.clone(), urls);
                }
                None => problems.push(format!(
                    "{}:{}: destination `{}` is of {}, but {} is not set; deploy the stack with {} in use",
                    config.file.display(),
                    destination.line,
                    destination.name,
                    system.as_str(),
                    queue_variable(system),
                    system.as_str()
                )),
            }
        }
        (Queues::new(by_destination), problems)
    }
}

fn queue_variable(system: System) -> String {
    format!("{}_QUEUE_URL", system.as_str().to_uppercase())
}

#[cfg(test)]
mod tests {
    use super::Environment;
    use config::Config;
    use std::{collections::BTreeMap, path::Path};

    fn read(variables: &[(&str, &str)]) -> Result<Environment, String> {
        let variables: BTreeMap<&str, &str> = variables.iter().copied().collect();
        Environment::read(|name| variables.get(name).map(|value| (*value).to_owned()))
            .map_err(|problems| problems.to_string())
    }

    #[test]
    fn what_is_empty_is_not_in_use_and_only_the_table_must_be_there() {
        let environment = read(&[
            ("ORDERBRIDGE_TABLE", "orders"),
            ("SALESFORCE_QUEUE_URL", "https://sqs.example.com/1/s.fifo"),
            ("ZOHO_QUEUE_URL", ""),
            ("ORDERBRIDGE_PUBLIC_URL", "https://hooks.example.com/"),
        ])
        .unwrap();
        assert_eq!(
            environment.config,
            Path::new("/opt/orderbridge/orderbridge.toml")
        );
        assert_eq!(
            environment.queues.keys().collect::<Vec<_>>(),
            [&"salesforce"]
        );
        assert_eq!(
            environment.public_url.as_deref(),
            Some("https://hooks.example.com")
        );
        assert!(read(&[]).unwrap_err().contains("ORDERBRIDGE_TABLE"));
    }

    #[test]
    fn a_destination_whose_system_has_no_queue_is_named_with_its_line() {
        let sample =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/samples/orderbridge.toml");
        let config = Config::load(&sample).unwrap();
        let environment = read(&[
            ("ORDERBRIDGE_TABLE", "orders"),
            ("SALESFORCE_QUEUE_URL", "https://sqs.example.com/1/s.fifo"),
        ])
        .unwrap();
        let (_, problems) = environment.queues_of(&config);
        assert!(
            matches!(&problems[..], [crm, erp]
                if crm.contains("destination `crm`") && erp.contains("NETSUITE_QUEUE_URL is not set")),
            "{problems:?}"
        );
    }
}

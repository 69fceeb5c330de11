//! Where things are, as the command line and the configuration say: the configuration, the folder
//! of the data, the stack. And how a hint says it again, so that it can be pasted.

use crate::{
    cli::{ConfigArgs, DataArgs, PlaceArgs, WhereArgs},
    clock::Times,
    records,
    report::{Failed, note},
};
use config::Config;
use operator::Records;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// The configuration's file where none is named.
const CONFIG: &str = "orderbridge.toml";
/// The folder of the data where none is named.
const DATA: &str = "orderbridge-data";

impl ConfigArgs {
    /// Returns the configuration's file.
    pub(crate) fn path(&self) -> &Path {
        self.config.as_deref().unwrap_or(Path::new(CONFIG))
    }

    /// Reads the configuration.
    pub(crate) fn load(&self) -> Result<Config, Failed> {
        Config::load(self.path()).map_err(Failed::all)
    }

    /// Reads the configuration for a command that can do without: one that was named must be good,
    /// and one that merely lies here is left alone where it is not.
    pub(crate) fn load_if_there(&self) -> Result<Option<Config>, Failed> {
        if self.config.is_none() && !self.path().exists() {
            return Ok(None);
        }
        match Config::load(self.path()) {
            Ok(config) => Ok(Some(config)),
            Err(problems) if self.config.is_some() => Err(Failed::all(problems)),
            Err(problems) => {
                if let Some(problem) = problems.first() {
                    note(&format!("{CONFIG} is left alone: {problem}"));
                }
                Ok(None)
            }
        }
    }
}

impl DataArgs {
    /// Returns the folder of the data: as the command line says, else the configuration.
    pub(crate) fn folder(&self, config: Option<&Config>) -> PathBuf {
        let said = self.data.clone();
        said.or_else(|| config?.data.clone())
            .unwrap_or_else(|| PathBuf::from(DATA))
    }
}

/// The records that a command works on, with what it needs to speak of them.
pub(crate) struct Opened {
    pub(crate) records: Records,
    pub(crate) config: Option<Config>,
    pub(crate) hints: Hints,
    pub(crate) times: Times,
}

impl Opened {
    /// Returns name and version of each route's mapping as the configuration has it now.
    pub(crate) fn mappings(&self) -> BTreeMap<String, String> {
        let config = self.config.as_ref();
        config.map(routes::mapping_versions).unwrap_or_default()
    }
}

impl WhereArgs {
    /// Opens the records, with the configuration if there is one.
    pub(crate) async fn open(&self) -> Result<Opened, Failed> {
        let config = self.config.load_if_there()?;
        let records = records::at(&self.place, config.as_ref()).await?;
        Ok(Opened {
            records,
            config,
            hints: Hints::of(&self.config, &self.place),
            times: Times::now(),
        })
    }
}

/// Commands to paste, with everything that the user has said about where things are.
#[derive(Clone, Debug)]
pub(crate) struct Hints(Vec<String>);

impl Hints {
    /// Creates the hints for where a command was told to look.
    pub(crate) fn of(config: &ConfigArgs, place: &PlaceArgs) -> Self {
        let mut words = Vec::new();
        let mut say = |flag: &str, value: Option<String>| {
            if let Some(value) = value {
                words.extend([flag.to_owned(), value]);
            }
        };
        let text = |path: &PathBuf| path.display().to_string();
        say("--config", config.config.as_ref().map(text));
        say("--secrets", config.secrets.as_ref().map(text));
        say("--data", place.data.data.as_ref().map(text));
        say("--aws", place.aws.clone());
        say("--region", place.region.clone());
        Self(words)
    }

    /// Creates the hints for a configuration and a folder on this machine.
    pub(crate) fn of_folder(config: &ConfigArgs, data: &DataArgs) -> Self {
        let place = PlaceArgs {
            data: data.clone(),
            aws: None,
            region: None,
        };
        Self::of(config, &place)
    }

    /// Creates the hints for a server's configuration and folder, for its log.
    pub(crate) fn of_server(config: &Config, data: &Path) -> Self {
        let args = ConfigArgs {
            config: Some(config.file.clone()),
            secrets: None,
        };
        let data = DataArgs {
            data: Some(data.to_owned()),
        };
        Self::of_folder(&args, &data)
    }

    /// Returns the whole command that begins with these words, for one that reads records: it takes
    /// no secrets.
    pub(crate) fn command(&self, words: &[&str]) -> String {
        let mut said = self.0.clone();
        let is_secrets = |word: &String| word == "--secrets";
        // Set-up is made with them.
        let is_made = words.first() == Some(&"setup");
        if let Some(at) = said.iter().position(is_secrets).filter(|_| !is_made) {
            said.drain(at..said.len().min(at + 2));
        }
        joined(words, &said)
    }

    /// Returns the whole command that begins with these words, for one that reads secrets as well.
    pub(crate) fn command_with_secrets(&self, words: &[&str]) -> String {
        joined(words, &self.0)
    }
}

/// Returns the words of the flags that have a value, to say a command again.
pub(crate) fn said<'a, const N: usize>(flags: [(&'a str, Option<&'a str>); N]) -> Vec<&'a str> {
    let said = flags
        .into_iter()
        .filter_map(|(flag, value)| Some([flag, value?]));
    said.flatten().collect()
}

fn joined(words: &[&str], said: &[String]) -> String {
    let words = words.iter().copied();
    let all = ["orderbridge"]
        .into_iter()
        .chain(words)
        .chain(said.iter().map(String::as_str));
    shlex::try_join(all).unwrap_or_else(|_| "orderbridge".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_says_again_what_was_said() {
        let config = ConfigArgs {
            config: Some("a b.toml".into()),
            secrets: None,
        };
        let place = PlaceArgs {
            data: DataArgs {
                data: Some("/var/lib/x".into()),
            },
            aws: None,
            region: None,
        };
        assert_eq!(
            Hints::of(&config, &place).command(&["dead", "list"]),
            "orderbridge dead list --config 'a b.toml' --data /var/lib/x"
        );
        let stack = PlaceArgs {
            data: DataArgs { data: None },
            aws: Some("shop".to_owned()),
            region: None,
        };
        let none = ConfigArgs {
            config: None,
            secrets: Some("s.toml".into()),
        };
        assert_eq!(
            Hints::of(&none, &stack).command(&["orders", "show", "#1001"]),
            "orderbridge orders show '#1001' --aws shop"
        );
        assert_eq!(
            Hints::of(&none, &stack).command(&["setup", "--apply"]),
            "orderbridge setup --apply --secrets s.toml --aws shop"
        );
    }
}

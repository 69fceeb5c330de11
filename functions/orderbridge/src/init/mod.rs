//! The first two files of a new place: a configuration that teaches, and secrets with a made webhook
//! secret and a blank for everything that only the user knows. Nothing is ever overwritten.

mod ask;
mod files;
mod texts;

use crate::{
    cli::{ConfigArgs, DataArgs},
    place::Hints,
    report::{Failed, line},
};
use clap::{Args, builder::PossibleValuesParser};
use config::{Config, Platform, System};
use std::path::{Path, PathBuf};
use texts::{Answers, Texts};

#[derive(Clone, Debug, Args)]
pub(crate) struct InitArgs {
    /// The shop's software.
    #[arg(long, value_parser = platforms())]
    platform: Option<String>,
    /// The system that gets the orders.
    #[arg(long, value_parser = systems())]
    system: Option<String>,
    /// The store's name, which is the last part of the address of its webhooks.
    #[arg(long, value_name = "NAME")]
    store: Option<String>,
    /// The address at which shops will reach the server, without a path.
    #[arg(long, value_name = "URL", value_parser = config::service_address)]
    public_url: Option<String>,
    /// The address of the account: Salesforce's My Domain, Zoho's data centre, a NetSuite sandbox.
    #[arg(long, value_name = "URL", value_parser = config::service_address)]
    account_url: Option<String>,
    /// How to sign in there, in the words of the configuration; by default the way with the fewest
    /// steps.
    #[arg(long, value_name = "WAY")]
    auth: Option<String>,
    /// The folder for orderbridge.toml and secrets.toml; it is created.
    #[arg(long, value_name = "DIR", default_value = ".")]
    folder: PathBuf,
}

fn platforms() -> PossibleValuesParser {
    PossibleValuesParser::new(Platform::ALL.iter().map(|platform| platform.as_str()))
}

fn systems() -> PossibleValuesParser {
    PossibleValuesParser::new(System::ALL.iter().map(|system| system.as_str()))
}

/// Runs `orderbridge init`.
pub(crate) fn run(args: &InitArgs) -> Result<(), Failed> {
    let files = files::Files::new(&args.folder)?;
    let texts = Texts::read()?;
    let answers = answers(args, &texts)?;
    let config = texts.config(&answers)?;
    let parsed = Config::parse(&files.config, &config).map_err(Failed::all)?;
    let secrets = texts.secrets(&parsed, &files::random()?);
    files.write(&config, &secrets.text)?;
    line(&format!("wrote {}", files.config.display()));
    line(&format!(
        "wrote {}, which only you can read",
        files.secrets.display()
    ));
    line("");
    line(&format!(
        "Fill in the blanks of {}: {}. Beside each it says where its value is found.",
        files.secrets.display(),
        secrets.blanks.join(", ")
    ));
    if answers.public_url.is_none() {
        line(&format!(
            "Enter public_url in {}: the address at which the shop reaches this server.",
            files.config.display()
        ));
    }
    line("Then:");
    next(&files.config);
    Ok(())
}

/// Prints the three commands that come next.
fn next(config: &Path) {
    let is_here = config.parent() == Some(Path::new("."));
    let args = ConfigArgs {
        config: (!is_here).then(|| config.to_owned()),
        secrets: None,
    };
    let hints = Hints::of_folder(&args, &DataArgs { data: None });
    for (number, words) in (1..).zip([&["setup"][..], &["setup", "--apply"], &["serve"]]) {
        line(&format!("  {number}. {}", hints.command(words)));
    }
}

/// Returns what the flags say, and asks for the rest on a terminal.
fn answers(args: &InitArgs, texts: &Texts) -> Result<Answers, Failed> {
    let mut asker = ask::Asker::new();
    let platform = asker.choose(
        "The shop's software",
        args.platform.as_deref(),
        Platform::ALL.iter().map(|platform| platform.as_str()),
    )?;
    let system = asker.choose(
        "The system that gets the orders",
        args.system.as_deref(),
        System::ALL.iter().map(|system| system.as_str()),
    )?;
    let store = asker.text("A name for the store", args.store.as_deref(), "acme")?;
    let public_url = asker.address(
        "The address at which the shop will reach this server, such as https://orders.example.com (empty: later)",
        args.public_url.as_deref(),
    )?;
    let account_url = asker.address(
        texts.account_question(&system)?,
        args.account_url.as_deref(),
    )?;
    Ok(Answers {
        auth: args.auth.clone(),
        platform,
        system,
        store,
        public_url,
        account_url,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn answers(platform: &str, system: &str, account_url: Option<&str>) -> Answers {
        Answers {
            platform: platform.to_owned(),
            system: system.to_owned(),
            store: "acme".to_owned(),
            public_url: None,
            account_url: account_url.map(str::to_owned),
            auth: None,
        }
    }

    /// Every pair, with and without an address of the account.
    #[tokio::test]
    async fn what_is_written_is_good_once_the_blanks_are_filled_and_each_blank_is_named() {
        let texts = Texts::read().unwrap();
        for platform in Platform::ALL {
            for system in System::ALL {
                for url in [None, Some("https://acme.my.salesforce.com")] {
                    let answers = answers(platform.as_str(), system.as_str(), url);
                    let text = texts.config(&answers).unwrap();
                    let config = Config::parse(Path::new("orderbridge.toml"), &text).unwrap();
                    assert_eq!(config.routes.len(), 1, "{text}");
                    routes::mappings(&config).unwrap();
                    let secrets = texts.secrets(&config, &"a1".repeat(20));
                    let folder = tempfile::tempdir().unwrap();
                    let file = folder.path().join("secrets.toml");
                    std::fs::write(&file, &secrets.text).unwrap();
                    let environment: BTreeMap<String, String> = BTreeMap::new();
                    let read = config::FileSecrets::load_with(Some(&file), environment).unwrap();
                    let problems = config::check_secrets(&config, &read).await;
                    let wants = config::secret_wants(&config);
                    for want in &wants {
                        for required in &want.required {
                            let name = format!("`{}`", required.key);
                            let is_made = secrets.text.contains(&"a1".repeat(20))
                                && required.key == "webhook_secret";
                            let is_told = problems
                                .iter()
                                .any(|problem| problem.message.contains(&name));
                            assert_ne!(is_told, is_made, "{name}: {problems:#?}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn nothing_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let args = InitArgs {
            platform: Some("woocommerce".to_owned()),
            system: Some("zoho".to_owned()),
            store: Some("acme".to_owned()),
            public_url: Some("https://orders.example.com".to_owned()),
            account_url: Some("https://accounts.zoho.eu".to_owned()),
            auth: None,
            folder: folder.path().join("new"),
        };
        run(&args).unwrap();
        let file = args.folder.join("orderbridge.toml");
        let first = std::fs::read_to_string(&file).unwrap();
        assert!(first.contains("public_url = \"https://orders.example.com\""));
        let again = run(&args).unwrap_err().to_string();
        assert!(again.contains("is there already"), "{again}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), first);
        std::fs::remove_file(&file).unwrap();
        assert!(run(&args).is_err(), "the secrets are still there");
        assert!(!file.exists());
    }
}

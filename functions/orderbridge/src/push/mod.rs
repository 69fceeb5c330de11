//! Fills in the secrets of a stack from a .env file. Names and keys are printed, values never.

mod env_file;
mod fill;
mod names;

use crate::{
    cli::PushArgs,
    report::{Failed, print},
};
use config::Config;
use env_file::EnvFile;
use fill::{Filled, fill};
use ports::{Secret, SystemClock, in_one_line};
use stack::{Change, SecretsManager, StackError};
use std::sync::Arc;

/// Runs `orderbridge secrets push`.
pub(crate) async fn run(args: &PushArgs) -> Result<(), Failed> {
    let config = Config::load(&args.config).map_err(Failed::all)?;
    let file = EnvFile::read(&args.env_file).map_err(Failed::all)?;
    let filled = fill(&config, &file).await.map_err(Failed::all)?;
    filled.notes.iter().for_each(|note| print(note));
    match (compare(args, &filled).await, args.dry_run) {
        (Ok((secrets, changes)), false) => write(&secrets, &filled, &changes).await,
        (Err(error), false) => Err(Failed::new(format!(
            "nothing was written: {}",
            in_one_line(&error)
        ))),
        (Ok((_, changes)), true) => {
            for (name, secret, change) in zip(&filled, &changes) {
                print(&format!("would be {}", line(name, secret, change)));
            }
            Ok(())
        }
        (Err(error), true) => {
            for (name, secret) in filled.secrets() {
                print(&format!("would hold {name}: {}", keys(secret)));
            }
            print(&format!(
                "not compared with what AWS holds: {}",
                in_one_line(&error)
            ));
            Ok(())
        }
    }
}

/// Returns the change of each secret. All are read before one is written.
async fn compare(
    args: &PushArgs,
    filled: &Filled,
) -> Result<(SecretsManager, Vec<Change>), StackError> {
    let aws = stack::connect(args.region.as_deref()).await?;
    let secrets = SecretsManager::new(&aws, Arc::new(SystemClock));
    let mut changes = Vec::new();
    for (name, secret) in filled.secrets() {
        changes.push(secrets.compare(name, secret).await?);
    }
    Ok((secrets, changes))
}

async fn write(
    secrets: &SecretsManager,
    filled: &Filled,
    changes: &[Change],
) -> Result<(), Failed> {
    for (name, secret, change) in zip(filled, changes) {
        if let Err(error) = secrets.apply(name, change).await {
            return Err(Failed::new(format!(
                "{}\n{name} and the secrets after it were not written; push again when this is mended: what is written is unchanged then",
                in_one_line(&error)
            )));
        }
        print(&line(name, secret, change));
    }
    if changes
        .iter()
        .any(|change| !matches!(change, Change::Nothing { .. }))
    {
        print(
            "running functions see it within five minutes; what a secret held before counts for a day longer",
        );
    }
    Ok(())
}

fn zip<'a>(
    filled: &'a Filled,
    changes: &'a [Change],
) -> impl Iterator<Item = (&'a str, &'a Secret, &'a Change)> {
    filled
        .secrets()
        .zip(changes)
        .map(|((name, secret), change)| (name, secret, change))
}

fn line(name: &str, secret: &Secret, change: &Change) -> String {
    let none = Vec::new();
    let (word, dropped, earlier) = match change {
        Change::Create(_) => ("created", &none, 0),
        Change::Nothing { earlier } => ("unchanged", &none, *earlier),
        Change::Update {
            dropped, earlier, ..
        } => ("updated", dropped, *earlier),
    };
    let mut text = format!("{word} {name}: {}", keys(secret));
    if !dropped.is_empty() {
        text.push_str(&format!("; it no longer holds {}", dropped.join(", ")));
    }
    if earlier > 0 {
        text.push_str(&format!(
            "; {earlier} earlier webhook_secret still counts and stays on the list; a push after a day takes it off"
        ));
    }
    text
}

fn keys(secret: &Secret) -> String {
    secret.keys().collect::<Vec<_>>().join(", ")
}

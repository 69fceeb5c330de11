//! Messages that wait for a destination that is no longer configured.

use crate::{
    assemble,
    cli::{ConfigArgs, DataArgs, QueueCommand},
    place::Hints,
    records,
    report::{Failed, json, line, table},
};
use config::Config;
use platform_sqlite::SqliteStore;
use ports::SystemClock;
use std::{collections::BTreeMap, sync::Arc};

/// Runs `orderbridge queue`.
pub(crate) async fn run(command: QueueCommand) -> Result<(), Failed> {
    match command {
        QueueCommand::List {
            config,
            data,
            json: as_json,
        } => list(&config, &data, as_json).await,
        QueueCommand::Move {
            config,
            data,
            destination,
        } => move_messages(&config, &data, &destination).await,
        QueueCommand::Drop {
            config,
            data,
            destination,
            yes,
        } => drop_messages(&config, &data, &destination, yes).await,
    }
}

/// Returns the sentence about messages that nobody takes.
pub(crate) fn stranded(destination: &str, count: u64, hints: &Hints) -> String {
    format!(
        "{count} message(s) wait for destination {destination}, which is not configured: configure it again, move them to where their routes lead now ({}), or drop them ({})",
        hints.command(&["queue", "move", destination]),
        hints.command(&["queue", "drop", destination, "--yes"])
    )
}

/// Returns how many messages wait for destinations that are not configured.
pub(crate) async fn all_stranded(
    config: &Config,
    store: &SqliteStore,
) -> Result<BTreeMap<String, u64>, Failed> {
    let configured = config.destinations.keys().cloned().collect();
    Ok(store.stranded(configured).await?)
}

fn open(args: &ConfigArgs, data: &DataArgs) -> Result<(Config, SqliteStore), Failed> {
    let config = assemble::load(args)?.config;
    let folder = data.folder(Some(&config));
    if !records::is_any(&folder)? {
        return Err(records::none(&folder));
    }
    let store = assemble::open(&folder, Arc::new(SystemClock))?;
    Ok((config, store))
}

async fn list(args: &ConfigArgs, data: &DataArgs, as_json: bool) -> Result<(), Failed> {
    let (config, store) = open(args, data)?;
    let queued = store.counts().await?.queued;
    if as_json {
        return json(&queued);
    }
    let row = |(destination, count): (&String, &u64)| {
        let note = if config.destination(destination).is_some() {
            ""
        } else {
            "not configured"
        };
        vec![destination.clone(), count.to_string(), note.to_owned()]
    };
    table(
        &["DESTINATION", "WAITING", "NOTE"],
        queued.iter().map(row).collect(),
    );
    Ok(())
}

async fn move_messages(
    args: &ConfigArgs,
    data: &DataArgs,
    destination: &str,
) -> Result<(), Failed> {
    let (config, store) = open(args, data)?;
    check_not_configured(&config, destination)?;
    let routes = config.routes.iter();
    let leads = routes.map(|route| (route.name.clone(), route.destination.clone()));
    let moved = store.move_messages(destination, leads.collect()).await?;
    for (to, count) in &moved {
        line(&format!("{count} message(s) moved to destination {to}"));
    }
    match all_stranded(&config, &store).await?.get(destination) {
        None => Ok(()),
        Some(left) => Err(Failed::new(format!(
            "{left} message(s) stay: their routes are not configured either; configure them again, or drop the messages ({})",
            Hints::of_folder(args, data).command(&["queue", "drop", destination, "--yes"])
        ))),
    }
}

async fn drop_messages(
    args: &ConfigArgs,
    data: &DataArgs,
    destination: &str,
    yes: bool,
) -> Result<(), Failed> {
    let (config, store) = open(args, data)?;
    check_not_configured(&config, destination)?;
    let count = all_stranded(&config, &store)
        .await?
        .get(destination)
        .copied()
        .unwrap_or_default();
    if count > 0 && !yes {
        return Err(Failed::new(format!(
            "{count} message(s) would be deleted, and with them the only copy of what the shop sent; to do it: {}",
            Hints::of_folder(args, data).command(&["queue", "drop", destination, "--yes"])
        )));
    }
    let dropped = store.drop_messages(destination).await?;
    line(&format!("{dropped} message(s) deleted"));
    Ok(())
}

fn check_not_configured(config: &Config, destination: &str) -> Result<(), Failed> {
    if config.destination(destination).is_none() {
        return Ok(());
    }
    Err(Failed::new(format!(
        "destination {destination} is configured: its messages are delivered when a server runs"
    )))
}

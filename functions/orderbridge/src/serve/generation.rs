//! The change to another configuration while the server runs: a new server over the same data takes
//! over the listeners, and the old one finishes what it has in hand.

use super::{Listeners, Server, second_ctrl_c, stop_signal};
use crate::{assemble, cli::ServeArgs, report::Failed};
use platform_sqlite::SqliteStore;
use std::{path::Path, sync::Arc};
use tokio::{sync::watch, task::JoinSet};

/// Serves until the process is told to stop. On SIGHUP the configuration, the mappings and the
/// secrets are read again; where anything is wrong with them, those of before stay.
pub(super) async fn serve(
    args: &ServeArgs,
    data: &Path,
    server: Server,
    listeners: Listeners,
    mut hangups: Hangups,
) -> Result<(), Failed> {
    let (stopper, mut stop) = watch::channel(false);
    tokio::spawn(async move {
        stop_signal().await;
        tracing::info!("stopping: what is in flight is finished; Ctrl-C ends it at once");
        stopper.send_replace(true);
        second_ctrl_c().await;
    });
    let store = server.store.clone();
    let mut serving = JoinSet::new();
    let mut stop_current = start(&mut serving, server, listeners.again()?);
    loop {
        tokio::select! {
            () = hangups.next() => {
                // Whatever fails here leaves the server as it is.
                let next = reload(args, data, &store).await;
                let next = next.and_then(|server| Ok((server, listeners.again()?)));
                let (server, listeners) = match next {
                    Ok(next) => next,
                    Err(failed) => {
                        for problem in failed.to_string().lines() {
                            tracing::error!("not taken over, the server goes on with what it has: {problem}");
                        }
                        continue;
                    }
                };
                let started = start(&mut serving, server, listeners);
                std::mem::replace(&mut stop_current, started).send_replace(true);
            }
            // Servers that were replaced end by themselves; the current one only by a panic.
            Some(ended) = serving.join_next() => {
                ended.map_err(|error| Failed::new(error.to_string()))?;
            }
            _ = stop.changed() => {
                stop_current.send_replace(true);
                while let Some(ended) = serving.join_next().await {
                    ended.map_err(|error| Failed::new(error.to_string()))?;
                }
                return Ok(());
            }
        }
    }
}

/// Starts a server, and returns what stops it.
fn start(serving: &mut JoinSet<()>, server: Server, listeners: Listeners) -> watch::Sender<bool> {
    for configuration in &server.running {
        tracing::info!("{configuration}");
    }
    let (stopper, stop) = watch::channel(false);
    serving.spawn(server.run(listeners, stop));
    stopper
}

async fn reload(args: &ServeArgs, data: &Path, store: &SqliteStore) -> Result<Server, Failed> {
    let loaded = assemble::load(&args.config)?;
    let folder = args.data.folder(Some(&loaded.config));
    if folder != data {
        return Err(Failed::new(format!(
            "{}: `data` is {} and the server runs over {}; stop it to move it",
            loaded.config.file.display(),
            folder.display(),
            data.display()
        )));
    }
    let running = Some(store.clone());
    assemble::server_over(loaded, data, running, Arc::new(|_| {})).await
}

/// The requests to read the configuration again: SIGHUP, where the system has it.
pub(super) struct Hangups {
    #[cfg(unix)]
    signals: Option<tokio::signal::unix::Signal>,
}

impl Hangups {
    pub(super) fn new() -> Self {
        Self {
            #[cfg(unix)]
            signals: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).ok(),
        }
    }

    async fn next(&mut self) {
        #[cfg(unix)]
        if let Some(signals) = &mut self.signals
            && signals.recv().await.is_some()
        {
            return;
        }
        std::future::pending().await
    }
}

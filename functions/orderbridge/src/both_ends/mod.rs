//! The commands that read both ends: the shop's orders, and what the destinations hold of them.

mod args;
mod diff;
mod reconcile;
mod resend;
mod sync;
mod verify;

pub(crate) use self::args::{DiffArgs, EndsArgs, ReconcileArgs, ResendArgs, SyncArgs, VerifyArgs};
pub(crate) use self::{
    diff::run as diff, reconcile::run as reconcile, resend::run as resend, sync::run as sync,
    verify::run as verify,
};

use crate::{
    assemble,
    records::{self, Deployed},
    report::{Failed, note},
};
use ::reconcile::{Feed, Ports, Problem, Shop, Turn, shops, take_turn};
use config::Config;
use ports::{Clock, SystemClock};
use source::reader::Window;
use std::{
    io::{IsTerminal, Write},
    sync::Arc,
    time::Duration,
};

/// The time for which a queue that nobody takes messages from is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
/// The time for which another process's turn is waited for: one that was killed gives it up by then.
const LONGEST_TURN: Duration = Duration::from_secs(45);

/// Everything that reading both ends needs.
struct Ends {
    config: Config,
    /// The stores that can be asked.
    shops: Vec<Shop>,
    routes: assemble::Shared,
    ports: Ports,
    deliverer: &'static str,
}

impl Ends {
    /// Opens both ends: all stores with all their routes, or one store, or one route.
    async fn open(args: &EndsArgs, store: Option<&str>) -> Result<Self, Failed> {
        Self::open_with(args, store, |_| Ok(())).await
    }

    /// Opens both ends under a configuration that is changed first.
    async fn open_with(
        args: &EndsArgs,
        store: Option<&str>,
        change: impl FnOnce(&mut Config) -> Result<(), Failed>,
    ) -> Result<Self, Failed> {
        let (place, route) = (&args.place, args.route.as_deref());
        let (mut loaded, records) = match &place.aws {
            Some(name) => {
                let deployed = Deployed::find(name, place.region.as_deref()).await?;
                let loaded = assemble::load_with(&args.config, deployed.secrets())?;
                (loaded, deployed.records())
            }
            None => {
                let loaded = assemble::load(&args.config)?;
                let records = records::at(place, Some(&loaded.config)).await?;
                (loaded, records)
            }
        };
        change(&mut loaded.config)?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let (routes, readers) =
            assemble::routes(&loaded, &records.tokens, &records.checkpoints, &clock).await?;
        check_names(&loaded.config, store, route)?;
        let mut shops = shops(&loaded.config, &routes, &readers, route);
        shops.retain(|shop| store.is_none_or(|store| shop.name == store));
        Ok(Self {
            config: loaded.config,
            shops,
            routes,
            ports: Ports {
                ledger: records.ledger,
                queue: records.queue,
                letters: records.letters,
                checkpoints: records.checkpoints,
                clock,
            },
            deliverer: records.deliverer,
        })
    }

    /// Opens both ends, of which at least one store can be asked, or the one that is named.
    async fn open_readable(args: &EndsArgs, store: Option<&str>) -> Result<Self, Failed> {
        let ends = Self::open(args, store).await?;
        ends.check_readable(store)?;
        Ok(ends)
    }

    /// Fails where no store can be asked, or not the one that was named.
    fn check_readable(&self, store: Option<&str>) -> Result<(), Failed> {
        if self.shops.is_empty() {
            return Err(self.unreadable(store));
        }
        Ok(())
    }

    /// Returns the failure of a store that cannot be asked, or of all of them.
    fn unreadable(&self, store: Option<&str>) -> Failed {
        let (which, secret) = match store.and_then(|name| self.config.store(name)) {
            Some(store) => (format!("store {}", store.name), store.secret.clone()),
            None => ("no store".to_owned(), "its secret".to_owned()),
        };
        let verb = if store.is_some() { "cannot" } else { "can" };
        Failed::new(format!(
            "{which} {verb} be asked for its orders: {secret} has no credentials for the shop's API; the README's table of secrets says which keys they are"
        ))
    }

    fn feed(&self) -> Feed<'_> {
        Feed {
            ports: &self.ports,
            patience: PATIENCE,
        }
    }

    /// Takes the turn at a store, and waits for it where another process has it.
    async fn turn(&self, work: &str, store: &str) -> Result<Turn<'_>, Failed> {
        let begun = tokio::time::Instant::now();
        let mut is_told = false;
        loop {
            match take_turn(&self.ports, work, store).await {
                Err(busy @ Problem::Busy { .. }) if begun.elapsed() < LONGEST_TURN => {
                    if !is_told {
                        note(&format!("{busy}; waiting"));
                        is_told = true;
                    }
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
                turn => return Ok(turn?),
            }
        }
    }

    /// Returns the window between two times of the command line.
    fn window(&self, since: &str, until: Option<&str>) -> Result<Window, Failed> {
        let now = self.ports.clock.now();
        let since = crate::window::time(since, now)?;
        let until = match until {
            Some(text) => crate::window::time(text, now)?,
            // The second that has begun belongs to the window.
            None => now.saturating_add(Duration::from_secs(1)).unwrap_or(now),
        };
        if since >= until {
            return Err(Failed::new(format!(
                "the window is empty: it begins at {since} and ends at {until}"
            )));
        }
        Ok(Window::new(since, until))
    }
}

fn check_names(config: &Config, store: Option<&str>, route: Option<&str>) -> Result<(), Failed> {
    let unknown = |what: &str, name: &str, known: Vec<&str>| {
        Failed::new(format!(
            "no {what} named {name} in {}; there are: {}",
            config.file.display(),
            known.join(", ")
        ))
    };
    if let Some(name) = store.filter(|name| config.store(name).is_none()) {
        let known = config.stores.keys().map(String::as_str).collect();
        return Err(unknown("store", name, known));
    }
    if let Some(name) = route.filter(|name| !config.routes.iter().any(|one| one.name == *name)) {
        let known = config.routes.iter().map(|one| one.name.as_str()).collect();
        return Err(unknown("route", name, known));
    }
    Ok(())
}

/// Tells how far long work has come, where somebody watches.
fn progress(store: &str) -> impl Fn(u64) + Sync {
    let store = store.to_owned();
    let is_watched = std::io::stderr().is_terminal();
    move |orders| {
        if is_watched {
            let _ = write!(std::io::stderr(), "\r{store}: {orders} orders read ");
        }
    }
}

/// Ends the line of [`progress`].
fn end_progress() {
    if std::io::stderr().is_terminal() {
        let _ = writeln!(std::io::stderr());
    }
}

impl From<Problem> for Failed {
    fn from(problem: Problem) -> Self {
        Self::of(&problem)
    }
}

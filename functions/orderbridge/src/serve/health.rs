//! The check whether webhooks can be made durable now.

use platform_sqlite::SqliteStore;
use ports::{PortError, in_one_line};
use std::time::Duration;
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};

/// Time that an answer is good for: anybody may ask, and each look writes to the disk.
const GOOD_FOR: Duration = Duration::from_secs(1);
/// Longest time for an answer: a database that is busy for longer takes no webhook either.
const PATIENCE: Duration = Duration::from_secs(5);

/// The question to the store, which is asked seldom.
pub(super) struct Health {
    store: SqliteStore,
    last: Mutex<Option<(Instant, Result<(), &'static str>)>>,
}

impl Health {
    pub(super) fn new(store: SqliteStore) -> Self {
        Self {
            store,
            last: Mutex::default(),
        }
    }

    /// Returns nothing where all is well, otherwise the part that a stranger may know; the log says
    /// more.
    pub(super) async fn ask(&self) -> Result<(), &'static str> {
        let mut last = self.last.lock().await;
        if let Some((at, found)) = &*last
            && at.elapsed() < GOOD_FOR
        {
            return *found;
        }
        let ready = timeout(PATIENCE, self.store.ready()).await;
        let found = ready
            .map_err(|_| "the database does not answer")
            .and_then(|ready| ready.map_err(told));
        *last = Some((Instant::now(), found));
        found
    }
}

fn told(error: PortError) -> &'static str {
    tracing::error!(error = in_one_line(&error), "no webhook can be stored");
    "the database cannot be written"
}

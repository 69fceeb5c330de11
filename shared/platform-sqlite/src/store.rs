use crate::{
    FILE_NAME, OpenError, StoreError,
    file::{self, Connections},
    reader::Reader,
    ready::FileId,
    space::{self, Room, Space},
    time::{later, micros},
    turns::Turns,
    wake::Wake,
    writer::Writer,
};
use jiff::Timestamp;
use ports::{Clock, PortError};
use rusqlite::Connection;
use std::{
    collections::BTreeMap,
    fs::File,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    thread::JoinHandle,
    time::Duration,
};

/// How long a ledger entry is worth keeping after its last change: longer than any shop repeats or
/// edits an order.
pub const LEDGER_RETENTION: Duration = Duration::from_secs(180 * 24 * 60 * 60);

/// So many rows are pruned per transaction, so that others get their turn between.
const PRUNED_AT_ONCE: usize = 1000;

/// Queue, dead letters, ledger, requests about personal data, tokens and circuits in one SQLite
/// file. Cheap to clone; the last clone to go closes the file.
#[derive(Clone)]
pub struct SqliteStore(Arc<Inner>);

struct Inner {
    folder: PathBuf,
    opened: Option<FileId>,
    clock: Arc<dyn Clock>,
    wake: Wake,
    turns: Turns,
    space: Space,
    // Dropped in this order: the threads end when nobody can give them work any more, are awaited,
    // and then the folder is free for another server.
    writer: Writer,
    reader: Reader,
    _threads: Threads,
    served: OnceLock<File>,
}

struct Threads(Vec<JoinHandle<()>>);

impl Drop for Threads {
    fn drop(&mut self) {
        for thread in self.0.drain(..) {
            // A thread that panicked has said so on its own.
            let _ = thread.join();
        }
    }
}

/// What [`SqliteStore::prune`] removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Ledger entries.
    pub ledger: usize,
    /// Dedupe values whose window is over.
    pub dedupe: usize,
}

impl SqliteStore {
    /// Opens the data in a folder; makes the folder and the file where they are missing, and brings
    /// an older file up to date. Several processes may have it open.
    ///
    /// # Errors
    ///
    /// When the folder cannot be used, when the file is damaged, or when a newer program wrote it.
    pub fn open(folder: &Path, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        Self::open_with(folder, clock, Space::of(folder.to_owned()))
    }

    /// The same on a disk of which somebody says how much room it has.
    pub(crate) fn open_with(
        folder: &Path,
        clock: Arc<dyn Clock>,
        space: Space,
    ) -> Result<Self, OpenError> {
        let Connections { writing, reading } = file::open(folder)?;
        let no_thread = |source| OpenError::folder(folder, source);
        let opened = FileId::of(&folder.join(FILE_NAME)).map_err(no_thread)?;
        let (writer, first) = Writer::start(writing).map_err(no_thread)?;
        let (reader, second) = Reader::start(reading).map_err(no_thread)?;
        let _threads = Threads(vec![first, second]);
        Ok(Self(Arc::new(Inner {
            folder: folder.to_owned(),
            opened,
            clock,
            wake: Wake::default(),
            turns: Turns::default(),
            space,
            writer,
            reader,
            _threads,
            served: OnceLock::new(),
        })))
    }

    /// Makes this process the only server of the folder, until the last clone of this store is
    /// gone. What an earlier server had in hand when it was killed is receivable as soon as the
    /// last request that it may have sent has ended: after the request timeout of its destination,
    /// by name. The token leases and probes that it held are free: nobody can come back for them.
    /// Other processes may still list, replay and drop.
    ///
    /// # Errors
    ///
    /// When another process serves from the folder already, or the file cannot be written.
    pub async fn serve_alone(
        &self,
        request_timeouts: &BTreeMap<String, Duration>,
    ) -> Result<(), OpenError> {
        if self.0.served.get().is_some() {
            return Ok(());
        }
        let lock = file::lock(&self.0.folder)?;
        let now = self.now();
        let ends = |(destination, timeout): (&String, &Duration)| {
            (destination.clone(), later(now, *timeout))
        };
        let ends: Vec<(String, i64)> = request_timeouts.iter().map(ends).collect();
        let free = move |connection: &Connection| {
            let mut left = 0;
            for (destination, end) in ends {
                // Under another receipt: until then the messages still count as in hand, but the
                // dead cannot settle them.
                let sql = "UPDATE queue SET visible_at = min(visible_at, ?2), hidden_at = ?3, receipt = random() WHERE destination = ?1 AND receipt IS NOT NULL";
                left += connection
                    .prepare_cached(sql)?
                    .execute((destination, end, micros(now)))?;
            }
            connection.execute(
                "UPDATE tokens SET lease_until = 0 WHERE lease_until > 0",
                (),
            )?;
            connection.execute(
                "UPDATE circuits SET probe_until = 0 WHERE probe_until > 0",
                (),
            )?;
            Ok(left)
        };
        let path = || self.0.folder.join(FILE_NAME);
        let left = self
            .write("store: serve", free)
            .await
            .map_err(|source| OpenError::Prepare {
                path: path(),
                source,
            })?;
        if left > 0 {
            tracing::info!(
                messages = left,
                "an earlier server did not finish these; they are delivered when no request of it can be on its way any more"
            );
        }
        // A clone that was quicker holds the same lock.
        let _ = self.0.served.set(lock);
        Ok(())
    }

    /// Forgets ledger entries that have no dead letter (a replay must still find what was
    /// delivered) and have not changed for `ledger_retention` (see [`LEDGER_RETENTION`]) and dedupe
    /// values whose window is over. Cheap where there is nothing to forget; in small transactions
    /// where there is much. A server calls it every hour or so.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub async fn prune(&self, ledger_retention: Duration) -> Result<Pruned, PortError> {
        let now = self.now();
        let oldest = micros(
            now.saturating_sub(ledger_retention)
                .unwrap_or(Timestamp::MIN),
        );
        let ledger = "DELETE FROM ledger WHERE rowid IN (SELECT rowid FROM ledger WHERE updated < ?1 AND NOT EXISTS \
                      (SELECT 1 FROM dead_letters JOIN messages ON messages.id = dead_letters.message \
                      WHERE messages.order_id = ledger.order_id AND messages.route = ledger.route) ORDER BY updated LIMIT ?2)";
        let dedupe = "DELETE FROM dedupe WHERE (destination, value) IN \
                      (SELECT destination, value FROM dedupe WHERE expires <= ?1 ORDER BY expires LIMIT ?2)";
        Ok(Pruned {
            ledger: self.prune_by(ledger, oldest).await?,
            dedupe: self.prune_by(dedupe, micros(now)).await?,
        })
    }

    async fn prune_by(&self, sql: &'static str, until: i64) -> Result<usize, PortError> {
        let mut all = 0;
        loop {
            let some = self
                .write("store: prune", move |connection| {
                    connection
                        .prepare_cached(sql)?
                        .execute((until, PRUNED_AT_ONCE))
                })
                .await?;
            all += some;
            if some < PRUNED_AT_ONCE {
                return Ok(all);
            }
        }
    }

    /// Whether new messages are taken: while the disk has room beside what settling needs.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub async fn has_room(&self) -> Result<bool, PortError> {
        match self.0.space.room() {
            Room::Enough => Ok(true),
            Room::Inside(needed) => Ok(self.read("store: room", space::inside).await? >= needed),
        }
    }

    /// The present instant.
    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Where the data is.
    pub(crate) fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// Which file it was when it was opened.
    pub(crate) fn opened(&self) -> Option<FileId> {
        self.0.opened
    }

    /// Whom to wake.
    pub(crate) fn wake(&self) -> &Wake {
        &self.0.wake
    }

    /// Whose turn it is.
    pub(crate) fn turns(&self) -> &Turns {
        &self.0.turns
    }

    /// Writes; returns when it is on the disk.
    pub(crate) async fn write<T, F>(&self, operation: &'static str, work: F) -> Result<T, PortError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        self.0
            .writer
            .write(work)
            .await
            .map_err(|error| named(operation, error))
    }

    /// The same, and nothing of what was there before stays in the write-ahead log.
    pub(crate) async fn write_and_empty_log<T, F>(
        &self,
        operation: &'static str,
        work: F,
    ) -> Result<T, PortError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let answer = self.0.writer.write_and_empty_log(work).await;
        answer.map_err(|error| named(operation, error))
    }

    /// Reads what was committed.
    pub(crate) async fn read<T, F>(&self, operation: &'static str, work: F) -> Result<T, PortError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        self.0
            .reader
            .read(work)
            .await
            .map_err(|error| named(operation, error))
    }
}

fn named(operation: &'static str, error: StoreError) -> PortError {
    PortError::new(operation, error)
}

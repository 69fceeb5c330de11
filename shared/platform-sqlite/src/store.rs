use crate::{
    FILE_NAME, OpenError, StoreError,
    file::{self, Connections},
    flush::Flusher,
    log::Log,
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

/// Time that a ledger entry is kept after its last change: longer than any shop repeats or edits an
/// order.
pub const LEDGER_RETENTION: Duration = Duration::from_secs(180 * 24 * 60 * 60);

/// The number of rows that are pruned per transaction, so that others get their turn in between.
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
    // Dropped in this order: the threads end when nobody can give them work any more, then they are
    // joined, and then the folder is free for another server.
    writer: Writer,
    reader: Reader,
    _threads: Threads,
    _flusher: Arc<Flusher>,
    served: OnceLock<File>,
}

struct Threads(Vec<JoinHandle<()>>);

impl Drop for Threads {
    fn drop(&mut self) {
        for thread in self.0.drain(..) {
            // A thread that panicked has reported it itself.
            let _ = thread.join();
        }
    }
}

/// The number of rows that [`SqliteStore::prune`] removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Ledger entries.
    pub ledger: usize,
    /// Dedupe values whose window is over.
    pub dedupe: usize,
}

impl SqliteStore {
    /// Opens the data in a folder; creates the folder and the file where they are missing, and
    /// brings an older file up to date. Several processes may have it open.
    ///
    /// # Errors
    /// When the folder cannot be used, when the file is damaged, or when a newer program wrote it.
    pub fn open(folder: &Path, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        Self::open_with(folder, clock, Space::of(folder.to_owned()))
    }

    /// Opens the data on a disk whose room `space` measures.
    pub(crate) fn open_with(
        folder: &Path,
        clock: Arc<dyn Clock>,
        space: Space,
    ) -> Result<Self, OpenError> {
        let Connections {
            mut writing,
            copying,
            reading,
            flusher,
        } = file::open(folder)?;
        let no_thread = |source| OpenError::folder(folder, source);
        let opened = FileId::of(&folder.join(FILE_NAME)).map_err(no_thread)?;
        let copied_by = Some(Arc::clone(&flusher));
        let (log, first) = Log::start(&mut writing, copying, copied_by).map_err(no_thread)?;
        let (writer, second) = Writer::start(writing, log).map_err(no_thread)?;
        let (reader, third) = Reader::start(reading).map_err(no_thread)?;
        let _threads = Threads(vec![first, second, third]);
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
            _flusher: flusher,
            served: OnceLock::new(),
        })))
    }

    /// Makes this process the only server of the folder, until the last clone of this store is
    /// gone. Messages that an earlier server had received when it was killed are receivable again
    /// as soon as the last request that it may have sent has ended: after the request timeout of
    /// their destination, which `request_timeouts` holds by name. The token leases and probes that
    /// the earlier server held are free: nobody can come back for them. Other processes may still
    /// list, replay and drop.
    ///
    /// # Errors
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
            for (destination, end) in &ends {
                // With a new receipt: until then the messages still count as in flight, but the
                // dead server cannot settle them.
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

    /// Deletes ledger entries that have no dead letter (a replay must still find what was
    /// delivered) and have not changed for `ledger_retention` (see [`LEDGER_RETENTION`]), and
    /// dedupe values whose window is over. Cheap where there is nothing to delete; in small
    /// transactions where there is much. A server calls it every hour or so.
    ///
    /// # Errors
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

    /// Returns whether new messages are taken, which they are while the disk has room beside what
    /// settling needs.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn has_room(&self) -> Result<bool, PortError> {
        match self.0.space.room() {
            Room::Enough => Ok(true),
            Room::Inside(needed) => Ok(self.read("store: room", space::inside).await? >= needed),
        }
    }

    /// Returns the present instant.
    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Returns the data folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// Returns the identity that the file had when it was opened.
    pub(crate) fn opened(&self) -> Option<FileId> {
        self.0.opened
    }

    /// Returns what wakes the workers.
    pub(crate) fn wake(&self) -> &Wake {
        &self.0.wake
    }

    /// Returns what the process remembers between two calls for messages.
    pub(crate) fn turns(&self) -> &Turns {
        &self.0.turns
    }

    /// Writes; returns when the change is on the disk.
    pub(crate) async fn write<T, F>(&self, operation: &'static str, work: F) -> Result<T, PortError>
    where
        T: Send + 'static,
        F: Fn(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        self.0
            .writer
            .write(work)
            .await
            .map_err(|error| named(operation, error))
    }

    /// Writes, and leaves nothing of the earlier content in the write-ahead log.
    pub(crate) async fn write_and_empty_log<T, F>(
        &self,
        operation: &'static str,
        work: F,
    ) -> Result<T, PortError>
    where
        T: Send + 'static,
        F: Fn(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let answer = self.0.writer.write_and_empty_log(work).await;
        answer.map_err(|error| named(operation, error))
    }

    /// Reads committed data.
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

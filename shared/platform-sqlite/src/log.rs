//! The write-ahead log, which is copied back into the file beside the writer.
//!
//! A thread of its own copies, over a connection of its own, and syncs what it copied. While others
//! write it never gets to the end: what has come meanwhile is left to the writer, which finishes in
//! a moment between two transactions, so that the log begins anew. Where the thread falls behind,
//! the writer does all of it, as SQLite by itself would: so the log is bounded but while somebody
//! reads, whose data must stay.

use crate::flush::Flusher;
use rusqlite::Connection;
use std::{
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::JoinHandle,
};

/// The pages in the log from which they are copied back: 8 MiB.
const BEGIN: u32 = 2048;
/// The pages in the log from which the writer waits for them to be copied back: 16 MiB.
const MOST: u32 = 4096;

/// The writer's side of the log.
pub(crate) struct Log {
    /// The pages in the log after the last commit.
    pages: Arc<AtomicU32>,
    /// The pages from which the thread copies, and those from which the writer does: more than
    /// usual where somebody's reading stood in the way.
    begin: u32,
    most: u32,
    is_copying: bool,
    shared: Arc<Shared>,
    thread: SyncSender<()>,
}

#[derive(Default)]
struct Shared {
    /// Whether the thread has done what it can.
    is_copied: AtomicBool,
    /// Held by whoever copies: SQLite refuses a second one.
    turn: Mutex<()>,
}

/// How much of the log is copied.
struct Progress {
    pages: u32,
    copied: u32,
}

impl Log {
    /// Takes over the log of a writing connection, and starts the thread that copies over the other
    /// one.
    pub(crate) fn start(
        writing: &mut Connection,
        copying: Connection,
        flusher: Option<Arc<Flusher>>,
    ) -> io::Result<(Self, JoinHandle<()>)> {
        let pages = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&pages);
        // This takes the place of SQLite's own copying after a commit.
        let hook = move |_: &mut _, pages: i32| {
            count.store(u32::try_from(pages).unwrap_or_default(), Ordering::Relaxed);
            Ok(())
        };
        writing.wal_hook(Some(hook)).map_err(io::Error::other)?;
        let shared = Arc::<Shared>::default();
        let (thread, nudges) = sync_channel(1);
        let copier = Copier {
            connection: copying,
            flusher,
            shared: Arc::clone(&shared),
        };
        let handle = std::thread::Builder::new()
            .name("sqlite-log".to_owned())
            .spawn(move || copier.serve(&nudges))?;
        let log = Self {
            pages,
            begin: BEGIN,
            most: MOST,
            is_copying: false,
            shared,
            thread,
        };
        Ok((log, handle))
    }

    /// Does what is due between two transactions of the writing connection.
    pub(crate) fn tend(&mut self, connection: &Connection) {
        let pages = self.pages.load(Ordering::Relaxed);
        if pages >= self.most || self.shared.is_copied.swap(false, Ordering::Acquire) {
            self.finish(connection, pages);
        } else if pages >= self.begin && !self.is_copying {
            self.is_copying = self.thread.try_send(()).is_ok();
        }
    }

    /// Copies what is left, so that the log begins anew with the next transaction.
    fn finish(&mut self, connection: &Connection, pages: u32) {
        self.is_copying = false;
        let is_whole = {
            let _turn = self.shared.turn();
            copy(connection).is_some_and(|progress| progress.copied == progress.pages)
        };
        let beyond = if is_whole { 0 } else { pages };
        self.begin = beyond.saturating_add(BEGIN);
        self.most = self.begin.max(MOST);
    }

    /// Copies the log back into the file and truncates it to nothing. A reader may be in the way:
    /// then the next one to copy does it.
    pub(crate) fn empty(&self, connection: &Connection) {
        let _turn = self.shared.turn();
        if let Err(error) = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(()))
        {
            tracing::warn!(%error, "the write-ahead log could not be emptied now");
        }
    }
}

impl Shared {
    fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The thread that copies.
struct Copier {
    connection: Connection,
    flusher: Option<Arc<Flusher>>,
    shared: Arc<Shared>,
}

impl Copier {
    /// Copies whenever it is told to, until nobody can tell it any more.
    fn serve(self, nudges: &Receiver<()>) {
        while nudges.recv().is_ok() {
            self.copy();
            self.shared.is_copied.store(true, Ordering::Release);
        }
    }

    /// Copies what there is, syncs it, and copies what has come meanwhile. What SQLite copies it syncs
    /// only once the whole log is copied: the writer, who comes to that point, finds little left.
    fn copy(&self) {
        if self.copy_once().is_none() {
            return;
        }
        if let Some(Err(error)) = self.flusher.as_ref().map(|flusher| flusher.flush()) {
            tracing::warn!(%error, "the data file could not be synced; SQLite tries it again");
            return;
        }
        self.copy_once();
    }

    fn copy_once(&self) -> Option<Progress> {
        let _turn = self.shared.turn();
        copy(&self.connection)
    }
}

/// Copies as much of the log as nobody reads, without waiting for anybody. `None` where that
/// failed, or another process copies: it is tried again, and nothing is lost meanwhile.
fn copy(connection: &Connection) -> Option<Progress> {
    let numbers = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", (), |row| {
        Ok((
            row.get::<_, i64>("log")?,
            row.get::<_, i64>("checkpointed")?,
        ))
    });
    let (pages, copied) = numbers
        .inspect_err(|error| {
            tracing::warn!(%error, "the write-ahead log could not be copied back into the data file now");
        })
        .ok()?;
    // Both are negative where another process copies.
    Some(Progress {
        pages: u32::try_from(pages).ok()?,
        copied: u32::try_from(copied).ok()?,
    })
}

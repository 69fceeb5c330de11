//! The opening of the file: its folder, its permissions and the settings of its connections.

use crate::{FILE_NAME, OpenError, flush::Flusher, schema};
use rusqlite::{Connection, OpenFlags, config::DbConfig};
use std::{
    fs::{DirBuilder, File, OpenOptions, TryLockError},
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// Longest time that a connection waits for another process's transaction.
const BUSY: Duration = Duration::from_secs(10);

/// The file whose lock says that a server runs. It is not the data file, because closing any handle
/// of that would drop SQLite's own locks on it (<https://sqlite.org/howtocorrupt.html>, section
/// 2.2).
const LOCK_NAME: &str = "orderbridge.lock";

/// The connections of a store.
pub(crate) struct Connections {
    /// The only one that writes.
    pub(crate) writing: Connection,
    /// The one that copies the write-ahead log back into the file.
    pub(crate) copying: Connection,
    /// The one that only reads.
    pub(crate) reading: Connection,
    /// To be dropped after all of these.
    pub(crate) flusher: Arc<Flusher>,
}

/// Opens the file in a folder; creates both where they are missing.
pub(crate) fn open(folder: &Path) -> Result<Connections, OpenError> {
    make_folder(folder)?;
    let path = folder.join(FILE_NAME);
    make_private_file(&path)?;
    let failed = |source| OpenError::file(&path, source);
    let flusher = Flusher::of(&path).map_err(|source| OpenError::folder(&path, source))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut writing = Connection::open_with_flags(&path, flags).map_err(failed)?;
    set_up(&writing).map_err(failed)?;
    schema::upgrade(&mut writing, &path)?;
    copy_log(&writing);
    let copying = Connection::open_with_flags(&path, flags).map_err(failed)?;
    set_up(&copying).map_err(failed)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let reading = Connection::open_with_flags(&path, flags).map_err(failed)?;
    reading.busy_timeout(BUSY).map_err(failed)?;
    keep_plans(&reading).map_err(failed)?;
    Ok(Connections {
        writing,
        copying,
        reading,
        flusher: Arc::new(flusher),
    })
}

/// Takes the lock of the one server of a folder, for as long as the returned file lives.
pub(crate) fn lock(folder: &Path) -> Result<File, OpenError> {
    let path = folder.join(LOCK_NAME);
    let file = private()
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(|source| OpenError::folder(&path, source))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::Served {
            path: folder.to_owned(),
        }),
        Err(TryLockError::Error(source)) => Err(OpenError::folder(&path, source)),
    }
}

/// The usual setting of `secure_delete`: deleted data is overwritten where that costs no extra
/// write. That covers most messages, as they share their page with others. Redactions overwrite
/// everything.
pub(crate) const SECURE_DELETE: &str = "fast";

/// Keeps prepared statements as they are. Otherwise SQLite parses a statement again whenever a value
/// is bound to its limit, which is at each call for messages.
fn keep_plans(connection: &Connection) -> rusqlite::Result<()> {
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map(drop)
}

fn set_up(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY)?;
    keep_plans(connection)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update(None, "journal_mode", "wal")?;
    // Every commit is on the disk before the caller gets its answer: accepted means durable.
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "secure_delete", SECURE_DELETE)?;
    // The undo journal of savepoints needs no file.
    connection.pragma_update(None, "temp_store", "memory")?;
    // Measured: with the default of 2 MB, every second message under load waits for a page to be
    // read again.
    connection.pragma_update(None, "cache_size", -8_000)?;
    // The log is copied back into the file by `log`.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)
}

/// Copies the log that an earlier process left into the file. Where that process failed to sync the
/// log, the system's cache may still show what will never be on the disk: whatever is written behind
/// such a hole would be lost with it when the power fails.
fn copy_log(connection: &Connection) {
    let copied = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", (), |_| Ok(()));
    if let Err(error) = copied {
        tracing::warn!(%error, "the log of the process before this one could not be copied into the data file");
    }
}

fn make_folder(folder: &Path) -> Result<(), OpenError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(folder)
        .map_err(|source| OpenError::folder(folder, source))
}

/// Creates the file before SQLite does, so that from its first byte only its owner can read it;
/// SQLite gives its companions (`-wal`, `-shm`) the same permissions. A file that exists is not
/// opened, see [`LOCK_NAME`].
fn make_private_file(path: &PathBuf) -> Result<(), OpenError> {
    match private().create_new(true).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => keep_private(path),
        Err(source) => Err(OpenError::folder(path, source)),
    }
}

pub(crate) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes a file private that was copied here with open permissions.
#[cfg(unix)]
fn keep_private(path: &Path) -> Result<(), OpenError> {
    use std::os::unix::fs::PermissionsExt;
    let permissions = path
        .metadata()
        .map_err(|source| OpenError::folder(path, source))?
        .permissions();
    if permissions.mode() & 0o077 == 0 {
        return Ok(());
    }
    tracing::warn!(file = %path.display(), "the data file holds personal data and was open to other users; it is no longer");
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o600))
        .map_err(|source| OpenError::folder(path, source))
}

#[cfg(not(unix))]
fn keep_private(_: &Path) -> Result<(), OpenError> {
    Ok(())
}

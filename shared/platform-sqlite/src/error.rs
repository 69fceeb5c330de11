use ports::PortError;
use rusqlite::ErrorCode;
use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

/// The failure to open the data folder.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder or a file in it cannot be created or reached.
    #[error("cannot use {}; it must be a folder that this user may write to", path.display())]
    Folder {
        /// The folder or file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// SQLite cannot open or read the file.
    #[error("cannot open {}: {}", path.display(), advice(source))]
    File {
        /// The file.
        path: PathBuf,
        /// SQLite's error.
        source: rusqlite::Error,
    },
    /// The file was written by a newer program.
    #[error("{} was written by a newer orderbridge (layout {found}, this one knows up to {known}); start the newer program, or name another data folder", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version of its layout.
        found: usize,
        /// The newest version that this program knows.
        known: usize,
    },
    /// Another process serves from the same folder.
    #[error("another orderbridge already serves from {}; stop it first, or name another data folder", path.display())]
    Served {
        /// The folder.
        path: PathBuf,
    },
    /// The store could not do its first write.
    #[error("cannot prepare {}", path.display())]
    Prepare {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: PortError,
    },
}

impl OpenError {
    pub(crate) fn file(path: &Path, source: rusqlite::Error) -> Self {
        Self::File {
            path: path.to_owned(),
            source,
        }
    }

    pub(crate) fn folder(path: &Path, source: io::Error) -> Self {
        Self::Folder {
            path: path.to_owned(),
            source,
        }
    }
}

/// The reason why the store did not do its work. Nothing of that work was kept.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite refused the work.
    #[error("{}", advice(source))]
    Sqlite {
        /// SQLite's error. Shared, because it may have hit all jobs of one transaction.
        source: Arc<rusqlite::Error>,
    },
    /// There is no room for new messages.
    #[error(
        "the disk is nearly full: nothing new is taken, so that what was accepted can be delivered; make room, and the shops that repeat their webhooks will do so"
    )]
    NoRoom,
    /// The store's thread has ended.
    #[error("the store was closed")]
    Closed,
}

impl From<rusqlite::Error> for StoreError {
    fn from(source: rusqlite::Error) -> Self {
        Self::Sqlite {
            source: Arc::new(source),
        }
    }
}

/// Returns the advice about an error of SQLite; its own text follows as the source.
fn advice(error: &rusqlite::Error) -> &'static str {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => {
            "the disk is full; make room, nothing that was accepted is lost"
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "another process holds the data file; try again, or stop that process"
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            "the data file is damaged or is no orderbridge data; stop, keep a copy, and restore a backup or run sqlite3's .recover on it"
        }
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
            "the data file cannot be written; give it to the user that runs orderbridge, and check that its disk is not mounted read-only"
        }
        Some(ErrorCode::SystemIoFailure) => {
            "the disk failed to read or write; look at the system's log before anything else is written to it"
        }
        Some(ErrorCode::TooBig) => {
            "the data is larger than SQLite keeps in one value; lower the limit of the body"
        }
        Some(ErrorCode::OutOfMemory) => "there is not enough memory",
        _ => "the data file could not be used",
    }
}

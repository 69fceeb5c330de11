//! The check whether anything can be stored now, which stores something to find out.

use crate::{FILE_NAME, SqliteStore, StoreError};
use ports::PortError;
use std::{io, path::Path};

const OPERATION: &str = "store: ready";

/// The identity of a file, whatever its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct FileId(u64, u64);

impl FileId {
    /// Returns the file of this name; `None` where there is none.
    #[cfg(unix)]
    pub(crate) fn of(path: &Path) -> io::Result<Option<Self>> {
        use std::os::unix::fs::MetadataExt;
        match path.metadata() {
            Ok(found) => Ok(Some(Self(found.dev(), found.ino()))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Returns the file of this name; all files are alike here.
    #[cfg(not(unix))]
    pub(crate) fn of(path: &Path) -> io::Result<Option<Self>> {
        Ok(std::fs::exists(path)?.then_some(Self(0, 0)))
    }
}

impl SqliteStore {
    /// Checks that a message would be made durable now. It would not be when the disk is nearly
    /// full (see [`Self::has_room`]) or failing, or when the data file is gone. The check writes,
    /// so ask seldom.
    ///
    /// # Errors
    /// When a message would not be made durable, with the reason.
    pub async fn ready(&self) -> Result<(), PortError> {
        let path = self.folder().join(FILE_NAME);
        let found = FileId::of(&path).map_err(|error| PortError::new(OPERATION, error))?;
        // A file that was deleted or replaced still works for every process that has it open, and
        // nothing of it exists after a restart.
        if found != self.opened() {
            let gone = format!(
                "{} was deleted or replaced while it was open",
                path.display()
            );
            return Err(PortError::new(OPERATION, gone));
        }
        if !self.has_room().await? {
            return Err(PortError::new(OPERATION, StoreError::NoRoom));
        }
        // Writing the version that it has already still writes a page of the log.
        self.write(OPERATION, |connection| {
            let version: i64 =
                connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
            connection.pragma_update(None, "user_version", version)
        })
        .await
    }
}

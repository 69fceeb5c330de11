//! A copy of everything, while others write.

use crate::{SqliteStore, file};
use ports::PortError;
use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

/// The failure to write a copy.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is a file of this name.
    #[error("{} is there already; name a file that is not, nothing is overwritten", .0.display())]
    Exists(PathBuf),
    /// The file cannot be written.
    #[error("cannot write {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// SQLite could not copy the data.
    #[error("the data could not be copied")]
    Copy(#[from] PortError),
}

impl SqliteStore {
    /// Writes a copy of all data, as it is at one moment, into a new file that only this user can
    /// read, and returns its size in bytes. Others may write meanwhile. The file has its name only
    /// once it is whole and on the disk.
    ///
    /// # Errors
    /// Fails where there is a file of this name, and where it cannot be written.
    pub async fn back_up(&self, to: &Path) -> Result<u64, BackupError> {
        if to.symlink_metadata().is_ok() {
            return Err(BackupError::Exists(to.to_owned()));
        }
        let partial = partial(to);
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| BackupError::File { path, source }
        };
        // SQLite fills a file that is empty: so nobody else can read it from its first byte.
        file::private()
            .create_new(true)
            .open(&partial)
            .map_err(|error| match error.kind() {
                ErrorKind::AlreadyExists => BackupError::Exists(partial.clone()),
                _ => failed(&partial)(error),
            })?;
        let copied = match self.copy_into(&partial).await {
            Ok(()) => finish(&partial, to).map_err(failed(to)),
            Err(error) => Err(error.into()),
        };
        if copied.is_err() {
            // It is ours, and half a copy is none.
            let _ = fs::remove_file(&partial);
        }
        copied
    }

    async fn copy_into(&self, file: &Path) -> Result<(), PortError> {
        let name = file.to_string_lossy().into_owned();
        self.read("backup: copy", move |connection| {
            connection.execute("VACUUM INTO ?1", (name,)).map(drop)
        })
        .await
    }
}

/// Returns the name of a copy that is not whole yet.
fn partial(to: &Path) -> PathBuf {
    let mut name = OsString::from(to);
    name.push(".partial");
    name.into()
}

fn finish(partial: &Path, to: &Path) -> io::Result<u64> {
    let file = File::open(partial)?;
    file.sync_all()?;
    fs::rename(partial, to)?;
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(file.metadata()?.len())
}

//! Syncs of the data file beside SQLite's own.

use crate::ready::FileId;
use std::{
    collections::HashMap,
    fs::File,
    io,
    path::Path,
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError},
};

/// Handles by file, each with the number of stores that share it.
type Handles = HashMap<FileId, (usize, Arc<File>)>;

/// The handles of this process. One that is closed drops the locks of all connections that the
/// process has to the same file (<https://sqlite.org/howtocorrupt.html>, section 2.2), so it is
/// closed with the last store.
static HANDLES: LazyLock<Mutex<Handles>> = LazyLock::new(Mutex::default);

/// A handle of the data file. A store has it before its first connection, and until after its last.
pub(crate) struct Flusher {
    id: FileId,
    file: Option<Arc<File>>,
}

impl Flusher {
    /// Opens a file that exists, or shares the handle that this process has of it already.
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        let mut handles = handles();
        let id = FileId::of(path)?.ok_or(io::ErrorKind::NotFound)?;
        let file = match handles.get_mut(&id) {
            Some((stores, file)) => {
                *stores += 1;
                Arc::clone(file)
            }
            None => {
                let file = Arc::new(File::open(path)?);
                handles.insert(id, (1, Arc::clone(&file)));
                file
            }
        };
        Ok(Self {
            id,
            file: Some(file),
        })
    }

    /// Returns when everything that was written to the file is on the disk.
    pub(crate) fn flush(&self) -> io::Result<()> {
        match &self.file {
            // Elsewhere files have no identity by which a handle can be shared.
            Some(file) if cfg!(unix) => file.sync_data(),
            _ => Ok(()),
        }
    }
}

impl Drop for Flusher {
    fn drop(&mut self) {
        let mut handles = handles();
        self.file = None;
        if let Some((stores, _)) = handles.get_mut(&self.id) {
            *stores -= 1;
            if *stores == 0 {
                handles.remove(&self.id);
            }
        }
    }
}

fn handles() -> MutexGuard<'static, Handles> {
    HANDLES.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn stores_of_one_file_share_a_handle_until_the_last_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        assert!(Flusher::of(&path).is_err(), "it makes no file");
        std::fs::write(&path, "").unwrap();
        let (first, second) = (Flusher::of(&path).unwrap(), Flusher::of(&path).unwrap());
        let id = first.id;
        let same = |one: &Flusher, two: &Flusher| {
            Arc::ptr_eq(one.file.as_ref().unwrap(), two.file.as_ref().unwrap())
        };
        assert!(same(&first, &second));
        first.flush().unwrap();
        drop(first);
        assert!(handles().contains_key(&id));
        second.flush().unwrap();
        drop(second);
        assert!(!handles().contains_key(&id));
    }
}

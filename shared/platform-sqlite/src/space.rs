//! Room on the disk. Settling writes, too: if new messages took the last room, nothing that was
//! accepted could be delivered any more. So new messages are refused while there is still a
//! reserve.

use rusqlite::Connection;
use std::{io, path::PathBuf};

/// The reserve of a large disk: many times what the log takes before it is copied back into the
/// file and begins anew.
const MOST: u64 = 64 << 20;
/// The reserve of a small one, see [`MOST`].
const LEAST: u64 = 32 << 20;
/// The divisor that makes the reserve of a disk between the two.
const PART: u64 = 20;

/// The size of a disk and what is free of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Disk {
    /// Bytes that this user may still write.
    pub(crate) free: u64,
    /// Bytes in all.
    pub(crate) total: u64,
}

/// The room of the data folder.
pub(crate) struct Space(Box<dyn Fn() -> io::Result<Disk> + Send + Sync>);

/// The answer to whether new messages are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Room {
    /// They are.
    Enough,
    /// They are taken only if this many bytes are free within the file.
    Inside(u64),
}

impl Space {
    /// Creates the measure of the disk on which a folder is.
    pub(crate) fn of(folder: PathBuf) -> Self {
        Self::new(move || measure(&folder))
    }

    /// Creates a measure from a function.
    pub(crate) fn new(measure: impl Fn() -> io::Result<Disk> + Send + Sync + 'static) -> Self {
        Self(Box::new(measure))
    }

    /// Returns the room outside of the file. A disk that cannot be measured counts as a large one:
    /// a write will report what is wrong.
    pub(crate) fn room(&self) -> Room {
        let Ok(Disk { free, total }) = (self.0)() else {
            return Room::Enough;
        };
        let reserve = (total / PART).clamp(LEAST, MOST).min(total / 2);
        if free >= reserve {
            return Room::Enough;
        }
        // The file returns no room to the disk: after a flood it is large and empty, on a small
        // disk as large as the disk allows. The log still needs some of the reserve.
        let enough = reserve.saturating_mul(2).min(total / 3);
        Room::Inside(if free >= reserve / 2 {
            enough
        } else {
            u64::MAX
        })
    }
}

/// Returns the number of bytes in the file that nothing uses.
pub(crate) fn inside(connection: &Connection) -> rusqlite::Result<u64> {
    let pages: u64 = connection.pragma_query_value(None, "freelist_count", |row| row.get(0))?;
    let size: u64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
    Ok(pages.saturating_mul(size))
}

#[cfg(unix)]
fn measure(folder: &std::path::Path) -> io::Result<Disk> {
    let found = rustix::fs::statvfs(folder)?;
    Ok(Disk {
        free: found.f_bavail.saturating_mul(found.f_frsize),
        total: found.f_blocks.saturating_mul(found.f_frsize),
    })
}

#[cfg(not(unix))]
fn measure(_: &std::path::Path) -> io::Result<Disk> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SqliteStore, body::tests::noise};
    use ports::{Disposition, Enqueue, Message, Queue, SystemClock, conformance::message};
    use std::{
        sync::{
            Arc,
            atomic::{AtomicU64, Ordering},
        },
        time::Duration,
    };

    const GIB: u64 = 1 << 30;

    fn room(free: u64, total: u64) -> Room {
        Space::new(move || Ok(Disk { free, total })).room()
    }

    #[test]
    fn a_part_of_the_disk_is_kept_within_bounds() {
        assert_eq!(room(64 << 20, 100 * GIB), Room::Enough);
        assert_eq!(room((64 << 20) - 1, 100 * GIB), Room::Inside(128 << 20));
        assert_eq!(room((32 << 20) - 1, 100 * GIB), Room::Inside(u64::MAX));
        assert_eq!(
            room(50 << 20, GIB),
            Room::Inside(GIB / 20 * 2),
            "a twentieth"
        );
        assert_eq!(room(32 << 20, 200 << 20), Room::Enough);
        assert_eq!(
            room(20 << 20, 96 << 20),
            Room::Inside(32 << 20),
            "a third of a small disk"
        );
        assert_eq!(
            room(10 << 20, 20 << 20),
            Room::Enough,
            "half of a very small disk"
        );
        assert_eq!(
            Space::new(|| Err(io::ErrorKind::Other.into())).room(),
            Room::Enough
        );
        assert!(measure(&std::env::temp_dir()).unwrap().total > 0);
    }

    fn large(number: usize) -> Message {
        Message {
            body: noise(1 << 20),
            ..message("sales", &number.to_string(), &number.to_string())
        }
    }

    async fn drain(store: &SqliteStore) -> usize {
        let mut settled = 0;
        loop {
            let batch = store
                .receive("sales", 10, Duration::from_secs(60))
                .await
                .unwrap();
            if batch.is_empty() {
                return settled;
            }
            settled += batch.len();
            let done = batch.into_iter().map(|one| one.settled(Disposition::Done));
            store.settle(done.collect()).await.unwrap();
        }
    }

    #[tokio::test]
    async fn while_the_reserve_is_touched_nothing_new_is_taken_and_everything_else_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let free = Arc::new(AtomicU64::new(GIB));
        let told = free.clone();
        let space = Space::new(move || {
            Ok(Disk {
                free: told.load(Ordering::SeqCst),
                total: 100 * GIB,
            })
        });
        let store = SqliteStore::open_with(folder.path(), Arc::new(SystemClock), space).unwrap();
        for number in 0..140 {
            store.enqueue(vec![large(number)]).await.unwrap();
        }
        free.store(40 << 20, Ordering::SeqCst);
        let refused = store.enqueue(vec![large(140)]).await.unwrap_err();
        let text = ports::in_one_line(&refused);
        assert!(text.contains("the disk is nearly full"), "{text}");
        assert_eq!(drain(&store).await, 140);
        store
            .enqueue(vec![large(141)])
            .await
            .expect("there is room inside the file now");
        free.store(1 << 20, Ordering::SeqCst);
        store
            .enqueue(vec![large(142)])
            .await
            .expect_err("the log has no room to grow");
        free.store(GIB, Ordering::SeqCst);
        store.enqueue(vec![large(143)]).await.unwrap();
    }
}

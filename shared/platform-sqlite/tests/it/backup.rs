//! A copy of everything, while others write.

use platform_sqlite::{BackupError, FILE_NAME, OpenError, SqliteStore};
use ports::{Enqueue as _, PortError, Queue as _, SystemClock, conformance::message};
use std::{fs, path::Path, sync::Arc};

fn open(folder: &Path) -> Result<SqliteStore, OpenError> {
    SqliteStore::open(folder, Arc::new(SystemClock))
}

async fn accept(store: &SqliteStore, name: &str) -> Result<(), PortError> {
    store.enqueue(vec![message("sales", name, name)]).await
}

#[tokio::test]
async fn a_copy_is_whole_while_others_write_and_is_a_folders_data_again() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = open(folder.path()).unwrap();
    for number in 0..200 {
        accept(&store, &number.to_string()).await.unwrap();
    }
    let copy = other.path().join(FILE_NAME);
    let writing = async {
        for number in 200..300 {
            accept(&store, &number.to_string()).await.unwrap();
        }
    };
    let copying = async { open(folder.path()).unwrap().back_up(&copy).await };
    let (size, ()) = tokio::join!(copying, writing);
    assert_eq!(size.unwrap(), fs::metadata(&copy).unwrap().len());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(&copy).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "nobody else reads it");
    }
    let restored = open(other.path()).unwrap().depth("sales").await.unwrap();
    assert!((200..=300).contains(&restored), "{restored}");
    assert_eq!(store.depth("sales").await.unwrap(), 300);
}

#[tokio::test]
async fn nothing_is_overwritten_and_half_a_copy_is_not_left() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).unwrap();
    let taken = folder.path().join("taken");
    fs::write(&taken, "mine").unwrap();
    let refused = store.back_up(&taken).await;
    assert!(
        matches!(refused, Err(BackupError::Exists(_))),
        "{refused:?}"
    );
    assert_eq!(fs::read_to_string(&taken).unwrap(), "mine");
    let nowhere = folder.path().join("no/such/folder/copy");
    let refused = store.back_up(&nowhere).await;
    assert!(
        matches!(refused, Err(BackupError::File { .. })),
        "{refused:?}"
    );
    let names = fs::read_dir(folder.path()).unwrap();
    let names = names.map(|file| file.unwrap().file_name().into_string().unwrap());
    assert!(names.into_iter().all(|name| !name.ends_with(".partial")));
}

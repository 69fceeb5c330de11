use super::{Case, cases};
use crate::Checkpoints;
use std::sync::Arc;

/// The rules for every store of checkpoints.
#[must_use]
pub fn checkpoint_cases() -> Vec<Case<Arc<dyn Checkpoints>>> {
    cases!(Arc<dyn Checkpoints>:
        nobody_wrote_it,
        what_was_written_is_read,
        of_two_writers_one_is_refused,
    )
}

async fn nobody_wrote_it(store: Arc<dyn Checkpoints>) {
    assert_eq!(
        store.checkpoint("reconcile acme").await.expect("read"),
        None
    );
    let set = store.set_checkpoint("reconcile acme", "{}".to_owned(), 3);
    assert!(
        !set.await.expect("write"),
        "it was never written three times"
    );
    assert_eq!(
        store.checkpoint("reconcile acme").await.expect("read"),
        None
    );
}

async fn what_was_written_is_read(store: Arc<dyn Checkpoints>) {
    for read in 0..3 {
        let text = format!("{{\"page\":{read},\"'\":\"‘\"}}");
        let set = store.set_checkpoint("a", text.clone(), read);
        assert!(set.await.expect("write"));
        let found = store
            .checkpoint("a")
            .await
            .expect("read")
            .expect("it is there");
        assert_eq!((found.text, found.revision), (text, read + 1));
    }
    assert_eq!(store.checkpoint("A").await.expect("read"), None);
}

async fn of_two_writers_one_is_refused(store: Arc<dyn Checkpoints>) {
    let write = |text: &str, read| store.set_checkpoint("a", text.to_owned(), read);
    assert!(write("one", 0).await.expect("write"));
    assert!(!write("other", 0).await.expect("write"));
    assert!(write("two", 1).await.expect("write"));
    assert!(!write("other", 1).await.expect("write"));
    let found = store
        .checkpoint("a")
        .await
        .expect("read")
        .expect("it is there");
    assert_eq!((found.text.as_str(), found.revision), ("two", 2));
}

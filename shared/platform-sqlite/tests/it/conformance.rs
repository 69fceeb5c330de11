//! The cases that every adapter passes, over files.
#![expect(
    clippy::expect_used,
    reason = "test code: helpers outside of test functions fail by panicking"
)]

use platform_sqlite::SqliteStore;
use ports::{
    Checkpoints,
    conformance::{
        CircuitSubject, LedgerSubject, PrivacySubject, QueueSubject, TokenSubject,
        checkpoint_cases, choice_cases, circuit_cases, dead_letter_cases, group_cases,
        ledger_cases, privacy_cases, queue_cases, redaction_cases, run, token_cases, waiting_cases,
    },
    memory::ManualClock,
};
use std::sync::Arc;
use tempfile::TempDir;

/// The folders of stores, all below one that is deleted with this.
struct Folders(TempDir, usize);

impl Folders {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"), 0)
    }

    fn next(&mut self) -> (Arc<SqliteStore>, Arc<ManualClock>) {
        self.1 += 1;
        let clock = Arc::new(ManualClock::default());
        let store = SqliteStore::open(&self.0.path().join(self.1.to_string()), clock.clone())
            .expect("a store");
        (Arc::new(store), clock)
    }

    fn queue(&mut self) -> QueueSubject {
        let (store, clock) = self.next();
        QueueSubject::new(store.clone(), store, clock)
    }
}

#[tokio::test]
async fn the_queue_conforms() {
    let mut folders = Folders::new();
    run(queue_cases(), async || folders.queue()).await;
}

#[tokio::test]
async fn the_choice_conforms() {
    let mut folders = Folders::new();
    run(choice_cases(), async || folders.queue()).await;
    run(waiting_cases(), async || folders.queue()).await;
}

#[tokio::test]
async fn the_groups_conform() {
    let mut folders = Folders::new();
    run(group_cases(), async || folders.queue()).await;
}

#[tokio::test]
async fn the_dead_letters_conform() {
    let mut folders = Folders::new();
    run(dead_letter_cases(), async || folders.queue()).await;
}

#[tokio::test]
async fn the_redactions_conform() {
    let mut folders = Folders::new();
    run(redaction_cases(), async || folders.queue()).await;
}

#[tokio::test]
async fn the_privacy_log_conforms() {
    let mut folders = Folders::new();
    run(privacy_cases(), async || PrivacySubject {
        log: folders.next().0,
    })
    .await;
}

#[tokio::test]
async fn the_circuits_conform() {
    let mut folders = Folders::new();
    run(circuit_cases(), async || {
        let (circuits, time) = folders.next();
        CircuitSubject { circuits, time }
    })
    .await;
}

#[tokio::test]
async fn the_checkpoints_conform() {
    let mut folders = Folders::new();
    run(checkpoint_cases(), async || {
        folders.next().0 as Arc<dyn Checkpoints>
    })
    .await;
}

#[tokio::test]
async fn the_ledger_conforms() {
    let mut folders = Folders::new();
    run(ledger_cases(), async || LedgerSubject {
        ledger: folders.next().0,
    })
    .await;
}

#[tokio::test]
async fn the_tokens_conform() {
    let mut folders = Folders::new();
    run(token_cases(), async || {
        let (tokens, time) = folders.next();
        TokenSubject { tokens, time }
    })
    .await;
}

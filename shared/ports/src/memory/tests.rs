use super::{
    ManualClock, MemoryCircuits, MemoryLedger, MemoryPrivacy, MemoryQueue, MemorySecrets,
    MemoryTokens,
};
use crate::{
    Clock, Secrets,
    conformance::{
        CircuitSubject, LedgerSubject, PrivacySubject, QueueSubject, TokenSubject, choice_cases,
        circuit_cases, dead_letter_cases, group_cases, ledger_cases, privacy_cases, queue_cases,
        redaction_cases, run, token_cases, waiting_cases,
    },
};
use std::{sync::Arc, time::Duration};

fn queue() -> QueueSubject {
    let clock = Arc::new(ManualClock::default());
    let queue = Arc::new(MemoryQueue::new(clock.clone()));
    QueueSubject::new(queue.clone(), queue, clock)
}

#[tokio::test]
async fn the_queue_conforms() {
    run(queue_cases(), async || queue()).await;
}

#[tokio::test]
async fn the_choice_conforms() {
    run(choice_cases(), async || queue()).await;
    run(waiting_cases(), async || queue()).await;
}

#[tokio::test]
async fn the_groups_conform() {
    run(group_cases(), async || queue()).await;
}

#[tokio::test]
async fn the_dead_letters_conform() {
    run(dead_letter_cases(), async || queue()).await;
}

#[tokio::test]
async fn the_redactions_conform() {
    run(redaction_cases(), async || queue()).await;
}

#[tokio::test]
async fn the_privacy_log_conforms() {
    run(privacy_cases(), async || PrivacySubject {
        log: Arc::new(MemoryPrivacy::default()),
    })
    .await;
}

#[tokio::test]
async fn the_circuits_conform() {
    run(circuit_cases(), async || {
        let clock = Arc::new(ManualClock::default());
        CircuitSubject {
            circuits: Arc::new(MemoryCircuits::new(clock.clone())),
            time: clock,
        }
    })
    .await;
}

#[tokio::test]
async fn the_ledger_conforms() {
    run(ledger_cases(), async || LedgerSubject {
        ledger: Arc::new(MemoryLedger::new()),
    })
    .await;
}

#[tokio::test]
async fn the_tokens_conform() {
    run(token_cases(), async || {
        let clock = Arc::new(ManualClock::default());
        TokenSubject {
            tokens: Arc::new(MemoryTokens::new(clock.clone())),
            time: clock,
        }
    })
    .await;
}

#[tokio::test]
async fn secrets_are_found_by_name_and_shown_without_their_texts() {
    let secrets = MemorySecrets::new().with("acme", &[("webhook_secret", "not-a-real-secret")]);
    let found = secrets
        .secret("acme")
        .await
        .expect("a port that never fails")
        .expect("a secret");
    assert_eq!(found.get("webhook_secret"), Some("not-a-real-secret"));
    assert_eq!(
        secrets
            .secret("other")
            .await
            .expect("a port that never fails"),
        None
    );
    assert!(!format!("{secrets:?}").contains("not-a-real-secret"));
}

#[test]
fn the_clock_moves_only_by_hand() {
    let clock = ManualClock::default();
    let start = clock.now();
    assert_eq!(clock.now(), start);
    clock.advance(Duration::from_secs(90));
    assert_eq!(clock.now().duration_since(start).as_secs(), 90);
    clock.set(start);
    assert_eq!(clock.now(), start);
    clock.advance(Duration::MAX);
    assert_eq!(clock.now(), jiff::Timestamp::MAX);
}

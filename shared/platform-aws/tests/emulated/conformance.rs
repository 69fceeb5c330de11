//! The cases that every adapter passes, over an emulator of AWS.

use crate::support::{Emulator, Stack};
use ports::{
    Checkpoints,
    conformance::{
        CircuitSubject, LedgerSubject, PrivacySubject, QueueSubject, TokenSubject,
        checkpoint_cases, circuit_cases, dead_letter_cases, group_cases, ledger_cases,
        privacy_cases, queue_cases, redaction_cases, run, token_cases, waiting_cases,
    },
};
use std::sync::Arc;

/// Creates the subject of the queue's cases, which removes redacted messages only on receipt. SQS
/// has no way to list, count or delete messages by their content: a message must be received first,
/// and of a group with a message in flight none is received (Amazon SQS Developer Guide, "Receiving
/// messages using FIFO queues"; API Reference, `DeleteMessage`).
async fn queue(emulator: &Emulator) -> QueueSubject {
    let Stack { queue, time, .. } = emulator.stack().await;
    QueueSubject::new(queue.clone(), queue, time).forgetting_on_receipt()
}

#[tokio::test]
async fn the_queue_conforms() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    run(queue_cases(), async || queue(&emulator).await).await;
}

#[tokio::test]
async fn the_groups_conform() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    run(group_cases(), async || queue(&emulator).await).await;
}

#[tokio::test]
async fn the_dead_letters_conform() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    run(dead_letter_cases(), async || queue(&emulator).await).await;
    run(waiting_cases(), async || queue(&emulator).await).await;
}

#[tokio::test]
async fn the_redactions_conform() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    run(redaction_cases(), async || queue(&emulator).await).await;
}

#[tokio::test]
async fn the_privacy_log_conforms() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    run(privacy_cases(), async || PrivacySubject {
        log: Arc::new(emulator.stack().await.table),
    })
    .await;
}

#[tokio::test]
async fn the_circuits_conform() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    run(circuit_cases(), async || {
        let Stack { table, time, .. } = emulator.stack().await;
        CircuitSubject {
            circuits: Arc::new(table),
            time,
        }
    })
    .await;
}

#[tokio::test]
async fn the_checkpoints_conform() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    run(checkpoint_cases(), async || {
        Arc::new(emulator.stack().await.table) as Arc<dyn Checkpoints>
    })
    .await;
}

#[tokio::test]
async fn the_ledger_conforms() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    run(ledger_cases(), async || LedgerSubject {
        ledger: Arc::new(emulator.stack().await.table),
    })
    .await;
}

#[tokio::test]
async fn the_tokens_conform() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    run(token_cases(), async || {
        let Stack { table, time, .. } = emulator.stack().await;
        TokenSubject {
            tokens: Arc::new(table),
            time,
        }
    })
    .await;
}

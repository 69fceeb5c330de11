//! The number of calls to AWS of each operation: they are what an order costs.

use crate::support::{Emulator, Stack};
use platform_aws::AwsSecrets;
use ports::{
    Budget, CircuitStore, DeadLetter, Disposition, Enqueue, Ledger, LedgerKey, Message,
    OpenCircuit, Queue, Received, Secrets, TokenStore,
    conformance::{entry, message},
};
use std::{collections::BTreeMap, time::Duration};

const LONG: Duration = Duration::from_secs(300);

fn calls(expected: &[(&str, u64)]) -> BTreeMap<String, u64> {
    expected
        .iter()
        .map(|(name, count)| ((*name).to_owned(), *count))
        .collect()
}

fn ten() -> Vec<Message> {
    (0..10)
        .map(|number| message("sales", &format!("g{number}"), &format!("e{number}")))
        .collect()
}

async fn settle(stack: &Stack, batch: Vec<Received>, disposition: Disposition) {
    let settlement = |one: Received| one.settled(disposition.clone());
    let all = batch.into_iter().map(settlement).collect();
    stack.queue.settle(all).await.expect("settle");
}

#[tokio::test]
async fn a_queue_is_called_once_for_ten_messages() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    let stack = emulator.stack().await;
    emulator.calls().await;
    stack
        .queue
        .enqueue(vec![message("sales", "g", "one")])
        .await
        .unwrap();
    assert_eq!(emulator.calls().await, calls(&[("SendMessageBatch", 1)]));
    stack
        .queue
        .enqueue(ten().into_iter().skip(1).collect())
        .await
        .unwrap();
    assert_eq!(emulator.calls().await, calls(&[("SendMessageBatch", 1)]));
    let batch = stack.queue.receive("sales", 10, LONG).await.unwrap();
    assert_eq!(batch.len(), 10);
    assert_eq!(
        emulator.calls().await,
        calls(&[("Query", 1), ("ReceiveMessage", 1)]),
        "the first receipt in ten seconds asks what was redacted"
    );
    settle(&stack, batch, Disposition::Retry(Duration::ZERO)).await;
    assert_eq!(
        emulator.calls().await,
        calls(&[("ChangeMessageVisibilityBatch", 1)])
    );
    let batch = stack.queue.receive("sales", 10, LONG).await.unwrap();
    assert_eq!(emulator.calls().await, calls(&[("ReceiveMessage", 1)]));
    settle(&stack, batch, Disposition::Done).await;
    assert_eq!(emulator.calls().await, calls(&[("DeleteMessageBatch", 1)]));
}

#[tokio::test]
async fn a_dead_letter_costs_five_calls() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    let stack = emulator.stack().await;
    stack
        .queue
        .enqueue(vec![message("sales", "g", "one")])
        .await
        .unwrap();
    let batch = stack.queue.receive("sales", 10, LONG).await.unwrap();
    let letter = DeadLetter {
        id: String::new(),
        message: batch[0].message.clone(),
        mapping: None,
        class: "validation".to_owned(),
        reason: "refused".to_owned(),
        request: None,
        response: None,
        attempts: 1,
        died: batch[0].message.accepted,
        earlier: 0,
    };
    emulator.calls().await;
    settle(&stack, batch, Disposition::Dead(Box::new(letter))).await;
    let queue = [
        ("ChangeMessageVisibilityBatch", 1),
        ("SendMessageBatch", 1),
        ("DeleteMessageBatch", 1),
    ];
    let table = [("PutItem", 1), ("Query", 1)];
    assert_eq!(
        emulator.calls().await,
        calls(&[&queue[..], &table[..]].concat())
    );
}

#[tokio::test]
async fn the_ledger_is_read_once_for_ten_orders_and_written_once_for_each() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    let stack = emulator.stack().await;
    let entries: Vec<_> = (0..10)
        .map(|number| entry("r", &number.to_string(), 10))
        .collect();
    let keys: Vec<LedgerKey> = entries.iter().map(|entry| entry.key.clone()).collect();
    emulator.calls().await;
    stack.table.store(entries).await.unwrap();
    assert_eq!(emulator.calls().await, calls(&[("PutItem", 10)]));
    let found = stack.table.load(&keys).await.unwrap();
    assert!(found.iter().all(Option::is_some));
    assert_eq!(emulator.calls().await, calls(&[("BatchGetItem", 1)]));
}

#[tokio::test]
async fn what_is_rare_costs_a_read_and_a_write() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    let stack = emulator.stack().await;
    emulator.calls().await;
    stack.table.token("sales").await.unwrap();
    stack.table.circuit("sales").await.unwrap();
    assert_eq!(emulator.calls().await, calls(&[("GetItem", 2)]));
    stack
        .table
        .begin_refresh("sales", 0, LONG, None)
        .await
        .unwrap();
    assert_eq!(
        emulator.calls().await,
        calls(&[("GetItem", 1), ("PutItem", 1)])
    );
    let now = "2026-01-02T00:00:00Z".parse().unwrap();
    let why = "outage".to_owned();
    let circuit = OpenCircuit {
        until: now,
        since: now,
        why,
    };
    stack.table.open("sales", circuit).await.unwrap();
    assert_eq!(
        emulator.calls().await,
        calls(&[("GetItem", 1), ("PutItem", 1)])
    );
    stack.table.begin_probe("sales", LONG).await.unwrap();
    stack.table.close("sales").await.unwrap();
    assert_eq!(
        emulator.calls().await,
        calls(&[("GetItem", 2), ("PutItem", 2)])
    );
    let budget = Budget {
        used: 18,
        limit: 15_000,
        resets: None,
        told: now,
    };
    stack
        .table
        .note_budget("sales", budget.clone())
        .await
        .unwrap();
    assert_eq!(
        emulator.calls().await,
        calls(&[("GetItem", 1), ("PutItem", 1)])
    );
    assert_eq!(stack.table.budget("sales").await.unwrap(), Some(budget));
}

#[tokio::test]
async fn a_secret_is_read_once_in_five_minutes() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    let stack = emulator.stack().await;
    let client = aws_sdk_secretsmanager::Client::new(&emulator.config);
    let call = client
        .create_secret()
        .name("orderbridge/stores/counted")
        .secret_string("{}");
    call.send().await.unwrap();
    let secrets = AwsSecrets::new(&emulator.config, stack.time.clone());
    emulator.calls().await;
    for _ in 0..100 {
        assert!(
            secrets
                .secret("orderbridge/stores/counted")
                .await
                .unwrap()
                .is_some()
        );
    }
    let counted = emulator.calls().await;
    assert_eq!(
        counted,
        calls(&[("GetSecretValue", 2)]),
        "a secret of today has a previous version, perhaps"
    );
}

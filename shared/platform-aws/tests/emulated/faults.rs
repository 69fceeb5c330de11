//! Faults: AWS does a call and its answer is lost, does a part of it, or refuses it.

use crate::support::{Emulator, Stack};
use platform_aws::AwsSecrets;
use ports::{
    Disposition, Enqueue, Ledger, LedgerKey, PortError, Queue, Refresh, Revision, Secrets, Stored,
    TokenStore,
    conformance::{Time, entry, message},
};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(300);

/// Returns the error and its sources, in the form of a log.
fn told(error: &PortError) -> String {
    let mut text = error.to_string();
    let mut next: Option<&dyn std::error::Error> = Some(&*error.source);
    while let Some(source) = next {
        text = format!("{text}: {source}");
        next = source.source();
    }
    text
}

async fn depth(stack: &Stack) -> u64 {
    stack.queue.depth("sales").await.expect("depth")
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_no_conflict_with_itself() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    let stack = emulator.stack().await;
    emulator.calls().await;
    emulator.fault("PutItem", "lose", 1).await;
    assert_eq!(
        stack.table.store(vec![entry("r", "1", 10)]).await.unwrap(),
        [Stored::Yes]
    );
    assert_eq!(
        emulator.calls().await.get("PutItem"),
        Some(&2),
        "the SDK repeats the call"
    );
    let read = stack
        .table
        .load(&[entry("r", "1", 10).key])
        .await
        .unwrap()
        .remove(0)
        .unwrap();
    assert_eq!(read.revision, Revision::new(1));
    emulator.fault("PutItem", "lose", 1).await;
    assert_eq!(
        stack.table.store(vec![read.clone()]).await.unwrap(),
        [Stored::Yes]
    );
    assert_eq!(
        stack.table.store(vec![read]).await.unwrap(),
        [Stored::Conflict],
        "somebody else's write is one"
    );
}

#[tokio::test]
async fn a_lease_whose_answer_was_lost_is_granted() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    let stack = emulator.stack().await;
    emulator.fault("PutItem", "lose", 1).await;
    let begun = stack
        .table
        .begin_refresh("sales", 0, LONG, None)
        .await
        .unwrap();
    assert!(matches!(begun, Refresh::Granted { .. }), "{begun:?}");
}

#[tokio::test]
async fn messages_whose_answer_was_lost_are_there_once() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    let stack = emulator.stack().await;
    emulator.calls().await;
    emulator.fault("SendMessageBatch", "lose", 2).await;
    let sent = message("sales", "g", "e");
    stack.queue.enqueue(vec![sent.clone(), sent]).await.unwrap();
    assert_eq!(
        emulator.calls().await.get("SendMessageBatch"),
        Some(&3),
        "the SDK repeats the call"
    );
    assert_eq!(
        depth(&stack).await,
        2,
        "the same message twice is two, a repeated call is none"
    );
}

#[tokio::test]
async fn a_deletion_whose_answer_was_lost_is_done() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    let stack = emulator.stack().await;
    stack
        .queue
        .enqueue(vec![message("sales", "g", "e")])
        .await
        .unwrap();
    let received = stack
        .queue
        .receive("sales", 1, LONG)
        .await
        .unwrap()
        .remove(0);
    emulator.fault("DeleteMessageBatch", "lose", 1).await;
    stack
        .queue
        .settle(vec![received.settled(Disposition::Done)])
        .await
        .unwrap();
    assert_eq!(depth(&stack).await, 0);
}

#[tokio::test]
async fn what_sqs_could_not_take_of_a_batch_is_sent_again_a_few_times() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    let stack = emulator.stack().await;
    emulator.fault("SendMessageBatch", "leave_out", 2).await;
    stack
        .queue
        .enqueue(vec![message("sales", "g", "e")])
        .await
        .unwrap();
    assert_eq!(depth(&stack).await, 1);
    emulator.fault("SendMessageBatch", "leave_out", 3).await;
    let error = stack
        .queue
        .enqueue(vec![message("sales", "g", "e")])
        .await
        .unwrap_err();
    assert!(
        told(&error).starts_with(
            "queue: enqueue failed: 1 of 1 entries of a batch were refused with InternalError"
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn keys_that_a_throttled_table_left_out_are_asked_for_again() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    let stack = emulator.stack().await;
    let entries: Vec<_> = (0..150)
        .map(|number| entry("r", &number.to_string(), 10))
        .collect();
    let keys: Vec<LedgerKey> = entries.iter().map(|entry| entry.key.clone()).collect();
    stack.table.store(entries).await.unwrap();
    emulator.fault("BatchGetItem", "leave_out", 1).await;
    let found = stack.table.load(&keys).await.unwrap();
    assert!(
        found
            .iter()
            .zip(&keys)
            .all(|(found, key)| found.as_ref().is_some_and(|entry| entry.key == *key))
    );
    emulator.fault("BatchGetItem", "leave_out", 5).await;
    let error = stack.table.load(&keys[..1]).await.unwrap_err();
    assert!(told(&error).contains("Service Quotas"), "{error:?}");
}

#[tokio::test]
async fn a_missing_right_is_named_with_what_to_do() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    let stack = emulator.stack().await;
    emulator.fault("BatchGetItem", "refuse", 1).await;
    let error = stack
        .table
        .load(&[entry("r", "1", 10).key])
        .await
        .unwrap_err();
    assert_eq!(
        told(&error),
        "ledger: load failed: AccessDeniedException: the role may not do this; compare its policy with the one of the template: not authorized to perform BatchGetItem"
    );
}

#[tokio::test]
async fn a_letter_that_cannot_be_kept_leaves_its_message_in_the_queue() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    let stack = emulator.stack().await;
    stack
        .queue
        .enqueue(vec![message("sales", "g", "e")])
        .await
        .unwrap();
    for (operation, letters) in [
        ("PutItem", 0),
        ("SendMessageBatch", 1),
        ("DeleteMessageBatch", 1),
    ] {
        let dead = stack
            .queue
            .receive("sales", 1, LONG)
            .await
            .unwrap()
            .remove(0);
        let letter = crate::dead_letters::letter(&dead.message);
        emulator.fault(operation, "refuse", 1).await;
        let disposition = Disposition::Dead(Box::new(letter));
        stack
            .queue
            .settle(vec![dead.settled(disposition)])
            .await
            .unwrap_err();
        assert_eq!(depth(&stack).await, 1, "{operation}");
        assert_eq!(
            crate::dead_letters::letters(&stack).await.len(),
            letters,
            "the same message has one letter: {operation}"
        );
        stack.time.pass(LONG).await;
    }
}

#[tokio::test]
async fn while_secrets_manager_is_away_what_it_said_before_counts() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    let stack = emulator.stack().await;
    let client = aws_sdk_secretsmanager::Client::new(&emulator.config);
    let name = "orderbridge/destinations/away";
    let text = r#"{"client_id":"not-a-real-id"}"#;
    client
        .create_secret()
        .name(name)
        .secret_string(text)
        .send()
        .await
        .unwrap();
    let secrets = AwsSecrets::new(&emulator.config, stack.time.clone());
    emulator.fault("GetSecretValue", "refuse", 1).await;
    let error = secrets.secret(name).await.unwrap_err();
    assert!(
        told(&error).starts_with("secrets: read failed: AccessDeniedException"),
        "{error:?}"
    );
    assert!(secrets.secret(name).await.unwrap().is_some());
    stack.time.pass(LONG).await;
    emulator.fault("GetSecretValue", "refuse", 1).await;
    emulator.calls().await;
    for _ in 0..10 {
        let secret = secrets.secret(name).await.unwrap().unwrap();
        assert_eq!(secret.get("client_id"), Some("not-a-real-id"));
    }
    assert_eq!(
        emulator.calls().await.get("GetSecretValue"),
        Some(&1),
        "it is asked again in a minute"
    );
}

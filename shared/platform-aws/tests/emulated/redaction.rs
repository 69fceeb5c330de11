//! Redactions over SQS, beyond the cases of every queue: the group alone tells whose message it is,
//! and the texts in the ledger go when the message turns up.

use crate::support::Emulator;
use ports::{
    Enqueue, Ledger, LedgerKey, Message, Queue, Redaction, Subject,
    conformance::{entry, message},
};
use std::{collections::BTreeSet, time::Duration};

const SHORT: Duration = Duration::from_secs(2);

#[tokio::test]
async fn what_the_ledger_says_of_a_forgotten_message_goes_with_it() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    let stack = emulator.stack().await;
    let noted = entry("acme-sales", "2", 1_767_255_600);
    let key: LedgerKey = noted.key.clone();
    stack.table.store(vec![noted]).await.unwrap();
    let waiting = Message {
        order: Some("2".to_owned()),
        ..message("sales", "b", "2")
    };
    stack.queue.enqueue(vec![waiting]).await.unwrap();
    // The request names no order: only the group tells whose message it is.
    let redaction = Redaction {
        store: "acme".to_owned(),
        routes: BTreeSet::from(["acme-sales".to_owned()]),
        subject: Subject::Customer {
            orders: BTreeSet::new(),
            groups: BTreeSet::from(["b".to_owned()]),
        },
        before: "2026-01-02T00:00:00Z".parse().unwrap(),
    };
    stack.queue.redact(&redaction).await.unwrap();
    assert!(
        stack
            .queue
            .receive("sales", 10, SHORT)
            .await
            .unwrap()
            .is_empty()
    );
    let left = stack.table.load(&[key]).await.unwrap().remove(0).unwrap();
    assert!(!left.holds_texts(), "{left:?}");
    assert!(left.delivered.is_some(), "what exactly-once needs stays");
}

//! What a redaction does over SQS, whose messages can not be deleted before they are received: they are forgotten when they turn up, whoever receives them.

use crate::support::{Emulator, Stack};
use ports::{
    DeadLetter, DeadLetterFilter, DeadLetters, Ledger, LedgerKey, Message, Queue, Redaction, Settlement, Subject, Verdict,
    conformance::{Time, entry, message},
};
use std::{collections::BTreeSet, time::Duration};

const SHORT: Duration = Duration::from_secs(2);
const OVER: Duration = Duration::from_secs(3);

fn of_order(group: &str, order: &str) -> Message {
    Message {
        order: Some(order.to_owned()),
        ..message("sales", group, order)
    }
}

fn redaction(subject: Subject) -> Redaction {
    Redaction {
        store: "acme".to_owned(),
        routes: BTreeSet::from(["acme-sales".to_owned()]),
        subject,
        before: "2026-01-02T00:00:00Z".parse().expect("an instant"),
    }
}

fn customer(orders: &[&str], groups: &[&str]) -> Redaction {
    let set = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    redaction(Subject::Customer {
        orders: set(orders),
        groups: set(groups),
    })
}

fn letter(message: &Message) -> DeadLetter {
    DeadLetter {
        id: String::new(),
        message: message.clone(),
        mapping: None,
        class: "validation".to_owned(),
        reason: "the e-mail is refused; correct it in the shop".to_owned(),
        request: None,
        response: None,
        attempts: 1,
        died: message.accepted,
    }
}

/// The events of everything that can be received.
async fn received(stack: &Stack) -> Vec<String> {
    let mut all = Vec::new();
    loop {
        let batch = stack.queue.receive("sales", 10, SHORT).await.expect("receive");
        if batch.is_empty() {
            return all;
        }
        all.extend(batch.iter().map(|one| one.message.event.clone()));
        let done = batch.into_iter().map(|one| Settlement {
            receipt: one.receipt,
            verdict: Verdict::Done,
        });
        stack.queue.settle(done.collect()).await.expect("settle");
    }
}

async fn letters(stack: &Stack) -> usize {
    stack.queue.list(&DeadLetterFilter::default()).await.expect("list").len()
}

#[tokio::test]
async fn waiting_messages_of_the_customer_never_come_out() {
    let Some(emulator) = Emulator::turn().await else { return };
    let stack = emulator.stack().await;
    let elsewhere = Message {
        destination: "crm".to_owned(),
        ..of_order("a", "1")
    };
    let all = vec![of_order("a", "1"), of_order("b", "2"), of_order("c", "3"), elsewhere];
    stack.queue.enqueue(all).await.unwrap();
    stack.queue.redact(&customer(&["1"], &["b"])).await.unwrap();
    assert_eq!(received(&stack).await, ["3"]);
    assert!(stack.queue.receive("crm", 10, SHORT).await.unwrap().is_empty());
    stack.time.pass(OVER).await;
    assert_eq!(stack.queue.depth("sales").await.unwrap(), 0, "they are deleted, not only hidden");
    assert_eq!(stack.queue.depth("crm").await.unwrap(), 0);
}

#[tokio::test]
async fn a_message_in_hand_can_neither_come_back_nor_die() {
    let Some(emulator) = Emulator::turn().await else { return };
    for number in 0..4 {
        let stack = emulator.stack().await;
        stack.queue.enqueue(vec![of_order("a", "1")]).await.unwrap();
        let in_hand = stack.queue.receive("sales", 1, SHORT).await.unwrap().remove(0);
        stack.queue.redact(&customer(&["1"], &[])).await.unwrap();
        let verdict = match number {
            0 => Verdict::Dead(Box::new(letter(&in_hand.message))),
            1 => Verdict::Retry(SHORT),
            2 => Verdict::Release,
            _ => Verdict::Done,
        };
        let receipt = in_hand.receipt;
        stack.queue.settle(vec![Settlement { receipt, verdict }]).await.unwrap();
        stack.time.pass(OVER).await;
        assert_eq!(received(&stack).await, Vec::<String>::new());
        assert_eq!(letters(&stack).await, 0);
    }
}

#[tokio::test]
async fn the_group_goes_on_with_what_is_left() {
    let Some(emulator) = Emulator::turn().await else { return };
    let stack = emulator.stack().await;
    let all = ["1", "2", "3"].map(|order| of_order("a", order));
    stack.queue.enqueue(all.to_vec()).await.unwrap();
    stack.queue.receive("sales", 1, SHORT).await.unwrap();
    stack.queue.redact(&customer(&["1", "2"], &[])).await.unwrap();
    stack.time.pass(OVER).await;
    assert_eq!(received(&stack).await, ["3"]);
}

#[tokio::test]
async fn what_the_ledger_says_of_a_forgotten_message_goes_with_it() {
    let Some(emulator) = Emulator::turn().await else { return };
    let stack = emulator.stack().await;
    let noted = entry("acme-sales", "2", 1_767_255_600);
    let key: LedgerKey = noted.key.clone();
    stack.table.store(vec![noted]).await.unwrap();
    stack.queue.enqueue(vec![of_order("b", "2")]).await.unwrap();
    // The request names no order: only the group tells whose message it is.
    stack.queue.redact(&customer(&[], &["b"])).await.unwrap();
    assert_eq!(received(&stack).await, Vec::<String>::new());
    let left = stack.table.load(&[key]).await.unwrap().remove(0).unwrap();
    assert!(!left.holds_texts(), "{left:?}");
    assert!(left.delivered.is_some(), "what exactly-once needs stays");
}

#[tokio::test]
async fn everything_of_a_store_goes_and_again_changes_nothing() {
    let Some(emulator) = Emulator::turn().await else { return };
    let stack = emulator.stack().await;
    stack.queue.enqueue(vec![of_order("a", "1")]).await.unwrap();
    let dead = stack.queue.receive("sales", 1, SHORT).await.unwrap().remove(0);
    let verdict = Verdict::Dead(Box::new(letter(&dead.message)));
    let receipt = dead.receipt;
    stack.queue.settle(vec![Settlement { receipt, verdict }]).await.unwrap();
    let other = Message {
        store: "other".to_owned(),
        ..of_order("b", "2")
    };
    stack.queue.enqueue(vec![of_order("b", "3"), other]).await.unwrap();
    let removed = stack.queue.redact(&redaction(Subject::Everyone)).await.unwrap();
    assert_eq!((removed.dead, removed.orders), (1, BTreeSet::from(["1".to_owned()])));
    let removed = stack.queue.redact(&redaction(Subject::Everyone)).await.unwrap();
    assert_eq!(removed.dead, 0);
    assert_eq!(received(&stack).await, ["2"]);
    assert_eq!(letters(&stack).await, 0);
}

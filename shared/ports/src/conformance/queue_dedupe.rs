//! The cases for dedupe values: which messages are one.

use super::{
    Case, QueueSubject, cases,
    samples::{enqueue, message, nothing_to_receive, work_off},
};
use crate::Message;
use std::time::Duration;

pub(super) fn cases() -> Vec<Case<QueueSubject>> {
    cases![QueueSubject:
        a_duplicate_is_swallowed,
        a_duplicate_in_the_same_call_is_swallowed,
        a_duplicate_of_a_finished_message_is_swallowed,
        no_dedupe_value_is_never_a_duplicate,
        a_duplicate_for_another_destination_is_none,
        the_same_value_counts_again_after_the_window,
    ]
}

async fn a_duplicate_is_swallowed(subject: QueueSubject) {
    let first = Message {
        dedupe: Some("same".to_owned()),
        ..message(&subject.destination, "g", "first")
    };
    let second = Message {
        event: "second".to_owned(),
        ..first.clone()
    };
    enqueue(&*subject.queue, vec![first]).await;
    enqueue(&*subject.queue, vec![second]).await;
    assert_eq!(
        work_off(&*subject.queue, &subject.destination, 1).await,
        ["first"]
    );
}

async fn a_duplicate_in_the_same_call_is_swallowed(subject: QueueSubject) {
    let first = Message {
        dedupe: Some("same".to_owned()),
        ..message(&subject.destination, "g", "first")
    };
    let second = Message {
        event: "second".to_owned(),
        ..first.clone()
    };
    enqueue(
        &*subject.queue,
        vec![first, second, message(&subject.destination, "g", "third")],
    )
    .await;
    assert_eq!(
        work_off(&*subject.queue, &subject.destination, 2).await,
        ["first", "third"]
    );
}

async fn a_duplicate_of_a_finished_message_is_swallowed(subject: QueueSubject) {
    let sent = Message {
        dedupe: Some("same".to_owned()),
        ..message(&subject.destination, "g", "e")
    };
    enqueue(&*subject.queue, vec![sent.clone()]).await;
    assert_eq!(
        work_off(&*subject.queue, &subject.destination, 1).await,
        ["e"]
    );
    enqueue(&*subject.queue, vec![sent]).await;
    nothing_to_receive(&*subject.queue, &subject.destination).await;
}

async fn no_dedupe_value_is_never_a_duplicate(subject: QueueSubject) {
    let sent = message(&subject.destination, "g", "e");
    enqueue(&*subject.queue, vec![sent.clone(), sent.clone()]).await;
    enqueue(&*subject.queue, vec![sent]).await;
    assert_eq!(
        work_off(&*subject.queue, &subject.destination, 3)
            .await
            .len(),
        3
    );
}

async fn a_duplicate_for_another_destination_is_none(subject: QueueSubject) {
    let here = Message {
        dedupe: Some("same".to_owned()),
        ..message(&subject.destination, "g", "here")
    };
    let there = Message {
        dedupe: Some("same".to_owned()),
        ..message(&subject.other, "g", "there")
    };
    enqueue(&*subject.queue, vec![here, there]).await;
    assert_eq!(
        work_off(&*subject.queue, &subject.destination, 1).await,
        ["here"]
    );
    assert_eq!(
        work_off(&*subject.queue, &subject.other, 1).await,
        ["there"]
    );
}

async fn the_same_value_counts_again_after_the_window(subject: QueueSubject) {
    let first = Message {
        dedupe: Some("same".to_owned()),
        ..message(&subject.destination, "g", "first")
    };
    let second = Message {
        event: "second".to_owned(),
        ..first.clone()
    };
    enqueue(&*subject.queue, vec![first]).await;
    subject.time.pass(Duration::from_secs(290)).await;
    enqueue(&*subject.queue, vec![second.clone()]).await;
    subject.time.pass(Duration::from_secs(20)).await;
    enqueue(
        &*subject.queue,
        vec![Message {
            event: "third".to_owned(),
            ..second.clone()
        }],
    )
    .await;
    enqueue(
        &*subject.queue,
        vec![Message {
            event: "fourth".to_owned(),
            ..second
        }],
    )
    .await;
    // The window begins with the message that was accepted, and no duplicate makes it longer.
    assert_eq!(
        work_off(&*subject.queue, &subject.destination, 2).await,
        ["first", "third"]
    );
}

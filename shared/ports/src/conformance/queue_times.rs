//! The cases for what comes back after a time, and for those who wait for it.

use super::{
    Case, QueueSubject, cases,
    samples::{
        LONG, OVER, SHORT, enqueue, events, message, nothing_to_receive, receive, receive_one,
        settle,
    },
};
use crate::Disposition;
use std::{collections::BTreeSet, time::Duration};

pub(super) fn cases() -> Vec<Case<QueueSubject>> {
    cases![QueueSubject:
        an_expired_visibility_makes_it_receivable_again,
        a_retry_comes_back_after_its_time,
        a_retry_of_no_time_comes_back_at_once,
        a_release_comes_back_at_once,
        wait_returns_when_something_is_there,
        wait_ends_at_its_limit,
        wait_is_woken_by_an_enqueue,
        what_a_clock_put_off_that_was_ahead_waits_no_longer_than_it_was_to,
    ]
}

async fn an_expired_visibility_makes_it_receivable_again(subject: QueueSubject) {
    enqueue(
        &*subject.queue,
        vec![message(&subject.destination, "g", "e")],
    )
    .await;
    let first = receive_one(&*subject.queue, &subject.destination, SHORT).await;
    nothing_to_receive(&*subject.queue, &subject.destination).await;
    subject.time.pass(OVER).await;
    let second = receive_one(&*subject.queue, &subject.destination, LONG).await;
    assert_eq!(second.message, first.message);
    assert_eq!((first.attempts, second.attempts), (1, 2));
    assert_ne!(second.receipt, first.receipt);
}

async fn a_retry_comes_back_after_its_time(subject: QueueSubject) {
    enqueue(
        &*subject.queue,
        vec![message(&subject.destination, "g", "e")],
    )
    .await;
    let first = receive_one(&*subject.queue, &subject.destination, LONG).await;
    settle(&*subject.queue, &first, Disposition::Retry(SHORT)).await;
    nothing_to_receive(&*subject.queue, &subject.destination).await;
    subject.time.pass(OVER).await;
    let second = receive_one(&*subject.queue, &subject.destination, LONG).await;
    assert_eq!((second.message, second.attempts), (first.message, 2));
}

async fn a_retry_of_no_time_comes_back_at_once(subject: QueueSubject) {
    enqueue(
        &*subject.queue,
        vec![message(&subject.destination, "g", "e")],
    )
    .await;
    let first = receive_one(&*subject.queue, &subject.destination, LONG).await;
    settle(&*subject.queue, &first, Disposition::Retry(Duration::ZERO)).await;
    assert_eq!(
        receive_one(&*subject.queue, &subject.destination, LONG)
            .await
            .attempts,
        2
    );
}

async fn a_release_comes_back_at_once(subject: QueueSubject) {
    enqueue(
        &*subject.queue,
        vec![message(&subject.destination, "g", "e")],
    )
    .await;
    let first = receive_one(&*subject.queue, &subject.destination, LONG).await;
    settle(&*subject.queue, &first, Disposition::Release).await;
    let second = receive_one(&*subject.queue, &subject.destination, LONG).await;
    assert_eq!(second.message, first.message);
    assert!(
        second.attempts <= 2,
        "a release is unspent where the queue can take a count back: {}",
        second.attempts
    );
}

async fn wait_returns_when_something_is_there(subject: QueueSubject) {
    enqueue(
        &*subject.queue,
        vec![message(&subject.destination, "g", "e")],
    )
    .await;
    let waited = tokio::time::timeout(
        Duration::from_secs(20),
        subject.queue.wait(&subject.destination, LONG),
    )
    .await;
    assert!(
        waited.is_ok(),
        "a message is receivable, so there is nothing to wait for"
    );
}

async fn wait_ends_at_its_limit(subject: QueueSubject) {
    let waited = tokio::time::timeout(
        Duration::from_secs(20),
        subject
            .queue
            .wait(&subject.destination, Duration::from_millis(50)),
    )
    .await;
    assert!(waited.is_ok(), "the limit was 50 ms");
}

async fn wait_is_woken_by_an_enqueue(subject: QueueSubject) {
    let arrival = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        enqueue(
            &*subject.queue,
            vec![message(&subject.destination, "g", "e")],
        )
        .await;
    };
    let waited = tokio::time::timeout(
        Duration::from_secs(20),
        subject.queue.wait(&subject.destination, LONG),
    );
    let (waited, ()) = tokio::join!(waited, arrival);
    assert!(
        waited.is_ok(),
        "the enqueue did not wake the waiting caller"
    );
    receive_one(&*subject.queue, &subject.destination, LONG).await;
}

/// The clock was a month ahead when one message was put off and another one was in hand.
async fn what_a_clock_put_off_that_was_ahead_waits_no_longer_than_it_was_to(subject: QueueSubject) {
    let month = 30 * 86_400;
    enqueue(
        &*subject.queue,
        ["a", "b"]
            .map(|name| message(&subject.destination, name, name))
            .to_vec(),
    )
    .await;
    if !subject.time.step(month).await {
        return;
    }
    let both = receive(&*subject.queue, &subject.destination, 2, SHORT).await;
    settle(&*subject.queue, &both[0], Disposition::Retry(SHORT)).await;
    subject.time.step(-month).await;
    nothing_to_receive(&*subject.queue, &subject.destination).await;
    subject.time.pass(OVER).await;
    let again = receive(&*subject.queue, &subject.destination, 2, LONG).await;
    assert_eq!(
        BTreeSet::from_iter(events(&again)),
        BTreeSet::from(["a".to_owned(), "b".to_owned()])
    );
    // A settlement under the old receipt still changes nothing.
    let _ = subject
        .queue
        .settle(vec![both[1].clone().settled(Disposition::Done)])
        .await;
    assert_eq!(
        subject
            .queue
            .depth(&subject.destination)
            .await
            .expect("depth"),
        2
    );
}

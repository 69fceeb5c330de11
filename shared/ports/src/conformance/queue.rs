use super::{
    Case, QueueSubject, cases,
    samples::{
        LONG, OVER, SHORT, enqueue, events, message, nothing_to_receive, receive, receive_one,
        settle, work_off,
    },
};
use crate::{Disposition, Message, Received};
use bytes::Bytes;
use std::{collections::BTreeSet, time::Duration};

/// Returns the cases for a queue with single messages. [`super::group_cases`] has those for their
/// order.
#[must_use]
pub fn queue_cases() -> Vec<Case<QueueSubject>> {
    cases![QueueSubject:
        a_message_comes_out_as_it_went_in,
        an_empty_queue_gives_nothing,
        enqueue_of_nothing_is_fine,
        done_removes_a_message,
        destinations_are_separate,
        receive_gives_at_most_what_was_asked,
        an_expired_visibility_makes_it_receivable_again,
        a_stale_receipt_changes_nothing,
        an_unknown_receipt_changes_nothing,
        settlements_of_one_call_stand_each_for_itself,
        a_retry_comes_back_after_its_time,
        a_retry_of_no_time_comes_back_at_once,
        a_release_comes_back_at_once,
        a_duplicate_is_swallowed,
        a_duplicate_in_the_same_call_is_swallowed,
        a_duplicate_of_a_finished_message_is_swallowed,
        no_dedupe_value_is_never_a_duplicate,
        a_duplicate_for_another_destination_is_none,
        the_same_value_counts_again_after_the_window,
        an_empty_body_is_kept,
        a_body_of_one_mebibyte_is_kept,
        absent_fields_stay_absent,
        depth_counts_waiting_and_in_hand,
        wait_returns_when_something_is_there,
        wait_ends_at_its_limit,
        wait_is_woken_by_an_enqueue,
        what_a_clock_put_off_that_was_ahead_waits_no_longer_than_it_was_to,
    ]
}

async fn a_message_comes_out_as_it_went_in(subject: QueueSubject) {
    let sent = Message {
        dedupe: Some("one".to_owned()),
        replays: 3,
        ..message(&subject.destination, "g", "e")
    };
    enqueue(&*subject.queue, vec![sent.clone()]).await;
    let received = receive_one(&*subject.queue, &subject.destination, LONG).await;
    assert_eq!(received.message, sent);
    assert_eq!(received.attempts, 1);
    assert!(!received.receipt.is_empty());
}

async fn an_empty_queue_gives_nothing(subject: QueueSubject) {
    nothing_to_receive(&*subject.queue, &subject.destination).await;
}

async fn enqueue_of_nothing_is_fine(subject: QueueSubject) {
    enqueue(&*subject.queue, Vec::new()).await;
    subject.queue.settle(Vec::new()).await.expect("settle");
    nothing_to_receive(&*subject.queue, &subject.destination).await;
}

async fn done_removes_a_message(subject: QueueSubject) {
    enqueue(
        &*subject.queue,
        vec![message(&subject.destination, "g", "e")],
    )
    .await;
    let received = receive_one(&*subject.queue, &subject.destination, SHORT).await;
    settle(&*subject.queue, &received, Disposition::Done).await;
    subject.time.pass(OVER).await;
    nothing_to_receive(&*subject.queue, &subject.destination).await;
}

async fn destinations_are_separate(subject: QueueSubject) {
    enqueue(
        &*subject.queue,
        vec![
            message(&subject.destination, "g", "e1"),
            message(&subject.other, "g", "e2"),
        ],
    )
    .await;
    let here = receive_one(&*subject.queue, &subject.destination, LONG).await;
    assert_eq!(here.message.event, "e1");
    nothing_to_receive(&*subject.queue, &subject.destination).await;
    let there = receive_one(&*subject.queue, &subject.other, LONG).await;
    assert_eq!(
        there.message.event, "e2",
        "a group in hand at one destination does not lock its name at another"
    );
}

async fn receive_gives_at_most_what_was_asked(subject: QueueSubject) {
    let messages = (0..5).map(|number| {
        message(
            &subject.destination,
            &format!("g{number}"),
            &format!("e{number}"),
        )
    });
    enqueue(&*subject.queue, messages.collect()).await;
    let found = subject
        .queue
        .receive(&subject.destination, 3, LONG)
        .await
        .expect("receive");
    assert!(!found.is_empty() && found.len() <= 3, "{}", found.len());
    let rest = receive(&*subject.queue, &subject.destination, 5 - found.len(), LONG).await;
    let all: BTreeSet<String> = events(&found).into_iter().chain(events(&rest)).collect();
    assert_eq!(all.len(), 5, "each message is in hand once: {all:?}");
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

async fn a_stale_receipt_changes_nothing(subject: QueueSubject) {
    for number in 0..3 {
        let event = format!("e{number}");
        enqueue(
            &*subject.queue,
            vec![message(&subject.destination, &event, &event)],
        )
        .await;
        let stale = receive_one(&*subject.queue, &subject.destination, SHORT).await;
        subject.time.pass(OVER).await;
        let current = receive_one(&*subject.queue, &subject.destination, LONG).await;
        let disposition = match number {
            0 => Disposition::Done,
            1 => Disposition::Release,
            _ => Disposition::Retry(Duration::ZERO),
        };
        // An adapter may also refuse the settlement; what counts is that the message stays in hand.
        let _ = subject.queue.settle(vec![stale.settled(disposition)]).await;
        nothing_to_receive(&*subject.queue, &subject.destination).await;
        settle(&*subject.queue, &current, Disposition::Release).await;
        let again = receive_one(&*subject.queue, &subject.destination, LONG).await;
        assert_eq!(
            again.message.event, event,
            "the message is still there for its present receipt"
        );
        settle(&*subject.queue, &again, Disposition::Done).await;
    }
}

async fn an_unknown_receipt_changes_nothing(subject: QueueSubject) {
    enqueue(
        &*subject.queue,
        vec![message(&subject.destination, "g", "e")],
    )
    .await;
    for receipt in [
        "",
        "1",
        "no such receipt",
        "1.1.1",
        "-1.-1",
        "99999999999999999999.1",
    ] {
        let unknown = Received {
            message: message(&subject.destination, "g", "e"),
            receipt: receipt.to_owned(),
            attempts: 1,
            lost: 0,
            sent: None,
        };
        let settlement = unknown.settled(Disposition::Done);
        let _ = subject.queue.settle(vec![settlement]).await;
    }
    assert_eq!(
        receive_one(&*subject.queue, &subject.destination, LONG)
            .await
            .message
            .event,
        "e"
    );
}

async fn settlements_of_one_call_stand_each_for_itself(subject: QueueSubject) {
    let messages = ["a", "b", "c"].map(|name| message(&subject.destination, name, name));
    enqueue(&*subject.queue, messages.to_vec()).await;
    let in_hand = receive(&*subject.queue, &subject.destination, 3, LONG).await;
    let disposition = |event: &str| match event {
        "a" => Disposition::Done,
        "b" => Disposition::Retry(SHORT),
        _ => Disposition::Release,
    };
    let settlements = in_hand
        .iter()
        .map(|one| one.clone().settled(disposition(&one.message.event)));
    subject
        .queue
        .settle(settlements.collect())
        .await
        .expect("settle");
    assert_eq!(
        receive_one(&*subject.queue, &subject.destination, LONG)
            .await
            .message
            .event,
        "c"
    );
    nothing_to_receive(&*subject.queue, &subject.destination).await;
    subject.time.pass(OVER).await;
    assert_eq!(
        receive_one(&*subject.queue, &subject.destination, LONG)
            .await
            .message
            .event,
        "b"
    );
    nothing_to_receive(&*subject.queue, &subject.destination).await;
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

async fn an_empty_body_is_kept(subject: QueueSubject) {
    body_is_kept(&subject, Bytes::new()).await;
}

async fn a_body_of_one_mebibyte_is_kept(subject: QueueSubject) {
    let order = include_bytes!("order.json");
    let body: Vec<u8> = order.iter().copied().cycle().take(1024 * 1024).collect();
    body_is_kept(&subject, Bytes::from(body)).await;
}

async fn body_is_kept(subject: &QueueSubject, body: Bytes) {
    enqueue(
        &*subject.queue,
        vec![Message {
            body: body.clone(),
            ..message(&subject.destination, "g", "e")
        }],
    )
    .await;
    let received = receive_one(&*subject.queue, &subject.destination, LONG).await;
    assert!(
        received.message.body == body,
        "a body of {} bytes came back with {}",
        body.len(),
        received.message.body.len()
    );
}

async fn absent_fields_stay_absent(subject: QueueSubject) {
    let sent = Message {
        order: None,
        modified: None,
        dedupe: None,
        ..message(&subject.destination, "g", "e")
    };
    enqueue(&*subject.queue, vec![sent.clone()]).await;
    assert_eq!(
        receive_one(&*subject.queue, &subject.destination, LONG)
            .await
            .message,
        sent
    );
}

async fn depth_counts_waiting_and_in_hand(subject: QueueSubject) {
    let messages = ["a", "b", "c"].map(|name| message(&subject.destination, name, name));
    enqueue(&*subject.queue, messages.to_vec()).await;
    enqueue(
        &*subject.queue,
        vec![message(&subject.other, "a", "elsewhere")],
    )
    .await;
    let in_hand = receive(&*subject.queue, &subject.destination, 2, LONG).await;
    assert_eq!(
        subject
            .queue
            .depth(&subject.destination)
            .await
            .expect("depth"),
        3
    );
    settle(&*subject.queue, &in_hand[0], Disposition::Done).await;
    settle(&*subject.queue, &in_hand[1], Disposition::Retry(LONG)).await;
    assert_eq!(
        subject
            .queue
            .depth(&subject.destination)
            .await
            .expect("depth"),
        2
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

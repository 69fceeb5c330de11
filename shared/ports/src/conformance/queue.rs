use super::{
    Case, QueueSubject, cases, queue_dedupe, queue_times,
    samples::{
        LONG, OVER, SHORT, enqueue, events, message, nothing_to_receive, receive, receive_one,
        settle,
    },
};
use crate::{Disposition, Message, Received};
use bytes::Bytes;
use std::{collections::BTreeSet, time::Duration};

/// Returns the cases for a queue with single messages. [`super::group_cases`] has those for their
/// order.
#[must_use]
pub fn queue_cases() -> Vec<Case<QueueSubject>> {
    let mut cases = cases![QueueSubject:
        a_message_comes_out_as_it_went_in,
        an_empty_queue_gives_nothing,
        enqueue_of_nothing_is_fine,
        done_removes_a_message,
        destinations_are_separate,
        receive_gives_at_most_what_was_asked,
        a_stale_receipt_changes_nothing,
        an_unknown_receipt_changes_nothing,
        settlements_of_one_call_stand_each_for_itself,
        an_empty_body_is_kept,
        a_body_of_one_mebibyte_is_kept,
        absent_fields_stay_absent,
        depth_counts_waiting_and_in_hand,
    ];
    cases.extend(queue_times::cases());
    cases.extend(queue_dedupe::cases());
    cases
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

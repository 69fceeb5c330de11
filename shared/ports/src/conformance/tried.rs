//! Which of the messages that were tried, and maybe lost, a queue hands out.

use super::{
    Case, QueueSubject, cases,
    choice::{batch, of_store, probed, settle_all},
    samples::{
        LONG, OVER, SHORT, enqueue, events, message, nothing_to_receive, receive_one, settle,
    },
};
use crate::{Disposition, LOST_OFTEN};
use std::{collections::BTreeSet, time::Duration};

/// Returns the cases about what was tried before.
pub(super) fn tried_cases() -> Vec<Case<QueueSubject>> {
    cases![QueueSubject:
        what_was_tried_keeps_nobody_new_waiting,
        what_is_new_does_not_keep_what_was_tried_waiting_for_ever,
        a_probe_takes_what_was_received_least_often,
        what_waits_for_something_else_was_not_tried,
        a_crowd_in_front_keeps_no_other_from_being_a_probe,
        a_probe_keeps_to_what_can_be_received,
        what_is_released_was_not_tried,
        losses_in_a_row_are_counted_until_it_is_settled,
        what_was_lost_often_comes_alone,
    ]
}

async fn what_was_tried_keeps_nobody_new_waiting(subject: QueueSubject) {
    let bad = (0..40)
        .map(|number| of_store(&subject.destination, "shop", number))
        .collect();
    enqueue(&*subject.queue, bad).await;
    for _ in 0..4 {
        settle_all(
            &*subject.queue,
            batch(&subject, 10).await,
            Disposition::Retry(SHORT),
        )
        .await;
    }
    subject.time.pass(OVER).await;
    let good = (100..110)
        .map(|number| of_store(&subject.destination, "shop", number))
        .collect();
    enqueue(&*subject.queue, good).await;
    let mut found = Vec::new();
    for _ in 0..2 {
        let received = batch(&subject, 10).await;
        found.extend(events(&received));
        settle_all(&*subject.queue, received, Disposition::Retry(SHORT)).await;
    }
    let new = (100..110)
        .filter(|number| found.contains(&format!("shop {number}")))
        .count();
    assert_eq!(new, 10, "{found:?}");
}

async fn what_is_new_does_not_keep_what_was_tried_waiting_for_ever(subject: QueueSubject) {
    for max in [10, 1] {
        enqueue(
            &*subject.queue,
            vec![of_store(&subject.destination, "shop", max)],
        )
        .await;
        settle_all(
            &*subject.queue,
            batch(&subject, 1).await,
            Disposition::Retry(SHORT),
        )
        .await;
        subject.time.pass(OVER).await;
        let new =
            (0..200).map(|number| of_store(&subject.destination, "shop", 1000 * max + number));
        enqueue(&*subject.queue, new.collect()).await;
        let mut found = Vec::new();
        for _ in 0..12 {
            let received = batch(&subject, max).await;
            found.extend(events(&received));
            settle_all(&*subject.queue, received, Disposition::Done).await;
        }
        assert!(found.contains(&format!("shop {max}")), "{found:?}");
        while !batch_done(&subject).await {}
    }
}

async fn batch_done(subject: &QueueSubject) -> bool {
    let received = batch(subject, 10).await;
    let is_empty = received.is_empty();
    settle_all(&*subject.queue, received, Disposition::Done).await;
    is_empty
}

async fn a_probe_takes_what_was_received_least_often(subject: QueueSubject) {
    let three = (0..3)
        .map(|number| of_store(&subject.destination, "shop", number))
        .collect();
    enqueue(&*subject.queue, three).await;
    let mut order = Vec::new();
    for _ in 0..6 {
        let probe = probed(&subject).await;
        order.extend(events(&probe));
        settle_all(&*subject.queue, probe, Disposition::Retry(Duration::ZERO)).await;
        subject.time.pass(Duration::from_secs(1)).await;
    }
    let (first, second) = order.split_at(3);
    assert_eq!(first.first().map(String::as_str), Some("shop 0"));
    assert_eq!(BTreeSet::from_iter(first).len(), 3, "each once: {order:?}");
    assert_eq!(
        BTreeSet::from_iter(second),
        BTreeSet::from_iter(first),
        "each once more: {order:?}"
    );
    enqueue(
        &*subject.queue,
        vec![of_store(&subject.destination, "shop", 9)],
    )
    .await;
    assert_eq!(
        events(&probed(&subject).await),
        ["shop 9"],
        "what was never tried comes first"
    );
}

async fn what_waits_for_something_else_was_not_tried(subject: QueueSubject) {
    for (group, event) in [("a", "waits"), ("a", "behind it"), ("b", "tried")] {
        let sent = message(&subject.destination, group, event);
        enqueue(&*subject.queue, vec![sent]).await;
    }
    for one in batch(&subject, 10).await {
        let disposition = match one.message.event.as_str() {
            "waits" => Disposition::Wait(SHORT),
            _ => Disposition::Retry(Duration::ZERO),
        };
        settle(&*subject.queue, &one, disposition).await;
    }
    let tried = probed(&subject).await;
    assert_eq!(events(&tried), ["tried"], "until then its group waits");
    settle_all(&*subject.queue, tried, Disposition::Retry(Duration::ZERO)).await;
    subject.time.pass(OVER).await;
    for _ in 0..3 {
        let probe = probed(&subject).await;
        assert_eq!(events(&probe), ["waits"]);
        assert_eq!(probe[0].attempts, 1);
        settle_all(&*subject.queue, probe, Disposition::Wait(Duration::ZERO)).await;
        subject.time.pass(Duration::from_secs(1)).await;
    }
}

async fn a_crowd_in_front_keeps_no_other_from_being_a_probe(subject: QueueSubject) {
    let crowd = (0..300)
        .map(|number| of_store(&subject.destination, "shop", number))
        .collect();
    enqueue(&*subject.queue, crowd).await;
    let mut numbers = Vec::new();
    for _ in 0..12 {
        let event = events(&probed(&subject).await).swap_remove(0);
        numbers.push(
            event
                .trim_start_matches("shop ")
                .parse::<u32>()
                .expect("a number"),
        );
    }
    for part in [0..100, 100..200, 200..300] {
        assert!(
            numbers.iter().any(|number| part.contains(number)),
            "{part:?} in {numbers:?}"
        );
    }
}

async fn a_probe_keeps_to_what_can_be_received(subject: QueueSubject) {
    assert!(probed(&subject).await.is_empty());
    let messages = ["e1", "e2"].map(|event| message(&subject.destination, "g", event));
    enqueue(&*subject.queue, messages.to_vec()).await;
    let first = probed(&subject).await;
    assert_eq!(events(&first), ["e1"]);
    assert!(probed(&subject).await.is_empty(), "its group is in hand");
    settle_all(&*subject.queue, first, Disposition::Retry(LONG)).await;
    assert!(probed(&subject).await.is_empty(), "its group backs off");
}

async fn what_is_released_was_not_tried(subject: QueueSubject) {
    let two = (0..2)
        .map(|number| of_store(&subject.destination, "shop", number))
        .collect();
    enqueue(&*subject.queue, two).await;
    let both = batch(&subject, 2).await;
    let (tried, released): (Vec<_>, Vec<_>) = both
        .into_iter()
        .partition(|one| one.message.event == "shop 0");
    settle_all(&*subject.queue, released, Disposition::Release).await;
    settle_all(&*subject.queue, tried, Disposition::Retry(Duration::ZERO)).await;
    assert_eq!(events(&probed(&subject).await), ["shop 1"]);
}

async fn losses_in_a_row_are_counted_until_it_is_settled(subject: QueueSubject) {
    enqueue(
        &*subject.queue,
        vec![message(&subject.destination, "g", "e")],
    )
    .await;
    for disposition in [Disposition::Retry(Duration::ZERO), Disposition::Release] {
        for lost in 0..4 {
            let received = receive_one(&*subject.queue, &subject.destination, SHORT).await;
            assert_eq!(received.lost, lost);
            nothing_to_receive(&*subject.queue, &subject.destination).await;
            subject.time.pass(OVER).await;
        }
        let received = receive_one(&*subject.queue, &subject.destination, LONG).await;
        assert_eq!(received.lost, 4);
        settle(&*subject.queue, &received, disposition).await;
    }
    assert_eq!(
        receive_one(&*subject.queue, &subject.destination, LONG)
            .await
            .lost,
        0
    );
}

async fn what_was_lost_often_comes_alone(subject: QueueSubject) {
    let four = (0..4)
        .map(|number| of_store(&subject.destination, "shop", number))
        .collect();
    enqueue(&*subject.queue, four).await;
    for _ in 0..LOST_OFTEN {
        let all = subject
            .queue
            .receive(&subject.destination, 10, SHORT)
            .await
            .expect("receive");
        assert_eq!(all.len(), 4);
        subject.time.pass(OVER).await;
    }
    enqueue(
        &*subject.queue,
        vec![of_store(&subject.destination, "shop", 9)],
    )
    .await;
    let calm = batch(&subject, 10).await;
    assert_eq!(
        events(&calm),
        ["shop 9"],
        "what never died with anybody comes first"
    );
    let alone = batch(&subject, 10).await;
    assert_eq!(alone.len(), 1);
    assert!(batch(&subject, 10).await.is_empty(), "one of all at a time");
    settle_all(&*subject.queue, alone, Disposition::Done).await;
    assert_eq!(batch(&subject, 10).await.len(), 1, "and then the next");
}

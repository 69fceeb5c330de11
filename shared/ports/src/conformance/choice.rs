use super::{
    Case, QueueSubject, cases,
    samples::{
        LONG, OVER, SHORT, enqueue, events, message, nothing_to_receive, receive_one, settle,
    },
};
use crate::{BATCH_BYTES, Disposition, Kind, LOST_OFTEN, Message, Origin, Queue, Received};
use bytes::Bytes;
use std::{collections::BTreeSet, time::Duration};

/// Returns the cases for a queue that can choose what it hands out next.
#[must_use]
pub fn choice_cases() -> Vec<Case<QueueSubject>> {
    cases![QueueSubject:
        one_stores_flood_does_not_make_another_wait,
        what_is_read_keeps_nothing_posted_waiting,
        a_worker_can_be_kept_for_what_is_posted,
        a_worker_can_be_kept_for_what_is_read,
        what_was_tried_keeps_nobody_new_waiting,
        what_is_new_does_not_keep_what_was_tried_waiting_for_ever,
        a_probe_takes_what_was_received_least_often,
        what_waits_for_something_else_was_not_tried,
        a_crowd_in_front_keeps_no_other_from_being_a_probe,
        a_probe_keeps_to_what_can_be_received,
        what_is_released_was_not_tried,
        losses_in_a_row_are_counted_until_it_is_settled,
        what_was_lost_often_comes_alone,
        a_batch_holds_no_more_bytes_than_it_may,
        requests_come_apart_whatever_waits,
        a_request_comes_out_as_it_went_in,
        a_wait_for_requests_is_woken_by_one,
    ]
}

fn of_store(destination: &str, store: &str, number: usize) -> Message {
    Message {
        store: store.to_owned(),
        ..message(
            destination,
            &format!("{store} {number}"),
            &format!("{store} {number}"),
        )
    }
}

fn request(destination: &str, event: &str) -> Message {
    Message {
        kind: Kind::Request,
        order: None,
        ..message(destination, "requests", event)
    }
}

async fn batch(subject: &QueueSubject, max: usize) -> Vec<Received> {
    subject
        .queue
        .receive(&subject.destination, max, LONG)
        .await
        .expect("receive")
}

async fn settle_all(queue: &dyn Queue, batch: Vec<Received>, disposition: Disposition) {
    let settlements = batch
        .into_iter()
        .map(|one| one.settled(disposition.clone()));
    queue.settle(settlements.collect()).await.expect("settle");
}

async fn probed(subject: &QueueSubject) -> Vec<Received> {
    subject
        .queue
        .receive_probe(&subject.destination, LONG)
        .await
        .expect("receive_probe")
}

async fn one_stores_flood_does_not_make_another_wait(subject: QueueSubject) {
    let flood = (0..300)
        .map(|number| of_store(&subject.destination, "large", number))
        .collect();
    enqueue(&*subject.queue, flood).await;
    let few = (0..5)
        .map(|number| of_store(&subject.destination, "small", number))
        .collect();
    enqueue(&*subject.queue, few).await;
    let mut found = Vec::new();
    for _ in 0..2 {
        found.extend(events(&batch(&subject, 10).await));
    }
    for number in 0..5 {
        assert!(found.contains(&format!("small {number}")), "{found:?}");
        assert!(
            found.contains(&format!("large {number}")),
            "each store's oldest come first: {found:?}"
        );
    }
    enqueue(
        &*subject.queue,
        vec![of_store(&subject.destination, "small", 5)],
    )
    .await;
    let mut singles = BTreeSet::new();
    for _ in 0..2 {
        singles.extend(events(&batch(&subject, 1).await));
    }
    assert!(
        singles.contains("small 5"),
        "one at a time as well: {singles:?}"
    );
}

async fn what_is_read_keeps_nothing_posted_waiting(subject: QueueSubject) {
    let read = |number| Message {
        origin: Origin::Read,
        ..of_store(&subject.destination, "shop", number)
    };
    enqueue(&*subject.queue, (0..300).map(read).collect()).await;
    let posted = of_store(&subject.destination, "shop", 300);
    enqueue(&*subject.queue, vec![posted]).await;
    let found = events(&batch(&subject, 10).await);
    assert!(found.contains(&"shop 300".to_owned()), "{found:?}");
    assert_eq!(found.len(), 10, "and catching up goes on: {found:?}");
}

async fn a_worker_can_be_kept_for_what_is_posted(subject: QueueSubject) {
    let read = |number| Message {
        origin: Origin::Read,
        ..of_store(&subject.destination, "shop", number)
    };
    enqueue(&*subject.queue, (0..30).map(read).collect()).await;
    let receive = async || {
        let received =
            subject
                .queue
                .receive_posted(&subject.destination, 10, Duration::from_secs(60));
        events(&received.await.expect("it receives"))
    };
    let wait = async |limit| {
        let wait = subject.queue.wait_for_posted(&subject.destination, limit);
        tokio::time::timeout(Duration::from_secs(10), wait).await
    };
    wait(Duration::from_millis(10)).await.expect("it ends");
    assert_eq!(receive().await, [] as [&str; 0]);
    let posted = [30, 31].map(|number| of_store(&subject.destination, "shop", number));
    enqueue(&*subject.queue, posted.into()).await;
    wait(Duration::from_secs(600)).await.expect("it is woken");
    assert_eq!(receive().await, ["shop 30", "shop 31"]);
    assert_eq!(batch(&subject, 40).await.len(), 30);
}

async fn a_worker_can_be_kept_for_what_is_read(subject: QueueSubject) {
    let read = |number| Message {
        origin: Origin::Read,
        ..of_store(&subject.destination, "shop", number)
    };
    let posted = |number| of_store(&subject.destination, "shop", number);
    enqueue(&*subject.queue, (0..30).map(posted).collect()).await;
    let receive = async |max| {
        let received =
            subject
                .queue
                .receive_read(&subject.destination, max, Duration::from_secs(60));
        events(&received.await.expect("it receives"))
    };
    assert_eq!(receive(10).await, [] as [&str; 0]);
    enqueue(&*subject.queue, (30..150).map(read).collect()).await;
    let wait = subject
        .queue
        .wait_for_read(&subject.destination, Duration::from_secs(600));
    tokio::time::timeout(Duration::from_secs(10), wait)
        .await
        .expect("it is woken");
    let all = receive(100).await;
    assert_eq!(all.len(), 100, "{all:?}");
    assert_eq!(all.first().map(String::as_str), Some("shop 30"));
    assert_eq!(receive(100).await.len(), 20);
    assert_eq!(batch(&subject, 40).await.len(), 30);
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

async fn a_batch_holds_no_more_bytes_than_it_may(subject: QueueSubject) {
    let sized = |number: usize, bytes: usize| Message {
        body: Bytes::from(vec![b'x'; bytes]),
        ..of_store(&subject.destination, "shop", number)
    };
    enqueue(
        &*subject.queue,
        (0..3)
            .map(|number| sized(number, BATCH_BYTES / 2))
            .collect(),
    )
    .await;
    assert_eq!(batch(&subject, 10).await.len(), 2);
    assert_eq!(batch(&subject, 10).await.len(), 1);
    enqueue(&*subject.queue, vec![sized(3, BATCH_BYTES + 1)]).await;
    assert_eq!(
        batch(&subject, 10).await.len(),
        1,
        "what is too large for any batch comes alone"
    );
}

async fn requests_come_apart_whatever_waits(subject: QueueSubject) {
    let orders = (0..50)
        .map(|number| of_store(&subject.destination, "shop", number))
        .collect();
    enqueue(&*subject.queue, orders).await;
    enqueue(
        &*subject.queue,
        vec![
            request(&subject.destination, "r1"),
            request(&subject.destination, "r2"),
        ],
    )
    .await;
    let requests = async || {
        let found = subject
            .queue
            .receive_requests(&subject.destination, 10, LONG)
            .await;
        found.expect("receive_requests")
    };
    let first = requests().await;
    assert_eq!(
        events(&first),
        ["r1"],
        "one after the other, as in any group"
    );
    settle_all(&*subject.queue, first, Disposition::Done).await;
    assert_eq!(events(&requests().await), ["r2"]);
    let orders: Vec<String> = events(&batch(&subject, 100).await);
    assert!(
        orders.len() == 50 && orders.iter().all(|event| event.starts_with("shop")),
        "{orders:?}"
    );
    assert!(requests().await.is_empty());
}

async fn a_request_comes_out_as_it_went_in(subject: QueueSubject) {
    let sent = request(&subject.destination, "r");
    enqueue(&*subject.queue, vec![sent.clone()]).await;
    nothing_to_receive(&*subject.queue, &subject.destination).await;
    assert!(
        probed(&subject).await.is_empty(),
        "a request tells nothing about a destination"
    );
    let found = subject
        .queue
        .receive_requests(&subject.destination, 10, LONG)
        .await
        .expect("receive_requests");
    assert_eq!(
        found.into_iter().map(|one| one.message).collect::<Vec<_>>(),
        [sent]
    );
}

async fn a_wait_for_requests_is_woken_by_one(subject: QueueSubject) {
    let arrival = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        enqueue(&*subject.queue, vec![request(&subject.destination, "r")]).await;
    };
    enqueue(
        &*subject.queue,
        vec![of_store(&subject.destination, "shop", 1)],
    )
    .await;
    let waiting = subject.queue.wait_for_requests(&subject.destination, LONG);
    let (waited, ()) = tokio::join!(
        tokio::time::timeout(Duration::from_secs(20), waiting),
        arrival
    );
    assert!(waited.is_ok(), "the request did not wake who waits for one");
    let found = subject
        .queue
        .receive_requests(&subject.destination, 10, LONG)
        .await
        .expect("receive_requests");
    assert_eq!(events(&found), ["r"]);
}

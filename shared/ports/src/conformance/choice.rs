use super::{
    Case, QueueSubject, cases,
    samples::{LONG, enqueue, events, message, nothing_to_receive},
    tried::tried_cases,
};
use crate::{BATCH_BYTES, Disposition, Kind, Message, Origin, Queue, Received};
use bytes::Bytes;
use std::{collections::BTreeSet, time::Duration};

/// Returns the cases for a queue that can choose what it hands out next.
#[must_use]
pub fn choice_cases() -> Vec<Case<QueueSubject>> {
    let mut all = cases![QueueSubject:
        one_stores_flood_does_not_make_another_wait,
        what_is_read_keeps_nothing_posted_waiting,
        a_worker_can_be_kept_for_what_is_posted,
        a_worker_can_be_kept_for_what_is_read,
        a_batch_holds_no_more_bytes_than_it_may,
        requests_come_apart_whatever_waits,
        a_request_comes_out_as_it_went_in,
        a_wait_for_requests_is_woken_by_one,
    ];
    all.extend(tried_cases());
    all
}

pub(super) fn of_store(destination: &str, store: &str, number: usize) -> Message {
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

pub(super) async fn batch(subject: &QueueSubject, max: usize) -> Vec<Received> {
    subject
        .queue
        .receive(&subject.destination, max, LONG)
        .await
        .expect("receive")
}

pub(super) async fn settle_all(queue: &dyn Queue, batch: Vec<Received>, disposition: Disposition) {
    let settlements = batch
        .into_iter()
        .map(|one| one.settled(disposition.clone()));
    queue.settle(settlements.collect()).await.expect("settle");
}

pub(super) async fn probed(subject: &QueueSubject) -> Vec<Received> {
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

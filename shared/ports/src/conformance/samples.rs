use crate::{
    Content, DeadLetter, Delivered, Disposition, Event, Happened, Holder, Kind, LedgerEntry,
    LedgerKey, Message, Origin, Queue, Received, RecordRef, State, Takeover, Tried, Version,
};
use bytes::Bytes;
use jiff::Timestamp;
use std::time::Duration;

/// A visibility timeout longer than any case takes, for messages that stay in hand.
pub(super) const LONG: Duration = Duration::from_secs(300);
/// A short visibility timeout or pause before a retry.
pub(super) const SHORT: Duration = Duration::from_secs(2);
/// Enough time for `SHORT` to be over.
pub(super) const OVER: Duration = Duration::from_secs(3);

/// Returns a message of a group, told from others by its event.
#[must_use]
pub fn message(destination: &str, group: &str, event: &str) -> Message {
    Message {
        route: "acme-sales".to_owned(),
        destination: destination.to_owned(),
        store: "acme".to_owned(),
        kind: Kind::Order,
        origin: Origin::Posted,
        topic: "order.updated".to_owned(),
        event: event.to_owned(),
        order: Some("4711".to_owned()),
        modified: Some(instant(1_767_255_390, 0)),
        accepted: instant(1_767_255_391, 123_456),
        group: group.to_owned(),
        dedupe: None,
        replays: 0,
        body: Bytes::from_static(include_bytes!("order.json")),
    }
}

/// Returns a ledger entry of an order that was delivered, and whose later state failed.
#[must_use]
pub fn entry(route: &str, order: &str, updated: i64) -> LedgerEntry {
    let version = Version {
        modified: Some(instant(1_767_255_390, 0)),
        accepted: instant(1_767_255_391, 123_456),
    };
    let records = ["account", "opportunity"].map(|name| RecordRef {
        name: name.to_owned(),
        object: name.to_uppercase(),
        id: format!("006-{name}"),
    });
    LedgerEntry {
        key: LedgerKey {
            route: route.to_owned(),
            order: order.to_owned(),
        },
        revision: None,
        state: State::Retrying,
        delivered: Some(Delivered {
            products: [("line-1".to_owned(), "SKU-1".to_owned())].into(),
            version,
            content: Content::Whole("9f86d081884c7d65".to_owned()),
            records: records.to_vec(),
            at: instant(1_767_255_400, 5_000),
        }),
        holder: Some(Holder {
            group: "5d41402abc4b2a76".to_owned(),
            version: Some(version),
            takeover: Some(Takeover {
                until: instant(1_767_255_700, 1),
                from: Some("7d793037a0760186".to_owned()),
            }),
        }),
        tried: vec![Tried {
            group: "7d793037a0760186".to_owned(),
            version,
        }],
        attempts: 3,
        failing_since: Some(instant(1_767_255_500, 999_999)),
        failing_for: Duration::from_millis(61_001),
        rejected_modified: Some(instant(1_767_255_380, 0)),
        suspicion: 2,
        last_error: Some("UNABLE_TO_LOCK_ROW: wait, ‘it’ passes".to_owned()),
        warnings: vec!["SKU TEA-2 has no price book entry".to_owned()],
        first_seen: instant(1_767_255_391, 0),
        updated: instant(updated, 0),
        store: Some("acme".to_owned()),
        number: Some("#1042".to_owned()),
        total: Some("119.90".to_owned()),
        currency: Some("USD".to_owned()),
        mapping: Some("woocommerce-salesforce@5e884898da28".to_owned()),
        history: [Happened::Accepted, Happened::Delivered, Happened::Tried]
            .into_iter()
            .zip(1_767_255_391..)
            .map(|(what, second)| Event {
                at: instant(second, 0),
                what,
                times: 3,
            })
            .collect(),
    }
}

/// Returns a dead letter for the message, with everything that an adapter stores.
pub(super) fn letter(message: &Message, class: &str) -> DeadLetter {
    DeadLetter {
        id: String::new(),
        message: message.clone(),
        mapping: Some("woocommerce-salesforce@5e884898da28".to_owned()),
        class: class.to_owned(),
        reason: "FIELD_CUSTOM_VALIDATION_EXCEPTION: close date is missing; set it in the mapping"
            .to_owned(),
        request: Some("PATCH /services/data/v65.0/sobjects/Opportunity".to_owned()),
        response: Some("[{\"errorCode\":\"FIELD_CUSTOM_VALIDATION_EXCEPTION\"}]".to_owned()),
        attempts: 2,
        died: instant(1_767_255_600, 42),
        earlier: 0,
    }
}

/// Returns an instant with microseconds, the precision that every adapter keeps.
pub(super) fn instant(second: i64, micros: i64) -> Timestamp {
    Timestamp::from_microsecond(second * 1_000_000 + micros).expect("within the range of instants")
}

pub(super) async fn enqueue(queue: &dyn Queue, messages: Vec<Message>) {
    queue.enqueue(messages).await.expect("enqueue");
}

/// Receives until `count` messages are in hand; an adapter may hand out fewer at a time than there
/// are.
pub(super) async fn receive(
    queue: &dyn Queue,
    destination: &str,
    count: usize,
    visibility: Duration,
) -> Vec<Received> {
    let mut all: Vec<Received> = Vec::new();
    for _ in 0..count {
        let more = queue
            .receive(destination, count - all.len(), visibility)
            .await
            .expect("receive");
        all.extend(more);
        if all.len() == count {
            return all;
        }
    }
    assert_eq!(
        all.len(),
        count,
        "messages in hand, out of those expected: {:?}",
        events(&all)
    );
    all
}

/// Receives exactly one message.
pub(super) async fn receive_one(
    queue: &dyn Queue,
    destination: &str,
    visibility: Duration,
) -> Received {
    receive(queue, destination, 1, visibility)
        .await
        .swap_remove(0)
}

/// Fails if anything can be received.
pub(super) async fn nothing_to_receive(queue: &dyn Queue, destination: &str) {
    let found = queue.receive(destination, 10, LONG).await.expect("receive");
    assert!(
        found.is_empty(),
        "nothing should be receivable, but these were: {:?}",
        events(&found)
    );
}

pub(super) async fn settle(queue: &dyn Queue, received: &Received, disposition: Disposition) {
    queue
        .settle(vec![received.clone().settled(disposition)])
        .await
        .expect("settle");
}

/// Receives and settles everything as done, and returns the events in the order in which they came.
pub(super) async fn work_off(queue: &dyn Queue, destination: &str, count: usize) -> Vec<String> {
    let mut order = Vec::new();
    while order.len() < count {
        let batch = queue.receive(destination, 10, LONG).await.expect("receive");
        assert!(
            !batch.is_empty(),
            "{} of {count} messages came: {order:?}",
            order.len()
        );
        order.extend(events(&batch));
        let done = batch
            .into_iter()
            .map(|received| received.settled(Disposition::Done));
        queue.settle(done.collect()).await.expect("settle");
    }
    nothing_to_receive(queue, destination).await;
    order
}

pub(super) fn events(received: &[Received]) -> Vec<String> {
    received
        .iter()
        .map(|one| one.message.event.clone())
        .collect()
}

use super::{DEDUPE_WINDOW, Fifo};
use crate::{Disposition, Kind, Message, Origin, Received};
use bytes::Bytes;
use jiff::Timestamp;
use std::time::Duration;

const BEGINNING: Timestamp = Timestamp::constant(1_767_225_600, 0);

const LEASE: Duration = Duration::from_secs(60);

fn message(order: &str, group: &str) -> Message {
    Message {
        route: "shop-to-crm".to_owned(),
        destination: "crm".to_owned(),
        store: "shop".to_owned(),
        kind: Kind::Order,
        origin: Origin::Posted,
        topic: "order.created".to_owned(),
        event: order.to_owned(),
        order: Some(order.to_owned()),
        modified: None,
        accepted: BEGINNING,
        group: group.to_owned(),
        dedupe: None,
        replays: 0,
        body: Bytes::new(),
    }
}

fn fifo() -> Fifo {
    let mut fifo = Fifo::default();
    for (order, group) in [("1", "a"), ("2", "a"), ("3", "b")] {
        fifo.add(message(order, group), BEGINNING);
    }
    fifo
}

fn orders(taken: &[Received]) -> Vec<&str> {
    taken
        .iter()
        .filter_map(|received| received.message.order.as_deref())
        .collect()
}

#[test]
fn one_of_a_group_or_several_in_their_order() {
    assert_eq!(
        orders(&fifo().take("crm", 10, BEGINNING, LEASE)),
        ["1", "3"]
    );
    assert_eq!(
        orders(&fifo().take_several("crm", 10, BEGINNING, LEASE)),
        ["1", "2", "3"]
    );
    assert_eq!(
        orders(&fifo().take_several("crm", 2, BEGINNING, LEASE)),
        ["1", "2"]
    );
    assert!(fifo().take_several("erp", 10, BEGINNING, LEASE).is_empty());
}

#[test]
fn a_group_waits_while_one_of_it_is_in_hand_or_backing_off() {
    let mut fifo = fifo();
    let mut taken = fifo.take_several("crm", 1, BEGINNING, LEASE);
    assert_eq!(
        orders(&fifo.take_several("crm", 10, BEGINNING, LEASE)),
        ["3"]
    );
    let first = taken.remove(0);
    assert!(fifo.held(&first.receipt).is_some());
    let receipt = first.receipt.clone();
    fifo.settle(first.settled(Disposition::Retry(LEASE * 2)), BEGINNING);
    assert!(fifo.held(&receipt).is_none(), "it is settled");
    assert!(
        fifo.take_several("crm", 10, BEGINNING + LEASE, LEASE)
            .iter()
            .all(|received| received.message.group == "b")
    );
    assert_eq!(
        orders(&fifo.take_several("crm", 1, BEGINNING + LEASE * 2, LEASE)),
        ["1"]
    );
}

#[test]
fn a_repeated_delivery_is_swallowed_for_five_minutes() {
    let again = || Message {
        dedupe: Some("delivery 7".to_owned()),
        ..message("9", "c")
    };
    let mut fifo = Fifo::default();
    assert!(fifo.add(again(), BEGINNING));
    assert!(!fifo.add(again(), BEGINNING + DEDUPE_WINDOW / 2));
    assert!(fifo.add(again(), BEGINNING + DEDUPE_WINDOW));
    assert_eq!(fifo.messages().count(), 2);
}

#[test]
fn it_tells_when_something_is_due() {
    let mut fifo = fifo();
    assert_eq!(fifo.due("crm"), Some(Timestamp::MIN));
    let taken = fifo.take_several("crm", 10, BEGINNING, LEASE);
    assert_eq!(fifo.due("crm"), Some(BEGINNING + LEASE));
    for received in taken {
        fifo.settle(received.settled(Disposition::Done), BEGINNING);
    }
    assert_eq!(fifo.due("crm"), None);
}

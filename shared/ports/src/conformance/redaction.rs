use super::{
    Case, Forgets, QueueSubject, cases,
    samples::{
        LONG, OVER, SHORT, enqueue, events, instant, letter, message, nothing_to_receive,
        receive_one, settle, work_off,
    },
};
use crate::{DeadLetterFilter, Disposition, Message, Redaction, Removed, Subject};
use std::collections::BTreeSet;

/// More receives than any case needs, where a receive may return nothing because what it found was
/// forgotten.
const RECEIPTS: usize = 20;

/// Returns the cases for a queue and its dead letters when somebody's data is redacted. A queue
/// that forgets on receipt (see [`Forgets`]) does not count the messages that waited, but hands
/// none of them out and keeps none of them.
#[must_use]
pub fn redaction_cases() -> Vec<Case<QueueSubject>> {
    cases![QueueSubject:
        waiting_messages_of_the_customer_go,
        other_stores_stay,
        what_was_accepted_later_stays,
        messages_of_all_destinations_go,
        a_message_in_hand_can_neither_come_back_nor_die,
        a_message_that_backs_off_goes,
        the_group_goes_on_with_what_is_left,
        dead_letters_of_the_customer_go,
        everything_of_a_store_goes,
        again_removes_nothing_more,
    ]
}

/// Returns an instant a little after the one at which the samples are accepted.
fn before() -> jiff::Timestamp {
    instant(1_767_255_400, 0)
}

fn of_customer(orders: &[&str], groups: &[&str]) -> Redaction {
    let set = |texts: &[&str]| {
        texts
            .iter()
            .map(|text| (*text).to_owned())
            .collect::<BTreeSet<String>>()
    };
    Redaction {
        store: "acme".to_owned(),
        routes: set(&["acme-sales"]),
        subject: Subject::Customer {
            orders: set(orders),
            groups: set(groups),
        },
        before: before(),
    }
}

fn of_everyone() -> Redaction {
    Redaction {
        subject: Subject::Everyone,
        ..of_customer(&[], &[])
    }
}

fn of_order(destination: &str, group: &str, order: &str) -> Message {
    Message {
        order: Some(order.to_owned()),
        ..message(destination, group, order)
    }
}

async fn redact(subject: &QueueSubject, redaction: &Redaction) -> Removed {
    subject.queue.redact(redaction).await.expect("redact")
}

/// Returns the expected result of a redaction that takes these waiting messages, and this number of
/// dead letters of these orders.
fn removed(subject: &QueueSubject, waiting: &[&str], dead: u64, dead_orders: &[&str]) -> Removed {
    let waiting = match subject.forgets {
        Forgets::AtOnce => waiting,
        Forgets::OnReceipt => &[],
    };
    Removed {
        waiting: u64::try_from(waiting.len()).expect("a small number"),
        dead,
        orders: waiting
            .iter()
            .chain(dead_orders)
            .map(|order| (*order).to_owned())
            .collect(),
    }
}

async fn dead(subject: &QueueSubject) -> Vec<String> {
    let letters = subject
        .dead_letters
        .list(&DeadLetterFilter::default())
        .await
        .expect("list");
    letters
        .into_iter()
        .map(|letter| letter.message.event)
        .collect()
}

async fn bury(subject: &QueueSubject, message: Message) {
    enqueue(&*subject.queue, vec![message]).await;
    let received = receive_one(&*subject.queue, &subject.destination, LONG).await;
    let disposition = Disposition::Dead(Box::new(letter(&received.message, "validation")));
    settle(&*subject.queue, &received, disposition).await;
}

/// Works off the messages that can be received until none is left, neither waiting nor hidden, and
/// returns their events.
async fn left(subject: &QueueSubject, destination: &str) -> Vec<String> {
    let mut all = Vec::new();
    for _ in 0..RECEIPTS {
        if subject.queue.depth(destination).await.expect("depth") == 0 {
            return all;
        }
        let batch = subject
            .queue
            .receive(destination, 10, LONG)
            .await
            .expect("receive");
        all.extend(events(&batch));
        let done = batch
            .into_iter()
            .map(|received| received.settled(Disposition::Done));
        subject.queue.settle(done.collect()).await.expect("settle");
    }
    assert_eq!(
        subject.queue.depth(destination).await.expect("depth"),
        0,
        "what was redacted is hidden, but not gone; {all:?} came"
    );
    all
}

async fn waiting_messages_of_the_customer_go(subject: QueueSubject) {
    let here = |group: &str, order: &str| of_order(&subject.destination, group, order);
    enqueue(
        &*subject.queue,
        vec![here("a", "1"), here("b", "2"), here("c", "3")],
    )
    .await;
    let told = redact(&subject, &of_customer(&["1"], &["b"])).await;
    assert_eq!(told, removed(&subject, &["1", "2"], 0, &[]));
    if subject.forgets == Forgets::AtOnce {
        assert_eq!(
            subject
                .queue
                .depth(&subject.destination)
                .await
                .expect("depth"),
            1
        );
    }
    assert_eq!(left(&subject, &subject.destination).await, ["3"]);
}

async fn other_stores_stay(subject: QueueSubject) {
    let other = Message {
        store: "other".to_owned(),
        ..of_order(&subject.destination, "a", "1")
    };
    enqueue(&*subject.queue, vec![other]).await;
    assert_eq!(
        redact(&subject, &of_customer(&["1"], &["a"])).await,
        Removed::default()
    );
    assert_eq!(redact(&subject, &of_everyone()).await, Removed::default());
    assert_eq!(
        work_off(&*subject.queue, &subject.destination, 1).await,
        ["1"]
    );
}

async fn what_was_accepted_later_stays(subject: QueueSubject) {
    let at = |event: &str, accepted| Message {
        accepted,
        ..of_order(&subject.destination, "a", event)
    };
    enqueue(
        &*subject.queue,
        vec![
            at("same instant", before()),
            at("later", instant(1_767_255_401, 0)),
        ],
    )
    .await;
    assert_eq!(
        redact(&subject, &of_customer(&["later"], &["a"])).await,
        Removed::default()
    );
    assert_eq!(redact(&subject, &of_everyone()).await, Removed::default());
    assert_eq!(
        work_off(&*subject.queue, &subject.destination, 2).await,
        ["same instant", "later"]
    );
}

async fn messages_of_all_destinations_go(subject: QueueSubject) {
    enqueue(
        &*subject.queue,
        vec![
            of_order(&subject.destination, "a", "1"),
            of_order(&subject.other, "b", "1"),
        ],
    )
    .await;
    let told = redact(&subject, &of_customer(&["1"], &[])).await;
    assert_eq!(told, removed(&subject, &["1", "1"], 0, &[]));
    for destination in [&subject.destination, &subject.other] {
        nothing_to_receive(&*subject.queue, destination).await;
        assert_eq!(left(&subject, destination).await, Vec::<String>::new());
    }
}

async fn a_message_in_hand_can_neither_come_back_nor_die(subject: QueueSubject) {
    for disposition in ["dead", "retry", "release", "done"] {
        enqueue(
            &*subject.queue,
            vec![of_order(&subject.destination, disposition, disposition)],
        )
        .await;
        let received = receive_one(&*subject.queue, &subject.destination, SHORT).await;
        let told = redact(&subject, &of_customer(&[disposition], &[])).await;
        assert_eq!(told, removed(&subject, &[disposition], 0, &[]));
        let disposition = match disposition {
            "dead" => Disposition::Dead(Box::new(letter(&received.message, "validation"))),
            "retry" => Disposition::Retry(SHORT),
            "release" => Disposition::Release,
            _ => Disposition::Done,
        };
        let _ = subject
            .queue
            .settle(vec![received.settled(disposition)])
            .await;
        subject.time.pass(OVER).await;
        nothing_to_receive(&*subject.queue, &subject.destination).await;
        assert_eq!(
            left(&subject, &subject.destination).await,
            Vec::<String>::new()
        );
        assert_eq!(dead(&subject).await, Vec::<String>::new());
    }
}

async fn a_message_that_backs_off_goes(subject: QueueSubject) {
    enqueue(
        &*subject.queue,
        vec![of_order(&subject.destination, "a", "1")],
    )
    .await;
    let received = receive_one(&*subject.queue, &subject.destination, LONG).await;
    settle(&*subject.queue, &received, Disposition::Retry(SHORT)).await;
    let told = redact(&subject, &of_customer(&[], &["a"])).await;
    assert_eq!(told, removed(&subject, &["1"], 0, &[]));
    subject.time.pass(OVER).await;
    nothing_to_receive(&*subject.queue, &subject.destination).await;
    assert_eq!(
        left(&subject, &subject.destination).await,
        Vec::<String>::new()
    );
}

/// Where messages are forgotten on receipt, a message in hand keeps its group until its visibility
/// timeout is over.
async fn the_group_goes_on_with_what_is_left(subject: QueueSubject) {
    let messages = ["1", "2", "3"].map(|order| of_order(&subject.destination, "a", order));
    enqueue(&*subject.queue, messages.to_vec()).await;
    let in_hand_for = if subject.forgets == Forgets::AtOnce {
        LONG
    } else {
        SHORT
    };
    receive_one(&*subject.queue, &subject.destination, in_hand_for).await;
    let told = redact(&subject, &of_customer(&["1", "2"], &[])).await;
    assert_eq!(told, removed(&subject, &["1", "2"], 0, &[]));
    if subject.forgets == Forgets::OnReceipt {
        subject.time.pass(OVER).await;
    }
    assert_eq!(left(&subject, &subject.destination).await, ["3"]);
}

async fn dead_letters_of_the_customer_go(subject: QueueSubject) {
    for (group, order) in [("a", "1"), ("b", "2"), ("c", "3")] {
        bury(&subject, of_order(&subject.destination, group, order)).await;
    }
    let told = redact(&subject, &of_customer(&["1"], &["b"])).await;
    assert_eq!(told, removed(&subject, &[], 2, &["1", "2"]));
    assert_eq!(dead(&subject).await, ["3"]);
}

async fn everything_of_a_store_goes(subject: QueueSubject) {
    let no_order = Message {
        order: None,
        ..message(&subject.destination, "a", "unreadable")
    };
    bury(&subject, no_order).await;
    enqueue(
        &*subject.queue,
        vec![
            of_order(&subject.destination, "b", "1"),
            of_order(&subject.other, "c", "2"),
        ],
    )
    .await;
    let told = redact(&subject, &of_everyone()).await;
    assert_eq!(told, removed(&subject, &["1", "2"], 1, &[]));
    assert_eq!(dead(&subject).await, Vec::<String>::new());
    for destination in [&subject.destination, &subject.other] {
        nothing_to_receive(&*subject.queue, destination).await;
        assert_eq!(left(&subject, destination).await, Vec::<String>::new());
    }
}

async fn again_removes_nothing_more(subject: QueueSubject) {
    bury(&subject, of_order(&subject.destination, "a", "2")).await;
    enqueue(
        &*subject.queue,
        vec![of_order(&subject.destination, "a", "1")],
    )
    .await;
    let told = redact(&subject, &of_customer(&["1"], &["a"])).await;
    assert_eq!(told, removed(&subject, &["1"], 1, &["2"]));
    assert_eq!(
        redact(&subject, &of_customer(&["1"], &["a"])).await,
        Removed::default()
    );
    assert_eq!(
        left(&subject, &subject.destination).await,
        Vec::<String>::new()
    );
}

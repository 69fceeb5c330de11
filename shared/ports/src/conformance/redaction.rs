use super::{
    Case, QueueSubject, cases,
    samples::{LONG, OVER, SHORT, enqueue, instant, letter, message, nothing_to_receive, receive_one, settle, work_off},
};
use crate::{DeadLetterFilter, Message, Redaction, Removed, Subject, Verdict};
use std::collections::BTreeSet;

/// What a queue and its dead letters must do when somebody's data has to go.
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

/// The samples are accepted a little before this.
fn before() -> jiff::Timestamp {
    instant(1_767_255_400, 0)
}

fn of_customer(orders: &[&str], groups: &[&str]) -> Redaction {
    let set = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<BTreeSet<String>>();
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

fn removed(waiting: u64, dead: u64, orders: &[&str]) -> Removed {
    Removed {
        waiting,
        dead,
        orders: orders.iter().map(|order| (*order).to_owned()).collect(),
    }
}

async fn dead(subject: &QueueSubject) -> Vec<String> {
    let letters = subject.dead_letters.list(&DeadLetterFilter::default()).await.expect("list");
    letters.into_iter().map(|letter| letter.message.event).collect()
}

async fn waiting_messages_of_the_customer_go(subject: QueueSubject) {
    let here = |group: &str, order: &str| of_order(&subject.destination, group, order);
    enqueue(&*subject.queue, vec![here("a", "1"), here("b", "2"), here("c", "3")]).await;
    assert_eq!(redact(&subject, &of_customer(&["1"], &["b"])).await, removed(2, 0, &["1", "2"]));
    assert_eq!(subject.queue.depth(&subject.destination).await.expect("depth"), 1);
    assert_eq!(work_off(&*subject.queue, &subject.destination, 1).await, ["3"]);
}

async fn other_stores_stay(subject: QueueSubject) {
    let other = Message {
        store: "other".to_owned(),
        ..of_order(&subject.destination, "a", "1")
    };
    enqueue(&*subject.queue, vec![other]).await;
    assert_eq!(redact(&subject, &of_customer(&["1"], &["a"])).await, Removed::default());
    assert_eq!(redact(&subject, &of_everyone()).await, Removed::default());
    assert_eq!(work_off(&*subject.queue, &subject.destination, 1).await, ["1"]);
}

async fn what_was_accepted_later_stays(subject: QueueSubject) {
    let at = |event: &str, accepted| Message {
        accepted,
        ..of_order(&subject.destination, "a", event)
    };
    enqueue(
        &*subject.queue,
        vec![at("same instant", before()), at("later", instant(1_767_255_401, 0))],
    )
    .await;
    assert_eq!(redact(&subject, &of_customer(&["later"], &["a"])).await, Removed::default());
    assert_eq!(redact(&subject, &of_everyone()).await, Removed::default());
    assert_eq!(work_off(&*subject.queue, &subject.destination, 2).await, ["same instant", "later"]);
}

async fn messages_of_all_destinations_go(subject: QueueSubject) {
    enqueue(
        &*subject.queue,
        vec![of_order(&subject.destination, "a", "1"), of_order(&subject.other, "b", "1")],
    )
    .await;
    assert_eq!(redact(&subject, &of_customer(&["1"], &[])).await, removed(2, 0, &["1"]));
    nothing_to_receive(&*subject.queue, &subject.destination).await;
    nothing_to_receive(&*subject.queue, &subject.other).await;
}

async fn a_message_in_hand_can_neither_come_back_nor_die(subject: QueueSubject) {
    for verdict in [0, 1, 2, 3] {
        enqueue(&*subject.queue, vec![of_order(&subject.destination, "a", "1")]).await;
        let received = receive_one(&*subject.queue, &subject.destination, SHORT).await;
        assert_eq!(redact(&subject, &of_customer(&["1"], &[])).await, removed(1, 0, &["1"]));
        let verdict = match verdict {
            0 => Verdict::Dead(Box::new(letter(&received.message, "validation"))),
            1 => Verdict::Retry(SHORT),
            2 => Verdict::Release,
            _ => Verdict::Done,
        };
        let settlement = crate::Settlement {
            receipt: received.receipt,
            verdict,
        };
        let _ = subject.queue.settle(vec![settlement]).await;
        subject.time.pass(OVER).await;
        nothing_to_receive(&*subject.queue, &subject.destination).await;
        assert_eq!(dead(&subject).await, Vec::<String>::new());
    }
}

async fn a_message_that_backs_off_goes(subject: QueueSubject) {
    enqueue(&*subject.queue, vec![of_order(&subject.destination, "a", "1")]).await;
    let received = receive_one(&*subject.queue, &subject.destination, LONG).await;
    settle(&*subject.queue, &received, Verdict::Retry(SHORT)).await;
    assert_eq!(redact(&subject, &of_customer(&[], &["a"])).await, removed(1, 0, &["1"]));
    subject.time.pass(OVER).await;
    nothing_to_receive(&*subject.queue, &subject.destination).await;
}

async fn the_group_goes_on_with_what_is_left(subject: QueueSubject) {
    let messages = ["1", "2", "3"].map(|order| of_order(&subject.destination, "a", order));
    enqueue(&*subject.queue, messages.to_vec()).await;
    receive_one(&*subject.queue, &subject.destination, LONG).await;
    assert_eq!(redact(&subject, &of_customer(&["1", "2"], &[])).await, removed(2, 0, &["1", "2"]));
    assert_eq!(work_off(&*subject.queue, &subject.destination, 1).await, ["3"]);
}

async fn dead_letters_of_the_customer_go(subject: QueueSubject) {
    for (group, order) in [("a", "1"), ("b", "2"), ("c", "3")] {
        enqueue(&*subject.queue, vec![of_order(&subject.destination, group, order)]).await;
        let received = receive_one(&*subject.queue, &subject.destination, LONG).await;
        let verdict = Verdict::Dead(Box::new(letter(&received.message, "validation")));
        settle(&*subject.queue, &received, verdict).await;
    }
    assert_eq!(redact(&subject, &of_customer(&["1"], &["b"])).await, removed(0, 2, &["1", "2"]));
    assert_eq!(dead(&subject).await, ["3"]);
}

async fn everything_of_a_store_goes(subject: QueueSubject) {
    let no_order = Message {
        order: None,
        ..message(&subject.destination, "a", "unreadable")
    };
    enqueue(&*subject.queue, vec![no_order]).await;
    let received = receive_one(&*subject.queue, &subject.destination, LONG).await;
    let verdict = Verdict::Dead(Box::new(letter(&received.message, "validation")));
    settle(&*subject.queue, &received, verdict).await;
    enqueue(
        &*subject.queue,
        vec![of_order(&subject.destination, "b", "1"), of_order(&subject.other, "c", "2")],
    )
    .await;
    assert_eq!(redact(&subject, &of_everyone()).await, removed(2, 1, &["1", "2"]));
    assert_eq!(dead(&subject).await, Vec::<String>::new());
    nothing_to_receive(&*subject.queue, &subject.other).await;
}

async fn again_removes_nothing_more(subject: QueueSubject) {
    enqueue(&*subject.queue, vec![of_order(&subject.destination, "a", "1")]).await;
    assert_eq!(redact(&subject, &of_customer(&["1"], &["a"])).await, removed(1, 0, &["1"]));
    assert_eq!(redact(&subject, &of_customer(&["1"], &["a"])).await, Removed::default());
}

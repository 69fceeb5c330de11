//! The cases for what an operator sees of dead letters: one for each event and route, in groups and
//! in pages.

use super::{
    Case, QueueSubject, cases,
    samples::{LONG, enqueue, instant, letter, message, receive_one, settle},
};
use crate::{DeadLetter, DeadLetterFilter, Disposition, LetterGroup, Message, Origin};

pub(super) fn cases() -> Vec<Case<QueueSubject>> {
    cases![QueueSubject:
        a_newer_letter_of_an_event_takes_the_place_of_the_older_and_counts_it,
        each_state_of_an_order_has_a_letter,
        other_routes_orders_and_edited_messages_have_letters_of_their_own,
        letters_without_an_order_stay_beside_each_other,
        groups_are_by_what_is_missing_and_not_by_order,
        a_filter_chooses_a_group_a_store_a_destination_and_a_time,
        pages_show_each_letter_once,
    ]
}

/// Makes a dead letter that died in this second for this reason.
async fn die(subject: &QueueSubject, sent: Message, second: i64, reason: &str) {
    enqueue(&*subject.queue, vec![sent]).await;
    let received = receive_one(&*subject.queue, &subject.destination, LONG).await;
    let dead = DeadLetter {
        died: instant(1_767_255_600 + second, 0),
        reason: reason.to_owned(),
        ..letter(&received.message, "mapping")
    };
    settle(
        &*subject.queue,
        &received,
        Disposition::Dead(Box::new(dead)),
    )
    .await;
}

fn order(subject: &QueueSubject, order: &str, event: &str) -> Message {
    Message {
        order: Some(order.to_owned()),
        ..message(&subject.destination, "g", event)
    }
}

async fn list(subject: &QueueSubject, filter: DeadLetterFilter) -> Vec<DeadLetter> {
    subject.dead_letters.list(&filter).await.expect("list")
}

async fn groups(subject: &QueueSubject, filter: &DeadLetterFilter) -> Vec<LetterGroup> {
    subject.dead_letters.groups(filter).await.expect("groups")
}

fn events(letters: &[DeadLetter]) -> Vec<&str> {
    letters
        .iter()
        .map(|letter| letter.message.event.as_str())
        .collect()
}

async fn a_newer_letter_of_an_event_takes_the_place_of_the_older_and_counts_it(
    subject: QueueSubject,
) {
    die(&subject, order(&subject, "1", "e1"), 1, "no product A").await;
    let first = list(&subject, DeadLetterFilter::default()).await;
    assert_eq!((first.len(), first[0].earlier), (1, 0));
    die(&subject, order(&subject, "1", "e1"), 2, "no product B").await;
    die(&subject, order(&subject, "1", "e1"), 3, "no product C").await;
    let left = list(&subject, DeadLetterFilter::default()).await;
    assert_eq!(events(&left), ["e1"]);
    assert!(
        left[0].reason.contains("no product C"),
        "{}",
        left[0].reason
    );
    assert_eq!(
        left[0].earlier, 2,
        "the older ones are gone, and not in silence"
    );
    let gone = subject.dead_letters.get(&first[0].id).await.expect("get");
    assert_eq!(gone, None);
    assert_eq!(
        subject
            .dead_letters
            .get(&left[0].id)
            .await
            .expect("get")
            .as_ref(),
        left.first()
    );
}

async fn each_state_of_an_order_has_a_letter(subject: QueueSubject) {
    let state = |event: &str, modified: i64| Message {
        modified: Some(instant(1_767_000_000 + modified, 0)),
        ..order(&subject, "1", event)
    };
    die(&subject, state("second state", 20), 101, "no").await;
    die(&subject, state("first state", 10), 102, "no").await;
    die(&subject, state("third state", 30), 103, "no").await;
    let left = list(&subject, DeadLetterFilter::default()).await;
    assert_eq!(
        events(&left),
        ["third state", "first state", "second state"]
    );
}

async fn other_routes_orders_and_edited_messages_have_letters_of_their_own(subject: QueueSubject) {
    let other_route = Message {
        route: "acme-crm".to_owned(),
        ..order(&subject, "1", "route")
    };
    let edited = Message {
        origin: Origin::Edited,
        ..order(&subject, "1", "edited")
    };
    die(&subject, order(&subject, "1", "one"), 1, "no").await;
    die(&subject, other_route, 2, "no").await;
    die(&subject, order(&subject, "2", "two"), 3, "no").await;
    die(&subject, edited, 4, "no").await;
    let left = list(&subject, DeadLetterFilter::default()).await;
    assert_eq!(events(&left), ["edited", "two", "route", "one"]);
    assert!(left.iter().all(|letter| letter.earlier == 0));
}

async fn letters_without_an_order_stay_beside_each_other(subject: QueueSubject) {
    for (second, event) in (1..).zip(["e1", "e2"]) {
        let sent = Message {
            order: None,
            ..message(&subject.destination, "g", event)
        };
        die(&subject, sent, second, "this is no order").await;
    }
    let left = list(&subject, DeadLetterFilter::default()).await;
    assert_eq!(events(&left), ["e2", "e1"]);
}

/// Four letters of two groups: three orders without a product, on two routes, and one that is
/// refused.
async fn some(subject: &QueueSubject) {
    let other_route = Message {
        route: "acme-crm".to_owned(),
        store: "other".to_owned(),
        ..order(subject, "3", "e3")
    };
    for (second, sent) in (1..).zip([
        order(subject, "1", "e1"),
        order(subject, "2", "e2"),
        other_route,
    ]) {
        let number = sent.order.clone().unwrap_or_default();
        let reason = format!("order {number}: no Products where Product_Code = TEA-2. Add it");
        die(subject, sent, second, &reason).await;
    }
    die(subject, order(subject, "4", "e4"), 4, "no customer").await;
}

async fn groups_are_by_what_is_missing_and_not_by_order(subject: QueueSubject) {
    assert_eq!(groups(&subject, &DeadLetterFilter::default()).await, []);
    some(&subject).await;
    let found = groups(&subject, &DeadLetterFilter::default()).await;
    let counts: Vec<u64> = found.iter().map(LetterGroup::count).collect();
    assert_eq!(counts, [3, 1]);
    let first = &found[0];
    assert_eq!(
        (first.oldest, first.newest),
        (instant(1_767_255_601, 0), instant(1_767_255_603, 0))
    );
    assert_eq!(
        (first.routes["acme-sales"], first.routes["acme-crm"]),
        (2, 1)
    );
    assert!(first.key.text.contains("TEA-2") && !first.key.text.contains('3'));
    let example = subject.dead_letters.get(&first.example).await.expect("get");
    assert_eq!(example.expect("an example").message.event, "e3");
    let of_route = DeadLetterFilter {
        route: Some("acme-crm".to_owned()),
        ..DeadLetterFilter::default()
    };
    let found = groups(&subject, &of_route).await;
    assert_eq!((found.len(), found[0].count()), (1, 1));
}

async fn a_filter_chooses_a_group_a_store_a_destination_and_a_time(subject: QueueSubject) {
    some(&subject).await;
    let any = DeadLetterFilter::default;
    let key = groups(&subject, &any()).await.remove(0).key;
    let of = |filter: DeadLetterFilter| {
        let subject = &subject;
        async move {
            let letters = list(subject, filter).await;
            let events: Vec<String> = events(&letters).into_iter().map(str::to_owned).collect();
            events
        }
    };
    let group = DeadLetterFilter {
        group: Some(key.id),
        ..any()
    };
    let store = DeadLetterFilter {
        store: Some("other".to_owned()),
        ..any()
    };
    let destination = DeadLetterFilter {
        destination: Some(subject.other.clone()),
        ..any()
    };
    let time = DeadLetterFilter {
        since: Some(instant(1_767_255_602, 0)),
        until: Some(instant(1_767_255_604, 0)),
        ..any()
    };
    let orders = DeadLetterFilter {
        orders: Some(["1", "4", "9"].map(str::to_owned).into()),
        ..any()
    };
    assert_eq!(of(orders).await, ["e4", "e1"]);
    assert_eq!(of(group).await, ["e3", "e2", "e1"]);
    assert_eq!(of(store).await, ["e3"]);
    assert_eq!(of(destination).await, Vec::<String>::new());
    assert_eq!(of(time).await, ["e3", "e2"]);
}

async fn pages_show_each_letter_once(subject: QueueSubject) {
    some(&subject).await;
    let (mut after, mut seen) = (None, Vec::new());
    for _ in 0..5 {
        let filter = DeadLetterFilter {
            after: after.take(),
            limit: Some(2),
            ..DeadLetterFilter::default()
        };
        let page = list(&subject, filter).await;
        seen.extend(page.iter().map(|letter| letter.message.event.clone()));
        match page.last() {
            Some(last) => after = Some(last.cursor()),
            None => break,
        }
    }
    assert_eq!(seen, ["e4", "e3", "e2", "e1"]);
}

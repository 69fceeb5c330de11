//! The cases for what an operator sees of messages that wait. A queue that cannot tell says so.

use super::{
    Case, QueueSubject, cases,
    samples::{LONG, OVER, SHORT, enqueue, instant, message, receive_one, settle},
};
use crate::{Disposition, Kind, Message, Waiting, WaitingFilter};
use std::{collections::BTreeSet, time::Duration};

/// Returns the cases for what a queue tells of what waits.
#[must_use]
pub fn waiting_cases() -> Vec<Case<QueueSubject>> {
    cases![QueueSubject:
        what_waits_is_told_the_oldest_first_or_the_newest,
        filters_choose_what_waits,
        what_was_tried_says_when_it_is_tried_again,
        what_was_not_given_back_is_untried,
        what_waits_is_read_whole_and_stays,
        the_number_of_messages_before_one_is_told,
    ]
}

async fn waiting(subject: &QueueSubject, filter: WaitingFilter) -> Option<Vec<Waiting>> {
    subject.queue.waiting(&filter).await.expect("waiting")
}

fn order(subject: &QueueSubject, order: &str, second: i64) -> Message {
    Message {
        order: Some(order.to_owned()),
        accepted: instant(1_767_255_600 + second, 0),
        ..message(&subject.destination, order, order)
    }
}

fn orders(waiting: &[Waiting]) -> Vec<&str> {
    waiting
        .iter()
        .filter_map(|one| one.order.as_deref())
        .collect()
}

async fn three(subject: &QueueSubject) {
    let request = Message {
        kind: Kind::Request,
        ..order(subject, "request", 0)
    };
    let other = Message {
        destination: subject.other.clone(),
        store: "other".to_owned(),
        route: "other-crm".to_owned(),
        ..order(subject, "2", 2)
    };
    let sent = vec![
        request,
        order(subject, "1", 1),
        other,
        order(subject, "3", 3),
    ];
    enqueue(&*subject.queue, sent).await;
}

async fn what_waits_is_told_the_oldest_first_or_the_newest(subject: QueueSubject) {
    three(&subject).await;
    let Some(found) = waiting(&subject, WaitingFilter::default()).await else {
        return;
    };
    assert_eq!(orders(&found), ["1", "2", "3"]);
    let mut after = None;
    for expected in [&["3", "2"][..], &["1"], &[]] {
        let filter = WaitingFilter {
            newest_first: true,
            limit: Some(2),
            after,
            ..WaitingFilter::default()
        };
        let found = waiting(&subject, filter).await.expect("told before");
        assert_eq!(orders(&found), expected);
        after = found.last().map(|last| last.place);
    }
}

async fn filters_choose_what_waits(subject: QueueSubject) {
    three(&subject).await;
    if waiting(&subject, WaitingFilter::default()).await.is_none() {
        return;
    }
    let any = WaitingFilter::default;
    let filters = [
        (
            WaitingFilter {
                destination: Some(subject.other.clone()),
                ..any()
            },
            &["2"][..],
        ),
        (
            WaitingFilter {
                store: Some("acme".to_owned()),
                ..any()
            },
            &["1", "3"],
        ),
        (
            WaitingFilter {
                route: Some("other-crm".to_owned()),
                ..any()
            },
            &["2"],
        ),
        (
            WaitingFilter {
                orders: Some(BTreeSet::from(["3".to_owned(), "9".to_owned()])),
                ..any()
            },
            &["3"],
        ),
        (
            WaitingFilter {
                since: Some(instant(1_767_255_602, 0)),
                until: Some(instant(1_767_255_603, 0)),
                ..any()
            },
            &["2"],
        ),
    ];
    for (filter, expected) in filters {
        let found = waiting(&subject, filter.clone())
            .await
            .expect("told before");
        assert_eq!(orders(&found), expected, "{filter:?}");
    }
}

async fn what_was_tried_says_when_it_is_tried_again(subject: QueueSubject) {
    enqueue(&*subject.queue, vec![order(&subject, "1", 1)]).await;
    let received = receive_one(&*subject.queue, &subject.destination, LONG).await;
    let pause = Disposition::Retry(Duration::from_secs(100));
    settle(&*subject.queue, &received, pause).await;
    enqueue(&*subject.queue, vec![order(&subject, "2", 2)]).await;
    let untried = WaitingFilter {
        untried: true,
        ..WaitingFilter::default()
    };
    let Some(all) = waiting(&subject, WaitingFilter::default()).await else {
        return;
    };
    assert_eq!(orders(&all), ["1", "2"]);
    assert_eq!((all[0].attempts, all[1].attempts), (1, 0));
    assert!(all[0].next_try > Some(subject.time.now()));
    assert_eq!(all[1].next_try, None);
    assert!(all.iter().all(|one| one.in_hand_until.is_none()));
    let found = waiting(&subject, untried).await.expect("told before");
    assert_eq!(orders(&found), ["2"]);
}

/// An order in its first worker's hands, or lost with that worker, may be known to nobody else.
async fn what_was_not_given_back_is_untried(subject: QueueSubject) {
    enqueue(&*subject.queue, vec![order(&subject, "1", 1)]).await;
    let untried = WaitingFilter {
        untried: true,
        ..WaitingFilter::default()
    };
    for attempt in 1..=2 {
        let received = receive_one(&*subject.queue, &subject.destination, SHORT).await;
        assert_eq!(received.attempts, attempt);
        let Some(found) = waiting(&subject, untried.clone()).await else {
            return;
        };
        assert_eq!(orders(&found), ["1"]);
        assert_eq!(found[0].attempts, attempt);
        assert!(found[0].in_hand_until > Some(subject.time.now()));
        assert_eq!(found[0].next_try, None);
        subject.time.pass(OVER).await;
        let found = waiting(&subject, untried.clone()).await;
        assert_eq!(orders(&found.expect("told before")), ["1"]);
    }
    let received = receive_one(&*subject.queue, &subject.destination, LONG).await;
    settle(&*subject.queue, &received, Disposition::Retry(SHORT)).await;
    let found = waiting(&subject, untried.clone()).await;
    assert_eq!(orders(&found.expect("told before")), [""; 0]);
    subject.time.pass(OVER).await;
    receive_one(&*subject.queue, &subject.destination, LONG).await;
    let found = waiting(&subject, untried).await;
    assert_eq!(
        orders(&found.expect("told before")),
        [""; 0],
        "in hand again"
    );
}

async fn what_waits_is_read_whole_and_stays(subject: QueueSubject) {
    three(&subject).await;
    let filter = WaitingFilter {
        destination: Some(subject.destination.clone()),
        ..WaitingFilter::default()
    };
    let read = subject.queue.waiting_messages(&filter).await;
    let Some(read) = read.expect("waiting messages") else {
        assert!(waiting(&subject, filter).await.is_none(), "neither is told");
        return;
    };
    assert_eq!(
        read,
        [order(&subject, "1", 1), order(&subject, "3", 3)],
        "requests about personal data are none of them"
    );
    let received = receive_one(&*subject.queue, &subject.destination, LONG).await;
    assert_eq!(received.attempts, 1, "reading receives nothing");
}

async fn the_number_of_messages_before_one_is_told(subject: QueueSubject) {
    three(&subject).await;
    let Some(all) = waiting(&subject, WaitingFilter::default()).await else {
        return;
    };
    for (one, expected) in all.iter().zip([0, 0, 1]) {
        let before = subject.queue.before(&one.destination, one.place).await;
        assert_eq!(before.expect("before"), Some(expected), "{one:?}");
    }
}

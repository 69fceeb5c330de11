use super::{
    Case, QueueSubject, cases, letter_lists,
    samples::{LONG, enqueue, letter, message, nothing_to_receive, receive_one, settle, work_off},
};
use crate::{DeadLetter, DeadLetterFilter, Disposition, Message};

/// Returns the cases for the dead letters of a queue.
#[must_use]
pub fn dead_letter_cases() -> Vec<Case<QueueSubject>> {
    let mut cases = plain();
    cases.extend(letter_lists::cases());
    cases
}

fn plain() -> Vec<Case<QueueSubject>> {
    cases![QueueSubject:
        a_dead_message_keeps_every_field,
        a_dead_message_without_the_optional_fields,
        a_stale_receipt_makes_no_dead_letter,
        each_dead_letter_has_its_own_name,
        the_newest_comes_first,
        filters_choose,
        the_limit_keeps_the_newest,
        an_unknown_name_finds_nothing,
        a_replay_goes_to_the_end_of_its_group,
        a_replay_is_never_a_duplicate,
        a_replay_happens_once,
        a_replay_may_die_again,
        a_discarded_letter_is_gone,
    ]
}

/// Enqueues a message, makes it a dead letter and returns that.
async fn die(subject: &QueueSubject, sent: Message, class: &str) -> DeadLetter {
    let event = sent.event.clone();
    enqueue(&*subject.queue, vec![sent]).await;
    let received = receive_one(&*subject.queue, &subject.destination, LONG).await;
    settle(
        &*subject.queue,
        &received,
        Disposition::Dead(Box::new(letter(&received.message, class))),
    )
    .await;
    // All letters of these cases die at the same time.
    let mut letters = list(subject, DeadLetterFilter::default()).await.into_iter();
    letters
        .find(|letter| letter.message.event == event)
        .expect("the letter is listed")
}

async fn list(subject: &QueueSubject, filter: DeadLetterFilter) -> Vec<DeadLetter> {
    subject.dead_letters.list(&filter).await.expect("list")
}

fn events(letters: &[DeadLetter]) -> Vec<&str> {
    letters
        .iter()
        .map(|letter| letter.message.event.as_str())
        .collect()
}

async fn a_dead_message_keeps_every_field(subject: QueueSubject) {
    let sent = Message {
        dedupe: Some("one".to_owned()),
        ..message(&subject.destination, "g", "e")
    };
    let dead = die(&subject, sent.clone(), "validation").await;
    assert_eq!(
        dead,
        DeadLetter {
            id: dead.id.clone(),
            ..letter(&sent, "validation")
        }
    );
    let again = subject.dead_letters.get(&dead.id).await.expect("get");
    assert_eq!(again, Some(dead));
    nothing_to_receive(&*subject.queue, &subject.destination).await;
    assert_eq!(
        subject
            .queue
            .depth(&subject.destination)
            .await
            .expect("depth"),
        0
    );
}

async fn a_dead_message_without_the_optional_fields(subject: QueueSubject) {
    let sent = Message {
        order: None,
        modified: None,
        ..message(&subject.destination, "g", "e")
    };
    enqueue(&*subject.queue, vec![sent.clone()]).await;
    let received = receive_one(&*subject.queue, &subject.destination, LONG).await;
    let bare = DeadLetter {
        mapping: None,
        request: None,
        response: None,
        ..letter(&sent, "mapping")
    };
    settle(
        &*subject.queue,
        &received,
        Disposition::Dead(Box::new(bare.clone())),
    )
    .await;
    let dead = list(&subject, DeadLetterFilter::default())
        .await
        .swap_remove(0);
    assert_eq!(
        dead,
        DeadLetter {
            id: dead.id.clone(),
            ..bare
        }
    );
}

async fn a_stale_receipt_makes_no_dead_letter(subject: QueueSubject) {
    enqueue(
        &*subject.queue,
        vec![message(&subject.destination, "g", "e")],
    )
    .await;
    let first = receive_one(&*subject.queue, &subject.destination, LONG).await;
    settle(&*subject.queue, &first, Disposition::Release).await;
    receive_one(&*subject.queue, &subject.destination, LONG).await;
    let dead = Disposition::Dead(Box::new(letter(&first.message, "validation")));
    let settlement = first.settled(dead);
    let _ = subject.queue.settle(vec![settlement]).await;
    assert_eq!(list(&subject, DeadLetterFilter::default()).await, []);
}

async fn each_dead_letter_has_its_own_name(subject: QueueSubject) {
    let first = die(
        &subject,
        message(&subject.destination, "g", "e1"),
        "validation",
    )
    .await;
    assert!(
        subject
            .dead_letters
            .discard(&first.id)
            .await
            .expect("discard")
    );
    let second = die(
        &subject,
        message(&subject.destination, "g", "e2"),
        "validation",
    )
    .await;
    let third = die(
        &subject,
        message(&subject.destination, "g", "e3"),
        "validation",
    )
    .await;
    assert!(
        first.id != second.id && second.id != third.id && first.id != third.id,
        "{} {} {}",
        first.id,
        second.id,
        third.id
    );
}

async fn the_newest_comes_first(subject: QueueSubject) {
    for event in ["e1", "e2", "e3"] {
        // A store that orders by time needs instants that differ.
        subject.time.pass(std::time::Duration::from_secs(1)).await;
        die_at(&subject, event).await;
    }
    assert_eq!(
        events(&list(&subject, DeadLetterFilter::default()).await),
        ["e3", "e2", "e1"]
    );
}

/// Makes a message a dead letter, as `die` does, with a time of death that grows with the event's
/// number.
async fn die_at(subject: &QueueSubject, event: &str) {
    enqueue(
        &*subject.queue,
        vec![Message {
            order: Some(event.to_owned()),
            ..message(&subject.destination, "g", event)
        }],
    )
    .await;
    let received = receive_one(&*subject.queue, &subject.destination, LONG).await;
    let number: i64 = event.trim_start_matches('e').parse().expect("a number");
    let died = super::samples::instant(1_767_255_600 + number, 0);
    let reason = DeadLetter {
        died,
        ..letter(&received.message, "validation")
    };
    settle(
        &*subject.queue,
        &received,
        Disposition::Dead(Box::new(reason)),
    )
    .await;
}

async fn filters_choose(subject: QueueSubject) {
    let other_route = Message {
        route: "acme-crm".to_owned(),
        ..message(&subject.destination, "g", "route")
    };
    let other_order = Message {
        order: Some("4712".to_owned()),
        ..message(&subject.destination, "g", "order")
    };
    let no_order = Message {
        order: None,
        ..message(&subject.destination, "g", "none")
    };
    die(&subject, other_route, "validation").await;
    die(&subject, other_order, "validation").await;
    die(&subject, no_order, "mapping").await;
    let route = DeadLetterFilter {
        route: Some("acme-crm".to_owned()),
        ..DeadLetterFilter::default()
    };
    let order = DeadLetterFilter {
        order: Some("4712".to_owned()),
        ..DeadLetterFilter::default()
    };
    let class = DeadLetterFilter {
        class: Some("mapping".to_owned()),
        ..DeadLetterFilter::default()
    };
    let both = DeadLetterFilter {
        route: Some("acme-crm".to_owned()),
        class: Some("mapping".to_owned()),
        ..DeadLetterFilter::default()
    };
    assert_eq!(events(&list(&subject, route).await), ["route"]);
    assert_eq!(events(&list(&subject, order).await), ["order"]);
    assert_eq!(events(&list(&subject, class).await), ["none"]);
    assert_eq!(list(&subject, both).await, []);
}

async fn the_limit_keeps_the_newest(subject: QueueSubject) {
    for event in ["e1", "e2", "e3"] {
        die_at(&subject, event).await;
    }
    let two = DeadLetterFilter {
        limit: Some(2),
        ..DeadLetterFilter::default()
    };
    assert_eq!(events(&list(&subject, two).await), ["e3", "e2"]);
    let none = DeadLetterFilter {
        limit: Some(0),
        ..DeadLetterFilter::default()
    };
    assert_eq!(list(&subject, none).await, []);
}

async fn an_unknown_name_finds_nothing(subject: QueueSubject) {
    for id in ["", "0", "no such letter", "99999999999999999999"] {
        assert_eq!(
            subject.dead_letters.get(id).await.expect("get"),
            None,
            "{id}"
        );
        assert!(
            !subject.dead_letters.replay(id).await.expect("replay"),
            "{id}"
        );
        assert!(
            !subject.dead_letters.discard(id).await.expect("discard"),
            "{id}"
        );
    }
}

async fn a_replay_goes_to_the_end_of_its_group(subject: QueueSubject) {
    let sent = Message {
        replays: 1,
        ..message(&subject.destination, "g", "dead")
    };
    let dead = die(&subject, sent.clone(), "validation").await;
    enqueue(
        &*subject.queue,
        vec![
            message(&subject.destination, "g", "e1"),
            message(&subject.destination, "g", "e2"),
        ],
    )
    .await;
    assert!(subject.dead_letters.replay(&dead.id).await.expect("replay"));
    let mut order = Vec::new();
    for _ in 0..3 {
        let received = receive_one(&*subject.queue, &subject.destination, LONG).await;
        settle(&*subject.queue, &received, Disposition::Done).await;
        order.push(received);
    }
    let names: Vec<&str> = order
        .iter()
        .map(|received| received.message.event.as_str())
        .collect();
    assert_eq!(names, ["e1", "e2", "dead"]);
    assert_eq!(
        order[2].message,
        Message {
            replays: 2,
            dedupe: None,
            ..sent
        }
    );
    assert_eq!(order[2].attempts, 1, "a replay begins anew");
}

async fn a_replay_is_never_a_duplicate(subject: QueueSubject) {
    let sent = Message {
        dedupe: Some("same".to_owned()),
        ..message(&subject.destination, "g", "e")
    };
    let dead = die(&subject, sent.clone(), "validation").await;
    assert!(subject.dead_letters.replay(&dead.id).await.expect("replay"));
    enqueue(&*subject.queue, vec![sent]).await;
    assert_eq!(
        work_off(&*subject.queue, &subject.destination, 1).await,
        ["e"]
    );
}

async fn a_replay_happens_once(subject: QueueSubject) {
    let dead = die(
        &subject,
        message(&subject.destination, "g", "e"),
        "validation",
    )
    .await;
    assert!(subject.dead_letters.replay(&dead.id).await.expect("replay"));
    assert!(!subject.dead_letters.replay(&dead.id).await.expect("replay"));
    assert_eq!(subject.dead_letters.get(&dead.id).await.expect("get"), None);
    assert_eq!(list(&subject, DeadLetterFilter::default()).await, []);
    assert_eq!(
        work_off(&*subject.queue, &subject.destination, 1).await,
        ["e"]
    );
}

async fn a_replay_may_die_again(subject: QueueSubject) {
    let dead = die(
        &subject,
        message(&subject.destination, "g", "e"),
        "validation",
    )
    .await;
    assert!(subject.dead_letters.replay(&dead.id).await.expect("replay"));
    let received = receive_one(&*subject.queue, &subject.destination, LONG).await;
    settle(
        &*subject.queue,
        &received,
        Disposition::Dead(Box::new(letter(&received.message, "mapping"))),
    )
    .await;
    let letters = list(&subject, DeadLetterFilter::default()).await;
    assert_eq!(letters.len(), 1);
    assert_eq!(
        (letters[0].class.as_str(), letters[0].message.replays),
        ("mapping", 1)
    );
}

async fn a_discarded_letter_is_gone(subject: QueueSubject) {
    let dead = die(
        &subject,
        message(&subject.destination, "g", "e"),
        "validation",
    )
    .await;
    assert!(
        subject
            .dead_letters
            .discard(&dead.id)
            .await
            .expect("discard")
    );
    assert!(
        !subject
            .dead_letters
            .discard(&dead.id)
            .await
            .expect("discard")
    );
    assert!(!subject.dead_letters.replay(&dead.id).await.expect("replay"));
    nothing_to_receive(&*subject.queue, &subject.destination).await;
}

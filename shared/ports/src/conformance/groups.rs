use super::{
    Case, QueueSubject, cases,
    samples::{
        LONG, OVER, SHORT, enqueue, events, letter, message, nothing_to_receive, receive,
        receive_one, settle, work_off,
    },
};
use crate::{Disposition, GroupState, Message, Received};

/// Returns the cases for the order of messages. An adapter may hand out one message of a group at a
/// time or several in order; the cases allow both.
#[must_use]
pub fn group_cases() -> Vec<Case<QueueSubject>> {
    cases![QueueSubject:
        a_group_keeps_its_order,
        many_messages_of_one_call_keep_their_order,
        one_receive_never_turns_a_group_round,
        a_group_in_hand_is_locked,
        other_groups_go_on,
        a_message_that_arrives_for_a_group_in_hand_waits,
        a_group_waits_for_its_retry,
        an_expired_message_comes_before_its_followers,
        a_release_unlocks_the_group,
        a_death_unlocks_the_group,
        a_busy_group_in_front_does_not_hide_others,
        whoever_comes_too_late_does_not_turn_a_group_round,
        a_group_is_in_hand_until_its_message_is_settled,
        a_group_is_no_longer_in_hand_when_the_lease_is_over,
        a_group_that_backs_off_or_waits_is_not_in_hand,
    ]
}

async fn a_group_keeps_its_order(subject: QueueSubject) {
    for event in ["e1", "e2", "e3"] {
        enqueue(
            &*subject.queue,
            vec![message(&subject.destination, "g", event)],
        )
        .await;
    }
    assert_eq!(
        work_off(&*subject.queue, &subject.destination, 3).await,
        ["e1", "e2", "e3"]
    );
}

async fn many_messages_of_one_call_keep_their_order(subject: QueueSubject) {
    let messages: Vec<Message> = (0..50)
        .map(|number| {
            message(
                &subject.destination,
                &format!("g{}", number % 5),
                &format!("{}-{number:02}", number % 5),
            )
        })
        .collect();
    enqueue(&*subject.queue, messages).await;
    let order = work_off(&*subject.queue, &subject.destination, 50).await;
    for group in 0..5 {
        let of_group: Vec<&String> = order
            .iter()
            .filter(|event| event.starts_with(&format!("{group}-")))
            .collect();
        assert_eq!(of_group.len(), 10);
        assert!(of_group.is_sorted(), "{of_group:?}");
    }
}

async fn one_receive_never_turns_a_group_round(subject: QueueSubject) {
    let messages = ["a1", "b1", "a2", "b2", "a3"]
        .map(|event| message(&subject.destination, &event[..1], event));
    enqueue(&*subject.queue, messages.to_vec()).await;
    let found = events(
        &subject
            .queue
            .receive(&subject.destination, 10, LONG)
            .await
            .expect("receive"),
    );
    for group in ["a", "b"] {
        let of_group: Vec<&String> = found
            .iter()
            .filter(|event| event.starts_with(group))
            .collect();
        assert!(of_group.is_sorted(), "{found:?}");
        assert!(
            of_group.first().is_none_or(|first| first.ends_with('1')),
            "the first of a group comes first: {found:?}"
        );
    }
}

async fn a_group_in_hand_is_locked(subject: QueueSubject) {
    enqueue(
        &*subject.queue,
        vec![
            message(&subject.destination, "g", "e1"),
            message(&subject.destination, "g", "e2"),
        ],
    )
    .await;
    let first = receive_one(&*subject.queue, &subject.destination, LONG).await;
    assert_eq!(first.message.event, "e1");
    nothing_to_receive(&*subject.queue, &subject.destination).await;
    settle(&*subject.queue, &first, Disposition::Done).await;
    assert_eq!(
        receive_one(&*subject.queue, &subject.destination, LONG)
            .await
            .message
            .event,
        "e2"
    );
}

async fn other_groups_go_on(subject: QueueSubject) {
    let messages =
        ["a1", "a2", "b1"].map(|event| message(&subject.destination, &event[..1], event));
    enqueue(&*subject.queue, messages.to_vec()).await;
    let first = receive_one(&*subject.queue, &subject.destination, LONG).await;
    assert_eq!(first.message.event, "a1");
    assert_eq!(
        receive_one(&*subject.queue, &subject.destination, LONG)
            .await
            .message
            .event,
        "b1"
    );
    nothing_to_receive(&*subject.queue, &subject.destination).await;
}

async fn a_message_that_arrives_for_a_group_in_hand_waits(subject: QueueSubject) {
    enqueue(
        &*subject.queue,
        vec![message(&subject.destination, "g", "e1")],
    )
    .await;
    let first = receive_one(&*subject.queue, &subject.destination, LONG).await;
    enqueue(
        &*subject.queue,
        vec![message(&subject.destination, "g", "e2")],
    )
    .await;
    nothing_to_receive(&*subject.queue, &subject.destination).await;
    settle(&*subject.queue, &first, Disposition::Done).await;
    assert_eq!(
        receive_one(&*subject.queue, &subject.destination, LONG)
            .await
            .message
            .event,
        "e2"
    );
}

async fn a_group_waits_for_its_retry(subject: QueueSubject) {
    let messages =
        ["a1", "a2", "b1"].map(|event| message(&subject.destination, &event[..1], event));
    enqueue(&*subject.queue, messages.to_vec()).await;
    let first = receive_one(&*subject.queue, &subject.destination, LONG).await;
    settle(&*subject.queue, &first, Disposition::Retry(SHORT)).await;
    let neighbour = receive_one(&*subject.queue, &subject.destination, LONG).await;
    assert_eq!(
        neighbour.message.event, "b1",
        "a retry delays its own group only"
    );
    nothing_to_receive(&*subject.queue, &subject.destination).await;
    subject.time.pass(OVER).await;
    settle(&*subject.queue, &neighbour, Disposition::Done).await;
    assert_eq!(
        work_off(&*subject.queue, &subject.destination, 2).await,
        ["a1", "a2"]
    );
}

async fn an_expired_message_comes_before_its_followers(subject: QueueSubject) {
    enqueue(
        &*subject.queue,
        vec![
            message(&subject.destination, "g", "e1"),
            message(&subject.destination, "g", "e2"),
        ],
    )
    .await;
    receive_one(&*subject.queue, &subject.destination, SHORT).await;
    subject.time.pass(OVER).await;
    assert_eq!(
        work_off(&*subject.queue, &subject.destination, 2).await,
        ["e1", "e2"]
    );
}

async fn a_release_unlocks_the_group(subject: QueueSubject) {
    enqueue(
        &*subject.queue,
        vec![
            message(&subject.destination, "g", "e1"),
            message(&subject.destination, "g", "e2"),
        ],
    )
    .await;
    let first = receive_one(&*subject.queue, &subject.destination, LONG).await;
    settle(&*subject.queue, &first, Disposition::Release).await;
    assert_eq!(
        work_off(&*subject.queue, &subject.destination, 2).await,
        ["e1", "e2"]
    );
}

async fn a_death_unlocks_the_group(subject: QueueSubject) {
    enqueue(
        &*subject.queue,
        vec![
            message(&subject.destination, "g", "e1"),
            message(&subject.destination, "g", "e2"),
        ],
    )
    .await;
    let first = receive_one(&*subject.queue, &subject.destination, LONG).await;
    let reason = letter(&first.message, "validation");
    settle(&*subject.queue, &first, Disposition::Dead(Box::new(reason))).await;
    assert_eq!(
        work_off(&*subject.queue, &subject.destination, 1).await,
        ["e2"]
    );
}

async fn a_busy_group_in_front_does_not_hide_others(subject: QueueSubject) {
    let mut messages: Vec<Message> = (0..150)
        .map(|number| message(&subject.destination, "busy", &format!("busy-{number}")))
        .collect();
    messages.push(message(&subject.destination, "quiet", "quiet"));
    enqueue(&*subject.queue, messages).await;
    let first = receive_one(&*subject.queue, &subject.destination, LONG).await;
    assert_eq!(first.message.event, "busy-0");
    let found: Vec<Received> = receive(&*subject.queue, &subject.destination, 1, LONG).await;
    assert_eq!(events(&found), ["quiet"]);
}

/// The first worker outlived its lease: its late settlement neither frees the group nor lets the
/// next message pass.
async fn whoever_comes_too_late_does_not_turn_a_group_round(subject: QueueSubject) {
    let messages = ["e1", "e2"].map(|event| message(&subject.destination, "g", event));
    enqueue(&*subject.queue, messages.to_vec()).await;
    let late = receive_one(&*subject.queue, &subject.destination, SHORT).await;
    subject.time.pass(OVER).await;
    let present = receive_one(&*subject.queue, &subject.destination, LONG).await;
    assert_eq!(present.message.event, "e1");
    for disposition in [
        Disposition::Retry(std::time::Duration::ZERO),
        Disposition::Done,
    ] {
        // An adapter may also refuse the settlement.
        let _ = subject
            .queue
            .settle(vec![late.clone().settled(disposition)])
            .await;
        nothing_to_receive(&*subject.queue, &subject.destination).await;
    }
    settle(&*subject.queue, &present, Disposition::Done).await;
    assert_eq!(
        work_off(&*subject.queue, &subject.destination, 1).await,
        ["e2"]
    );
}

/// Fails if the queue says anything about a group other than one of these states; it may say that
/// it cannot tell.
async fn group_is(subject: &QueueSubject, group: &str, possible: &[GroupState]) {
    let state = subject
        .queue
        .group_state(&subject.destination, group)
        .await
        .expect("group_state");
    assert!(
        state.is_none_or(|state| possible.contains(&state)),
        "{group} is {state:?}, not {possible:?}"
    );
}

async fn a_group_is_in_hand_until_its_message_is_settled(subject: QueueSubject) {
    group_is(&subject, "g", &[GroupState::Empty]).await;
    enqueue(
        &*subject.queue,
        vec![message(&subject.destination, "g", "e1")],
    )
    .await;
    group_is(&subject, "g", &[GroupState::Waiting]).await;
    let received = receive_one(&*subject.queue, &subject.destination, LONG).await;
    group_is(&subject, "g", &[GroupState::InHand]).await;
    group_is(&subject, "other", &[GroupState::Empty]).await;
    settle(&*subject.queue, &received, Disposition::Done).await;
    group_is(&subject, "g", &[GroupState::Empty]).await;
}

async fn a_group_is_no_longer_in_hand_when_the_lease_is_over(subject: QueueSubject) {
    enqueue(
        &*subject.queue,
        vec![message(&subject.destination, "g", "e1")],
    )
    .await;
    receive_one(&*subject.queue, &subject.destination, SHORT).await;
    subject.time.pass(OVER).await;
    group_is(&subject, "g", &[GroupState::Waiting]).await;
}

async fn a_group_that_backs_off_or_waits_is_not_in_hand(subject: QueueSubject) {
    enqueue(
        &*subject.queue,
        vec![message(&subject.destination, "g", "e1")],
    )
    .await;
    for disposition in [Disposition::Release, Disposition::Retry(LONG)] {
        let received = receive_one(&*subject.queue, &subject.destination, LONG).await;
        settle(&*subject.queue, &received, disposition).await;
        group_is(&subject, "g", &[GroupState::Waiting]).await;
    }
}

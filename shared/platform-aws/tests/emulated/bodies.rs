//! Bodies and messages outside of SQS: bodies in the bucket, claimed by their messages, and
//! messages in the bucket that are sent later.

use crate::support::{Emulator, Stack};
use bytes::Bytes;
use platform_aws::{Bodies, PatientSender, Record};
use ports::{
    DeadLetterFilter, DeadLetters, Disposition, Enqueue, Message, PortError, Queue, Received,
    conformance::message, in_one_line,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

const LONG: Duration = Duration::from_secs(300);

/// Creates a stack with a bucket, and returns the bucket's name as well.
async fn stack(emulator: &Emulator) -> (Stack, String) {
    let mut stack = emulator.stack().await;
    let bucket = emulator.bucket().await;
    let queue = stack
        .queue
        .as_ref()
        .clone()
        .with_bodies(Bodies::new(&emulator.config, bucket.clone()));
    stack.queue = queue.into();
    (stack, bucket)
}

/// Creates a message whose body does not compress below `bytes` bytes.
fn large(event: &str, bytes: usize) -> Message {
    let mut state = 1_u64;
    let noise = std::iter::repeat_with(|| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 56) as u8
    });
    Message {
        body: noise.take(bytes).collect::<Bytes>(),
        ..message("sales", event, event)
    }
}

async fn receive(stack: &Stack) -> Vec<Received> {
    stack
        .queue
        .receive("sales", 10, LONG)
        .await
        .expect("receive")
}

async fn enqueue(stack: &Stack, message: Message) -> Result<(), PortError> {
    stack.queue.enqueue(vec![message]).await
}

#[tokio::test]
async fn a_body_that_no_message_holds_goes_through_the_bucket_and_comes_out_as_it_was() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    let (stack, bucket) = stack(&emulator).await;
    let sent = large("large", 1_500_000);
    stack
        .queue
        .enqueue(vec![sent.clone(), message("sales", "small", "small")])
        .await
        .unwrap();
    let other_route = Message {
        group: "h".to_owned(),
        ..sent.clone()
    };
    stack
        .queue
        .enqueue(vec![
            other_route.clone(),
            Message {
                group: "i".to_owned(),
                ..sent.clone()
            },
        ])
        .await
        .unwrap();
    let names = emulator.objects(&bucket).await;
    assert_eq!(
        names.len(),
        2,
        "one for each webhook, whose routes share it; the small one needs none: {names:?}"
    );
    assert!(names[0].starts_with("bodies/large-"), "{names:?}");
    let received = receive(&stack).await;
    assert_eq!(
        received
            .iter()
            .find(|one| one.message.event == "large")
            .unwrap()
            .message,
        sent
    );
    assert_eq!(received.len(), 4);
    assert!(received.iter().any(|one| one.message == other_route));
}

#[tokio::test]
async fn without_a_bucket_and_beyond_what_a_dead_letter_holds_a_body_is_too_large_for_ever() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    let without = emulator.stack().await;
    let refused = enqueue(&without, large("large", 1_500_000))
        .await
        .unwrap_err();
    assert!(refused.too_large().is_some(), "{}", in_one_line(&refused));
    let (with, bucket) = stack(&emulator).await;
    let refused = enqueue(&with, large("larger", 3_500_000))
        .await
        .unwrap_err();
    assert_eq!(
        refused.too_large().map(|large| large.limit),
        Some(3 * 1024 * 1024)
    );
    assert!(emulator.objects(&bucket).await.is_empty());
}

#[tokio::test]
async fn a_body_that_is_gone_or_changed_is_a_dead_letter_that_says_so_and_its_neighbours_go_on() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    let (stack, bucket) = stack(&emulator).await;
    let all = vec![
        large("gone", 1_200_000),
        large("changed", 1_200_000),
        message("sales", "well", "well"),
    ];
    stack.queue.enqueue(all).await.unwrap();
    for name in emulator.objects(&bucket).await {
        if name.starts_with("bodies/gone") {
            emulator
                .s3()
                .delete_object()
                .bucket(&bucket)
                .key(name)
                .send()
                .await
                .unwrap();
        } else {
            let other = aws_sdk_s3::primitives::ByteStream::from_static(b"something else");
            emulator
                .s3()
                .put_object()
                .bucket(&bucket)
                .key(name)
                .body(other)
                .send()
                .await
                .unwrap();
        }
    }
    let received = receive(&stack).await;
    assert_eq!(
        received
            .iter()
            .map(|one| one.message.event.as_str())
            .collect::<Vec<_>>(),
        ["well"]
    );
    let letters = stack
        .queue
        .list(&DeadLetterFilter::default())
        .await
        .unwrap();
    let reasons: BTreeSet<bool> = letters
        .iter()
        .map(|letter| letter.reason.contains("not in the bucket any more"))
        .collect();
    assert_eq!((letters.len(), reasons), (2, BTreeSet::from([false, true])));
}

#[tokio::test]
async fn while_the_bucket_is_away_the_message_comes_back() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    let (stack, _) = stack(&emulator).await;
    enqueue(&stack, large("large", 1_200_000)).await.unwrap();
    emulator.fault("GetObject", "refuse", 1).await;
    assert!(receive(&stack).await.is_empty());
    assert!(
        stack
            .queue
            .list(&DeadLetterFilter::default())
            .await
            .unwrap()
            .is_empty(),
        "nothing dies of that"
    );
}

#[tokio::test]
async fn a_large_dead_letter_is_kept_whole_and_can_be_replayed() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    let (stack, _) = stack(&emulator).await;
    let sent = large("large", 2_900_000);
    enqueue(&stack, sent.clone()).await.unwrap();
    let received = receive(&stack).await.remove(0);
    let letter = Disposition::Dead(Box::new(crate::dead_letters::letter(&received.message)));
    stack
        .queue
        .settle(vec![received.settled(letter)])
        .await
        .unwrap();
    let kept = stack
        .queue
        .list(&DeadLetterFilter::default())
        .await
        .unwrap()
        .remove(0);
    assert_eq!(kept.message.body, sent.body);
    assert!(stack.queue.replay(&kept.id).await.unwrap());
    assert_eq!(receive(&stack).await.remove(0).message.body, sent.body);
}

#[tokio::test]
async fn a_message_of_a_newer_program_comes_back_until_sqs_would_forget_it() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    let stack = emulator.stack().await;
    let now = ports::Clock::now(stack.time.as_ref());
    let record = |id: &str, days: i64| Record {
        id: id.to_owned(),
        handle: format!("handle-of-{id}"),
        body: r#"{"version":3,"whatever":"a later program writes"}"#.to_owned(),
        attempts: 1,
        group: id.to_owned(),
        sent: Some(now - jiff::SignedDuration::from_hours(24 * days)),
    };
    let opened = stack
        .queue
        .open(
            &stack.sales.queue,
            vec![record("young", 1), record("old", 13)],
        )
        .await
        .map_err(|unopened| unopened.error)
        .unwrap();
    let stuck: Vec<String> = opened.stuck.into_iter().map(|record| record.id).collect();
    assert_eq!(stuck, ["young"]);
    let letters = stack
        .queue
        .list(&DeadLetterFilter::default())
        .await
        .unwrap();
    assert_eq!(
        letters
            .iter()
            .map(|letter| letter.id.as_str())
            .collect::<Vec<_>>(),
        ["old"]
    );
}

/// Creates the sender for a process that accepts webhooks of a shop with this patience.
fn patient(stack: &Stack, patience: Duration) -> PatientSender {
    PatientSender::new(
        stack.queue.sender().clone(),
        BTreeMap::from([("acme".to_owned(), patience)]),
    )
}

#[tokio::test]
async fn a_hiccup_of_sqs_costs_the_shop_a_moment_and_no_message_is_there_twice() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    let (stack, bucket) = stack(&emulator).await;
    // More than the three tries that one call makes by itself.
    emulator.fault("SendMessageBatch", "lose", 5).await;
    let queue = patient(&stack, Duration::from_secs(8));
    queue
        .enqueue(vec![message("sales", "g", "e")])
        .await
        .unwrap();
    assert!(emulator.objects(&bucket).await.is_empty());
    assert_eq!(receive(&stack).await.len(), 1);
    assert!(receive(&stack).await.is_empty());
}

#[tokio::test]
async fn what_sqs_does_not_take_in_time_is_put_down_and_sent_later() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    let (stack, bucket) = stack(&emulator).await;
    emulator.fault("SendMessageBatch", "throttle", 1000).await;
    let begun = Instant::now();
    let patience = Duration::from_millis(4200);
    patient(&stack, patience)
        .enqueue(vec![message("sales", "g", "e")])
        .await
        .unwrap();
    let took = begun.elapsed();
    assert!(took < patience, "{took:?}");
    // The last pause is drawn at random, and not begun where it would last too long.
    assert!(
        took > Duration::from_secs(1),
        "it is tried as long as the shop waits: {took:?}"
    );
    assert_eq!(emulator.objects(&bucket).await.len(), 1);
    stack
        .queue
        .sender()
        .send_unsent()
        .await
        .expect_err("SQS is still away");
    assert_eq!(emulator.objects(&bucket).await.len(), 1);
    emulator.calm().await;
    assert_eq!(stack.queue.sender().send_unsent().await.unwrap(), 0);
    assert!(emulator.objects(&bucket).await.is_empty());
    assert_eq!(receive(&stack).await.remove(0).message.event, "e");
}

#[tokio::test]
async fn a_missing_right_is_not_waited_for_and_the_error_names_the_cause() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    let stack = emulator.stack().await;
    emulator.fault("SendMessageBatch", "refuse", 1).await;
    let begun = Instant::now();
    let error = patient(&stack, LONG)
        .enqueue(vec![message("sales", "g", "e")])
        .await
        .unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(1));
    assert!(
        in_one_line(&error).contains("AccessDenied"),
        "{}",
        in_one_line(&error)
    );
}

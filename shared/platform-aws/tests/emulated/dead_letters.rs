//! The content of the dead-letter queue, and the fate of messages that nobody can read or settle.

use crate::support::{Emulator, Stack};
use aws_sdk_sqs::types::QueueAttributeName;
use bytes::Bytes;
use ports::{
    DeadLetter, DeadLetterFilter, DeadLetters, Disposition, Enqueue, Message, Queue, Received,
    conformance::Time,
};
use std::time::Duration;

const SHORT: Duration = Duration::from_secs(2);
const OVER: Duration = Duration::from_secs(3);

pub(crate) fn letter(message: &Message) -> DeadLetter {
    DeadLetter {
        id: String::new(),
        message: message.clone(),
        mapping: Some("woocommerce-salesforce@5e884898da28".to_owned()),
        class: "validation".to_owned(),
        reason: "jane@example.com is refused; correct it in the shop".to_owned(),
        request: Some("PATCH /services/data/v65.0/sobjects/Contact".to_owned()),
        response: Some("[{\"errorCode\":\"INVALID_EMAIL_ADDRESS\"}]".to_owned()),
        attempts: 1,
        died: message.accepted,
        earlier: 0,
    }
}

async fn receive(stack: &Stack) -> Vec<Received> {
    stack
        .queue
        .receive("sales", 10, SHORT)
        .await
        .expect("receive")
}

pub(crate) async fn letters(stack: &Stack) -> Vec<DeadLetter> {
    stack
        .queue
        .list(&DeadLetterFilter::default())
        .await
        .expect("list")
}

async fn die(stack: &Stack, message: Message) -> DeadLetter {
    stack.queue.enqueue(vec![message]).await.expect("enqueue");
    let dead = receive(stack).await.remove(0);
    let disposition = Disposition::Dead(Box::new(letter(&dead.message)));
    let dead_event = dead.message.event.clone();
    stack
        .queue
        .settle(vec![dead.settled(disposition)])
        .await
        .expect("settle");
    let mut all = letters(stack).await.into_iter();
    all.find(|letter| letter.message.event == dead_event)
        .expect("its letter")
}

/// Returns a message of an order of its own: there is one letter for each order.
fn message(destination: &str, group: &str, event: &str) -> Message {
    Message {
        order: Some(event.to_owned()),
        ..ports::conformance::message(destination, group, event)
    }
}

/// Returns the texts in the dead-letter queue, which stay there.
async fn notices(emulator: &Emulator, stack: &Stack) -> Vec<String> {
    let call = emulator
        .sqs()
        .receive_message()
        .queue_url(&stack.sales.dead_letters);
    let answer = call
        .max_number_of_messages(10)
        .visibility_timeout(0)
        .send()
        .await
        .expect("receive");
    let messages = answer.messages.unwrap_or_default();
    messages
        .into_iter()
        .filter_map(|message| message.body)
        .collect()
}

async fn send(emulator: &Emulator, stack: &Stack, text: &str) {
    let call = emulator
        .sqs()
        .send_message()
        .queue_url(&stack.sales.queue)
        .message_body(text);
    let call = call
        .message_group_id("somebody")
        .message_deduplication_id(ports::event_id("", text.as_bytes()));
    call.send().await.expect("send");
}

#[tokio::test]
async fn the_dead_letter_queue_holds_a_notice_for_as_long_as_there_is_a_letter() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    let stack = emulator.stack().await;
    let first = die(&stack, message("sales", "a", "e1")).await;
    let second = die(&stack, message("sales", "b", "e2")).await;
    let told = notices(&emulator, &stack).await;
    assert_eq!(told.len(), 2);
    assert!(
        told[0].contains(&first.id) && told[0].contains("\"class\":\"validation\""),
        "{told:?}"
    );
    assert!(
        !told[0].contains("example.com"),
        "a notice holds no personal data: {told:?}"
    );
    assert!(stack.queue.discard(&first.id).await.unwrap());
    stack.queue.tidy().await.unwrap();
    assert_eq!(notices(&emulator, &stack).await, told[1..]);
    assert!(stack.queue.replay(&second.id).await.unwrap());
    stack.queue.tidy().await.unwrap();
    assert_eq!(notices(&emulator, &stack).await, Vec::<String>::new());
}

#[tokio::test]
async fn more_notices_than_one_look_takes_are_tidied_up_at_once() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    let stack = emulator.stack().await;
    for ten in 0..23 {
        let name = |kind: &str, number: u32| format!("{kind} {ten}{number}");
        let messages =
            (0..10).map(|number| message("sales", &name("group", number), &name("event", number)));
        stack.queue.enqueue(messages.collect()).await.unwrap();
        let dead = receive(&stack).await.into_iter().map(|received| {
            let dead = Disposition::Dead(Box::new(letter(&received.message)));
            received.settled(dead)
        });
        stack.queue.settle(dead.collect()).await.unwrap();
    }
    let dead = letters(&stack).await;
    assert_eq!(dead.len(), 230);
    for letter in dead.iter().skip(1) {
        assert!(stack.queue.discard(&letter.id).await.unwrap());
    }
    stack.queue.tidy().await.unwrap();
    let left = notices(&emulator, &stack).await;
    assert!(left.len() == 1 && left[0].contains(&dead[0].id), "{left:?}");
}

#[tokio::test]
async fn a_notice_that_the_console_moves_back_replays_its_letter() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    let stack = emulator.stack().await;
    die(&stack, message("sales", "a", "e1")).await;
    let notice = notices(&emulator, &stack).await.remove(0);
    send(&emulator, &stack, &notice).await;
    assert_eq!(receive(&stack).await, [], "the notice itself is no message");
    let again = receive(&stack).await.remove(0).message;
    assert_eq!((again.event.as_str(), again.replays), ("e1", 1));
    assert_eq!(letters(&stack).await, []);
}

#[tokio::test]
async fn a_letter_larger_than_an_item_is_kept_in_parts() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    let stack = emulator.stack().await;
    let mut state = 1_u64;
    let noise = std::iter::repeat_with(|| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
            [usize::try_from(state >> 58).unwrap()]
    });
    let large = Message {
        body: noise.take(900_000).collect::<Bytes>(),
        ..message("sales", "g", "large")
    };
    let dead = die(&stack, large.clone()).await;
    assert!(dead.message.body == large.body);
    let small = die(&stack, message("sales", "g", "small")).await;
    assert_eq!(
        letters(&stack).await.len(),
        2,
        "the parts of one letter are one letter"
    );
    assert!(stack.queue.discard(&dead.id).await.unwrap());
    assert!(!stack.queue.discard(&dead.id).await.unwrap());
    assert_eq!(letters(&stack).await, [small]);
}

#[tokio::test]
async fn a_message_that_is_never_settled_becomes_a_letter() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    let stack = emulator.stack().await;
    let names = [QueueAttributeName::RedrivePolicy];
    let call = emulator
        .sqs()
        .get_queue_attributes()
        .queue_url(&stack.sales.queue);
    let found = call
        .set_attribute_names(Some(names.to_vec()))
        .send()
        .await
        .unwrap()
        .attributes
        .unwrap();
    let policy = found[&names[0]].replace("1000", "2");
    let call = emulator
        .sqs()
        .set_queue_attributes()
        .queue_url(&stack.sales.queue);
    call.attributes(names[0].clone(), policy)
        .send()
        .await
        .unwrap();
    let sent = message("sales", "g", "e");
    stack.queue.enqueue(vec![sent.clone()]).await.unwrap();
    for _ in 0..2 {
        assert_eq!(receive(&stack).await.len(), 1);
        stack.time.pass(OVER).await;
    }
    assert_eq!(receive(&stack).await, []);
    let found = letters(&stack).await;
    assert_eq!(
        (found.len(), found[0].class.as_str(), &found[0].message),
        (1, "abandoned", &sent)
    );
    assert_eq!(
        letters(&stack).await,
        found,
        "looking again makes no second one"
    );
    assert!(stack.queue.replay(&found[0].id).await.unwrap());
    stack.queue.tidy().await.unwrap();
    assert_eq!(letters(&stack).await, []);
    assert_eq!(notices(&emulator, &stack).await, Vec::<String>::new());
    assert_eq!(receive(&stack).await[0].message.replays, 1);
}

#[tokio::test]
async fn what_cannot_be_read_becomes_a_letter_and_holds_nothing_up() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    let stack = emulator.stack().await;
    stack
        .queue
        .enqueue(vec![message("sales", "a", "before")])
        .await
        .unwrap();
    send(&emulator, &stack, "{\"Records\":[]}").await;
    stack
        .queue
        .enqueue(vec![message("sales", "b", "after")])
        .await
        .unwrap();
    let events: Vec<String> = receive(&stack)
        .await
        .into_iter()
        .map(|one| one.message.event)
        .collect();
    assert_eq!(events, ["before", "after"]);
    let found = letters(&stack).await;
    assert_eq!((found.len(), found[0].class.as_str()), (1, "envelope"));
    assert!(
        found[0].reason.contains("not one of orderbridge's"),
        "{}",
        found[0].reason
    );
    assert_eq!(found[0].message.body, "{\"Records\":[]}");
    stack.time.pass(OVER).await;
    assert_eq!(
        receive(&stack).await.len(),
        2,
        "it does not come back, the others do"
    );
}

#[tokio::test]
async fn what_could_not_be_read_goes_back_as_it_was() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    let stack = emulator.stack().await;
    send(&emulator, &stack, "{\"version\":1,\"damaged\":true}").await;
    assert_eq!(receive(&stack).await, []);
    let first = letters(&stack).await.remove(0);
    assert!(
        first.reason.contains("damaged (its head)"),
        "{}",
        first.reason
    );
    assert!(stack.queue.replay(&first.id).await.unwrap());
    assert_eq!(receive(&stack).await, []);
    let second = letters(&stack).await.remove(0);
    assert_eq!(
        second.message.body, first.message.body,
        "it went back as it was"
    );
    assert_ne!(second.id, first.id);
}

#[tokio::test]
async fn destinations_of_one_system_share_a_queue() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    let stack = emulator.stack().await;
    let all = vec![
        message("emea", "a", "theirs"),
        message("sales", "b", "ours"),
    ];
    stack.queue.enqueue(all).await.unwrap();
    let ours = receive(&stack).await;
    assert_eq!(ours.len(), 1);
    assert_eq!(ours[0].message.event, "ours");
    let theirs = stack.queue.receive("emea", 10, SHORT).await.unwrap();
    assert_eq!(theirs[0].message.event, "theirs");
}

#[tokio::test]
async fn a_destination_without_a_queue_is_named() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    let stack = emulator.stack().await;
    let error = stack
        .queue
        .enqueue(vec![message("erp", "g", "e")])
        .await
        .unwrap_err();
    assert!(
        error
            .source
            .to_string()
            .starts_with("the destination `erp` has no queue"),
        "{error:?}"
    );
}

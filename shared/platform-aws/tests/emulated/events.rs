//! Messages of an event of Lambda, which receives and deletes by itself.

use crate::support::{Emulator, Stack};
use platform_aws::{Record, seal_envelope};
use ports::{
    DeadLetterFilter, DeadLetters, Disposition, Enqueue, Queue, Received, Settlement,
    conformance::message,
};
use std::{collections::BTreeMap, time::Duration};

const LONG: Duration = Duration::from_secs(300);

async fn received(stack: &Stack, groups: &[&str]) -> Vec<Received> {
    let messages = groups
        .iter()
        .map(|group| message("sales", group, group))
        .collect();
    stack.queue.enqueue(messages).await.expect("enqueue");
    stack
        .queue
        .receive("sales", 10, LONG)
        .await
        .expect("receive")
}

fn settled(received: &Received, disposition: Disposition) -> Settlement {
    received.clone().settled(disposition)
}

fn id(received: &Received) -> String {
    received
        .receipt
        .split(' ')
        .next()
        .expect("an id")
        .to_owned()
}

fn letter(received: &Received) -> Disposition {
    Disposition::Dead(Box::new(crate::dead_letters::letter(&received.message)))
}

#[tokio::test]
async fn what_is_done_costs_no_call_and_what_comes_back_one_for_all() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    let stack = emulator.stack().await;
    let batch = received(&stack, &["a", "b", "c"]).await;
    emulator.calls().await;
    let dispositions = [
        Disposition::Done,
        Disposition::Retry(LONG),
        Disposition::Release,
    ];
    let settlements: Vec<_> = batch
        .iter()
        .zip(dispositions)
        .map(|(one, disposition)| settled(one, disposition))
        .collect();
    let gone = stack.queue.settle_event(settlements).await;
    assert_eq!(gone.into_iter().collect::<Vec<_>>(), [id(&batch[0])]);
    assert_eq!(
        emulator.calls().await,
        BTreeMap::from([("ChangeMessageVisibilityBatch".to_owned(), 1)])
    );
    let again = stack.queue.receive("sales", 10, LONG).await.unwrap();
    assert_eq!(
        again
            .iter()
            .map(|one| one.message.group.as_str())
            .collect::<Vec<_>>(),
        ["c"]
    );
}

#[tokio::test]
async fn a_dead_letter_is_done_with_once_it_is_there_and_lambda_deletes_its_message() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    let stack = emulator.stack().await;
    let batch = received(&stack, &["a"]).await;
    emulator.calls().await;
    let gone = stack
        .queue
        .settle_event(vec![settled(&batch[0], letter(&batch[0]))])
        .await;
    assert_eq!(gone.into_iter().collect::<Vec<_>>(), [id(&batch[0])]);
    let calls = emulator.calls().await;
    assert_eq!(
        (
            calls.get("PutItem"),
            calls.get("SendMessageBatch"),
            calls.get("DeleteMessageBatch")
        ),
        (Some(&1), Some(&1), None)
    );
    assert_eq!(
        stack
            .queue
            .list(&DeadLetterFilter::default())
            .await
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn a_dead_letter_that_cannot_be_written_down_comes_back() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    let stack = emulator.stack().await;
    let batch = received(&stack, &["a", "b"]).await;
    emulator.fault("PutItem", "refuse", 1).await;
    let settlements = vec![
        settled(&batch[0], letter(&batch[0])),
        settled(&batch[1], Disposition::Done),
    ];
    let gone = stack.queue.settle_event(settlements).await;
    assert_eq!(gone.into_iter().collect::<Vec<_>>(), [id(&batch[1])]);
}

#[tokio::test]
async fn what_can_neither_be_read_nor_moved_is_named_and_what_was_moved_is_not() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    let stack = emulator.stack().await;
    let records = || {
        let record = |id: &str, body: &str| Record {
            id: id.to_owned(),
            handle: format!("handle-of-{id}"),
            body: body.to_owned(),
            attempts: 1,
            group: id.to_owned(),
            sent: None,
        };
        vec![
            record("foreign", "hello"),
            record(
                "ours",
                &seal_envelope(&message("sales", "g", "e")).expect("sealed"),
            ),
        ]
    };
    emulator.fault("PutItem", "refuse", 1).await;
    let opened = stack.queue.open(&stack.sales.queue, records()).await;
    let opened = opened.map_err(|unopened| unopened.error).unwrap();
    let stuck: Vec<String> = opened.stuck.into_iter().map(|record| record.id).collect();
    assert_eq!(stuck, ["foreign"]);
    assert_eq!(opened.messages.len(), 1);
    let opened = stack.queue.open(&stack.sales.queue, records()).await;
    let opened = opened.map_err(|unopened| unopened.error).unwrap();
    assert_eq!(
        (opened.done, opened.stuck.len()),
        (vec!["foreign".to_owned()], 0),
        "a receipt whose time is over is no reason to come back"
    );
    assert_eq!(
        stack
            .queue
            .list(&DeadLetterFilter::default())
            .await
            .unwrap()[0]
            .class,
        "envelope"
    );
}

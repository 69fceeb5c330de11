use crate::support::{Stack, event, failures, record};
use aws_lambda_events::sqs::SqsEvent;
use deliver_function::Function;
use platform_aws::seal_envelope;
use ports::{Disposition, Message};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::atomic::Ordering};

#[tokio::test]
async fn what_is_not_our_envelope_is_set_aside_what_is_newer_comes_back_and_neither_hurts_anybody()
{
    let stack = Stack::new();
    let foreign = record("foreign", "a", "hello from somebody else");
    let newer = record("newer", "b", r#"{"version":3,"route":"acme-sales"}"#);
    let empty = record("empty", "c", "");
    assert_eq!(
        stack
            .handle(event([foreign, newer, empty, stack.order(1, "jane")]))
            .await,
        ["newer"]
    );
    assert!(!stack.tray.pause("newer").is_zero());
    let buried = stack.tray.buried.lock().unwrap().join("\n");
    assert!(
        buried.contains("foreign: the message is not one of orderbridge's"),
        "{buried}"
    );
    assert!(!buried.contains("newer"), "{buried}");
    assert_eq!(stack.tray.disposition("message-1"), Some(Disposition::Done));
}

#[tokio::test]
async fn what_cannot_be_set_aside_comes_back_and_its_group_with_it() {
    let stack = Stack::new();
    stack.tray.is_jammed.store(true, Ordering::SeqCst);
    let foreign = record("foreign", "jane", "hello from somebody else");
    let orders = [foreign, stack.order(1, "jane"), stack.order(2, "joe")];
    assert_eq!(stack.handle(event(orders)).await, ["foreign", "message-1"]);
    assert_eq!(
        stack.tray.disposition("message-1"),
        Some(Disposition::Release)
    );
    assert!(!stack.tray.pause("foreign").is_zero());
}

#[tokio::test]
async fn a_route_that_is_gone_is_a_dead_letter_with_the_reason() {
    let stack = Stack::new();
    let gone = Message {
        route: "acme-old".to_owned(),
        destination: "old".to_owned(),
        ..stack.message(7, "jane")
    };
    let records = [
        record("gone", "jane", &seal_envelope(&gone).unwrap()),
        stack.order(8, "joe"),
    ];
    assert_eq!(stack.handle(event(records)).await, Vec::<String>::new());
    let Some(Disposition::Dead(letter)) = stack.tray.disposition("gone") else {
        panic!("{:?}", stack.tray.disposition("gone"))
    };
    assert!(
        letter
            .reason
            .contains("no route named acme-old is configured"),
        "{}",
        letter.reason
    );
}

#[tokio::test]
async fn a_route_that_leads_elsewhere_now_is_delivered_there() {
    let stack = Stack::new();
    let moved = Message {
        destination: "renamed since".to_owned(),
        ..stack.message(7, "jane")
    };
    assert_eq!(
        stack
            .handle(event([record(
                "moved",
                "jane",
                &seal_envelope(&moved).unwrap()
            )]))
            .await,
        Vec::<String>::new()
    );
    assert_eq!(stack.crm.batches(), [["7"]]);
}

#[tokio::test]
async fn orders_of_two_destinations_are_two_calls_though_their_messages_name_one() {
    let stack = Stack::new();
    let function = Function {
        couriers: BTreeMap::new(),
        routes: BTreeMap::new(),
        ..stack.function()
    };
    let moved = Message {
        route: "acme-crm".to_owned(),
        ..stack.message(2, "joe")
    };
    let records = [
        stack.order(1, "jane"),
        record("moved", "joe", &seal_envelope(&moved).unwrap()),
    ];
    let response = function.handle(event(records), stack.deadline()).await;
    assert_eq!(failures(&response), Vec::<String>::new());
    let mut batches = stack.crm.batches();
    batches.sort();
    assert_eq!(batches, [["1"], ["2"]]);
}

#[tokio::test]
async fn records_of_a_queue_that_nobody_knows_are_left_where_they_are() {
    let stack = Stack::new();
    let mut stray = stack.order(1, "jane");
    stray["eventSourceARN"] = json!("arn:aws:sqs:us-east-1:000000000000:another.fifo");
    assert_eq!(
        stack.handle(event([stray, stack.order(2, "joe")])).await,
        ["message-1"]
    );
    assert_eq!(stack.tray.disposition("message-1"), None);
}

#[tokio::test]
async fn no_answer_holds_an_empty_id_whatever_is_missing() {
    let stack = Stack::new();
    for (key, id) in [
        ("messageId", None),
        ("receiptHandle", None),
        ("body", Some("message-1")),
        ("attributes", Some("message-1")),
    ] {
        let mut poor = stack.order(1, "jane");
        poor.as_object_mut().unwrap().remove(key);
        let response = stack
            .function()
            .handle(event([poor]), stack.deadline())
            .await;
        assert!(
            failures(&response).iter().all(|failed| !failed.is_empty()),
            "{key}"
        );
        let dealt_with =
            stack.tray.settled.lock().unwrap().len() + stack.tray.buried.lock().unwrap().len();
        assert_eq!(dealt_with, usize::from(id.is_some()), "{key}");
        stack.pass(std::time::Duration::ZERO);
        stack.tray.buried.lock().unwrap().clear();
    }
}

#[tokio::test]
async fn an_event_without_records_is_nothing_to_do() {
    let stack = Stack::new();
    let response = stack
        .function()
        .handle(SqsEvent::default(), stack.deadline())
        .await;
    assert_eq!(
        serde_json::to_value(&response).unwrap(),
        json!({ "batchItemFailures": [] })
    );
}

#[test]
fn an_event_of_something_else_is_none_of_sqs() {
    for text in ["{}", "null", r#"{"Records":3}"#] {
        let value: Value = serde_json::from_str(text).unwrap();
        assert!(serde_json::from_value::<SqsEvent>(value).is_err(), "{text}");
    }
}

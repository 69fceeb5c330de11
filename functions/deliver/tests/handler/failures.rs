use crate::support::Does;
use crate::support::{Stack, away, event, locked_record, refused};
use ports::{Disposition, State};
use std::{sync::atomic::Ordering, time::Duration};

#[tokio::test]
async fn ten_orders_are_one_call_and_nothing_is_settled_by_us() {
    let stack = Stack::new();
    let failures = stack
        .handle(event(
            (1..=10).map(|order| stack.order(order, &format!("customer {order}"))),
        ))
        .await;
    assert_eq!(failures, Vec::<String>::new());
    assert_eq!(
        stack.crm.batches().iter().map(Vec::len).collect::<Vec<_>>(),
        [10]
    );
    assert!(
        stack
            .tray
            .settled
            .lock()
            .unwrap()
            .values()
            .all(|disposition| *disposition == Disposition::Done)
    );
}

#[tokio::test]
async fn one_that_fails_comes_back_with_a_pause_and_the_others_are_done() {
    let stack = Stack::new();
    stack.crm.will("2", [locked_record()]);
    let failures = stack
        .handle(event(
            (1..=3).map(|order| stack.order(order, &format!("customer {order}"))),
        ))
        .await;
    assert_eq!(failures, ["message-2"]);
    assert!(
        stack.tray.pause("message-2") <= Duration::from_secs(5),
        "the engine's own backoff"
    );
}

#[tokio::test]
async fn behind_one_that_comes_back_the_rest_of_its_group_waits_untried() {
    let stack = Stack::new();
    stack.crm.will("1", [locked_record()]);
    let orders = [
        (1, "jane"),
        (2, "joe"),
        (3, "jane"),
        (4, "jane"),
        (5, "joe"),
    ];
    let failures = stack
        .handle(event(
            orders.map(|(order, customer)| stack.order(order, customer)),
        ))
        .await;
    assert_eq!(failures, ["message-1", "message-3", "message-4"]);
    assert_eq!(
        stack.tray.disposition("message-3"),
        Some(Disposition::Release)
    );
    assert!(
        stack
            .crm
            .batches()
            .concat()
            .iter()
            .all(|order| order != "3" && order != "4")
    );
}

#[tokio::test]
async fn a_rejected_order_is_done_with_and_its_group_goes_on() {
    let stack = Stack::new();
    stack.crm.will("1", [refused()]);
    let failures = stack
        .handle(event([stack.order(1, "jane"), stack.order(2, "jane")]))
        .await;
    assert_eq!(failures, Vec::<String>::new());
    assert!(
        matches!(stack.tray.disposition("message-1"), Some(Disposition::Dead(letter)) if letter.class == "validation")
    );
    assert_eq!(stack.tray.disposition("message-2"), Some(Disposition::Done));
}

#[tokio::test]
async fn a_defect_over_one_order_hurts_neither_its_neighbours_nor_the_function() {
    let stack = Stack::new();
    let function = stack.function();
    stack.crm.will("1", [Does::Panic, Does::Panic]);
    let orders = || {
        event([
            stack.order(1, "jane"),
            stack.order(2, "joe"),
            stack.order(3, "jane"),
        ])
    };
    let response = function.handle(orders(), stack.deadline()).await;
    assert_eq!(
        crate::support::failures(&response),
        ["message-1", "message-3"]
    );
    assert_eq!(stack.tray.disposition("message-2"), Some(Disposition::Done));
    assert!(
        stack.tray.pause("message-1") > Duration::ZERO,
        "no loop without a pause"
    );
    stack.pass(Duration::from_secs(60));
    let response = function.handle(orders(), stack.deadline()).await;
    assert_eq!(crate::support::failures(&response), Vec::<String>::new());
}

#[tokio::test]
async fn while_the_table_is_away_everything_comes_back_within_seconds() {
    let stack = Stack::new();
    stack.tray.is_shut.store(true, Ordering::SeqCst);
    let failures = stack
        .handle(event([stack.order(1, "jane"), stack.order(2, "joe")]))
        .await;
    assert_eq!(failures, ["message-1", "message-2"]);
    assert_eq!(stack.tray.pause("message-1"), Duration::from_secs(5));
    assert_eq!(stack.crm.batches(), Vec::<Vec<String>>::new());
}

#[tokio::test]
async fn an_order_that_was_tried_for_too_long_is_a_dead_letter_before_sqs_forgets_it() {
    let stack = Stack::new();
    stack.crm.will("1", [locked_record(), locked_record()]);
    let sent = stack.now() - Duration::from_hours(13 * 24);
    let late = crate::support::received(stack.order(1, "jane"), 700, sent);
    let young =
        crate::support::received(stack.order(1, "jane"), 700, sent + Duration::from_secs(60));
    assert_eq!(stack.handle(event([young])).await, ["message-1"]);
    assert!(
        stack.tray.pause("message-1") >= Duration::from_mins(25),
        "receipts are saved"
    );
    stack.pass(Duration::from_mins(30));
    assert_eq!(stack.handle(event([late])).await, Vec::<String>::new());
    let Some(Disposition::Dead(letter)) = stack.tray.disposition("message-1") else {
        panic!("{:?}", stack.tray.disposition("message-1"))
    };
    assert!(
        letter.class == "unavailable" && letter.reason.contains("13 days"),
        "{}",
        letter.reason
    );
}

#[tokio::test]
async fn what_was_delivered_before_changes_nothing() {
    let stack = Stack::new();
    let orders = || event([stack.order(1, "jane")]);
    stack.handle(orders()).await;
    stack.pass(Duration::ZERO);
    assert_eq!(stack.handle(orders()).await, Vec::<String>::new());
    assert_eq!(stack.crm.batches().len(), 1);
    assert_eq!(stack.entry("1").await.unwrap().state, State::Delivered);
}

#[tokio::test]
async fn a_destination_that_is_away_fails_what_was_tried_and_releases_the_rest() {
    let stack = Stack::new();
    stack.crm.will("1", [away()]);
    let failures = stack
        .handle(event([stack.order(1, "jane"), stack.order(2, "jane")]))
        .await;
    assert_eq!(failures, ["message-1", "message-2"]);
    assert_eq!(
        stack.tray.disposition("message-2"),
        Some(Disposition::Release)
    );
}

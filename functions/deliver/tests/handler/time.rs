use crate::support::{Does, FUNCTION_TIME, Stack, event, failures};
use ports::{Disposition, Enqueue};
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn a_batch_that_does_not_end_comes_back_in_time_and_not_before_its_request_has_ended() {
    let stack = Stack::new();
    stack
        .crm
        .will("1", [Does::Stall(Duration::from_secs(1000))]);
    let began = tokio::time::Instant::now();
    assert_eq!(
        stack.handle(event([stack.order(1, "jane")])).await,
        ["message-1"]
    );
    assert!(
        began.elapsed() <= FUNCTION_TIME - Duration::from_secs(10),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(
        stack.tray.pause("message-1"),
        Duration::from_secs(30),
        "the request_timeout"
    );
}

#[tokio::test]
async fn without_time_to_work_nothing_is_begun() {
    let stack = Stack::new();
    let function = stack.function();
    for left in [Duration::ZERO, Duration::from_secs(5)] {
        let response = function
            .handle(event([stack.order(1, "jane")]), stack.now() + left)
            .await;
        assert_eq!(failures(&response), ["message-1"], "{left:?}");
        stack.pass(Duration::from_secs(60));
    }
    assert_eq!(stack.crm.batches(), Vec::<Vec<String>>::new());
}

#[tokio::test(start_paused = true)]
async fn a_message_that_a_group_of_another_customer_waits_for_is_awaited_for_a_whole_invocation() {
    let stack = Stack::new();
    let stalled = stack.function();
    stack
        .crm
        .will("1", [Does::Stall(Duration::from_secs(1000))]);
    assert_eq!(
        failures(
            &stalled
                .handle(event([stack.order(1, "jane")]), stack.deadline())
                .await
        ),
        ["message-1"]
    );
    stack.pass(Duration::from_secs(1));
    // SQS cannot tell that the other group's message waits; the case is the same if it does.
    stack
        .queue
        .enqueue(vec![stack.message(1, "jane")])
        .await
        .unwrap();
    // The order's customer has changed: another group has it now, in another function.
    let moved = crate::support::record(
        "moved",
        "joe",
        &platform_aws::seal_envelope(&stack.message(1, "joe")).unwrap(),
    );
    assert_eq!(stack.handle(event([moved])).await, ["moved"]);
    let wait = stack.tray.pause("moved");
    assert!(wait >= FUNCTION_TIME - Duration::from_secs(10), "{wait:?}");
    assert!(!matches!(
        stack.tray.disposition("moved"),
        Some(Disposition::Done)
    ));
}

use crate::support::{Stack, away, event, received};
use jiff::Timestamp;
use ports::{CircuitStore, Disposition, OpenCircuit};
use std::time::Duration;

async fn open(stack: &Stack, until: Timestamp) {
    let circuit = OpenCircuit {
        until,
        since: stack.now(),
        why: "outage".to_owned(),
    };
    stack.circuits.open("sales", circuit).await.unwrap();
}

#[tokio::test]
async fn while_the_circuit_is_open_nothing_is_called_and_nothing_comes_back_before_the_probe() {
    let stack = Stack::new();
    open(&stack, stack.now() + Duration::from_mins(10)).await;
    let orders = (1..=3).map(|order| stack.order(order, &format!("customer {order}")));
    assert_eq!(
        stack.handle(event(orders)).await,
        ["message-1", "message-2", "message-3"]
    );
    assert_eq!(stack.crm.batches(), Vec::<Vec<String>>::new());
    for id in ["message-1", "message-2", "message-3"] {
        let pause = stack.tray.pause(id);
        assert!(
            pause >= Duration::from_mins(10) && pause <= Duration::from_secs(750),
            "{pause:?}"
        );
    }
    assert_eq!(stack.entry("1").await, None, "it was not tried");
}

#[tokio::test]
async fn a_probe_is_the_oldest_message_and_the_rest_waits_while_it_fails() {
    let stack = Stack::new();
    open(&stack, stack.now()).await;
    stack.crm.will("2", [away()]);
    let now = stack.now();
    let sent = |order: u32, seconds: u64| {
        let record = stack.order(order, &format!("customer {order}"));
        received(record, 4, now - Duration::from_secs(seconds))
    };
    let failures = stack
        .handle(event([sent(1, 20), sent(2, 30), sent(3, 10)]))
        .await;
    assert_eq!(stack.crm.batches(), [["2"]]);
    assert_eq!(failures.len(), 3);
    assert!(
        stack.tray.pause("message-1") >= Duration::from_secs(30),
        "until the next probe"
    );
}

#[tokio::test]
async fn a_probe_is_not_the_order_that_failed_again_and_again() {
    let stack = Stack::new();
    stack.crm.will("1", (0..4).map(|_| away()));
    let sent = stack.now();
    for receipt in 1..=4 {
        stack
            .handle(event([received(stack.order(1, "jane"), receipt, sent)]))
            .await;
        stack.pass(Duration::from_secs(20));
    }
    open(&stack, stack.now()).await;
    stack.crm.will("1", [away()]);
    let orders = [
        received(stack.order(1, "jane"), 5, sent),
        received(stack.order(2, "joe"), 1, stack.now()),
    ];
    assert_eq!(stack.handle(event(orders)).await, ["message-1"]);
    let last_two = stack.crm.batches().split_off(4);
    assert_eq!(last_two, [["2"], ["1"]], "the new one closes the circuit");
}

#[tokio::test]
async fn a_request_about_personal_data_is_fulfilled_whatever_the_circuit_says() {
    let stack = Stack::new();
    open(&stack, stack.now() + Duration::from_mins(10)).await;
    let body = std::fs::read(crate::support::project(
        "events/shopify/09-customer-redact.json",
    ))
    .unwrap();
    let request = ports::Message {
        route: "boutique-sales".to_owned(),
        store: "boutique".to_owned(),
        kind: ports::Kind::Request,
        topic: "customers/redact".to_owned(),
        order: None,
        body: body.into(),
        ..stack.message(2, "requests")
    };
    let request = crate::support::record(
        "request",
        "requests",
        &platform_aws::seal_envelope(&request).unwrap(),
    );
    assert_eq!(
        stack.handle(event([stack.order(1, "jane"), request])).await,
        ["message-1"]
    );
    assert_eq!(stack.tray.disposition("request"), Some(Disposition::Done));
    assert_eq!(stack.crm.batches(), Vec::<Vec<String>>::new());
}

#[tokio::test]
async fn after_a_probe_that_succeeds_the_rest_follows_at_once() {
    let stack = Stack::new();
    open(&stack, stack.now()).await;
    let orders = (1..=4).map(|order| stack.order(order, &format!("customer {order}")));
    assert_eq!(stack.handle(event(orders)).await, Vec::<String>::new());
    assert_eq!(
        stack.crm.batches().iter().map(Vec::len).collect::<Vec<_>>(),
        [1, 3]
    );
    assert_eq!(stack.circuits.circuit("sales").await.unwrap(), None);
}

#[tokio::test]
async fn behind_a_probe_that_comes_back_its_group_waits_though_the_circuit_closes() {
    let stack = Stack::new();
    open(&stack, stack.now()).await;
    stack.crm.will("1", [crate::support::locked_record()]);
    let orders = [(1, "jane"), (2, "jane"), (3, "joe")];
    let failures = stack
        .handle(event(
            orders.map(|(order, customer)| stack.order(order, customer)),
        ))
        .await;
    assert_eq!(failures, ["message-1", "message-2"]);
    assert_eq!(
        stack.tray.disposition("message-2"),
        Some(Disposition::Release)
    );
    assert_eq!(stack.tray.disposition("message-3"), Some(Disposition::Done));
}

#[tokio::test]
async fn one_destination_that_is_away_does_not_hold_up_another_one_of_its_queue() {
    let stack = Stack::new();
    open(&stack, stack.now() + Duration::from_mins(10)).await;
    let other = ports::Message {
        route: "acme-crm".to_owned(),
        destination: "crm".to_owned(),
        ..stack.message(2, "joe")
    };
    let other = crate::support::record(
        "other",
        "joe",
        &platform_aws::seal_envelope(&other).unwrap(),
    );
    assert_eq!(
        stack.handle(event([stack.order(1, "jane"), other])).await,
        ["message-1"]
    );
    assert_eq!(stack.crm.batches(), [["2"]]);
}

#[tokio::test]
async fn failures_of_several_functions_open_one_circuit_for_all() {
    let stack = Stack::new();
    stack.crm.will("1", (0..20).map(|_| away()));
    let function = stack.function();
    for _ in 0..5 {
        function
            .handle(event([stack.order(1, "jane")]), stack.deadline())
            .await;
        stack.pass(Duration::from_secs(20));
    }
    let calls = stack.crm.batches().len();
    assert!(
        stack.circuits.circuit("sales").await.unwrap().is_some(),
        "{calls} calls failed"
    );
    stack.handle(event([stack.order(2, "joe")])).await;
    assert_eq!(
        stack.crm.batches().len(),
        calls,
        "a new function calls nothing either"
    );
}

#[tokio::test]
async fn an_outage_of_three_days_kills_no_order_and_stays_within_the_receipts() {
    let stack = Stack::new();
    let (end, sent) = (stack.now() + Duration::from_hours(72), stack.now());
    stack.crm.will("1", (0..2000).map(|_| away()));
    let function = stack.function();
    let mut receipts = 0;
    while stack.now() < end {
        receipts += 1;
        let order = received(stack.order(1, "jane"), receipts, sent);
        let response = function.handle(event([order]), stack.deadline()).await;
        assert_eq!(
            crate::support::failures(&response),
            ["message-1"],
            "receipt {receipts}"
        );
        let pause = stack.tray.pause("message-1");
        stack.pass(pause.max(Duration::from_millis(10)));
    }
    assert!(receipts < 350, "{receipts} of 1000 receipts in three days");
    stack.crm.script.lock().unwrap().clear();
    let mut waited = Duration::ZERO;
    while stack.entry("1").await.unwrap().delivered.is_none() {
        receipts += 1;
        function
            .handle(
                event([received(stack.order(1, "jane"), receipts, sent)]),
                stack.deadline(),
            )
            .await;
        if let Some(Disposition::Retry(pause)) = stack.tray.disposition("message-1") {
            waited += pause;
            stack.pass(pause);
        }
    }
    assert!(waited <= Duration::from_mins(32), "{waited:?}");
}

//! The number of calls at once, against an account that takes few: after the first refusals there
//! are none, and every order arrives.

use crate::support::{
    Account, connect, in_time,
    planned::{mapping, order_of},
};
use destination::{Destination, Outcome};
use destination_netsuite::{Grant, NetSuite};
use mapping::Plan;
use ports::{
    Checkpoints, Clock, SystemClock,
    memory::{ManualClock, MemoryCheckpoints},
};
use sandbox::netsuite::{NetSuite as Sandbox, Options};
use serde_json::json;
use std::{sync::Arc, time::Duration};

fn plans(numbers: std::ops::Range<u32>) -> Vec<Plan> {
    let mapping = mapping(
        "woocommerce-netsuite",
        "shipping_item = '1503'\ntax_item = '1503'\nfee_item = '1503'\nitems = { EXAMPLE = '1501' }",
    );
    let one = |number: u32| {
        let (customer, email) = (number.to_string(), format!("c{number}@example.com"));
        let order = order_of(number, Some(&customer), &email);
        mapping.plan(&order).unwrap()
    };
    numbers.map(one).collect()
}

/// Delivers plans, ten at a time, until each is delivered. What came back waits for five seconds, as
/// the engine's backoff makes it. Returns how often one came back.
async fn until_delivered(workers: &[&NetSuite], clock: &ManualClock, mut left: Vec<Plan>) -> usize {
    let mut came_back = 0;
    while !left.is_empty() {
        let rest = left.split_off(left.len().min(10 * workers.len()));
        let tens = left.chunks(10).zip(workers.iter().cycle());
        let calls = tens.map(|(ten, worker)| async move {
            let plans: Vec<&Plan> = ten.iter().collect();
            let outcomes = worker.deliver(&in_time(), &plans).await;
            ten.iter().cloned().zip(outcomes).collect::<Vec<_>>()
        });
        let outcomes = futures::future::join_all(calls).await.concat();
        left = rest;
        let is_back = |outcome: &(Plan, Outcome)| matches!(outcome.1, Outcome::Retry(_));
        if outcomes.iter().any(is_back) {
            clock.advance(Duration::from_secs(5));
        }
        for (plan, outcome) in outcomes {
            match outcome {
                Outcome::Delivered { .. } => {}
                Outcome::Retry(_) => {
                    came_back += 1;
                    left.push(Plan {
                        in_doubt: true,
                        ..plan
                    });
                }
                Outcome::Rejected(failure) => panic!("{failure:?}"),
            }
        }
    }
    came_back
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn an_account_that_takes_few_calls_refuses_few() {
    for concurrency in 2..=5 {
        let account = Account::start().await;
        let config = json!({
            "limits": {"concurrency": concurrency, "overload": "429"},
            "latency_ms": {"base": 20},
        });
        account.post("config", config).await;
        let notes: Arc<dyn Checkpoints> = Arc::new(MemoryCheckpoints::default());
        let clock = Arc::new(ManualClock::new(SystemClock.now()));
        let worker = || {
            account
                .with_clock(clock.clone())
                .with_notes(Arc::clone(&notes))
        };
        let (one, other) = (worker(), worker());
        // Each has called once, and had the time to learn of the other.
        let mut came_back = until_delivered(&[&one], &clock, plans(1..2)).await;
        came_back += until_delivered(&[&other], &clock, plans(2..3)).await;
        clock.advance(Duration::from_secs(11));
        came_back += until_delivered(&[&one, &other], &clock, plans(3..81)).await;
        let violations = account.violations().await;
        println!(
            "{concurrency} at once: {came_back} of 80 orders came back, {} refusals",
            violations.len()
        );
        // Whoever is refused in its only place sends nothing until the other one has listened: a batch
        // of each of the two comes back untried.
        assert!(came_back <= 30, "{came_back} came back");
        assert!(
            violations.len() <= 3 && violations.iter().all(|kind| kind == "concurrency_exceeded"),
            "{concurrency} at once: {violations:?}"
        );
        assert_eq!(account.records("salesOrder").await.len(), 80);
    }
}

/// Where an overload shows as refused logins, nothing is sent for a minute after one, so that there
/// is no second one.
#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn an_overload_that_shows_as_a_refused_login_halves_the_number_as_well() {
    let account = Account::start().await;
    let config = json!({
        "limits": {"concurrency": 2, "overload": "invalid_login", "overload_stall_ms": 10},
        "latency_ms": {"base": 20},
    });
    account.post("config", config).await;
    let clock = Arc::new(ManualClock::new(SystemClock.now()));
    let worker = account.with_clock(clock.clone());
    let mut left = plans(1..81);
    let mut rounds = 0;
    while !left.is_empty() {
        let all: Vec<&Plan> = left.iter().collect();
        let outcomes = worker.deliver(&in_time(), &all).await;
        let undone = |outcome: &Outcome| matches!(outcome, Outcome::Retry(_));
        left = left
            .into_iter()
            .zip(outcomes)
            .filter(|(_, outcome)| undone(outcome))
            .map(|(plan, _)| plan)
            .collect();
        clock.advance(Duration::from_secs(61));
        rounds += 1;
        assert!(rounds < 10, "{} are left", left.len());
    }
    let violations = account.violations().await;
    println!("{rounds} rounds, {violations:?}");
    assert!(
        (1..=2).contains(&violations.len()),
        "an overload and what follows it: {violations:?}"
    );
    assert_eq!(account.records("salesOrder").await.len(), 80);
}

#[tokio::test]
async fn two_processes_stay_within_what_the_account_takes() {
    let sandbox = Sandbox::start(Options {
        auto_number: true,
        concurrency: 3,
        latency: Duration::from_millis(10),
        ..Options::default()
    })
    .await
    .unwrap();
    let secret = sandbox.credentials().token("1234567_SB1");
    let secret: Vec<(&str, &str)> = secret
        .as_object()
        .unwrap()
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str().unwrap()))
        .collect();
    let notes: Arc<dyn Checkpoints> = Arc::new(MemoryCheckpoints::default());
    let clock = Arc::new(ManualClock::new(SystemClock.now()));
    let worker = || {
        let worker = connect(sandbox.url(), Grant::Token, &secret, clock.clone());
        worker.with_notes(Arc::clone(&notes))
    };
    let (one, other) = (worker(), worker());
    let came_back = until_delivered(&[&one, &other], &clock, plans(0..200)).await;
    println!("{came_back} of 200 orders came back");
    assert!(came_back <= 20, "{came_back} came back");
    assert_eq!(sandbox.records("salesOrder").len(), 200);
}

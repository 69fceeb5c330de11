//! Tests of how many orders go at a time to a destination that does not answer in time.

use crate::support::{Setup, words};
use destination::{Failure, Outcome};
use std::{ops::Range, time::Duration};

fn too_late() -> Outcome {
    Outcome::Retry(Failure::timed_out("write", "no answer in 30 seconds"))
}

fn enqueue(setup: &Setup, orders: Range<u32>) {
    for order in orders {
        setup.enqueue(&format!("g{order}"), &format!("{order},x,1"));
    }
}

fn sizes(setup: &Setup) -> Vec<usize> {
    setup.crm.batches().iter().map(Vec::len).collect()
}

#[tokio::test]
async fn after_a_call_that_took_too_long_half_as_many_go_and_more_again_when_it_is_answered() {
    let setup = Setup::new();
    (0..10).for_each(|order| setup.crm.will(&order.to_string(), [too_late()]));
    enqueue(&setup, 0..10);
    assert_eq!(words(&setup.work().await), ["retry"; 10]);
    setup.queue.forget();
    enqueue(&setup, 10..20);
    setup.work().await;
    enqueue(&setup, 20..30);
    setup.work().await;
    assert_eq!(sizes(&setup), [10, 5, 5, 10]);
}

#[tokio::test]
async fn what_was_not_sent_for_want_of_time_makes_the_next_batch_smaller_too() {
    let setup = Setup::new();
    setup
        .crm
        .will("9", [Outcome::Retry(Failure::out_of_time("write"))]);
    enqueue(&setup, 0..10);
    setup.work().await;
    setup.queue.forget();
    enqueue(&setup, 10..18);
    setup.work().await;
    assert_eq!(sizes(&setup), [10, 5, 3]);
}

#[tokio::test]
async fn an_order_that_is_never_answered_makes_no_batch_of_others_smaller_in_the_long_run() {
    let setup = Setup::new();
    setup.crm.will("0", vec![too_late(); 5]);
    enqueue(&setup, 0..1);
    for _ in 0..3 {
        setup.work().await;
        setup.clock.advance(Duration::from_secs(60));
    }
    // By now the order is tried alone, after the others.
    enqueue(&setup, 1..9);
    setup.work().await;
    assert_eq!(
        sizes(&setup),
        [1, 1, 1, 1, 2, 4, 1, 1],
        "its first tries made it one at a time"
    );
    enqueue(&setup, 9..18);
    setup.work().await;
    assert_eq!(sizes(&setup)[8..], [8, 1, 1], "its fourth try did not");
}

//! Tests of orders whose mapping does not know the destination's own currency.

use crate::support::{Setup, TestCrm, words};
use deliver::Result as Told;
use destination::{Class, Failure};
use ports::State;
use std::{sync::atomic::Ordering, time::Duration};

fn telling(home: impl IntoIterator<Item = Result<Option<String>, Failure>>) -> Setup {
    let crm = TestCrm::default();
    crm.home.lock().unwrap().extend(home);
    Setup::with(crm)
}

/// Returns the number of notes of each delivered order; `None` for one that was not delivered.
fn notes(told: &[Told]) -> Vec<Option<usize>> {
    let count = |told: &Told| match told {
        Told::Delivered { warnings, .. } => Some(warnings.len()),
        _ => None,
    };
    told.iter().map(count).collect()
}

#[tokio::test]
async fn what_the_destination_tells_is_asked_once_and_refuses_other_currencies() {
    let setup = telling([Ok(Some("EUR".to_owned()))]);
    for (group, body) in [
        ("a", "1,in EUR,100"),
        ("b", "2,in JPY,100"),
        ("c", "3,in EUR,100"),
    ] {
        setup.enqueue(group, body);
    }
    // The decisions without a call come first.
    let told = setup.work().await;
    assert_eq!(words(&told), ["rejected", "delivered", "delivered"]);
    assert_eq!(setup.entry("2").await.state, State::Rejected);
    let Told::Rejected { reason, .. } = &told[0] else {
        panic!("{told:?}")
    };
    assert!(
        reason.contains("the order is in JPY") && reason.contains("its amounts in EUR"),
        "{reason}"
    );
    assert_eq!(setup.crm.asked_home.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn where_it_does_not_tell_an_order_in_another_currency_than_the_first_has_a_note() {
    let setup = Setup::new();
    for (group, body) in [
        ("a", "1,in EUR,100"),
        ("b", "2,in JPY,100"),
        ("c", "3,in EUR,100"),
    ] {
        setup.enqueue(group, body);
    }
    assert_eq!(notes(&setup.work().await), [Some(0), Some(1), Some(0)]);
    assert_eq!(setup.crm.asked_home.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn where_the_first_order_was_in_the_wrong_one_somebody_is_told_and_it_happens_once() {
    let setup = telling([Ok(Some("USD".to_owned()))]);
    for (group, body) in [("a", "1,in EUR,100"), ("b", "2,in USD,100")] {
        setup.enqueue(group, body);
    }
    let told = setup.work().await;
    assert_eq!(notes(&told), [Some(0), Some(1)]);
    assert!(
        matches!(&told[1], Told::Delivered { warnings, .. } if warnings[0].contains("Orders in EUR went to crm before this one")),
        "{told:?}"
    );
    setup.enqueue("c", "3,in EUR,100");
    assert_eq!(words(&setup.work().await), ["rejected"]);
}

#[tokio::test]
async fn a_shop_of_one_currency_asks_nothing() {
    let setup = telling([Ok(Some("USD".to_owned()))]);
    for (group, body) in [("a", "1,in EUR,100"), ("b", "2,in EUR,100")] {
        setup.enqueue(group, body);
    }
    assert_eq!(notes(&setup.work().await), [Some(0), Some(0)]);
    assert_eq!(setup.crm.asked_home.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_destination_that_cannot_say_now_is_asked_again_and_the_order_waits() {
    let setup = telling([
        Err(Failure::transient(
            Class::Unavailable,
            "read",
            "the CRM is away",
        )),
        Ok(Some("USD".to_owned())),
    ]);
    setup.enqueue("a", "1,in USD,100");
    setup.enqueue("b", "2,in EUR,100");
    assert_eq!(words(&setup.work().await), ["retry", "delivered"]);
    assert_eq!(setup.crm.batches().concat(), ["1:in USD"]);
    setup.clock.advance(Duration::from_secs(3600));
    assert_eq!(words(&setup.work().await), ["rejected"]);
    assert_eq!(setup.entry("2").await.state, State::Rejected);
}

//! Tests of deliveries that only name an order.

use crate::support::{Setup, words};
use async_trait::async_trait;
use deliver::{Health, Result as Told};
use destination::{Class, Failure, Outcome};
use ports::{Clock, DAMAGED, Ledger, LedgerFilter, Message, State};
use source::{OrderReader, ReadError};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

type Answer = Result<&'static str, ReadError>;

/// A shop's API with scripted answers, in this order.
struct Script {
    answers: Mutex<VecDeque<Answer>>,
    asked: Mutex<Vec<String>>,
}

#[async_trait]
impl OrderReader for Script {
    async fn read(&self, order: &str) -> Result<(String, Vec<u8>), ReadError> {
        self.asked.lock().unwrap().push(order.to_owned());
        let answer = self.answers.lock().unwrap().pop_front();
        let body = answer.unwrap_or_else(|| Err(ReadError::unavailable("503")))?;
        Ok(("order".to_owned(), body.as_bytes().to_vec()))
    }
}

fn setup(answers: impl IntoIterator<Item = Answer>) -> (Setup, Arc<Script>) {
    let script = Arc::new(Script {
        answers: Mutex::new(answers.into_iter().collect()),
        asked: Mutex::default(),
    });
    (Setup::with_reader(script.clone()), script)
}

#[tokio::test]
async fn a_refund_delivers_the_newest_state_of_its_order() {
    let (setup, script) = setup([Ok("1,refunded,200")]);
    setup.enqueue("a", "1,paid,100");
    setup.enqueue("b", "1,refund,-");
    assert_eq!(words(&setup.work().await), ["delivered", "delivered"]);
    assert_eq!(setup.crm.batches().concat(), ["1:paid", "1:refunded"]);
    assert_eq!(*script.asked.lock().unwrap(), ["1"]);
    let version = setup.entry("1").await.delivered.unwrap().version;
    assert_eq!(version.modified.unwrap().as_second(), 200);
}

#[tokio::test]
async fn what_the_store_finds_damaged_is_asked_for_at_the_shop_or_dies() {
    let damaged = |setup: &Setup| Message {
        body: DAMAGED.into(),
        ..setup.message("a", "1,paid,100")
    };
    let (asking, script) = setup([Ok("1,paid,100")]);
    asking.queue.push(damaged(&asking));
    assert_eq!(words(&asking.work().await), ["delivered"]);
    assert_eq!(*script.asked.lock().unwrap(), ["1"]);

    let alone = Setup::new();
    alone.queue.push(damaged(&alone));
    let told = alone.work().await;
    let Told::Rejected { reason, .. } = &told[0] else {
        unreachable!("{told:?}")
    };
    assert_eq!(reason, DAMAGED);
}

#[tokio::test]
async fn the_watermark_counts_for_what_the_shop_answers() {
    let (setup, _) = setup([Ok("1,paid,100"), Ok("1,older,50")]);
    setup.enqueue("a", "1,paid,100");
    setup.enqueue("b", "1,refund,-");
    setup.enqueue("c", "1,refund,-");
    assert_eq!(
        words(&setup.work().await),
        ["delivered", "unchanged", "stale"]
    );
    assert_eq!(setup.crm.batches().concat(), ["1:paid"]);
}

#[tokio::test]
async fn what_the_shop_answers_is_newer_than_what_it_posted_before_within_the_same_second() {
    let (setup, _) = setup([Ok("1,refunded,100")]);
    let refund = setup.message("b", "1,refund,-");
    setup.enqueue("a", "1,paid,100");
    assert_eq!(words(&setup.work().await), ["delivered"]);
    setup.queue.push(refund);
    assert_eq!(words(&setup.work().await), ["delivered"]);
    assert_eq!(setup.crm.batches().concat(), ["1:paid", "1:refunded"]);
}

/// A clock was an hour ahead when both came, and has been set right since.
#[tokio::test]
async fn where_nobody_can_tell_which_state_is_the_newer_one_the_shop_is_asked() {
    const HALF_AN_HOUR: Duration = Duration::from_secs(1800);
    let refused = || Err(ReadError::Refused("401".to_owned()));
    let away = || Err(ReadError::unavailable("503"));
    for (answer, word) in [
        (Ok("1,newer,7"), "stale"),
        (Ok("1,older,7"), "delivered"),
        (Ok("2,another order,7"), "delivered"),
        (Ok("what nobody can read"), "delivered"),
        (Err(ReadError::Gone("1".to_owned())), "delivered"),
        (away(), "retry"),
        (refused(), "delivered"),
    ] {
        let (setup, script) = setup([answer]);
        let right = setup.clock.now();
        setup.clock.advance(HALF_AN_HOUR);
        let older = setup.message("a", "1,older,7");
        setup.clock.advance(HALF_AN_HOUR);
        setup.enqueue("a", "1,newer,7");
        setup.clock.set(right);
        assert_eq!(words(&setup.work().await), ["delivered"]);
        setup.queue.push(older.clone());
        assert_eq!(
            words(&setup.work().await),
            ["stale"],
            "one clock wrote both"
        );
        assert!(script.asked.lock().unwrap().is_empty());

        setup.clock.advance(HALF_AN_HOUR);
        setup.queue.push(older);
        assert_eq!(words(&setup.work().await), [word]);
        assert_eq!(*script.asked.lock().unwrap(), ["1"]);
    }
}

#[tokio::test]
async fn an_order_whose_newest_state_is_refused_is_rejected() {
    let (setup, _) = setup([Ok("1,refunded,200")]);
    let refused = Outcome::Rejected(Failure::permanent(Class::Validation, "write", "no"));
    setup.crm.will("1", [refused]);
    setup.enqueue("b", "1,refund,-");
    setup.clock.advance(Duration::from_secs(1));
    assert_eq!(words(&setup.work().await), ["rejected"]);
    let entry = setup.entry("1").await;
    assert_eq!((entry.state, entry.holder), (State::Rejected, None));
    assert_eq!(entry.rejected_modified.unwrap().as_second(), 200);
}

#[tokio::test]
async fn an_order_that_is_gone_is_noted_where_it_is_known() {
    let (setup, _) = setup([
        Err(ReadError::Gone("1".to_owned())),
        Err(ReadError::Gone("2".to_owned())),
    ]);
    setup.enqueue("a", "1,paid,100");
    setup.enqueue("b", "1,refund,-");
    setup.enqueue("c", "2,refund,-");
    assert_eq!(
        words(&setup.work().await),
        ["skipped", "delivered", "skipped"]
    );
    let entry = setup.entry("1").await;
    assert_eq!(entry.state, State::Delivered);
    assert!(
        entry.warnings[0].contains("no longer has this order"),
        "{entry:?}"
    );
    let known = setup.ledger.list(&LedgerFilter::default()).await.unwrap();
    assert_eq!(
        known.len(),
        1,
        "nothing is noted about an order that was never seen"
    );
}

#[tokio::test]
async fn without_a_reader_the_order_stays_as_it_is() {
    let setup = Setup::new();
    setup.crm.will("1", [crate::support::away()]);
    setup.enqueue("a", "1,paid,100");
    setup.work().await;
    setup.enqueue("b", "1,refund,-");
    assert_eq!(words(&setup.work().await), ["skipped"]);
    let entry = setup.entry("1").await;
    assert_eq!((entry.state, entry.attempts), (State::Retrying, 1));
    assert_eq!(entry.warnings, ["the shop cannot be asked"]);
}

#[tokio::test]
async fn a_shop_that_is_away_is_asked_again_and_says_nothing_about_the_destination() {
    let (setup, _) = setup([Err(ReadError::unavailable("502")), Ok("1,refunded,200")]);
    setup.enqueue("b", "1,refund,-");
    let report = setup.deliver(&setup.engine).await;
    assert_eq!(report.events[0].health, Health::Untouched);
    assert_eq!(report.events[0].stay_away, None);
    let Some(after) = report.settlements[0].disposition.pause() else {
        panic!("{report:?}")
    };
    assert!(after <= Duration::from_secs(5), "{after:?}");
    assert_eq!(setup.entry("1").await.attempts, 1);
    setup.clock.advance(Duration::from_secs(6));
    assert_eq!(words(&setup.work().await), ["delivered"]);
}

#[tokio::test]
async fn a_shop_that_stays_away_is_given_up_by_age() {
    let (setup, _) = setup([]);
    setup.enqueue("b", "1,refund,-");
    for pause in [0, 86_400, 86_400] {
        setup.clock.advance(Duration::from_secs(pause));
        assert_eq!(words(&setup.work().await), ["retry"]);
    }
    setup.clock.advance(Duration::from_secs(86_400));
    let told = setup.work().await;
    let [Told::Rejected { reason, .. }] = &told[..] else {
        panic!("{told:?}")
    };
    assert!(
        reason.contains("3 days") && reason.contains("503"),
        "{reason}"
    );
}

#[tokio::test]
async fn refused_credentials_of_the_shop_spend_nothing_and_are_asked_about_rarely() {
    let refused = || Err(ReadError::Refused("401".to_owned()));
    let (setup, _) = setup(
        std::iter::repeat_with(refused)
            .take(400)
            .chain([Ok("1,refunded,200")]),
    );
    setup.enqueue("b", "1,refund,-");
    for _ in 0..400 {
        let report = setup.deliver(&setup.engine).await;
        let Some(after) = report.settlements[0].disposition.pause() else {
            panic!("{report:?}")
        };
        assert!(after >= Duration::from_secs(900), "{after:?}");
        assert_eq!(
            (report.events[0].health, report.events[0].stay_away),
            (Health::Untouched, None)
        );
        setup.clock.advance(Duration::from_secs(910));
    }
    assert_eq!(setup.entry("1").await.attempts, 0);
    assert_eq!(words(&setup.work().await), ["delivered"]);
}

#[tokio::test]
async fn another_order_in_the_answer_is_never_written() {
    let (setup, _) = setup([Ok("2,paid,100")]);
    setup.enqueue("b", "1,refund,-");
    let told = setup.work().await;
    let [Told::Rejected { reason, .. }] = &told[..] else {
        panic!("{told:?}")
    };
    assert!(
        reason.contains("order 1") && reason.contains("order 2"),
        "{reason}"
    );
    assert!(setup.crm.batches().is_empty());
}

#[tokio::test]
async fn an_answer_that_again_only_names_the_order_ends_there() {
    let (setup, script) = setup([Ok("1,refund,-")]);
    setup.enqueue("b", "1,refund,-");
    assert_eq!(words(&setup.work().await), ["skipped"]);
    assert_eq!(script.asked.lock().unwrap().len(), 1);
}

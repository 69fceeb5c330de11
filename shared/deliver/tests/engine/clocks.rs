//! Tests of clocks that were wrong for a while, the shop's and our own: what they wrote down holds
//! nothing up.

use crate::support::{LEASE, Setup, away, words};
use async_trait::async_trait;
use deliver::{Ports, Result as Told};
use destination::{Class, Failure, Outcome};
use ports::{
    Clock, Disposition, Enqueue, Holder, Ledger, LedgerEntry, LedgerFilter, LedgerKey, Message,
    PortError, Queue, Received, Redaction, Removed, Settlement, State, Stored, Takeover, Version,
    memory::{ManualClock, MemoryLedger},
};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

const MONTH: Duration = Duration::from_secs(30 * 86_400);

/// An instant in the year 2100.
const FAR: &str = "4102444800";

async fn set_back(setup: &Setup) {
    let before = setup.clock.now() - MONTH;
    setup.clock.set(before);
}

async fn store(setup: &Setup, entry: LedgerEntry) {
    setup.ledger.store(vec![entry]).await.unwrap();
}

#[tokio::test]
async fn a_change_in_the_future_counts_as_made_when_it_came_and_says_so() {
    let setup = Setup::new();
    setup.enqueue("g", &format!("1,ahead,{FAR}"));
    let told = setup.work().await;
    let Told::Delivered { warnings, .. } = &told[0] else {
        panic!("{told:?}")
    };
    assert!(
        warnings
            .iter()
            .any(|text| text.contains("2100-01-01") && text.contains("Is the shop's clock right?")),
        "{warnings:?}"
    );
    assert_eq!(
        setup.entry("1").await.warnings,
        *warnings,
        "and it is in the ledger"
    );

    setup.clock.advance(Duration::from_secs(60));
    let now = setup.clock.now().as_second();
    setup.enqueue("g", &format!("1,right again,{now}"));
    assert_eq!(words(&setup.work().await), ["delivered"]);
    setup.enqueue("g", &format!("1,older,{}", now - 3600));
    assert_eq!(words(&setup.work().await), ["stale"]);
    let within_a_day = now + 80_000;
    setup.enqueue("g", &format!("1,hours ahead,{within_a_day}"));
    setup.work().await;
    let modified = setup.entry("1").await.delivered.unwrap().version.modified;
    assert_eq!(
        modified.unwrap().as_second(),
        within_a_day,
        "a shop's clock may be hours ahead, or in another zone"
    );
}

#[tokio::test]
async fn a_watermark_in_the_future_keeps_no_later_state_away() {
    let setup = Setup::new();
    setup.enqueue("g", "1,x,1");
    setup.work().await;
    let mut entry = setup.entry("1").await;
    let delivered = entry.delivered.as_mut().unwrap();
    delivered.version.modified = Some("2100-01-01T00:00:00Z".parse().unwrap());
    store(&setup, entry).await;
    setup.enqueue("g", "1,y,2");
    assert_eq!(
        words(&setup.work().await),
        ["delivered"],
        "an earlier program believed the shop's clock"
    );

    // Our own clock was ahead when this one was accepted.
    setup.clock.advance(MONTH);
    setup.enqueue("g", "1,z,-");
    assert_eq!(words(&setup.work().await), ["delivered"]);
    set_back(&setup).await;
    setup.enqueue("g", "1,right again,-");
    assert_eq!(words(&setup.work().await), ["delivered"]);
}

#[tokio::test]
async fn what_was_tried_does_not_become_stale_when_the_hour_of_a_wrong_clock_comes() {
    let setup = Setup::new();
    setup.clock.advance(MONTH);
    setup.enqueue("g", "1,x,1");
    assert_eq!(words(&setup.work().await), ["delivered"]);
    set_back(&setup).await;
    setup.crm.will("1", vec![away()]);
    setup.enqueue("g", "1,read again,1");
    assert_eq!(words(&setup.work().await), ["retry"]);
    setup.clock.advance(MONTH * 2);
    assert_eq!(words(&setup.work().await), ["delivered"]);
    let entry = setup.entry("1").await;
    assert_eq!(entry.state, State::Delivered);

    // Its watermark is still that of the wrong clock.
    setup.enqueue("g", "1,older,0");
    assert_eq!(words(&setup.work().await), ["stale"]);
}

#[tokio::test]
async fn a_dead_letter_that_is_stale_when_it_is_replayed_leaves_no_order_rejected() {
    let setup = Setup::new();
    setup.clock.advance(MONTH);
    setup.enqueue("g", "1,x,1");
    assert_eq!(words(&setup.work().await), ["delivered"]);
    set_back(&setup).await;
    let refused = Failure::permanent(Class::Validation, "write", "no");
    setup.crm.will("1", [Outcome::Rejected(refused)]);
    let newer = setup.message("g", "1,newer,1");
    setup.queue.push(newer.clone());
    assert_eq!(words(&setup.work().await), ["rejected"]);
    assert_eq!(setup.entry("1").await.state, State::Rejected);

    setup.clock.advance(MONTH * 2);
    setup.queue.push(Message {
        replays: 1,
        ..newer
    });
    assert_eq!(words(&setup.work().await), ["stale"]);
    let entry = setup.entry("1").await;
    assert_eq!(entry.state, State::Delivered, "so that it is compared");
}

#[tokio::test]
async fn an_order_that_failed_in_the_future_is_not_given_up_for_it() {
    let setup = Setup::new();
    setup.crm.will("1", vec![away(); 4]);
    setup.enqueue("g", "1,x,1");
    setup.clock.advance(MONTH);
    setup.work().await;
    set_back(&setup).await;
    for _ in 0..3 {
        setup.clock.advance(Duration::from_secs(1800));
        let batch = setup.queue.receive(setup.clock.now() + MONTH * 2);
        let report = setup.engine.deliver(batch, setup.lease()).await;
        assert!(
            report.settlements[0].disposition.pause().is_some(),
            "{report:?}"
        );
    }
    assert!(setup.entry("1").await.failing_for <= Duration::from_secs(3 * 900));
}

#[tokio::test]
async fn an_order_that_failed_before_the_clock_leapt_a_month_ahead_is_not_given_up_for_it() {
    let setup = Setup::new();
    setup.crm.will("1", vec![away(); 3]);
    setup.enqueue("g", "1,x,1");
    setup.work().await;
    setup.clock.advance(MONTH);
    let batch = setup.queue.receive(setup.clock.now());
    let report = setup.engine.deliver(batch, setup.lease()).await;
    assert!(
        report.settlements[0].disposition.pause().is_some(),
        "{report:?}"
    );
    let entry = setup.entry("1").await;
    assert!(
        setup
            .clock
            .now()
            .duration_since(entry.failing_since.unwrap())
            .unsigned_abs()
            <= Duration::from_secs(86_400)
    );
}

#[tokio::test]
async fn an_order_that_another_group_takes_over_under_a_leapt_clock_is_not_given_up_for_it() {
    let setup = Setup::new();
    setup.crm.will("1", vec![away(); 3]);
    setup.enqueue("old", "1,x,1");
    setup.work().await;
    setup.clock.advance(MONTH);
    setup.enqueue("new", "1,y,2");
    let mut tried = 0;
    for _ in 0..4 {
        let mut batch = setup.queue.receive(setup.clock.now());
        batch.retain(|one| one.message.group == "new");
        let report = setup.engine.deliver(batch, setup.lease()).await;
        for settlement in report.settlements {
            let disposition = &settlement.disposition;
            assert!(
                !matches!(disposition, Disposition::Dead(_)),
                "{disposition:?}"
            );
        }
        tried = setup.entry("1").await.attempts.max(tried);
        setup.clock.advance(Duration::from_secs(1800));
    }
    assert!(tried > 1, "it was tried under the leapt clock");
}

#[tokio::test]
async fn of_two_states_that_came_while_the_clock_was_ahead_the_later_one_wins() {
    let setup = Setup::new();
    setup.clock.advance(MONTH);
    let older = setup.message("a", "1,older,7");
    setup.clock.advance(Duration::from_millis(300));
    let newer = setup.message("b", "1,newer,7");
    set_back(&setup).await;
    for (message, word) in [
        (newer.clone(), "delivered"),
        (older, "stale"),
        (newer, "unchanged"),
    ] {
        setup.queue.push(message);
        assert_eq!(words(&setup.work().await), [word]);
    }
}

#[tokio::test]
async fn what_came_after_a_watermark_in_the_future_makes_older_states_stale_too() {
    let setup = Setup::new();
    let older = setup.message("other customer", "1,older,7");
    setup.clock.advance(MONTH);
    setup.enqueue("g", "1,newer,7");
    assert_eq!(words(&setup.work().await), ["delivered"]);
    set_back(&setup).await;
    setup.enqueue("g", "1,newer,7");
    assert_eq!(words(&setup.work().await), ["unchanged"]);
    setup.queue.push(older);
    assert_eq!(words(&setup.work().await), ["stale"]);
}

#[tokio::test]
async fn a_repetition_under_a_clock_that_is_right_again_takes_nothing_from_the_watermark() {
    let setup = Setup::new();
    setup.clock.advance(MONTH);
    let older = setup.message("g", "1,older,7");
    setup.clock.advance(Duration::from_millis(300));
    setup.enqueue("g", "1,newer,7");
    assert_eq!(words(&setup.work().await), ["delivered"]);
    set_back(&setup).await;
    setup.enqueue("g", "1,newer,7");
    assert_eq!(words(&setup.work().await), ["unchanged"]);
    setup.queue.push(older);
    assert_eq!(words(&setup.work().await), ["stale"]);
}

#[tokio::test]
async fn a_claim_that_was_to_wait_until_the_future_waits_for_one_lease() {
    let setup = Setup::new();
    setup.enqueue("old", "1,x,1");
    setup.work().await;
    let entry = setup.entry("1").await;
    let holder = Holder {
        group: "new".to_owned(),
        version: Some(Version {
            modified: None,
            accepted: setup.clock.now(),
        }),
        takeover: Some(Takeover {
            until: setup.clock.now() + MONTH,
            from: None,
        }),
    };
    store(
        &setup,
        LedgerEntry {
            holder: Some(holder),
            state: State::Retrying,
            ..entry
        },
    )
    .await;
    setup.enqueue("new", "1,y,2");
    let report = setup.deliver(&setup.engine).await;
    let Some(pause) = report.settlements[0].disposition.pause() else {
        panic!("{report:?}")
    };
    assert!(pause <= LEASE, "{pause:?}");
    setup.clock.advance(LEASE + Duration::from_secs(1));
    assert_eq!(words(&setup.work().await), ["delivered"]);
}

/// A ledger during whose writes the clock, which was a month ahead, is set right.
struct SetRight {
    inner: Arc<MemoryLedger>,
    clock: Arc<ManualClock>,
}

#[async_trait]
impl Ledger for SetRight {
    async fn load(&self, keys: &[LedgerKey]) -> Result<Vec<Option<LedgerEntry>>, PortError> {
        self.inner.load(keys).await
    }
    async fn store(&self, entries: Vec<LedgerEntry>) -> Result<Vec<Stored>, PortError> {
        let stored = self.inner.store(entries).await;
        self.clock.set(self.clock.now() - MONTH);
        stored
    }
    async fn list(&self, filter: &LedgerFilter) -> Result<Vec<LedgerEntry>, PortError> {
        self.inner.list(filter).await
    }
    async fn redact(&self, redaction: &Redaction) -> Result<u64, PortError> {
        self.inner.redact(redaction).await
    }
}

#[tokio::test]
async fn a_clock_that_is_set_right_while_an_order_is_taken_lets_it_wait_for_one_lease() {
    let setup = Setup::new();
    setup.enqueue("old", "1,x,1");
    setup.work().await;
    setup
        .kept
        .enqueue(vec![setup.message("old", "2,y,1")])
        .await
        .unwrap();
    let engine = setup.engine_over(Arc::new(SetRight {
        inner: setup.ledger.clone(),
        clock: setup.clock.clone(),
    }));
    setup.clock.advance(MONTH);
    setup.enqueue("new", "1,y,2");
    let report = setup.deliver(&engine).await;
    let pause = report.settlements[0].disposition.pause();
    assert!(pause.is_some_and(|pause| pause <= LEASE), "{pause:?}");
}

/// A queue that forgets redacted messages only when they turn up, as SQS does: it keeps redactions
/// for weeks.
#[derive(Default)]
struct Forgetful(Mutex<Vec<Redaction>>);

#[async_trait]
impl Enqueue for Forgetful {
    async fn enqueue(&self, _: Vec<Message>) -> Result<(), PortError> {
        Ok(())
    }
}

#[async_trait]
impl Queue for Forgetful {
    async fn receive(&self, _: &str, _: usize, _: Duration) -> Result<Vec<Received>, PortError> {
        Ok(Vec::new())
    }
    async fn settle(&self, _: Vec<Settlement>) -> Result<(), PortError> {
        Ok(())
    }
    async fn wait(&self, _: &str, _: Duration) {}
    async fn depth(&self, _: &str) -> Result<u64, PortError> {
        Ok(0)
    }
    async fn redact(&self, redaction: &Redaction) -> Result<Removed, PortError> {
        self.0.lock().unwrap().push(redaction.clone());
        Ok(Removed::default())
    }
}

#[tokio::test]
async fn a_request_that_was_accepted_in_the_future_takes_nothing_that_comes_after_it() {
    let setup = Setup::new();
    let queue = Arc::new(Forgetful::default());
    let ports = Ports {
        queue: queue.clone(),
        ..setup.ports(setup.ledger.clone())
    };
    let engine = setup.engine_with(ports);
    setup.belongs_to("acme.example.com");
    setup.clock.advance(MONTH);
    setup.enqueue("requests", "7,leave,acme.example.com");
    set_back(&setup).await;
    setup.deliver(&engine).await;
    let later = setup.message("g", "8,x,1");
    let told = queue.0.lock().unwrap();
    assert!(
        !told[0].concerns(&later),
        "an order of tomorrow is none of its business: {told:?}"
    );
}

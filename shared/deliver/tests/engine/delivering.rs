//! Tests of what becomes of orders, by batch, group and outcome.

use crate::support::{LEASE, Setup, away, words};
use async_trait::async_trait;
use deliver::{Engine, Health, Lease, Result as Told};
use destination::{Class, Failure, Outcome};
use ports::{
    Clock, Content, Disposition, Happened, Ledger, LedgerEntry, LedgerFilter, LedgerKey, PortError,
    RecordRef, Redaction, Revision, State, Stored, memory::MemoryLedger,
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

#[tokio::test]
async fn delivers_and_remembers_where() {
    let setup = Setup::new();
    setup.enqueue("a", "1,paid,100");
    assert_eq!(words(&setup.work().await), ["delivered"]);
    let entry = setup.entry("1").await;
    assert_eq!(
        (entry.state, entry.attempts, entry.revision),
        (State::Delivered, 0, Revision::new(2))
    );
    assert_eq!(entry.delivered.unwrap().records[0].id, "006-1");
    assert!(setup.queue.receive(setup.clock.now()).is_empty());
}

#[tokio::test]
async fn the_same_state_again_is_unchanged_and_makes_no_call() {
    let setup = Setup::new();
    for body in ["1,paid,100", "1,paid,100", "1,paid,101"] {
        setup.enqueue("a", body);
    }
    let first = setup.work().await;
    assert_eq!(words(&first), ["delivered", "unchanged", "unchanged"]);
    assert_eq!(setup.crm.batches().len(), 1);
}

#[tokio::test]
async fn an_order_that_changes_twice_within_a_second_has_both_changes_in_its_history() {
    let setup = Setup::new();
    for body in ["1,paid,100", "1,done,100"] {
        setup.enqueue("a", body);
        assert_eq!(words(&setup.work().await), ["delivered"]);
        setup.clock.advance(Duration::from_millis(300));
    }
    let history = setup.entry("1").await.history;
    let told: Vec<Happened> = history.iter().map(|event| event.what).collect();
    assert_eq!(
        told,
        [Happened::Accepted, Happened::Delivered].repeat(2),
        "{history:?}"
    );
}

#[tokio::test]
async fn an_older_state_is_stale_even_after_an_unchanged_newer_one() {
    let setup = Setup::new();
    for (body, told) in [
        ("1,paid,100", "delivered"),
        ("1,paid,300", "unchanged"),
        ("1,open,200", "stale"),
        ("1,done,300", "delivered"),
    ] {
        setup.enqueue("a", body);
        assert_eq!(words(&setup.work().await), [told], "{body}");
    }
    assert_eq!(setup.crm.batches().concat(), ["1:paid", "1:done"]);
}

#[tokio::test]
async fn without_a_modification_time_the_last_arrival_wins() {
    let setup = Setup::new();
    for body in ["1,a,-", "1,b,-", "1,a,-"] {
        setup.enqueue("a", body);
        assert_eq!(words(&setup.work().await), ["delivered"]);
    }
    assert_eq!(setup.crm.batches().concat(), ["1:a", "1:b", "1:a"]);
}

#[tokio::test]
async fn of_one_modification_time_the_last_arrival_wins() {
    let setup = Setup::new();
    for body in ["1,a,100", "1,b,100", "1,a,100"] {
        setup.enqueue("a", body);
    }
    assert_eq!(
        words(&setup.work().await),
        ["delivered", "delivered", "delivered"]
    );
    assert_eq!(setup.crm.batches().concat(), ["1:a", "1:b", "1:a"]);
}

#[tokio::test]
async fn one_group_goes_one_by_one_and_others_go_together() {
    let setup = Setup::new();
    for (group, body) in [
        ("a", "1,x,1"),
        ("a", "2,x,1"),
        ("b", "3,x,1"),
        ("c", "4,x,1"),
    ] {
        setup.enqueue(group, body);
    }
    setup.work().await;
    assert_eq!(
        setup.crm.batches(),
        [vec!["1:x", "3:x", "4:x"], vec!["2:x"]]
    );
}

#[tokio::test]
async fn an_order_that_changed_its_customer_is_never_twice_in_one_call() {
    let setup = Setup::new();
    setup.enqueue("old customer", "1,x,1");
    setup.enqueue("new customer", "1,y,2");
    assert_eq!(words(&setup.work().await), ["delivered", "delivered"]);
    assert_eq!(setup.crm.batches(), [vec!["1:x"], vec!["1:y"]]);
}

#[tokio::test]
async fn what_an_outcome_says_about_the_destination() {
    let setup = Setup::new();
    let refused = Outcome::Rejected(Failure::permanent(Class::Validation, "write", "no"));
    let locked = Outcome::Retry(Failure::transient(Class::Conflict, "write", "locked"));
    let out = Outcome::Retry(Failure::transient(Class::Authentication, "token", "no"));
    for (order, outcome) in [("1", away()), ("2", refused), ("3", locked), ("4", out)] {
        setup.crm.will(order, [outcome]);
        setup.enqueue(order, &format!("{order},x,1"));
    }
    setup.enqueue("5", "no order at all");
    let report = setup.deliver(&setup.engine).await;
    let of = |order: Option<&str>| {
        report
            .events
            .iter()
            .find(|event| event.order.as_deref() == order)
            .unwrap()
            .health
    };
    assert_eq!(
        [Some("1"), Some("2"), Some("3"), Some("4"), None].map(of),
        [
            Health::Outage,
            Health::Answered,
            Health::Answered,
            Health::Locked,
            Health::Untouched
        ]
    );
}

#[tokio::test]
async fn after_a_failure_the_rest_of_the_group_waits_untried_and_others_go_on() {
    let setup = Setup::new();
    setup.crm.will("1", [away()]);
    for (group, body) in [("a", "1,x,1"), ("a", "2,x,1"), ("b", "3,x,1")] {
        setup.enqueue(group, body);
    }
    assert_eq!(words(&setup.work().await), ["retry", "delivered"]);
    assert_eq!(setup.crm.batches(), [vec!["1:x", "3:x"]]);
    setup.clock.advance(Duration::from_secs(6));
    assert_eq!(words(&setup.work().await), ["delivered", "delivered"]);
    assert_eq!(setup.crm.batches().concat(), ["1:x", "3:x", "1:x", "2:x"]);
}

#[tokio::test]
async fn a_rejected_order_dies_with_its_story_and_its_group_goes_on() {
    let setup = Setup::new();
    let mut failure = Failure::permanent(Class::Validation, "write", "the name is too long");
    (failure.request, failure.response) = (
        Some("the request".to_owned()),
        Some("the answer".to_owned()),
    );
    setup.crm.will("1", [Outcome::Rejected(failure)]);
    setup.enqueue("a", "1,x,1");
    setup.enqueue("a", "2,x,1");
    let report = setup.deliver(&setup.engine).await;
    let Disposition::Dead(letter) = &report.settlements[0].disposition else {
        panic!("{report:?}")
    };
    assert_eq!(
        (letter.class.as_str(), letter.reason.as_str()),
        ("validation", "the name is too long")
    );
    assert_eq!(
        (letter.request.as_deref(), letter.response.as_deref()),
        (Some("the request"), Some("the answer"))
    );
    assert_eq!(report.events[1].result.word(), "delivered");
    let mapping = letter.mapping.as_deref().unwrap();
    assert!(
        mapping.starts_with("test@") && mapping.len() == "test@".len() + 12,
        "{mapping}"
    );
    assert_eq!(setup.entry("1").await.state, State::Rejected);
}

#[tokio::test]
async fn a_poison_order_in_a_batch_of_ten_leaves_nine_delivered_in_the_same_batch() {
    for outcome in [
        Outcome::Rejected(Failure::permanent(Class::Validation, "write", "no")),
        away(),
    ] {
        let setup = Setup::new();
        setup.crm.will("5", [outcome]);
        for number in 0..10 {
            setup.enqueue(&format!("g{number}"), &format!("{number},x,1"));
        }
        let told = setup.work().await;
        let delivered = words(&told)
            .into_iter()
            .filter(|word| *word == "delivered")
            .count();
        assert_eq!(
            (told.len(), delivered, setup.crm.batches().len()),
            (10, 9, 1)
        );
        assert_ne!(setup.entry("5").await.state, State::Delivered);
    }
}

#[tokio::test]
async fn what_is_no_order_dies_and_drafts_are_skipped() {
    let setup = Setup::new();
    setup.enqueue("a", "no order at all");
    setup.enqueue("b", "7,draft,1");
    assert_eq!(words(&setup.work().await), ["rejected", "skipped"]);
    assert_eq!(setup.entry("7").await.state, State::Skipped);
    assert!(setup.crm.batches().is_empty());
}

#[tokio::test]
async fn gives_up_by_age_and_not_by_count() {
    let setup = Setup::new();
    setup.crm.will("1", std::iter::repeat_with(away).take(2000));
    setup.enqueue("a", "1,x,1");
    let mut tries = 0;
    loop {
        setup.clock.advance(Duration::from_secs(901));
        let told = setup.work().await;
        tries += 1;
        match told.first() {
            Some(Told::Retry { .. }) => {}
            Some(Told::Rejected { class, reason }) => {
                assert_eq!(class, "unavailable");
                assert!(reason.contains("3 days"), "{reason}");
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(
        (280..=290).contains(&tries),
        "three days of tries every quarter of an hour, not {tries}"
    );
}

/// A destination that is away ages no order: the tries on an open circuit are probes.
#[tokio::test]
async fn probes_age_no_order_and_one_more_try_does_not_kill_it() {
    let setup = Setup::new();
    setup
        .crm
        .will("1", std::iter::repeat_with(away).take(2_000));
    setup.enqueue("a", "1,x,1");
    for probe in std::iter::once(false)
        .chain(std::iter::repeat_n(true, 500))
        .chain([false, false])
    {
        let lease = Lease {
            probe,
            ..setup.lease()
        };
        let report = setup
            .engine
            .deliver(setup.queue.receive(setup.clock.now()), lease)
            .await;
        assert_eq!(report.events[0].result.word(), "retry");
        setup.clock.advance(Duration::from_secs(901));
    }
    let entry = setup.entry("1").await;
    assert_eq!(
        (entry.failing_for, entry.attempts),
        (Duration::from_secs(2 * 900), 503)
    );
}

#[tokio::test]
async fn refused_credentials_spend_nothing() {
    let setup = Setup::new();
    let refused = || {
        Outcome::Retry(Failure::transient(
            Class::Authentication,
            "token",
            "the credentials are refused",
        ))
    };
    setup
        .crm
        .will("1", std::iter::repeat_with(refused).take(600));
    setup.enqueue("a", "1,x,1");
    for _ in 0..600 {
        setup.clock.advance(Duration::from_secs(901));
        assert_eq!(words(&setup.work().await), ["retry"]);
    }
    assert_eq!(setup.entry("1").await.attempts, 0);
    setup.clock.advance(Duration::from_secs(901));
    assert_eq!(words(&setup.work().await), ["delivered"]);
}

#[tokio::test]
async fn after_a_failed_call_nothing_counts_as_unchanged() {
    let setup = Setup::new();
    setup.crm.will("1", [delivered_as("006"), away()]);
    for (body, told) in [("1,a,1", "delivered"), ("1,b,2", "retry")] {
        setup.enqueue("a", body);
        assert_eq!(words(&setup.work().await), [told]);
    }
    // The second state may have been written although the answer was lost. It becomes a dead
    // letter, and the first state comes again as a newer event.
    let entry = setup.entry("1").await;
    assert_eq!(entry.delivered.unwrap().content, Content::InDoubt);
}

/// A batch comes back whole because it could not be settled. Its newest state may have been written,
/// and of the older ones one is rejected, or there is nothing to deliver of it: what is older than
/// what may be there must not be written over it.
#[tokio::test]
async fn an_older_state_that_is_rejected_or_skipped_does_not_let_another_one_go_first() {
    for older in ["1,broken", "1,draft,1", "1,refund,1"] {
        let setup = Setup::new();
        setup.crm.will("1", [delivered_as("006"), away()]);
        for body in [older, "1,a,1", "1,b,1"] {
            setup.enqueue("a", body);
        }
        let batch = setup.queue.receive(setup.clock.now());
        let first = setup.engine.deliver(batch, setup.lease()).await;
        let first: Vec<&str> = first.events.iter().map(|one| one.result.word()).collect();
        assert_eq!(first[1..], ["delivered", "retry"]);
        let told = words(&setup.work().await);
        assert_eq!(told[1..], ["stale", "delivered"], "{older}");
        let written = setup.crm.batches().concat();
        assert_eq!(written, ["1:a", "1:b", "1:b"], "{older}");
        assert_eq!(setup.entry("1").await.state, State::Delivered);
    }
}

fn delivered_as(id: &str) -> Outcome {
    let record = RecordRef {
        name: "opportunity".to_owned(),
        object: "Opportunity".to_owned(),
        id: id.to_owned(),
    };
    Outcome::Delivered {
        records: vec![record],
        warnings: Vec::new(),
    }
}

#[tokio::test]
async fn nothing_new_is_begun_after_the_deadline() {
    let setup = Setup::new();
    setup.enqueue("a", "1,x,1");
    let lease = setup.lease();
    setup.clock.advance(LEASE / 2);
    let report = setup
        .engine
        .deliver(setup.queue.receive(setup.clock.now()), lease)
        .await;
    assert_eq!(report.settlements[0].disposition, Disposition::Release);
    assert!(report.events.is_empty() && setup.crm.batches().is_empty());
}

#[tokio::test]
async fn a_message_of_a_route_that_is_gone_dies_and_says_so() {
    let setup = Setup::new();
    let engine = Engine::new(
        BTreeMap::new(),
        setup.ports(setup.ledger.clone()),
        setup.clock.clone(),
    );
    setup.enqueue("a", "1,x,1");
    let report = setup.deliver(&engine).await;
    let Disposition::Dead(letter) = &report.settlements[0].disposition else {
        panic!("{report:?}")
    };
    assert!(
        letter.reason.contains("no route named route"),
        "{}",
        letter.reason
    );
    assert_eq!(letter.mapping, None);
}

/// A ledger that another worker writes to between our read and our write, or that is away.
struct Contested {
    inner: Arc<MemoryLedger>,
    away: bool,
}

#[async_trait]
impl Ledger for Contested {
    async fn load(
        &self,
        keys: &[LedgerKey],
    ) -> std::result::Result<Vec<Option<LedgerEntry>>, PortError> {
        if self.away {
            return Err(PortError::new("ledger: load", "the disk is gone"));
        }
        self.inner.load(keys).await
    }
    async fn store(
        &self,
        entries: Vec<LedgerEntry>,
    ) -> std::result::Result<Vec<Stored>, PortError> {
        self.inner.store(entries.clone()).await?;
        self.inner.store(entries).await
    }
    async fn list(
        &self,
        filter: &LedgerFilter,
    ) -> std::result::Result<Vec<LedgerEntry>, PortError> {
        self.inner.list(filter).await
    }
    async fn redact(&self, redaction: &Redaction) -> std::result::Result<u64, PortError> {
        self.inner.redact(redaction).await
    }
}

#[tokio::test]
async fn a_message_is_settled_only_after_its_ledger_entry_is_stored() {
    let setup = Setup::new();
    let contested = Contested {
        inner: setup.ledger.clone(),
        away: false,
    };
    let engine = setup.engine_over(Arc::new(contested));
    setup.enqueue("a", "1,x,1");
    let report = setup.deliver(&engine).await;
    assert!(
        report.settlements[0].disposition.pause().is_some(),
        "{report:?}"
    );
}

#[tokio::test]
async fn while_the_ledger_is_away_nothing_is_called_and_everything_waits() {
    let setup = Setup::new();
    let engine = setup.engine_over(Arc::new(Contested {
        inner: setup.ledger.clone(),
        away: true,
    }));
    setup.enqueue("a", "1,x,1");
    setup.enqueue("b", "2,x,1");
    let report = setup.deliver(&engine).await;
    assert!(
        report
            .settlements
            .iter()
            .all(|settlement| settlement.disposition.pause().is_some()),
        "{report:?}"
    );
    assert!(setup.crm.batches().is_empty());
}

#[tokio::test]
async fn a_plan_comes_with_the_ids_of_an_earlier_delivery() {
    let setup = Setup::new();
    let record = |name: &str, id: &str| RecordRef {
        name: name.to_owned(),
        object: "Object".to_owned(),
        id: id.to_owned(),
    };
    let records = vec![
        record("opportunity", "006-a"),
        record("lines", "00k-1"),
        record("lines", "00k-2"),
    ];
    let warnings = Vec::new();
    setup
        .crm
        .will("1", [Outcome::Delivered { records, warnings }]);
    for body in ["1,a,1", "1,b,2"] {
        setup.enqueue("a", body);
        assert_eq!(words(&setup.work().await), ["delivered"]);
    }
    let hint = |name: &str, id: &str| (name.to_owned(), id.to_owned());
    let known = setup.crm.known.lock().unwrap().clone();
    assert_eq!(
        known,
        [
            vec![],
            vec![hint("opportunity", "006-a"), hint("lines", "00k-1")]
        ]
    );
}

#[tokio::test]
async fn a_locked_record_keeps_its_own_order_waiting_and_no_other() {
    let setup = Setup::new();
    let locked = |class| {
        let failure = Failure::transient(class, "write", "somebody has it open");
        Outcome::Retry(failure.after(Some(Duration::from_secs(900))))
    };
    setup.crm.will("1", [locked(Class::Conflict)]);
    setup.enqueue("a", "1,x,1");
    setup.enqueue("b", "2,x,1");
    let report = setup.deliver(&setup.engine).await;
    let told: Vec<&str> = report
        .events
        .iter()
        .map(|event| event.result.word())
        .collect();
    assert_eq!(told, ["retry", "delivered"]);
    assert!(
        report.events.iter().all(|event| event.stay_away.is_none()),
        "the others go on"
    );

    setup.crm.will("3", [locked(Class::RateLimit)]);
    setup.enqueue("c", "3,x,1");
    let report = setup.deliver(&setup.engine).await;
    let limited = report
        .events
        .iter()
        .find(|event| event.order.as_deref() == Some("3"))
        .unwrap();
    assert_eq!(
        limited.stay_away,
        Some(Duration::from_secs(900)),
        "this one is about the destination"
    );
}

#[tokio::test]
async fn a_note_that_changes_reaches_the_ledger_although_the_records_stay() {
    let setup = Setup::new();
    for (body, note) in [("1,noted,100", "00:01:40Z"), ("1,noted,200", "00:03:20Z")] {
        setup.enqueue("a", body);
        assert_eq!(words(&setup.work().await), ["delivered"], "{body}");
        assert_eq!(
            setup.entry("1").await.warnings,
            [format!("changed at {note}")]
        );
    }
}

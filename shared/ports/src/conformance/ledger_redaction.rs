//! Cases of writes that overtake a reader of the entry: a redaction, and another group that takes
//! the order.

use super::{
    Case, LedgerSubject, cases,
    ledger::{load, orders, store},
    samples::entry,
};
use crate::{Holder, LedgerEntry, LedgerFilter, Redaction, Revision, State, Stored, Subject};
use std::collections::BTreeSet;

pub(super) fn cases() -> Vec<Case<LedgerSubject>> {
    cases![LedgerSubject:
        a_redaction_takes_texts_and_keeps_what_exactly_once_needs,
        a_redaction_of_a_customer_goes_by_route_and_order,
        a_redaction_of_everyone_goes_by_route,
        after_a_redaction_an_earlier_reader_conflicts,
        a_redacted_order_that_was_still_tried_is_no_longer,
        a_redaction_overtakes_whoever_holds_the_order_although_there_is_no_text,
        who_lost_the_order_cannot_write_it,
    ]
}

fn redaction(orders: Option<&[&str]>) -> Redaction {
    let set = |texts: &[&str]| {
        texts
            .iter()
            .map(|text| (*text).to_owned())
            .collect::<BTreeSet<String>>()
    };
    let subject = match orders {
        Some(orders) => Subject::Customer {
            orders: set(orders),
            groups: set(&["a group that no ledger knows"]),
        },
        None => Subject::Everyone,
    };
    Redaction {
        store: "acme".to_owned(),
        routes: set(&["r", "s"]),
        subject,
        before: entry("r", "1", 1_900_000_000).updated,
    }
}

async fn redact(subject: &LedgerSubject, orders: Option<&[&str]>) -> u64 {
    subject
        .ledger
        .redact(&redaction(orders))
        .await
        .expect("redact")
}

async fn texts(subject: &LedgerSubject, route: &str, order: &str) -> Vec<String> {
    let entry = load(subject, &entry(route, order, 0).key)
        .await
        .expect("an entry");
    entry.last_error.into_iter().chain(entry.warnings).collect()
}

async fn a_redaction_takes_texts_and_keeps_what_exactly_once_needs(subject: LedgerSubject) {
    let sent = entry("r", "1", 10);
    store(&subject, vec![sent.clone()]).await;
    assert_eq!(redact(&subject, Some(&["1"])).await, 1);
    let left = load(&subject, &sent.key).await.expect("an entry");
    assert_eq!(
        (&left.delivered, left.first_seen, left.updated),
        (&sent.delivered, sent.first_seen, sent.updated)
    );
    assert_eq!((&left.last_error, left.warnings.len()), (&None, 1));
    assert!(!sent.warnings.contains(&left.warnings[0]), "{left:?}");
    assert_eq!(
        redact(&subject, Some(&["1"])).await,
        0,
        "there is nothing more to take"
    );
}

async fn a_redaction_of_a_customer_goes_by_route_and_order(subject: LedgerSubject) {
    let all = [("r", "1"), ("s", "1"), ("r", "2"), ("t", "1")];
    store(
        &subject,
        all.iter()
            .map(|(route, order)| entry(route, order, 10))
            .collect(),
    )
    .await;
    assert_eq!(redact(&subject, Some(&["1", "none"])).await, 2);
    for (route, order) in [("r", "2"), ("t", "1")] {
        assert_eq!(
            texts(&subject, route, order).await.len(),
            2,
            "{route} {order}"
        );
    }
    for (route, order) in [("r", "1"), ("s", "1")] {
        assert_eq!(
            texts(&subject, route, order).await.len(),
            1,
            "{route} {order}"
        );
    }
}

async fn a_redaction_of_everyone_goes_by_route(subject: LedgerSubject) {
    let all = [("r", "1"), ("s", "1"), ("r", "2"), ("t", "1")];
    store(
        &subject,
        all.iter()
            .map(|(route, order)| entry(route, order, 10))
            .collect(),
    )
    .await;
    assert_eq!(redact(&subject, None).await, 3);
    assert_eq!(texts(&subject, "t", "1").await.len(), 2);
}

async fn after_a_redaction_an_earlier_reader_conflicts(subject: LedgerSubject) {
    store(&subject, vec![entry("r", "1", 10)]).await;
    let read = load(&subject, &entry("r", "1", 10).key)
        .await
        .expect("an entry");
    redact(&subject, Some(&["1"])).await;
    assert_eq!(store(&subject, vec![read]).await, [Stored::Conflict]);
    let left = load(&subject, &entry("r", "1", 10).key)
        .await
        .expect("an entry");
    assert_eq!(
        (left.revision, left.last_error.clone()),
        (Revision::new(2), None)
    );
    assert_eq!(
        store(&subject, vec![left]).await,
        [Stored::Yes],
        "the present revision writes"
    );
}

async fn a_redacted_order_that_was_still_tried_is_no_longer(subject: LedgerSubject) {
    let never = LedgerEntry {
        delivered: None,
        ..entry("r", "2", 10)
    };
    store(&subject, vec![entry("r", "1", 10), never]).await;
    redact(&subject, Some(&["1", "2"])).await;
    let filter = |state| LedgerFilter {
        state: Some(state),
        ..LedgerFilter::default()
    };
    assert_eq!(orders(&subject, filter(State::Delivered)).await, ["1"]);
    assert_eq!(orders(&subject, filter(State::Skipped)).await, ["2"]);
    assert_eq!(
        orders(&subject, filter(State::Retrying)).await,
        Vec::<String>::new()
    );
}

async fn a_redaction_overtakes_whoever_holds_the_order_although_there_is_no_text(
    subject: LedgerSubject,
) {
    let silent = LedgerEntry {
        state: State::Delivered,
        last_error: None,
        warnings: Vec::new(),
        ..entry("r", "1", 10)
    };
    store(&subject, vec![silent]).await;
    let read = load(&subject, &entry("r", "1", 10).key)
        .await
        .expect("an entry");
    assert_eq!(redact(&subject, Some(&["1"])).await, 0, "there was no text");
    assert_eq!(store(&subject, vec![read]).await, [Stored::Conflict]);
    let left = load(&subject, &entry("r", "1", 10).key)
        .await
        .expect("an entry");
    assert!(left.warnings.is_empty() && left.holder.is_some_and(|holder| holder.version.is_none()));
}

/// Fencing: the group that held the order has read revision 1, and another one has taken the order
/// since.
async fn who_lost_the_order_cannot_write_it(subject: LedgerSubject) {
    store(&subject, vec![entry("r", "1", 10)]).await;
    let read = load(&subject, &entry("r", "1", 10).key)
        .await
        .expect("an entry");
    let holder = read.holder.clone().map(|holder| Holder {
        group: "another group".to_owned(),
        ..holder
    });
    let taken = LedgerEntry {
        holder,
        ..read.clone()
    };
    assert_eq!(store(&subject, vec![taken.clone()]).await, [Stored::Yes]);
    let done = LedgerEntry {
        state: State::Delivered,
        ..read
    };
    assert_eq!(store(&subject, vec![done]).await, [Stored::Conflict]);
    assert_eq!(
        load(&subject, &taken.key).await,
        Some(LedgerEntry {
            revision: Revision::new(2),
            ..taken
        })
    );
}

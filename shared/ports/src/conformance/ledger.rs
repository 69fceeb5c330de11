use super::{Case, LedgerSubject, cases, samples::entry};
use crate::{Holder, LedgerEntry, LedgerFilter, LedgerKey, Redaction, State, Stored, Subject, Version};
use std::collections::BTreeSet;

/// What a ledger must do.
#[must_use]
pub fn ledger_cases() -> Vec<Case<LedgerSubject>> {
    cases![LedgerSubject:
        unknown_keys_have_no_entry,
        loads_keep_the_order_of_the_keys,
        revision_zero_creates,
        revision_zero_never_overwrites,
        the_read_revision_writes_and_counts_up,
        a_stale_revision_conflicts,
        a_revision_of_nothing_conflicts,
        each_entry_stands_for_itself,
        of_two_racing_writers_one_wins,
        every_field_comes_back,
        absent_fields_stay_absent,
        routes_and_orders_are_no_pattern,
        lists_begin_with_the_last_changed,
        lists_show_the_present_state,
        filters_choose,
        no_entries_are_fine,
        a_redaction_takes_texts_and_keeps_what_exactly_once_needs,
        a_redaction_of_a_customer_goes_by_route_and_order,
        a_redaction_of_everyone_goes_by_route,
        after_a_redaction_an_earlier_reader_conflicts,
        a_redacted_order_that_was_still_tried_is_no_longer,
        a_redaction_overtakes_whoever_holds_the_order_although_there_is_no_text,
        who_lost_the_order_can_not_write_it,
    ]
}

async fn load(subject: &LedgerSubject, key: &LedgerKey) -> Option<LedgerEntry> {
    let mut found = subject.ledger.load(std::slice::from_ref(key)).await.expect("load");
    assert_eq!(found.len(), 1, "one answer for one key");
    found.remove(0)
}

async fn store(subject: &LedgerSubject, entries: Vec<LedgerEntry>) -> Vec<Stored> {
    subject.ledger.store(entries).await.expect("store")
}

async fn orders(subject: &LedgerSubject, filter: LedgerFilter) -> Vec<String> {
    subject
        .ledger
        .list(&filter)
        .await
        .expect("list")
        .into_iter()
        .map(|entry| entry.key.order)
        .collect()
}

async fn unknown_keys_have_no_entry(subject: LedgerSubject) {
    assert_eq!(load(&subject, &entry("r", "1", 0).key).await, None);
}

async fn loads_keep_the_order_of_the_keys(subject: LedgerSubject) {
    store(&subject, vec![entry("r", "1", 10), entry("r", "2", 20)]).await;
    let keys = ["2", "none", "1", "2"].map(|order| LedgerKey {
        route: "r".to_owned(),
        order: order.to_owned(),
    });
    let found = subject.ledger.load(&keys).await.expect("load");
    let orders: Vec<Option<&str>> = found
        .iter()
        .map(|entry| entry.as_ref().map(|entry| entry.key.order.as_str()))
        .collect();
    assert_eq!(orders, [Some("2"), None, Some("1"), Some("2")]);
}

async fn revision_zero_creates(subject: LedgerSubject) {
    let first = entry("r", "1", 10);
    assert_eq!(store(&subject, vec![first.clone()]).await, [Stored::Yes]);
    assert_eq!(load(&subject, &first.key).await, Some(LedgerEntry { revision: 1, ..first }));
}

async fn revision_zero_never_overwrites(subject: LedgerSubject) {
    let first = entry("r", "1", 10);
    store(&subject, vec![first.clone()]).await;
    let second = LedgerEntry {
        attempts: 9,
        ..first.clone()
    };
    assert_eq!(store(&subject, vec![second]).await, [Stored::Conflict]);
    assert_eq!(load(&subject, &first.key).await, Some(LedgerEntry { revision: 1, ..first }));
}

async fn the_read_revision_writes_and_counts_up(subject: LedgerSubject) {
    let key = entry("r", "1", 10).key;
    store(&subject, vec![entry("r", "1", 10)]).await;
    for revision in 1..=3 {
        let read = load(&subject, &key).await.expect("an entry");
        assert_eq!(read.revision, revision);
        assert_eq!(
            store(
                &subject,
                vec![LedgerEntry {
                    attempts: read.attempts + 1,
                    ..read
                }]
            )
            .await,
            [Stored::Yes]
        );
    }
    let last = load(&subject, &key).await.expect("an entry");
    assert_eq!((last.revision, last.attempts), (4, 6));
}

async fn a_stale_revision_conflicts(subject: LedgerSubject) {
    store(&subject, vec![entry("r", "1", 10)]).await;
    let read = load(&subject, &entry("r", "1", 10).key).await.expect("an entry");
    assert_eq!(store(&subject, vec![read.clone()]).await, [Stored::Yes]);
    let late = LedgerEntry {
        last_error: Some("late".to_owned()),
        ..read.clone()
    };
    assert_eq!(store(&subject, vec![late]).await, [Stored::Conflict]);
    assert_eq!(load(&subject, &read.key).await, Some(LedgerEntry { revision: 2, ..read }));
}

async fn a_revision_of_nothing_conflicts(subject: LedgerSubject) {
    let never = LedgerEntry {
        revision: 1,
        ..entry("r", "1", 10)
    };
    assert_eq!(store(&subject, vec![never.clone()]).await, [Stored::Conflict]);
    assert_eq!(load(&subject, &never.key).await, None);
}

async fn each_entry_stands_for_itself(subject: LedgerSubject) {
    store(&subject, vec![entry("r", "1", 10)]).await;
    let stale = entry("r", "1", 20);
    let fresh = entry("r", "2", 20);
    let other_route = entry("s", "1", 20);
    assert_eq!(
        store(&subject, vec![fresh, stale, other_route]).await,
        [Stored::Yes, Stored::Conflict, Stored::Yes]
    );
    assert!(load(&subject, &entry("r", "2", 0).key).await.is_some());
    assert!(load(&subject, &entry("s", "1", 0).key).await.is_some());
}

async fn of_two_racing_writers_one_wins(subject: LedgerSubject) {
    store(&subject, vec![entry("r", "1", 10)]).await;
    let read = load(&subject, &entry("r", "1", 10).key).await.expect("an entry");
    let [left, right] = [100, 200].map(|attempts| LedgerEntry { attempts, ..read.clone() });
    let (one, other) = tokio::join!(store(&subject, vec![left]), store(&subject, vec![right]));
    let winner = match (one[0], other[0]) {
        (Stored::Yes, Stored::Conflict) => 100,
        (Stored::Conflict, Stored::Yes) => 200,
        both => panic!("exactly one of two racing writers wins, not {both:?}"),
    };
    let last = load(&subject, &read.key).await.expect("an entry");
    assert_eq!((last.revision, last.attempts), (2, winner));
}

async fn every_field_comes_back(subject: LedgerSubject) {
    let states = [State::Delivered, State::Skipped, State::Retrying, State::Rejected];
    for (number, state) in states.into_iter().enumerate() {
        let sent = LedgerEntry {
            state,
            ..entry("r", &number.to_string(), 10)
        };
        store(&subject, vec![sent.clone()]).await;
        assert_eq!(load(&subject, &sent.key).await, Some(LedgerEntry { revision: 1, ..sent }));
    }
}

async fn absent_fields_stay_absent(subject: LedgerSubject) {
    let bare = LedgerEntry {
        delivered: None,
        holder: None,
        failing_since: None,
        last_error: None,
        warnings: Vec::new(),
        ..entry("r", "1", 10)
    };
    store(&subject, vec![bare.clone()]).await;
    assert_eq!(load(&subject, &bare.key).await, Some(LedgerEntry { revision: 1, ..bare }));
}

async fn routes_and_orders_are_no_pattern(subject: LedgerSubject) {
    store(
        &subject,
        vec![
            entry("r", "1%", 10),
            entry("r", "100", 20),
            entry("r#1", "2", 30),
            entry("r", "1#2", 40),
        ],
    )
    .await;
    assert_eq!(
        orders(
            &subject,
            LedgerFilter {
                order: Some("1%".to_owned()),
                ..LedgerFilter::default()
            }
        )
        .await,
        ["1%"]
    );
    assert_eq!(
        load(&subject, &entry("r#1", "2", 0).key).await.expect("an entry").key,
        entry("r#1", "2", 0).key
    );
    assert_eq!(
        load(&subject, &entry("r", "1#2", 0).key).await.expect("an entry").key,
        entry("r", "1#2", 0).key
    );
}

async fn lists_begin_with_the_last_changed(subject: LedgerSubject) {
    store(
        &subject,
        vec![entry("r", "old", 10), entry("r", "new", 30), entry("r", "middle", 20)],
    )
    .await;
    assert_eq!(orders(&subject, LedgerFilter::default()).await, ["new", "middle", "old"]);
    assert_eq!(
        orders(
            &subject,
            LedgerFilter {
                limit: Some(2),
                ..LedgerFilter::default()
            }
        )
        .await,
        ["new", "middle"]
    );
    assert_eq!(
        orders(
            &subject,
            LedgerFilter {
                limit: Some(0),
                ..LedgerFilter::default()
            }
        )
        .await,
        Vec::<String>::new()
    );
}

async fn lists_show_the_present_state(subject: LedgerSubject) {
    store(&subject, vec![entry("r", "1", 10), entry("r", "2", 20)]).await;
    let read = load(&subject, &entry("r", "1", 10).key).await.expect("an entry");
    store(
        &subject,
        vec![LedgerEntry {
            state: State::Delivered,
            updated: entry("r", "1", 30).updated,
            ..read
        }],
    )
    .await;
    let all = subject.ledger.list(&LedgerFilter::default()).await.expect("list");
    let seen: Vec<(&str, State, u64)> = all
        .iter()
        .map(|entry| (entry.key.order.as_str(), entry.state, entry.revision))
        .collect();
    assert_eq!(seen, [("1", State::Delivered, 2), ("2", State::Retrying, 1)]);
    assert_eq!(
        orders(
            &subject,
            LedgerFilter {
                state: Some(State::Retrying),
                ..LedgerFilter::default()
            }
        )
        .await,
        ["2"]
    );
}

async fn filters_choose(subject: LedgerSubject) {
    let delivered = LedgerEntry {
        state: State::Delivered,
        ..entry("r", "2", 20)
    };
    store(&subject, vec![entry("r", "1", 10), delivered, entry("s", "1", 30)]).await;
    let any = LedgerFilter::default;
    assert_eq!(
        orders(
            &subject,
            LedgerFilter {
                route: Some("r".to_owned()),
                ..any()
            }
        )
        .await,
        ["2", "1"]
    );
    assert_eq!(
        orders(
            &subject,
            LedgerFilter {
                order: Some("1".to_owned()),
                ..any()
            }
        )
        .await,
        ["1", "1"]
    );
    assert_eq!(
        orders(
            &subject,
            LedgerFilter {
                state: Some(State::Delivered),
                ..any()
            }
        )
        .await,
        ["2"]
    );
    let both = LedgerFilter {
        route: Some("s".to_owned()),
        order: Some("1".to_owned()),
        ..any()
    };
    assert_eq!(orders(&subject, both).await, ["1"]);
    let neither = LedgerFilter {
        route: Some("s".to_owned()),
        state: Some(State::Delivered),
        ..any()
    };
    assert_eq!(orders(&subject, neither).await, Vec::<String>::new());
}

async fn no_entries_are_fine(subject: LedgerSubject) {
    assert_eq!(store(&subject, Vec::new()).await, []);
    assert_eq!(subject.ledger.load(&[]).await.expect("load"), []);
}

fn redaction(orders: Option<&[&str]>) -> Redaction {
    let set = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<BTreeSet<String>>();
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
    subject.ledger.redact(&redaction(orders)).await.expect("redact")
}

async fn texts(subject: &LedgerSubject, route: &str, order: &str) -> Vec<String> {
    let entry = load(subject, &entry(route, order, 0).key).await.expect("an entry");
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
    assert_eq!(redact(&subject, Some(&["1"])).await, 0, "there is nothing more to take");
}

async fn a_redaction_of_a_customer_goes_by_route_and_order(subject: LedgerSubject) {
    let all = [("r", "1"), ("s", "1"), ("r", "2"), ("t", "1")];
    store(&subject, all.iter().map(|(route, order)| entry(route, order, 10)).collect()).await;
    assert_eq!(redact(&subject, Some(&["1", "none"])).await, 2);
    for (route, order) in [("r", "2"), ("t", "1")] {
        assert_eq!(texts(&subject, route, order).await.len(), 2, "{route} {order}");
    }
    for (route, order) in [("r", "1"), ("s", "1")] {
        assert_eq!(texts(&subject, route, order).await.len(), 1, "{route} {order}");
    }
}

async fn a_redaction_of_everyone_goes_by_route(subject: LedgerSubject) {
    let all = [("r", "1"), ("s", "1"), ("r", "2"), ("t", "1")];
    store(&subject, all.iter().map(|(route, order)| entry(route, order, 10)).collect()).await;
    assert_eq!(redact(&subject, None).await, 3);
    assert_eq!(texts(&subject, "t", "1").await.len(), 2);
}

async fn after_a_redaction_an_earlier_reader_conflicts(subject: LedgerSubject) {
    store(&subject, vec![entry("r", "1", 10)]).await;
    let read = load(&subject, &entry("r", "1", 10).key).await.expect("an entry");
    redact(&subject, Some(&["1"])).await;
    assert_eq!(store(&subject, vec![read]).await, [Stored::Conflict]);
    let left = load(&subject, &entry("r", "1", 10).key).await.expect("an entry");
    assert_eq!((left.revision, left.last_error.clone()), (2, None));
    assert_eq!(store(&subject, vec![left]).await, [Stored::Yes], "the present revision writes");
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
    assert_eq!(orders(&subject, filter(State::Retrying)).await, Vec::<String>::new());
}

async fn a_redaction_overtakes_whoever_holds_the_order_although_there_is_no_text(subject: LedgerSubject) {
    let silent = LedgerEntry {
        state: State::Delivered,
        last_error: None,
        warnings: Vec::new(),
        ..entry("r", "1", 10)
    };
    store(&subject, vec![silent]).await;
    let read = load(&subject, &entry("r", "1", 10).key).await.expect("an entry");
    assert_eq!(redact(&subject, Some(&["1"])).await, 0, "there was no text");
    assert_eq!(store(&subject, vec![read]).await, [Stored::Conflict]);
    let left = load(&subject, &entry("r", "1", 10).key).await.expect("an entry");
    assert!(left.warnings.is_empty() && left.holder.is_some_and(|holder| holder.version == Version::OLDEST));
}

/// Fencing: the group that held the order read revision 1; another one has taken the order since.
async fn who_lost_the_order_can_not_write_it(subject: LedgerSubject) {
    store(&subject, vec![entry("r", "1", 10)]).await;
    let read = load(&subject, &entry("r", "1", 10).key).await.expect("an entry");
    let holder = read.holder.clone().map(|holder| Holder {
        group: "another group".to_owned(),
        ..holder
    });
    let taken = LedgerEntry { holder, ..read.clone() };
    assert_eq!(store(&subject, vec![taken.clone()]).await, [Stored::Yes]);
    let done = LedgerEntry {
        state: State::Delivered,
        ..read
    };
    assert_eq!(store(&subject, vec![done]).await, [Stored::Conflict]);
    assert_eq!(load(&subject, &taken.key).await, Some(LedgerEntry { revision: 2, ..taken }));
}

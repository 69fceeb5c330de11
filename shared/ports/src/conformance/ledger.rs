use super::{Case, LedgerSubject, cases, ledger_lists, ledger_redaction, samples::entry};
use crate::{LedgerEntry, LedgerFilter, LedgerKey, Revision, State, Stored};

/// Returns the cases for a ledger.
#[must_use]
pub fn ledger_cases() -> Vec<Case<LedgerSubject>> {
    let mut cases = plain();
    cases.extend(ledger_redaction::cases());
    cases.extend(ledger_lists::cases());
    cases
}

fn plain() -> Vec<Case<LedgerSubject>> {
    cases![LedgerSubject:
        unknown_keys_have_no_entry,
        loads_keep_the_order_of_the_keys,
        no_revision_creates,
        no_revision_never_overwrites,
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
    ]
}

pub(super) async fn load(subject: &LedgerSubject, key: &LedgerKey) -> Option<LedgerEntry> {
    let mut found = subject
        .ledger
        .load(std::slice::from_ref(key))
        .await
        .expect("load");
    assert_eq!(found.len(), 1, "one answer for one key");
    found.remove(0)
}

pub(super) async fn store(subject: &LedgerSubject, entries: Vec<LedgerEntry>) -> Vec<Stored> {
    subject.ledger.store(entries).await.expect("store")
}

pub(super) async fn orders(subject: &LedgerSubject, filter: LedgerFilter) -> Vec<String> {
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

async fn no_revision_creates(subject: LedgerSubject) {
    let first = entry("r", "1", 10);
    assert_eq!(store(&subject, vec![first.clone()]).await, [Stored::Yes]);
    assert_eq!(
        load(&subject, &first.key).await,
        Some(LedgerEntry {
            revision: Revision::new(1),
            ..first
        })
    );
}

async fn no_revision_never_overwrites(subject: LedgerSubject) {
    let first = entry("r", "1", 10);
    store(&subject, vec![first.clone()]).await;
    let second = LedgerEntry {
        attempts: 9,
        ..first.clone()
    };
    assert_eq!(store(&subject, vec![second]).await, [Stored::Conflict]);
    assert_eq!(
        load(&subject, &first.key).await,
        Some(LedgerEntry {
            revision: Revision::new(1),
            ..first
        })
    );
}

async fn the_read_revision_writes_and_counts_up(subject: LedgerSubject) {
    let key = entry("r", "1", 10).key;
    store(&subject, vec![entry("r", "1", 10)]).await;
    for revision in 1..=3 {
        let read = load(&subject, &key).await.expect("an entry");
        assert_eq!(read.revision, Revision::new(revision));
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
    assert_eq!((last.revision, last.attempts), (Revision::new(4), 6));
}

async fn a_stale_revision_conflicts(subject: LedgerSubject) {
    store(&subject, vec![entry("r", "1", 10)]).await;
    let read = load(&subject, &entry("r", "1", 10).key)
        .await
        .expect("an entry");
    assert_eq!(store(&subject, vec![read.clone()]).await, [Stored::Yes]);
    let late = LedgerEntry {
        last_error: Some("late".to_owned()),
        ..read.clone()
    };
    assert_eq!(store(&subject, vec![late]).await, [Stored::Conflict]);
    assert_eq!(
        load(&subject, &read.key).await,
        Some(LedgerEntry {
            revision: Revision::new(2),
            ..read
        })
    );
}

async fn a_revision_of_nothing_conflicts(subject: LedgerSubject) {
    let never = LedgerEntry {
        revision: Revision::new(1),
        ..entry("r", "1", 10)
    };
    assert_eq!(
        store(&subject, vec![never.clone()]).await,
        [Stored::Conflict]
    );
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
    let read = load(&subject, &entry("r", "1", 10).key)
        .await
        .expect("an entry");
    let [left, right] = [100, 200].map(|attempts| LedgerEntry {
        attempts,
        ..read.clone()
    });
    let (one, other) = tokio::join!(store(&subject, vec![left]), store(&subject, vec![right]));
    let winner = match (one[0], other[0]) {
        (Stored::Yes, Stored::Conflict) => 100,
        (Stored::Conflict, Stored::Yes) => 200,
        both => panic!("exactly one of two racing writers wins, not {both:?}"),
    };
    let last = load(&subject, &read.key).await.expect("an entry");
    assert_eq!((last.revision, last.attempts), (Revision::new(2), winner));
}

async fn every_field_comes_back(subject: LedgerSubject) {
    let states = [
        State::Delivered,
        State::Skipped,
        State::Retrying,
        State::Rejected,
    ];
    for (number, state) in states.into_iter().enumerate() {
        let sent = LedgerEntry {
            state,
            ..entry("r", &number.to_string(), 10)
        };
        store(&subject, vec![sent.clone()]).await;
        assert_eq!(
            load(&subject, &sent.key).await,
            Some(LedgerEntry {
                revision: Revision::new(1),
                ..sent
            })
        );
    }
}

async fn absent_fields_stay_absent(subject: LedgerSubject) {
    let bare = LedgerEntry {
        delivered: None,
        holder: None,
        tried: Vec::new(),
        failing_since: None,
        last_error: None,
        warnings: Vec::new(),
        ..entry("r", "1", 10)
    };
    store(&subject, vec![bare.clone()]).await;
    assert_eq!(
        load(&subject, &bare.key).await,
        Some(LedgerEntry {
            revision: Revision::new(1),
            ..bare
        })
    );
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
        load(&subject, &entry("r#1", "2", 0).key)
            .await
            .expect("an entry")
            .key,
        entry("r#1", "2", 0).key
    );
    assert_eq!(
        load(&subject, &entry("r", "1#2", 0).key)
            .await
            .expect("an entry")
            .key,
        entry("r", "1#2", 0).key
    );
}

async fn lists_begin_with_the_last_changed(subject: LedgerSubject) {
    store(
        &subject,
        vec![
            entry("r", "old", 10),
            entry("r", "new", 30),
            entry("r", "middle", 20),
        ],
    )
    .await;
    assert_eq!(
        orders(&subject, LedgerFilter::default()).await,
        ["new", "middle", "old"]
    );
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
    let read = load(&subject, &entry("r", "1", 10).key)
        .await
        .expect("an entry");
    store(
        &subject,
        vec![LedgerEntry {
            state: State::Delivered,
            updated: entry("r", "1", 30).updated,
            ..read
        }],
    )
    .await;
    let all = subject
        .ledger
        .list(&LedgerFilter::default())
        .await
        .expect("list");
    let seen: Vec<(&str, State, Option<Revision>)> = all
        .iter()
        .map(|entry| (entry.key.order.as_str(), entry.state, entry.revision))
        .collect();
    assert_eq!(
        seen,
        [
            ("1", State::Delivered, Revision::new(2)),
            ("2", State::Retrying, Revision::new(1))
        ]
    );
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
    store(
        &subject,
        vec![entry("r", "1", 10), delivered, entry("s", "1", 30)],
    )
    .await;
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

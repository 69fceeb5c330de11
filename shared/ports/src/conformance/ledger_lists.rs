//! The cases for what an operator sees of a ledger: filters and pages.

use super::{
    Case, LedgerSubject, cases,
    ledger::{orders, store},
    samples::{entry, instant},
};
use crate::{LedgerEntry, LedgerFilter};

pub(super) fn cases() -> Vec<Case<LedgerSubject>> {
    cases![LedgerSubject:
        pages_show_each_entry_once_also_of_one_instant,
        a_filter_chooses_a_store_and_a_time,
        a_text_is_found_in_what_a_person_reads,
        a_record_leads_to_its_order,
    ]
}

async fn pages_show_each_entry_once_also_of_one_instant(subject: LedgerSubject) {
    let entries = vec![
        entry("s", "1", 10),
        entry("r", "2", 10),
        entry("r", "1", 10),
        entry("r", "3", 20),
        entry("r", "4", 5),
    ];
    store(&subject, entries).await;
    let (mut after, mut seen) = (None, Vec::new());
    for _ in 0..6 {
        let filter = LedgerFilter {
            after: after.take(),
            limit: Some(2),
            ..LedgerFilter::default()
        };
        let page = subject.ledger.list(&filter).await.expect("list");
        for entry in &page {
            seen.push(format!("{}{}", entry.key.route, entry.key.order));
        }
        match page.last() {
            Some(last) => after = Some(last.cursor()),
            None => break,
        }
    }
    assert_eq!(seen, ["r3", "r1", "r2", "s1", "r4"]);
}

async fn a_filter_chooses_a_store_and_a_time(subject: LedgerSubject) {
    let other = LedgerEntry {
        store: Some("other".to_owned()),
        ..entry("r", "2", 20)
    };
    store(
        &subject,
        vec![entry("r", "1", 10), other, entry("r", "3", 30)],
    )
    .await;
    let of_store = LedgerFilter {
        store: Some("other".to_owned()),
        ..LedgerFilter::default()
    };
    assert_eq!(orders(&subject, of_store).await, ["2"]);
    let of_time = LedgerFilter {
        since: Some(instant(10, 0)),
        until: Some(instant(30, 0)),
        ..LedgerFilter::default()
    };
    assert_eq!(orders(&subject, of_time).await, ["2", "1"]);
}

async fn a_text_is_found_in_what_a_person_reads(subject: LedgerSubject) {
    let other = LedgerEntry {
        number: Some("#2000".to_owned()),
        last_error: None,
        warnings: Vec::new(),
        ..entry("r", "2", 20)
    };
    store(&subject, vec![entry("r", "1", 10), other]).await;
    for (text, expected) in [
        ("unable_to_LOCK", &["1"][..]),
        ("tea-2", &["1"]),
        ("#2000", &["2"]),
        ("006-account", &["2", "1"]),
        ("100%_", &[]),
    ] {
        let filter = LedgerFilter {
            text: Some(text.to_owned()),
            ..LedgerFilter::default()
        };
        assert_eq!(orders(&subject, filter).await, expected, "{text}");
    }
}

async fn a_record_leads_to_its_order(subject: LedgerSubject) {
    store(&subject, vec![entry("r", "1", 10)]).await;
    for (name, expected) in [
        ("006-opportunity", &["1"][..]),
        ("006-opp", &[]),
        ("1042", &["1"]),
    ] {
        let filter = LedgerFilter {
            called: Some(name.to_owned()),
            ..LedgerFilter::default()
        };
        assert_eq!(orders(&subject, filter).await, expected, "{name}");
    }
}

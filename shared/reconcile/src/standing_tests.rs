use super::*;
use destination::{Class, Failure};
use ports::{Content, Holder, LedgerKey, Version};
use std::{collections::BTreeMap, time::Duration};

fn at(second: i64) -> Option<Timestamp> {
    Some(Timestamp::from_second(second).unwrap())
}

fn entry(state: State, tried: Option<Timestamp>) -> LedgerEntry {
    let version = tried.map(|modified| Version {
        modified: Some(modified),
        accepted: modified,
    });
    LedgerEntry {
        key: LedgerKey {
            route: "acme-crm".to_owned(),
            order: "7".to_owned(),
        },
        revision: None,
        state,
        delivered: None,
        holder: Some(Holder {
            group: "kim".to_owned(),
            version,
            takeover: None,
        }),
        tried: Vec::new(),
        attempts: 1,
        failing_since: None,
        failing_for: Duration::ZERO,
        rejected_modified: None,
        suspicion: 0,
        last_error: None,
        warnings: Vec::new(),
        first_seen: Timestamp::UNIX_EPOCH,
        updated: Timestamp::UNIX_EPOCH,
        store: None,
        number: None,
        total: None,
        currency: None,
        mapping: None,
        history: Vec::new(),
    }
}

/// The standing of an order that the shop changed at second 10.
fn standing(entry: Option<&LedgerEntry>, waits: Waits, letter: Option<i64>) -> Standing {
    beside(entry, waits, letter, false)
}

fn beside(
    entry: Option<&LedgerEntry>,
    waits: Waits,
    letter: Option<i64>,
    is_other_letter: bool,
) -> Standing {
    let known = Known {
        was_put: false,
        entry,
        modified: at(10),
        waits,
        is_other_waiting: false,
        letter: letter.map(at),
        is_other_letter,
        is_taken: true,
        mapping: "m@1",
    };
    let broken = Failure::permanent(Class::Mapping, "map", "no plan");
    known.standing(&Expected::Broken(broken))
}

#[test]
fn a_state_that_was_never_posted_does_not_wait_with_an_earlier_one() {
    assert_eq!(standing(None, Waits::No, None), Standing::Missing);
    let tried = entry(State::Retrying, at(5));
    for entry in [None, Some(&tried)] {
        for (waiting, expected) in [
            (at(5), Standing::Behind),
            (at(10), Standing::Waits),
            (at(11), Standing::Waits),
            (None, Standing::Waits),
        ] {
            let found = standing(entry, Waits::State(waiting), None);
            assert_eq!(found, expected, "{waiting:?}");
        }
    }
}

#[test]
fn another_state_of_the_second_of_what_waits_is_put_on_its_way() {
    let known = |is_other_waiting| Known {
        was_put: false,
        entry: None,
        modified: at(10),
        waits: Waits::State(at(10)),
        is_other_waiting,
        letter: None,
        is_other_letter: false,
        is_taken: true,
        mapping: "m@1",
    };
    let broken = || Expected::Broken(Failure::permanent(Class::Mapping, "map", "no plan"));
    assert_eq!(known(true).standing(&broken()), Standing::Behind);
    assert_eq!(known(false).standing(&broken()), Standing::Waits);
}

#[test]
fn where_the_queue_cannot_tell_the_ledger_says_which_state_is_tried() {
    for (tried, expected) in [
        (at(5), Standing::Behind),
        (at(10), Standing::Waits),
        (None, Standing::Behind),
    ] {
        let entry = entry(State::Retrying, tried);
        assert_eq!(standing(Some(&entry), Waits::Untold, None), expected);
    }
}

#[test]
fn a_state_without_a_plan_is_compared_with_the_dead_letter_too() {
    let entry = entry(State::Rejected, None);
    assert_eq!(standing(Some(&entry), Waits::No, Some(5)), Standing::Behind);
    assert_eq!(
        standing(Some(&entry), Waits::No, Some(10)),
        Standing::Rejected
    );
}

#[test]
fn another_state_of_the_second_of_a_dead_letter_is_put_on_its_way() {
    let entry = entry(State::Rejected, None);
    for (letter, is_other, expected) in [
        (10, false, Standing::Rejected),
        (10, true, Standing::Behind),
        (11, true, Standing::Rejected),
    ] {
        let found = beside(Some(&entry), Waits::No, Some(letter), is_other);
        assert_eq!(
            found, expected,
            "letter of {letter}, another one: {is_other}"
        );
    }
}

#[test]
fn without_its_dead_letter_an_order_is_behind_only_where_the_shop_changed_it_since() {
    for (rejected, expected) in [
        (at(5), Standing::Behind),
        (at(10), Standing::Rejected),
        (None, Standing::Rejected),
    ] {
        let entry = LedgerEntry {
            rejected_modified: rejected,
            ..entry(State::Rejected, None)
        };
        for waits in [Waits::No, Waits::Untold, Waits::State(at(5))] {
            assert_eq!(standing(Some(&entry), waits, None), expected, "{waits:?}");
        }
    }
}

#[test]
fn what_a_clock_noted_that_is_ahead_by_less_than_a_minute_waits_for_that_minute() {
    let held = |accepted: i64| LedgerEntry {
        delivered: Some(Delivered {
            version: Version {
                modified: at(10),
                accepted: at(accepted).expect("a time"),
            },
            content: Content::InDoubt,
            records: Vec::new(),
            products: BTreeMap::new(),
            at: Timestamp::UNIX_EPOCH,
        }),
        ..entry(State::Delivered, None)
    };
    for (accepted, is_too_early) in [
        (99, false),
        (100, false),
        (101, true),
        (160, true),
        (161, false),
    ] {
        let entry = held(accepted);
        let known = Known {
            was_put: false,
            entry: Some(&entry),
            modified: at(10),
            waits: Waits::No,
            is_other_waiting: false,
            letter: None,
            is_other_letter: false,
            is_taken: true,
            mapping: "m@1",
        };
        let asked = at(100).expect("a time");
        assert_eq!(known.is_too_early(asked), is_too_early, "{accepted}");
        let changed = Known {
            modified: at(11),
            ..known
        };
        assert!(!changed.is_too_early(asked), "a later change is newer");
    }
}

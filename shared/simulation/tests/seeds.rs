//! A few seeds with every `cargo test`; many more in `tests/simulate`.

use simulation::{Run, Sabotage};
use std::sync::OnceLock;

/// Some seeds in which everything should happen.
fn a_dozen() -> &'static [Run] {
    static RUNS: OnceLock<Vec<Run>> = OnceLock::new();
    RUNS.get_or_init(|| (1..=12).map(simulation::run).collect())
}

#[test]
fn seeds_keep_the_rules() {
    for seed in 1..=4 {
        let run = simulation::run(seed);
        assert!(
            run.violations.is_empty(),
            "{run:?}; replay: tests/simulate --seed {seed} --trace"
        );
        assert!(
            run.counts.messages > 0 && run.counts.requests > 0,
            "nothing happened: {run:?}"
        );
    }
}

#[test]
fn a_seed_tells_the_same_story_each_time() {
    for seed in [3, 8] {
        let (one, other) = (simulation::trace(seed, None), simulation::trace(seed, None));
        assert_eq!(one.counts, other.counts);
        for (line, again) in one.story(None).iter().zip(other.story(None)) {
            assert_eq!(*line, again, "seed {seed}");
        }
    }
}

#[test]
fn writing_the_story_down_changes_nothing() {
    let (silent, told) = (simulation::run(8), simulation::trace(8, None));
    assert_eq!(
        (silent.counts, silent.simulated),
        (told.counts, told.simulated)
    );
}

#[test]
fn things_do_go_wrong() {
    let runs = a_dozen();
    for fault in [
        "port",
        "unreachable",
        "cut after the work",
        "answer too late",
        "row locked",
        "token ended",
        "status 429",
    ] {
        let times: u64 = runs
            .iter()
            .filter_map(|run| run.counts.faults.get(fault))
            .sum();
        assert!(times > 0, "no seed met the fault \"{fault}\"");
    }
    assert!(
        runs.iter().any(|run| run.counts.kills > 0) && runs.iter().any(|run| run.counts.stalls > 0)
    );
}

#[test]
fn amounts_are_compared_at_every_destination() {
    let runs = a_dozen();
    for what in [
        "amounts at salesforce",
        "amounts at zoho",
        "amounts at netsuite",
        "orders refused for their currency",
    ] {
        let times: u64 = runs
            .iter()
            .filter_map(|run| run.counts.compared.get(what))
            .sum();
        assert!(times > 0, "no seed compared {what}");
    }
}

#[test]
fn every_case_is_drawn_and_judged() {
    let runs: Vec<Run> = (1..=40).map(simulation::run).collect();
    for case in [
        "a record out of sight",
        "records locked for good",
        "records locked for a while",
        "a code of two products refused",
        "a code of two products chosen",
        "picklists of countries",
        "storage full",
        "My Domain renamed",
        "edits of the staff",
        "codes and numbers of eighteen letters",
        "customers who move",
        "shops that lose webhooks",
    ] {
        assert!(
            runs.iter().any(|run| run.counts.cases.contains_key(case)),
            "no seed has {case}"
        );
    }
    for what in [
        "orders refused for a record out of sight",
        "orders refused for a code of two products",
        "states refused for a lock",
        "orders locked in an earlier state",
        "fields of the staff",
        "lines with a place that staff gave them",
        "addresses",
        "comparisons of a store",
        "orders of shops that lose webhooks",
    ] {
        assert!(
            runs.iter()
                .any(|run| run.counts.compared.contains_key(what)),
            "no seed compared {what}"
        );
    }
}

#[test]
fn what_is_broken_on_purpose_is_seen() {
    for (sabotage, rule) in [
        (Sabotage::HidesAnOrder, "only what cannot be delivered dies"),
        (Sabotage::HidesAnOrder, "nothing accepted is missing"),
        (Sabotage::NeverUnlocks, "only what cannot be delivered dies"),
        (
            Sabotage::NeverFreesStorage,
            "everything is delivered in the end",
        ),
        (Sabotage::LosesDeadLetters, "nothing accepted is missing"),
        (Sabotage::SwapsProducts, "the newest state wins"),
        (Sabotage::MixesAddresses, "an address is of one piece"),
        (
            Sabotage::ForgetsNotes,
            "what staff writes outside of the mapping stays",
        ),
        (
            Sabotage::ForgetsPlaces,
            "what staff writes outside of the mapping stays",
        ),
        (
            Sabotage::KeepsRemarks,
            "what the mapping owns is the shop's",
        ),
    ] {
        let breaks = |seed| {
            let run = simulation::sabotaged(seed, sabotage);
            run.violations
                .iter()
                .any(|violation| violation.rule == rule)
        };
        let found = (1..=40).find(|seed| breaks(*seed));
        println!("{sabotage:?}: {rule}: seed {found:?}");
        assert!(found.is_some(), "{sabotage:?} breaks \"{rule}\" in no seed");
    }
}

#[test]
fn a_broken_world_is_made_as_small_as_it_gets() {
    let sabotage = Sabotage::SwapsProducts;
    let broken = |seed: &u64| !simulation::sabotaged(*seed, sabotage).violations.is_empty();
    let seed = (1..=40).find(broken).unwrap();
    let shrunk = simulation::shrink(seed, true, Some(sabotage), 300).unwrap();
    assert!(!shrunk.run.violations.is_empty());
    assert!(
        shrunk.kept.len() <= 2 && shrunk.of > 20,
        "swapped products need one webhook, not {:?} of {}",
        shrunk.kept,
        shrunk.of
    );
    assert!(
        simulation::shrink(1, true, None, 10).is_none(),
        "nothing is broken there"
    );
}

/// Mutations of the reconciliation. Each is met from this seed on; it takes fewer than three hundred
/// from the first.
#[test]
fn a_broken_reconciliation_is_seen() {
    let forgotten = "no order of the shop is forgotten";
    let overwritten = "no older state is written after a newer one";
    for (sabotage, rule, from) in [
        (Sabotage::ComparesWithoutOverlap, forgotten, 1),
        (Sabotage::NotesWindowsFirst, forgotten, 40),
        (Sabotage::ForgetsChanges, forgotten, 1),
        (Sabotage::CountsReadingLate, overwritten, 60),
    ] {
        let breaks = |seed: &u64| {
            let run = simulation::sabotaged(*seed, sabotage);
            let mut rules = run.violations.iter().map(|violation| violation.rule);
            rules.any(|broken| broken == rule)
        };
        let found = (from..=300).find(breaks);
        println!("{sabotage:?}: {rule}: seed {found:?}");
        assert!(found.is_some(), "{sabotage:?} breaks \"{rule}\" in no seed");
    }
}

/// The engine without the claim of a new order: an older state is left at the destination. Met from
/// this seed on, the first of all.
#[test]
fn a_new_order_that_nobody_claims_is_seen() {
    let breaks = |seed: &u64| {
        let run = simulation::sabotaged(*seed, Sabotage::ClaimsNoNewOrder);
        let mut rules = run.violations.iter().map(|violation| violation.rule);
        rules.any(|broken| broken == "the newest state wins")
    };
    let found = (74..=300).find(breaks);
    assert!(found.is_some(), "no seed breaks the rule");
}

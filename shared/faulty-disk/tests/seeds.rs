//! A few seeds with every `cargo test`; many more by the program.

use faulty_disk::{Breakage, Life};
use std::num::ParseIntError;

/// Seeds that broke a rule once.
const KEPT: &str = include_str!("../seeds.txt");

fn kept() -> Result<Vec<u64>, ParseIntError> {
    let lines = KEPT.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::parse)
        .collect()
}

#[test]
fn seeds_keep_the_law() {
    let mut restarts = 0;
    for seed in (1..=40).chain(kept().unwrap()) {
        let run = Life::of(seed).run(false);
        assert!(run.violations.is_empty(), "seed {seed}: {run:#?}");
        restarts += run.counts.get("restarts").copied().unwrap_or_default();
    }
    assert!(restarts > 100, "{restarts} restarts");
}

/// The first seed that sees it, of so many.
fn seen(most: u64, life: impl Fn(u64) -> Life) -> Option<u64> {
    (1..=most).find(|seed| !life(*seed).run(false).violations.is_empty())
}

#[test]
fn a_broken_promise_is_seen() {
    for breakage in [
        Breakage::NoSync,
        Breakage::NoSyncOfLog,
        Breakage::NoSyncOfFile,
        Breakage::NoSyncOfFolder,
    ] {
        let seed = seen(30, |seed| Life::over(seed, breakage));
        println!("{breakage:?}: seed {seed:?}");
        assert!(seed.is_some(), "{breakage:?} breaks no rule in 30 seeds");
    }
}

#[test]
fn a_store_that_answers_before_it_commits_is_seen() {
    let seed = seen(30, |seed| Life {
        answers_early: true,
        ..Life::of(seed)
    });
    println!("answers early: seed {seed:?}");
    assert!(seed.is_some(), "it breaks no rule in 30 seeds");
}

#[test]
fn what_a_lying_disk_leaves_is_whole_or_told() {
    let mut told = 0;
    for seed in 1..=30 {
        let run = Life::over(seed, Breakage::NoSync).run(true);
        assert!(run.violations.is_empty(), "seed {seed}: {run:#?}");
        let damages = run
            .counts
            .iter()
            .filter(|(what, _)| what.starts_with("damage"));
        told += damages.map(|(_, number)| number).sum::<u64>();
    }
    assert!(told > 0, "no disk was found to lie");
}

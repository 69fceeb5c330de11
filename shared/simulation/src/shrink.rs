//! Makes the world of a broken rule smaller, as long as the rule stays broken: what is left is what
//! it takes.

use crate::{Piece, Run, Sabotage, scenario, world};
use std::collections::BTreeSet;

/// A world that was made smaller.
pub struct Shrunk {
    /// The pieces that it takes.
    pub kept: BTreeSet<Piece>,
    /// How many pieces there were.
    pub of: usize,
    /// The run of what is left, without its story.
    pub run: Run,
}

/// Takes pieces out of the world of a seed, many at once and then fewer, and keeps out those without
/// which a rule that the whole world breaks is broken still. Makes so many runs at most. `None` where
/// the seed breaks no rule.
#[must_use]
pub fn shrink(
    seed: u64,
    with_cases: bool,
    sabotage: Option<Sabotage>,
    most_runs: usize,
) -> Option<Shrunk> {
    let run = |kept: &BTreeSet<Piece>| world::run(seed, with_cases, false, sabotage, Some(kept));
    let mut kept = scenario::draw(seed, with_cases).pieces();
    let of = kept.len();
    let mut last = run(&kept);
    let rule = last.violations.first()?.rule;
    let breaks = |run: &Run| run.violations.iter().any(|broken| broken.rule == rule);
    let (mut at_once, mut runs) = (kept.len().div_ceil(2), 0);
    loop {
        let mut from = 0;
        let mut is_smaller = false;
        while from < kept.len() && runs < most_runs {
            let without: BTreeSet<Piece> = kept
                .iter()
                .enumerate()
                .filter(|(place, _)| !(from..from + at_once).contains(place))
                .map(|(_, piece)| *piece)
                .collect();
            runs += 1;
            let tried = run(&without);
            if breaks(&tried) {
                (kept, last, is_smaller) = (without, tried, true);
            } else {
                from += at_once;
            }
        }
        if runs >= most_runs || (at_once == 1 && !is_smaller) {
            return Some(Shrunk {
                kept,
                of,
                run: last,
            });
        }
        at_once = at_once.div_ceil(2).min(kept.len()).max(1);
    }
}

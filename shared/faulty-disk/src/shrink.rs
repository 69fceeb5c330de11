//! Makes a life that breaks a rule as short as it gets.

use crate::{Life, Run};

/// Leaves rounds out, many at once and then fewer, as long as the same rule stays broken. Returns
/// `None` where no rule is.
#[must_use]
pub fn shrink(life: &Life) -> Option<(Life, Run)> {
    let mut run = life.run(false);
    let first = run.violations.first()?.clone();
    let mut life = life.clone();
    life.rounds.retain(|round| *round <= first.round);
    let mut piece = life.rounds.len() / 2;
    while piece > 0 {
        let mut from = 0;
        while from < life.rounds.len() {
            let mut shorter = life.clone();
            let end = life.rounds.len().min(from + piece);
            shorter.rounds.drain(from..end);
            let again = shorter.run(false);
            let is_same = again.violations.iter().any(|one| one.rule == first.rule);
            if is_same {
                (life, run) = (shorter, again);
            } else {
                from += piece;
            }
        }
        piece /= 2;
    }
    Some((life, run))
}

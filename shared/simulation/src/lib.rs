#![doc = include_str!("../README.md")]
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a tool for tests: it stops where its own set-up fails"
)]

mod asked;
mod clock;
mod dice;
mod doubles;
mod judge;
mod machine;
mod ports;
mod recall;
mod reconciler;
mod sabotage;
mod scenario;
mod shop;
mod shrink;
mod staff;
mod stall;
mod wire;
mod world;

pub use judge::{Counts, Violation};
pub use sabotage::Sabotage;
pub use scenario::Piece;
pub use shrink::{Shrunk, shrink};

use judge::Judge;
use std::{collections::BTreeSet, fmt, sync::Arc, time::Duration};

/// What became of a seed.
pub struct Run {
    /// Which.
    pub seed: u64,
    /// What was counted.
    pub counts: Counts,
    /// The rules that were broken, in the order in which that was seen; at most a few.
    pub violations: Vec<Violation>,
    /// How much time went by in the simulated world.
    pub simulated: Duration,
    judge: Arc<Judge>,
}

impl Run {
    /// The story of an order, or of everything; empty unless it was written down, see [`trace`].
    #[must_use]
    pub fn story(&self, order: Option<u64>) -> Vec<String> {
        self.judge.story(order)
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Run")
            .field("seed", &self.seed)
            .field("counts", &self.counts)
            .field("violations", &self.violations)
            .field("simulated", &self.simulated)
            .finish_non_exhaustive()
    }
}

/// Runs a seed.
#[must_use]
pub fn run(seed: u64) -> Run {
    world::run(seed, true, false, None, None)
}

/// Runs a seed and writes its story down; with some pieces of its world only, where those are given.
#[must_use]
pub fn trace(seed: u64, only: Option<&BTreeSet<Piece>>) -> Run {
    world::run(seed, true, true, None, only)
}

/// Runs a seed without the cases that are drawn apart: as it was before there were any. With its
/// story, where that is wanted, and with some pieces of its world only, where those are given.
#[must_use]
pub fn run_plain(seed: u64, with_story: bool, only: Option<&BTreeSet<Piece>>) -> Run {
    world::run(seed, false, with_story, None, only)
}

/// Runs a seed and breaks a rule on purpose.
#[must_use]
pub fn sabotaged(seed: u64, sabotage: Sabotage) -> Run {
    world::run(seed, true, false, Some(sabotage), None)
}

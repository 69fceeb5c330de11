//! The simulation from the command line: runs seeds on all cores, and tells the story of the first
//! ones that broke a rule.

#![expect(clippy::print_stdout, reason = "a program that prints what it found")]

use clap::Parser;
use simulation::{Counts, Piece, Run, Shrunk, Violation};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    process::ExitCode,
    sync::{Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

/// A fifth of the time of a seed went into finding and freeing memory.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Seeds that broke a rule once, run besides whichever are asked for.
const KEPT: &str = include_str!("../seeds.txt");
/// The runs that making a broken world smaller may take, unless it is asked for.
const FEW_RUNS: usize = 150;
/// The runs that it may take where it is asked for.
const MANY_RUNS: usize = 2_000;

/// A seed, and how it is run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct World {
    seed: u64,
    /// Without the cases that are drawn apart.
    is_plain: bool,
    /// With these pieces only.
    only: Option<BTreeSet<Piece>>,
}

/// Runs seeds of the simulation, and those that broke a rule once. Exit status 1 when one of them
/// broke a rule.
#[derive(Parser)]
struct Arguments {
    /// How many seeds.
    #[arg(long, default_value_t = 100)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// This seed alone.
    #[arg(long)]
    seed: Option<u64>,
    /// Without the cases that are drawn apart.
    #[arg(long, requires = "seed")]
    plain: bool,
    /// With some pieces of its world only: `d3,i1,wire`.
    #[arg(long, requires = "seed", value_delimiter = ',')]
    only: Option<Vec<Piece>>,
    /// Prints the whole story of the seed.
    #[arg(long, requires = "seed")]
    trace: bool,
    /// Makes the seed's world as small as it gets while the rule stays broken.
    #[arg(long, requires = "seed", conflicts_with = "only")]
    shrink: bool,
    /// How many at once; one per core unless told.
    #[arg(long)]
    threads: Option<usize>,
    /// Goes on after a broken rule until so many seeds have broken one.
    #[arg(long, default_value_t = 3)]
    failures: usize,
    /// How many stories are told.
    #[arg(long, default_value_t = 3)]
    stories: usize,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(seed) = arguments.seed {
        let world = World {
            seed,
            is_plain: arguments.plain,
            only: arguments.only.map(|pieces| pieces.into_iter().collect()),
        };
        return one(&world, arguments.trace, arguments.shrink);
    }
    let started = Instant::now();
    let kept = match kept() {
        Ok(kept) => kept,
        Err(text) => {
            println!("seeds.txt: {text}");
            return ExitCode::FAILURE;
        }
    };
    let tally = many(&arguments, kept);
    println!(
        "{} seeds in {:.1} s: {}",
        tally.seeds,
        started.elapsed().as_secs_f64(),
        described(&tally.counts)
    );
    println!(
        "the slowest was seed {}: {:.1} s",
        tally.slowest.1,
        tally.slowest.0.as_secs_f64()
    );
    let rules: BTreeMap<&str, u64> = tally.rules();
    for (rule, seeds) in rules {
        println!("broken in {seeds} seeds: {rule}");
    }
    for (place, (world, violations)) in tally.failed.iter().take(arguments.stories).enumerate() {
        tell(world, violations);
        if place == 0 {
            make_smaller(world, FEW_RUNS);
        }
    }
    if tally.failed.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn one(world: &World, whole: bool, shrinks: bool) -> ExitCode {
    let run = world.traced();
    if whole {
        run.story(None).iter().for_each(|line| println!("{line}"));
    }
    println!(
        "seed {}: {} simulated seconds, {}",
        world.seed,
        run.simulated.as_secs(),
        described(&run.counts)
    );
    if run.violations.is_empty() {
        return ExitCode::SUCCESS;
    }
    tell(world, &run.violations);
    if shrinks {
        make_smaller(world, MANY_RUNS);
    }
    ExitCode::FAILURE
}

/// Says with how little of its world the seed still breaks the rule.
fn make_smaller(world: &World, most_runs: usize) {
    if world.only.is_some() {
        return;
    }
    let Some(Shrunk { kept, of, run }) =
        simulation::shrink(world.seed, !world.is_plain, None, most_runs)
    else {
        return;
    };
    println!("\nit takes {} of its {of} pieces:", kept.len());
    let smaller = World {
        only: Some(kept),
        ..world.clone()
    };
    tell(&smaller, &run.violations);
}

impl World {
    fn traced(&self) -> Run {
        match self.is_plain {
            true => simulation::run_plain(self.seed, true, self.only.as_ref()),
            false => simulation::trace(self.seed, self.only.as_ref()),
        }
    }

    fn run(&self) -> Run {
        match (self.is_plain, &self.only) {
            (true, only) => simulation::run_plain(self.seed, false, only.as_ref()),
            (false, None) => simulation::run(self.seed),
            (false, Some(_)) => self.traced(),
        }
    }

    /// The arguments with which it is run.
    fn arguments(&self) -> String {
        let plain = if self.is_plain { " --plain" } else { "" };
        let list = |only: &BTreeSet<Piece>| {
            let pieces: Vec<String> = only.iter().map(Piece::to_string).collect();
            format!(" --only {}", pieces.join(","))
        };
        let only = self.only.as_ref().map(list).unwrap_or_default();
        format!("--seed {}{plain}{only}", self.seed)
    }

    /// Reads a line of the seeds that are kept: `1118 plain d3,i1`.
    fn read(line: &str) -> Result<Self, String> {
        let mut world = Self::default();
        for (place, word) in line.split_whitespace().enumerate() {
            match (place, word) {
                (0, seed) => world.seed = seed.parse().map_err(|_| format!("no seed: {line}"))?,
                (_, "plain") => world.is_plain = true,
                (_, pieces) => {
                    world.only = Some(
                        pieces
                            .split(',')
                            .map(str::parse)
                            .collect::<Result<_, _>>()?,
                    );
                }
            }
        }
        Ok(world)
    }
}

/// Returns the seeds that are kept.
fn kept() -> Result<Vec<World>, String> {
    let lines = KEPT.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(World::read)
        .collect()
}

#[derive(Default)]
struct Tally {
    seeds: u64,
    counts: Counts,
    slowest: (Duration, u64),
    failed: Vec<(World, Vec<Violation>)>,
}

fn many(arguments: &Arguments, kept: Vec<World>) -> Tally {
    let asked_for = arguments.from..arguments.from.saturating_add(arguments.seeds);
    let asked_for = asked_for.map(|seed| World {
        seed,
        ..World::default()
    });
    let worlds = Mutex::new(kept.into_iter().chain(asked_for));
    let tally = Mutex::new(Tally::default());
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..arguments.threads.unwrap_or(cores) {
            scope.spawn(|| {
                loop {
                    let world = worlds.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some(world) =
                        world.filter(|_| lock(&tally).failed.len() < arguments.failures)
                    else {
                        return;
                    };
                    let begun = Instant::now();
                    let run = world.run();
                    lock(&tally).add(run, world, begun.elapsed());
                }
            });
        }
    });
    tally.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn lock(tally: &Mutex<Tally>) -> std::sync::MutexGuard<'_, Tally> {
    tally.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Tally {
    /// In how many seeds each rule was broken.
    fn rules(&self) -> BTreeMap<&'static str, u64> {
        let mut rules = BTreeMap::new();
        for (_, violations) in &self.failed {
            for rule in violations
                .iter()
                .map(|violation| violation.rule)
                .collect::<BTreeSet<_>>()
            {
                *rules.entry(rule).or_default() += 1;
            }
        }
        rules
    }

    fn add(&mut self, run: Run, world: World, took: Duration) {
        let Counts {
            orders,
            messages,
            requests,
            faults,
            kills,
            stalls,
            changes,
            compared,
            cases,
        } = run.counts;
        self.seeds += 1;
        self.slowest = self.slowest.max((took, run.seed));
        self.counts.orders += orders;
        self.counts.messages += messages;
        self.counts.requests += requests;
        self.counts.kills += kills;
        self.counts.stalls += stalls;
        for (kind, number) in faults {
            *self.counts.faults.entry(kind).or_default() += number;
        }
        for (change, number) in changes {
            *self.counts.changes.entry(change).or_default() += number;
        }
        for (case, number) in cases {
            *self.counts.cases.entry(case).or_default() += number;
        }
        for (what, number) in compared {
            *self.counts.compared.entry(what).or_default() += number;
        }
        if !run.violations.is_empty() {
            self.failed.push((world, run.violations));
        }
    }
}

fn described(counts: &Counts) -> String {
    format!(
        "{} orders, {} messages, {} requests, {} kills, {} stalls\ncases, by seeds: {}\nshops: {}\ncompared: {}\nfaults: {}",
        counts.orders,
        counts.messages,
        counts.requests,
        counts.kills,
        counts.stalls,
        listed(&counts.cases),
        listed(&counts.changes),
        listed(&counts.compared),
        listed(&counts.faults)
    )
}

fn listed<K: fmt::Display>(numbers: &BTreeMap<K, u64>) -> String {
    let listed: Vec<String> = numbers
        .iter()
        .map(|(what, number)| format!("{number} {what}"))
        .collect();
    listed.join(", ")
}

/// What was broken, the story of each order concerned, and how to see it again.
fn tell(world: &World, violations: &[Violation]) {
    println!("\nseed {} broke rules:", world.seed);
    for violation in violations {
        let order = violation
            .order
            .map(|order| format!(" (order {order})"))
            .unwrap_or_default();
        println!("  {}{order}: {}", violation.rule, violation.text);
    }
    let run = world.traced();
    let orders: BTreeSet<u64> = violations
        .iter()
        .filter_map(|violation| violation.order)
        .take(1)
        .collect();
    for order in orders {
        println!("the story of order {order}:");
        run.story(Some(order))
            .iter()
            .for_each(|line| println!("{line}"));
    }
    println!("replay: tests/simulate {} --trace", world.arguments());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seeds_that_are_kept_can_be_read() {
        let kept = kept().unwrap();
        assert!(kept.len() > 15 && kept.iter().any(|world| world.only.is_some()));
        let small = World::read("42 d3,i1,wire").unwrap();
        assert_eq!(small.arguments(), "--seed 42 --only d3,i1,wire");
        assert_eq!(
            World::read("42 plain").unwrap().arguments(),
            "--seed 42 --plain"
        );
        assert!(World::read("x").is_err() && World::read("42 y").is_err());
    }
}

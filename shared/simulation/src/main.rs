//! The simulation from the command line: runs seeds on all cores, and tells the story of the first
//! ones that broke a rule.

#![expect(clippy::print_stdout, reason = "a program that prints what it found")]

use clap::Parser;
use simulation::{Counts, Run, Violation};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    process::ExitCode,
    sync::{Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

/// Seeds that broke a rule once, run besides whichever are asked for. They were found before there
/// were cases, and run without.
const KEPT: [u64; 15] = [
    1118, 1158, 1179, 1433, 2385, 2530, 2611, 2643, 2733, 3136, 3186, 3953, 4122, 4370, 7947,
];

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
    /// Prints the whole story of the seed.
    #[arg(long, requires = "seed")]
    trace: bool,
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
        return one(seed, arguments.plain, arguments.trace);
    }
    let started = Instant::now();
    let tally = many(&arguments);
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
    for ((seed, is_plain), violations) in tally.failed.iter().take(arguments.stories) {
        tell(*seed, *is_plain, violations);
    }
    if tally.failed.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn one(seed: u64, is_plain: bool, whole: bool) -> ExitCode {
    let run = traced(seed, is_plain);
    if whole {
        run.story(None).iter().for_each(|line| println!("{line}"));
    }
    println!(
        "seed {seed}: {} simulated seconds, {}",
        run.simulated.as_secs(),
        described(&run.counts)
    );
    if run.violations.is_empty() {
        return ExitCode::SUCCESS;
    }
    tell(seed, is_plain, &run.violations);
    ExitCode::FAILURE
}

#[derive(Default)]
struct Tally {
    seeds: u64,
    counts: Counts,
    slowest: (Duration, u64),
    failed: Vec<((u64, bool), Vec<Violation>)>,
}

fn many(arguments: &Arguments) -> Tally {
    let asked_for = arguments.from..arguments.from.saturating_add(arguments.seeds);
    let kept = KEPT.into_iter().map(|seed| (seed, true));
    let seeds = Mutex::new(kept.chain(asked_for.map(|seed| (seed, false))));
    let tally = Mutex::new(Tally::default());
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..arguments.threads.unwrap_or(cores) {
            scope.spawn(|| {
                loop {
                    let seed = seeds.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some((seed, is_plain)) =
                        seed.filter(|_| lock(&tally).failed.len() < arguments.failures)
                    else {
                        return;
                    };
                    let begun = Instant::now();
                    let run = if is_plain {
                        simulation::run_plain(seed, false)
                    } else {
                        simulation::run(seed)
                    };
                    lock(&tally).add(run, is_plain, begun.elapsed());
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

    fn add(&mut self, run: Run, is_plain: bool, took: Duration) {
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
            self.failed.push(((run.seed, is_plain), run.violations));
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
fn tell(seed: u64, is_plain: bool, violations: &[Violation]) {
    println!("\nseed {seed} broke rules:");
    for violation in violations {
        let order = violation
            .order
            .map(|order| format!(" (order {order})"))
            .unwrap_or_default();
        println!("  {}{order}: {}", violation.rule, violation.text);
    }
    let run = traced(seed, is_plain);
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
    let plain = if is_plain { " --plain" } else { "" };
    println!("replay: tests/simulate --seed {seed}{plain} --trace");
}

fn traced(seed: u64, is_plain: bool) -> Run {
    if is_plain {
        simulation::run_plain(seed, true)
    } else {
        simulation::trace(seed)
    }
}

//! Lives of the store over a faulty disk, from the command line: on all cores, and the shortest
//! life of the first seed that breaks a rule.

#![expect(clippy::print_stdout, reason = "a program that prints what it found")]

use clap::Parser;
use faulty_disk::{Breakage, Counts, Life, Run, shrink};
use std::{
    process::ExitCode,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Instant,
};

/// Lives seeds. Exit status 1 when one of them broke a rule.
#[derive(Parser)]
struct Arguments {
    /// How many seeds.
    #[arg(long, default_value_t = 300)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// Over a disk that lies when it is asked to sync: what is there must still be whole.
    #[arg(long)]
    lying: bool,
    /// How many at once; one per core unless told.
    #[arg(long)]
    threads: Option<usize>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let started = Instant::now();
    let next = AtomicU64::new(arguments.from);
    let end = arguments.from.saturating_add(arguments.seeds);
    let tally = Mutex::new((Counts::new(), Vec::new()));
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..arguments.threads.unwrap_or(cores) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        return;
                    }
                    let run = life(seed, arguments.lying).run(arguments.lying);
                    let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
                    for (what, number) in &run.counts {
                        *tally.0.entry(what).or_default() += number;
                    }
                    if !run.violations.is_empty() {
                        tally.1.push((seed, run));
                    }
                }
            });
        }
    });
    let (counts, mut broken) = tally.into_inner().unwrap_or_else(PoisonError::into_inner);
    let seconds = started.elapsed().as_secs_f64();
    println!("{} seeds in {seconds:.1} s: {counts:?}", arguments.seeds);
    broken.sort_by_key(|(seed, _)| *seed);
    println!("{} seeds broke a rule", broken.len());
    for (seed, run) in broken.iter().take(5) {
        tell(*seed, run);
    }
    let first = broken.first().filter(|_| !arguments.lying);
    if let Some((life, run)) = first.and_then(|(seed, _)| shrink(&life(*seed, false))) {
        println!("it takes the rounds {:?}:", life.rounds);
        run.story.iter().for_each(|line| println!("  {line}"));
        tell(life.seed, &run);
    }
    if broken.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn life(seed: u64, is_lying: bool) -> Life {
    if is_lying {
        Life::over(seed, Breakage::NoSync)
    } else {
        Life::of(seed)
    }
}

fn tell(seed: u64, run: &Run) {
    println!("seed {seed}:");
    for violation in &run.violations {
        println!(
            "  round {}: {}: {}",
            violation.round, violation.rule, violation.text
        );
    }
}

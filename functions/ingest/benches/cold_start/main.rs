//! The cost of the function: to start, to answer the first webhook, and to answer the next ones.
//!
//! `cargo bench -p ingest-function --bench cold_start` runs the real binary; Lambda's Runtime API,
//! Secrets Manager and SQS are doubles on loopback, without TLS. The baseline is a request for
//! `/healthz`: what Lambda's runtime and the two processes' sockets cost without any work.

#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::float_arithmetic,
    reason = "a benchmark prints figures and may stop when its own set-up fails"
)]

mod doubles;
mod events;
mod process;

use doubles::Doubles;
use events::Event;
use process::Function;
use std::{
    env,
    path::PathBuf,
    time::{Duration, Instant},
};

const STARTS: usize = 25;
const WARM: usize = 2_000;
/// The number of invocations that are not measured: the first calls set things up.
const WARM_UP: usize = 50;

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() {
    let doubles = Doubles::start().await;
    let size = std::fs::metadata(binary()).expect("the binary").len();
    println!("binary: {:.2} MB (target 5)", size as f64 / 1e6);
    cold(&doubles).await;
    println!(
        "\n{:<34} {:>9} {:>9} {:>12} {:>12} {:>10}",
        "warm, one route", "p50 ms", "p99 ms", "CPU ms", "x /healthz", "AWS calls"
    );
    let mut baseline = None;
    for event in events::all().await {
        warm(&doubles, &event, &mut baseline).await;
    }
}

/// Returns the binary to measure. `FUNCTION=/absolute/path` names another build, such as the one of
/// `sam build`.
fn binary() -> PathBuf {
    env::var_os("FUNCTION").map_or_else(
        || PathBuf::from(env!("CARGO_BIN_EXE_ingest-function")),
        PathBuf::from,
    )
}

async fn cold(doubles: &Doubles) {
    let event = events::order(2_500).await;
    let (mut starts, mut answers) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let begun = Instant::now();
        let function = Function::start(doubles);
        let asked = doubles.next_asked().await;
        starts.push(asked.duration_since(begun));
        answers.push(doubles.invoke(&event).await);
        drop(function);
    }
    println!(
        "exec to the first `next`: p50 {:.1} ms, best {:.1} ms (target 25; warmed: secrets read, SQS connected)",
        p50(&mut starts),
        best(&starts)
    );
    println!(
        "first answer:             p50 {:.1} ms, best {:.1} ms",
        p50(&mut answers),
        best(&answers)
    );
}

async fn warm(doubles: &Doubles, event: &Event, baseline: &mut Option<f64>) {
    let function = Function::start(doubles);
    doubles.next_asked().await;
    for _ in 0..WARM_UP {
        doubles.invoke(event).await;
    }
    let (cpu, calls) = (function.cpu(), doubles.sqs_calls());
    let mut times = Vec::with_capacity(WARM);
    for _ in 0..WARM {
        times.push(doubles.invoke(event).await);
    }
    let cpu = (function.cpu() - cpu).as_secs_f64() * 1000.0 / WARM as f64;
    let calls = (doubles.sqs_calls() - calls) as f64 / WARM as f64;
    let ratio = cpu / *baseline.get_or_insert(cpu);
    times.sort_unstable();
    let p99 = times.get(WARM * 99 / 100).copied().unwrap_or_default();
    println!(
        "{:<34} {:>9.2} {:>9.2} {cpu:>12.3} {ratio:>12.1} {calls:>10.2}",
        event.name,
        p50(&mut times),
        millis(p99)
    );
    if event.is_last {
        println!("most memory: {:.1} MB", function.most_memory() as f64 / 1e6);
    }
}

fn p50(times: &mut [Duration]) -> f64 {
    times.sort_unstable();
    times.get(times.len() / 2).copied().map_or(0.0, millis)
}

fn best(times: &[Duration]) -> f64 {
    times.iter().min().copied().map_or(0.0, millis)
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

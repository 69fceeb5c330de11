//! Load on the real `serve` over loopback: durable webhooks per second, latency, CPU and memory of
//! the server. Afterwards every single id is looked for in the queue, so that a figure stands for
//! orders and not for answers.
//!
//! `cargo bench --bench serve_load` prints a table over sizes, numbers of connections, and a server
//! that is kept on one core or not, beside bare HTTP and what SQLite itself takes of the same bytes
//! on this disk. `cargo bench --bench serve_load -- WEBHOOKS CONNECTIONS BYTES` makes one run.
//! `ORDERBRIDGE_PROGRAM` names another program to measure, and `TMPDIR` where the data is kept.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::float_arithmetic,
    reason = "a benchmark prints figures and may stop when its own set-up fails"
)]

mod clients;
mod cores;
mod orders;
mod server;
mod sqlite;

use cores::Cores;
use server::Server;

/// The sizes of a body, in bytes.
const SIZES: [usize; 2] = [2_500, 16_000];
/// The numbers of connections, and how many webhooks go over them.
const LOADS: [(usize, usize); 3] = [(1, 2_000), (16, 20_000), (64, 20_000)];

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let numbers: Vec<usize> = std::env::args()
        .filter_map(|argument| argument.parse().ok())
        .collect();
    heading();
    if let [webhooks, rest @ ..] = numbers.as_slice() {
        let connections = rest.first().copied().unwrap_or(16);
        let bytes = rest.get(1).copied().unwrap_or(SIZES[0]);
        row(*webhooks, connections, bytes, Cores::Any).await;
        return;
    }
    for bytes in SIZES {
        for cores in [Cores::Any, Cores::One] {
            if let Err(reason) = cores.possible() {
                println!("{bytes:>6} {cores}: skipped, {reason}");
                continue;
            }
            for (connections, webhooks) in LOADS {
                row(webhooks, connections, bytes, cores).await;
            }
        }
        sqlite::print(bytes);
    }
}

fn heading() {
    println!(
        "{:>6} {:>12} {:>5} | {:>8} {:>7} {:>7} {:>8} {:>7} {:>6} | {:>10} {:>7}",
        "bytes",
        "connections",
        "cores",
        "per s",
        "p50 ms",
        "p99 ms",
        "p99.9 ms",
        "CPU ms",
        "MB",
        "bare per s",
        "CPU ms"
    );
}

/// Measures one load on a new server, and checks that each of its orders is there once.
async fn row(webhooks: usize, connections: usize, bytes: usize, cores: Cores) {
    cores.take_for_clients();
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), cores);
    let bare = vec![b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n".to_vec(); webhooks];
    let bare = clients::run(&server, &bare, connections).await;
    let signed: Vec<Vec<u8>> = (0..webhooks)
        .map(|number| orders::request(number, bytes))
        .collect();
    let durable = clients::run(&server, &signed, connections).await;
    let memory = server.peak_memory_mb();
    server.stop();
    println!(
        "{bytes:>6} {connections:>12} {cores:>5} | {:>8.0} {:>7.2} {:>7.2} {:>8.2} {:>7.3} {memory:>6} | {:>10.0} {:>7.3}",
        durable.per_second,
        durable.at(500),
        durable.at(990),
        durable.at(999),
        durable.cpu_ms,
        bare.per_second,
        bare.cpu_ms,
    );
    server::check(&folder.path().join("data"), webhooks).await;
}

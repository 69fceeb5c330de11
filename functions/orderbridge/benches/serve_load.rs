//! Load on the real `serve` over loopback: durable webhooks per second, latency, CPU and memory of
//! the server, beside a baseline of bare HTTP on the same machine. Afterwards every single id is
//! looked for in the queue, so that a figure stands for orders and not for answers.
//!
//! `cargo bench --bench serve_load -- [webhooks] [connections] [bytes]`, by default 20,000 over 16
//! connections with 2,500 bytes each.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::float_arithmetic,
    reason = "a benchmark prints figures and may stop when its own set-up fails"
)]

use platform_sqlite::SqliteStore;
use ports::{Queue, SystemClock};
use source::{Source, WebhookSecrets};
use source_woocommerce::WooCommerce;
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const SECRET: &str = "an obviously fake secret of the load test";
const FIRST_ID: usize = 1_000_000;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let numbers: Vec<usize> = std::env::args()
        .filter_map(|argument| argument.parse().ok())
        .collect();
    let [webhooks, connections, bytes] =
        [numbers.first(), numbers.get(1), numbers.get(2)].map(|number| number.copied());
    let (webhooks, connections, bytes) = (
        webhooks.unwrap_or(20_000),
        connections.unwrap_or(16),
        bytes.unwrap_or(2_500),
    );
    let folder = tempfile::tempdir().unwrap();
    let (mut server, address) = start(folder.path());
    println!("{webhooks} webhooks of {bytes} bytes over {connections} connections");

    let bare = vec![b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n".to_vec(); webhooks];
    let baseline = run("bare HTTP", &server, &address, &bare, connections).await;
    let signed: Vec<Vec<u8>> = (0..webhooks)
        .map(|number| request(FIRST_ID + number, bytes))
        .collect();
    let durable = run("durable webhooks", &server, &address, &signed, connections).await;
    println!(
        "a durable webhook costs {:.2} times the CPU of a bare request",
        durable / baseline
    );

    Command::new("kill")
        .args(["-TERM", &server.id().to_string()])
        .status()
        .unwrap();
    server.wait().unwrap();
    let found = ids(&folder.path().join("data")).await;
    let missing = (0..webhooks)
        .filter(|number| !found.contains(&(FIRST_ID + number).to_string()))
        .count();
    println!(
        "{} different ids are in the queue, {missing} are missing",
        found.len()
    );
    assert_eq!(
        (found.len(), missing),
        (webhooks, 0),
        "an accepted webhook was lost or doubled"
    );
}

/// Starts `serve` with a destination that nobody listens at: the benchmark measures acceptance.
fn start(folder: &Path) -> (Child, String) {
    let config = r#"
[stores.acme]
platform = "woocommerce"
secret = "store"
[destinations.sales]
system = "salesforce"
secret = "sales"
auth = "client_credentials"
login_url = "http://127.0.0.1:9"
[[routes]]
name = "acme-sales"
store = "acme"
destination = "sales"
mapping = "woocommerce-salesforce"
[delivery]
concurrency = 1
circuit_after = 1
circuit_probe = "1h"
retry_base = "1s"
retry_cap = "1s"
"#;
    std::fs::write(folder.join("orderbridge.toml"), config).unwrap();
    let secrets = format!(
        "[store]\nwebhook_secret = \"{SECRET}\"\n[sales]\nclient_id = \"fake\"\nclient_secret = \"fake\"\n"
    );
    std::fs::write(folder.join("secrets.toml"), secrets).unwrap();
    let mut server = Command::new(env!("CARGO_BIN_EXE_orderbridge"))
        .args(["serve", "--listen", "127.0.0.1:0", "--config"])
        .arg(folder.join("orderbridge.toml"))
        .arg("--data")
        .arg(folder.join("data"))
        .env("RUST_LOG", "warn")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    (
        server,
        line.trim().rsplit("http://").next().unwrap().to_owned(),
    )
}

fn request(id: usize, bytes: usize) -> Vec<u8> {
    let head = format!(
        r#"{{"id":{id},"number":"{id}","status":"processing","currency":"USD","total":"10.00","customer_id":{id},"date_created_gmt":"2023-10-26T10:00:00","date_modified_gmt":"2023-10-26T10:00:00","billing":{{"first_name":"Jane","last_name":"Doe","email":"c{id}@example.com"}},"line_items":[{{"id":1,"name":"Product A","product_id":101,"quantity":1,"total":"10.00"}}],"meta_data":[{{"id":1,"key":"filler","value":""#
    );
    let tail = r#""}]}"#;
    let filler = "x".repeat(bytes.saturating_sub(head.len() + tail.len()));
    let body = format!("{head}{filler}{tail}");
    let secrets = WebhookSecrets::new(vec![SECRET.to_owned()]).unwrap();
    let headers: String = WooCommerce
        .sign("order.updated", body.as_bytes(), &secrets)
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    format!(
        "POST /webhooks/acme HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Sends all requests and prints the figures; returns the server's CPU seconds per request.
async fn run(
    name: &str,
    server: &Child,
    address: &str,
    requests: &[Vec<u8>],
    connections: usize,
) -> f64 {
    let (cpu, start) = (cpu_seconds(server), Instant::now());
    let shares = (0..connections)
        .map(|share| send(address, requests.iter().skip(share).step_by(connections)));
    let mut latencies: Vec<Duration> = futures::future::join_all(shares)
        .await
        .into_iter()
        .flatten()
        .collect();
    let (elapsed, cpu) = (start.elapsed().as_secs_f64(), cpu_seconds(server) - cpu);
    latencies.sort_unstable();
    let at = |share: usize| latencies[latencies.len() * share / 1000].as_secs_f64() * 1e3;
    let count = requests.len() as f64;
    println!(
        "{name}: {:.0}/s, latency p50 {:.2} ms, p99 {:.2} ms, server CPU {:.3} ms each, server memory at most {} MB",
        count / elapsed,
        at(500),
        at(990),
        cpu / count * 1e3,
        peak_memory_mb(server)
    );
    cpu / count
}

async fn send(address: &str, requests: impl Iterator<Item = &Vec<u8>>) -> Vec<Duration> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (mut latencies, mut buffer) = (Vec::new(), vec![0_u8; 4096]);
    for request in requests {
        let start = Instant::now();
        stream.write_all(request).await.unwrap();
        let mut read = 0;
        // Answers are short and have no more than one JSON object as their body.
        while !buffer[..read].ends_with(b"}") {
            read += stream.read(&mut buffer[read..]).await.unwrap();
        }
        latencies.push(start.elapsed());
        assert!(
            buffer.starts_with(b"HTTP/1.1 200"),
            "{}",
            String::from_utf8_lossy(&buffer[..read])
        );
    }
    latencies
}

/// Returns every order id that waits in the queue.
async fn ids(data: &Path) -> BTreeSet<String> {
    let store = SqliteStore::open(data, Arc::new(SystemClock)).unwrap();
    store.serve_alone(&BTreeMap::new()).await.unwrap();
    let waiting = store.depth("sales").await.unwrap();
    let (mut received, mut found) = (0, BTreeSet::new());
    // Messages that the server tried in vain before the circuit opened come back within
    // `retry_cap`.
    while received < waiting {
        let batch = store
            .receive("sales", 1000, Duration::from_secs(3600))
            .await
            .unwrap();
        if batch.is_empty() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        received += batch.len() as u64;
        found.extend(
            batch
                .into_iter()
                .filter_map(|received| received.message.order),
        );
    }
    found
}

/// Returns the user and system time of the process so far; a hundred ticks are a second on Linux.
fn cpu_seconds(server: &Child) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", server.id())).unwrap();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

fn peak_memory_mb(server: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap();
    line.split_whitespace()
        .nth(1)
        .unwrap()
        .parse::<u64>()
        .unwrap()
        / 1024
}

//! The server that is measured, as a process of its own.

use crate::{
    cores::Cores,
    orders::{FIRST_ID, SECRET},
};
use platform_sqlite::SqliteStore;
use ports::{Queue, SystemClock};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

/// A running `orderbridge serve`.
pub(crate) struct Server {
    process: Child,
    pub(crate) address: String,
}

/// A destination that nobody listens at: the benchmark measures acceptance.
const CONFIG: &str = r#"
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

impl Server {
    /// Starts a server over a new folder.
    pub(crate) fn start(folder: &Path, cores: Cores) -> Self {
        std::fs::write(folder.join("orderbridge.toml"), CONFIG).unwrap();
        let secrets = format!(
            "[store]\nwebhook_secret = \"{SECRET}\"\n[sales]\nclient_id = \"fake\"\nclient_secret = \"fake\"\n"
        );
        std::fs::write(folder.join("secrets.toml"), secrets).unwrap();
        let program = std::env::var("ORDERBRIDGE_PROGRAM");
        let program = program
            .as_deref()
            .unwrap_or(env!("CARGO_BIN_EXE_orderbridge"));
        let mut process = cores
            .command(program)
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
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        Self {
            process,
            address: line.trim().rsplit("http://").next().unwrap().to_owned(),
        }
    }

    /// Ends the server as an operator does.
    pub(crate) fn stop(mut self) {
        Command::new("kill")
            .args(["-TERM", &self.process.id().to_string()])
            .status()
            .unwrap();
        self.process.wait().unwrap();
    }

    /// Returns the user and system time of the process so far; a hundred ticks are a second on
    /// Linux.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
        (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
    }

    pub(crate) fn peak_memory_mb(&self) -> u64 {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM"));
        let kilobytes = line.unwrap().split_whitespace().nth(1).unwrap();
        kilobytes.parse::<u64>().unwrap() / 1024
    }
}

/// Checks that the orders are in the queue, each once.
pub(crate) async fn check(data: &Path, webhooks: usize) {
    let found = ids(data).await;
    let missing = (0..webhooks)
        .filter(|number| !found.contains(&(FIRST_ID + number).to_string()))
        .count();
    assert_eq!(
        (found.len(), missing),
        (webhooks, 0),
        "an accepted webhook was lost or doubled"
    );
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

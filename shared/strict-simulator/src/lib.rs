#![doc = include_str!("../README.md")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "only tests use it, and they fail and speak as tests do"
)]

pub mod double;
pub mod shop;

use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

/// A running simulator, which ends when this value is dropped.
#[derive(Debug)]
pub struct Simulator {
    process: Child,
    /// The address at which it listens, on this machine.
    pub url: String,
    /// The HTTP client for calls to it.
    pub http: reqwest::Client,
}

impl Drop for Simulator {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

impl Simulator {
    /// Starts the simulator of a system, by its word in the configuration; `None`, with a note on
    /// the terminal, where it is not present or Python does not start.
    #[must_use]
    pub fn start(system: &str) -> Option<Self> {
        Self::start_as(system, &[])
    }

    /// Starts the simulator with a configuration, for settings that cannot be changed later.
    #[must_use]
    pub fn start_with(system: &str, config: &Value) -> Option<Self> {
        let file = std::env::temp_dir().join(format!(
            "simulator-{}-{:?}.json",
            std::process::id(),
            std::thread::current().id()
        ));
        std::fs::write(&file, config.to_string()).unwrap();
        let started = Self::start_as(system, &["--config", file.to_str().unwrap()]);
        _ = std::fs::remove_file(&file);
        started
    }

    fn start_as(system: &str, more: &[&str]) -> Option<Self> {
        let program = format!(
            "{}/../../../shared/sims/{system}.py",
            env!("CARGO_MANIFEST_DIR")
        );
        if !Path::new(&program).exists() {
            println!("skipped: the strict simulator is not beside the project");
            return None;
        }
        let spawned = Command::new("python3")
            .args([&program, "--port", "0", "--seed", "1"])
            .args(more)
            .stdout(Stdio::piped())
            .spawn();
        let Ok(mut process) = spawned else {
            println!("skipped: python3 does not start");
            return None;
        };
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let url = line
            .trim()
            .strip_prefix("ready ")
            .expect("the simulator tells its address");
        Some(Self {
            process,
            url: url.to_owned(),
            http: reqwest::Client::new(),
        })
    }

    /// Reads its own records: `state`, `calls`, `violations`.
    pub async fn get(&self, path: &str) -> Value {
        let answer = self
            .http
            .get(format!("{}/_sim/{path}", self.url))
            .send()
            .await
            .unwrap();
        answer.json().await.unwrap()
    }

    /// Sends it instructions: `faults`, `config`, `token`.
    pub async fn post(&self, path: &str, body: Value) -> Value {
        let request = self
            .http
            .post(format!("{}/_sim/{path}", self.url))
            .json(&body);
        let answer = request.send().await.unwrap();
        assert!(
            answer.status().is_success(),
            "{path}: {}",
            answer.text().await.unwrap()
        );
        answer.json().await.unwrap_or_default()
    }

    /// Sets the faults that happen from now on.
    pub async fn faults(&self, rules: Value) {
        self.post("faults", json!({ "rules": rules })).await;
    }

    /// Changes the shop that it simulates, in the simulator's own words.
    pub async fn change(&self, change: Value) -> Value {
        self.post("shop", change).await
    }

    /// Returns the number of calls so far that the vendor would charge, without those for tokens.
    pub async fn calls(&self) -> u64 {
        let calls = self.get("calls").await;
        let by_kind = calls["by_kind"].as_object().unwrap();
        by_kind
            .iter()
            .filter(|(kind, _)| *kind != "token")
            .map(|(_, number)| number.as_u64().unwrap())
            .sum()
    }

    /// Returns the number of calls for tokens so far.
    pub async fn logins(&self) -> u64 {
        self.get("calls").await["by_kind"]["token"]
            .as_u64()
            .unwrap_or_default()
    }

    /// Returns the records of a kind, the oldest first.
    pub async fn records(&self, object: &str) -> Vec<Value> {
        self.get("state").await[object]
            .as_array()
            .cloned()
            .unwrap_or_default()
    }

    /// Returns the names of the rules of the vendor's documentation that calls broke.
    pub async fn violations(&self) -> Vec<String> {
        let violations = self.get("violations").await;
        let kinds = violations.as_array().unwrap().iter();
        kinds
            .map(|violation| violation["kind"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Fails the test when a call broke a rule of the vendor's documentation.
    pub async fn assert_no_violations(&self) {
        let violations = self.get("violations").await;
        assert_eq!(
            violations,
            json!([]),
            "the simulator found bad manners: {violations:#}"
        );
    }
}

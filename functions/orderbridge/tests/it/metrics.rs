//! The program's metrics while it works: the demo (the server with its sandboxes), scraped over
//! HTTP, is compared with what it printed and what it logged.

#![expect(clippy::unwrap_used, reason = "tests may fail")]

use config::{Platform, System};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};
use telemetry::unlisted;

/// The demo, after its last sample.
struct Demo {
    program: Child,
    url: String,
    metrics: String,
    /// The lines that name a sample and its outcome.
    rows: Vec<String>,
}

impl Demo {
    fn start(log: &Path) -> Self {
        let mut program = Command::new(env!("CARGO_BIN_EXE_orderbridge"))
            .env("RUST_LOG", "info")
            .env("ORDERBRIDGE_LOG_FORMAT", "json")
            .stdout(Stdio::piped())
            .stderr(fs::File::create(log).unwrap())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(program.stdout.take().unwrap())
            .lines()
            .map(Result::unwrap);
        let first = lines.next().unwrap();
        let mut urls = first
            .split([' ', ','])
            .filter(|word| word.starts_with("http://"))
            .map(str::to_owned);
        let (url, metrics) = (urls.next().unwrap(), urls.next().unwrap());
        let printed: Vec<String> = lines
            .take_while(|line| !line.starts_with("still up"))
            .collect();
        let is_row = |line: &String| {
            Platform::ALL
                .iter()
                .any(|shop| line.starts_with(&format!("{}: ", shop.as_str())))
        };
        let rows = printed.into_iter().filter(is_row).collect();
        Self {
            program,
            url,
            metrics,
            rows,
        }
    }

    fn rows(&self, outcome: &str) -> u64 {
        let has_outcome = |row: &&String| row.split("  ").any(|cell| cell.trim() == outcome);
        self.rows.iter().filter(has_outcome).count() as u64
    }

    async fn scrape(&self) -> Vec<Sample> {
        let answer = reqwest::get(&self.metrics).await.unwrap();
        assert_eq!(
            answer.headers()["content-type"],
            "text/plain; version=0.0.4; charset=utf-8"
        );
        let text = answer.text().await.unwrap();
        text.lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(sample)
            .collect()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

struct Sample {
    name: String,
    labels: BTreeMap<String, String>,
    value: String,
}

/// Reads a line such as `name{label="value",...} 1`.
fn sample(line: &str) -> Sample {
    let (series, value) = line.rsplit_once(' ').unwrap();
    let (name, labels) = series
        .trim_end_matches('}')
        .split_once('{')
        .unwrap_or((series, ""));
    let label = |text: &str| {
        text.split_once('=')
            .map(|(key, value)| (key.to_owned(), value.trim_matches('"').to_owned()))
    };
    Sample {
        name: name.to_owned(),
        labels: labels.split(',').filter_map(label).collect(),
        value: value.to_owned(),
    }
}

fn sum(samples: &[Sample], name: &str, label: (&str, &str)) -> u64 {
    let is_meant = |sample: &&Sample| {
        sample.name == name
            && sample
                .labels
                .get(label.0)
                .is_some_and(|value| value == label.1)
    };
    samples
        .iter()
        .filter(is_meant)
        .map(|sample| sample.value.parse::<u64>().unwrap())
        .sum()
}

#[tokio::test]
async fn the_metrics_say_what_the_demo_printed_and_nothing_that_is_not_in_the_list() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Demo::start(&folder.path().join("log"));
    let samples = demo.scrape().await;
    for outcome in [
        "delivered",
        "unchanged",
        "stale",
        "skipped",
        "privacy",
        "rejected",
    ] {
        let counted = sum(&samples, "orderbridge_orders_total", ("outcome", outcome));
        assert_eq!(
            (counted, counted > 0),
            (demo.rows(outcome), true),
            "{outcome}"
        );
    }
    let rejected = demo.rows("rejected");
    assert_eq!(
        sum(
            &samples,
            "orderbridge_failures_total",
            ("outcome", "rejected")
        ),
        rejected
    );
    let dead = System::ALL.iter().map(|system| {
        sum(
            &samples,
            "orderbridge_dead_letters",
            ("system", system.as_str()),
        )
    });
    assert_eq!(dead.sum::<u64>(), rejected);
    let ages = System::ALL.iter().map(|system| {
        sum(
            &samples,
            "orderbridge_order_age_seconds_count",
            ("system", system.as_str()),
        )
    });
    assert_eq!(ages.sum::<u64>(), demo.rows.len() as u64);
    let renewed = sum(
        &samples,
        "orderbridge_token_refreshes_total",
        ("result", "renewed"),
    );
    assert_eq!(
        renewed, 2,
        "one token of Salesforce and one of Zoho; requests to NetSuite are signed"
    );
    for system in System::ALL.iter().map(|system| system.as_str()) {
        assert!(
            sum(
                &samples,
                "orderbridge_destination_requests_total",
                ("system", system)
            ) > 0,
            "{system}"
        );
        for state in ["orderbridge_queue_depth", "orderbridge_circuit_open"] {
            assert_eq!(
                sum(&samples, state, ("system", system)),
                0,
                "{state} {system}"
            );
        }
    }
    for sample in &samples {
        let name = ["_bucket", "_sum", "_count"]
            .iter()
            .find_map(|end| sample.name.strip_suffix(end))
            .unwrap_or(&sample.name);
        let labels = sample.labels.iter().filter(|(key, _)| *key != "le");
        assert_eq!(
            unlisted(
                name,
                labels.map(|(key, value)| (key.as_str(), value.as_str()))
            ),
            None
        );
    }
}

#[tokio::test]
async fn refused_requests_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Demo::start(&folder.path().join("log"));
    let client = reqwest::Client::new();
    for (store, body) in [
        ("acme", "{}"),
        ("acme", "{}"),
        ("nobody", "{}"),
        ("acme", &"x".repeat(7_000_000)),
    ] {
        client
            .post(format!("{}/webhooks/{store}", demo.url))
            .body(body.to_owned())
            .send()
            .await
            .unwrap();
    }
    let samples = demo.scrape().await;
    let answered = |word| sum(&samples, "orderbridge_webhooks_total", ("answer", word));
    assert_eq!(
        [
            answered("unsigned"),
            answered("unknown_store"),
            answered("too_large")
        ],
        [2, 1, 1]
    );
    assert_eq!(
        sum(
            &samples,
            "orderbridge_webhooks_total",
            ("platform", "unknown")
        ),
        1
    );
    let rejected = samples
        .iter()
        .find(|sample| sample.name == "orderbridge_rejected_signatures_total")
        .unwrap();
    assert_eq!((rejected.value.as_str(), rejected.labels.len()), ("2", 0));
    let refused = |reason| {
        sum(
            &samples,
            "orderbridge_refused_webhooks_total",
            ("reason", reason),
        )
    };
    assert_eq!(
        [
            refused("unsigned"),
            refused("unknown_store"),
            refused("too_large")
        ],
        [2, 0, 1],
        "a stranger tries any store"
    );
}

#[tokio::test]
async fn each_settled_message_is_one_line_of_json_without_anything_personal() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Demo::start(&folder.path().join("log"));
    let log = fs::read_to_string(folder.path().join("log")).unwrap();
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let settled: Vec<&Value> = lines
        .iter()
        .filter(|line| line.get("outcome").is_some())
        .collect();
    assert_eq!(settled.len(), demo.rows.len());
    for line in settled {
        assert!(
            line["route"].is_string() && line["duration_ms"].is_u64() && line["attempts"].is_u64(),
            "{line}"
        );
        if line["message"] == "order" {
            assert!(line["calls"].is_u64(), "{line}");
            assert_eq!(
                line["class"].is_string(),
                line["outcome"] == "rejected",
                "{line}"
            );
            let is_asked = line["calls"] != 0;
            let must_ask = line["outcome"] == "delivered";
            let must_not_ask = line["outcome"] == "unchanged"
                || line["outcome"] == "stale"
                || line["outcome"] == "skipped";
            assert!(is_asked || !must_ask, "{line}");
            assert!(!(is_asked && must_not_ask), "{line}");
        }
    }
    for personal in ["@", "Jane", "Doe", "Brontë", "Fischer", "Main St"] {
        assert!(!log.contains(personal), "the log says {personal}");
    }
}

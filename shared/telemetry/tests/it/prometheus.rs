//! The answer to a scraper, and the agreement of the list of metrics and the README.

#![cfg(feature = "prometheus")]

use metrics::Unit;
use std::{sync::Barrier, thread};
use telemetry::{Kind, METRICS, Metric, Scrape, prometheus, unlisted};

fn record(metric: &'static Metric) {
    let labels: Vec<metrics::Label> = metric
        .labels
        .iter()
        .map(|label| metrics::Label::new(label.name, *label.values.last().unwrap_or(&"sales")))
        .collect();
    match metric.kind {
        Kind::Counter => metrics::counter!(metric.name, labels).increment(2),
        Kind::Gauge => metrics::gauge!(metric.name, labels).set(2),
        Kind::Histogram(_) => metrics::histogram!(metric.name, labels).record(2),
    }
}

#[test]
fn each_metric_comes_with_its_type_and_its_meaning() {
    let (recorder, scrape) = Scrape::recorder();
    assert_eq!(scrape.text(), "", "nothing happened yet");
    metrics::with_local_recorder(&recorder, || METRICS.iter().for_each(record));
    scrape.tidy();
    let text = scrape.text();
    for metric in METRICS {
        let (name, kind) = match metric.kind {
            Kind::Counter => (metric.name, "counter"),
            Kind::Gauge => (metric.name, "gauge"),
            Kind::Histogram(_) => (metric.name, "histogram"),
        };
        assert!(
            text.contains(&format!("# TYPE {name} {kind}\n")),
            "{name}:\n{text}"
        );
        assert!(
            text.contains(&format!("# HELP {name} {}\n", metric.meaning)),
            "{name}:\n{text}"
        );
    }
    assert!(
        text.contains("orderbridge_orders_total{system=\"unknown\",outcome=\"rejected\"} 2\n"),
        "{text}"
    );
    assert!(
        text.contains("orderbridge_batch_seconds_bucket{system=\"unknown\",le=\"1\"} 0\n"),
        "{text}"
    );
    assert!(
        text.contains("orderbridge_batch_seconds_bucket{system=\"unknown\",le=\"2.5\"} 1\n"),
        "{text}"
    );
}

#[test]
fn all_who_ask_for_the_metrics_of_this_process_get_the_same_even_at_once() {
    let first = Barrier::new(8);
    let scrape = || {
        first.wait();
        prometheus().unwrap()
    };
    let all: Vec<Scrape> = thread::scope(|threads| {
        let asking: Vec<_> = (0..8).map(|_| threads.spawn(scrape)).collect();
        asking.into_iter().map(|one| one.join().unwrap()).collect()
    });
    metrics::counter!("orderbridge_circuit_openings_total", "system" => "sales").increment(3);
    for scrape in all {
        let text = scrape.text();
        assert!(text.contains("{system=\"sales\"} 3\n"), "{text}");
    }
}

#[test]
fn names_tell_their_unit_and_buckets_rise() {
    for metric in METRICS {
        let end = match (metric.kind, metric.unit) {
            (Kind::Counter, _) => "_total",
            (_, Unit::Seconds) => "_seconds",
            (_, Unit::Percent) => "_percent",
            _ => "",
        };
        assert!(
            metric.name.starts_with("orderbridge_") && metric.name.ends_with(end),
            "{}",
            metric.name
        );
        if let Kind::Histogram(bounds) = metric.kind {
            assert!(
                !bounds.is_empty() && bounds.is_sorted_by(|one, next| one < next),
                "{}",
                metric.name
            );
        }
    }
}

#[test]
fn the_list_is_closed() {
    let delivered = [("system", "zoho"), ("outcome", "delivered")];
    assert_eq!(unlisted("orderbridge_orders_total", delivered), None);
    let of_an_order = [
        ("system", "zoho"),
        ("outcome", "delivered"),
        ("order", "1042"),
    ];
    assert!(unlisted("orderbridge_orders_total", of_an_order).is_some());
    assert!(unlisted("orderbridge_orders_total", [("system", "zoho")]).is_some());
    assert!(
        unlisted(
            "orderbridge_orders_total",
            [("system", "acme"), ("outcome", "delivered")]
        )
        .is_some()
    );
    assert!(unlisted("orderbridge_orders", delivered).is_some());
    // The most time series that a scraper or CloudWatch has to keep, the buckets of histograms not
    // counted.
    let series = |metric: &Metric| {
        metric
            .labels
            .iter()
            .map(|label| label.values.len())
            .product::<usize>()
    };
    assert_eq!(METRICS.iter().map(series).sum::<usize>(), 246);
}

#[test]
fn the_readme_has_one_row_for_each() {
    let readme = include_str!("../../README.md");
    for metric in METRICS {
        let labels: Vec<&str> = metric.labels.iter().map(|label| label.name).collect();
        let labels = if labels.is_empty() {
            "none".to_owned()
        } else {
            labels.join(", ")
        };
        let kind = match metric.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram(_) => "histogram",
        };
        let unit = metric.unit.as_str();
        let row = format!(
            "| `{}` | {kind} | {unit} | {labels} | {} |\n",
            metric.name, metric.meaning
        );
        assert!(readme.contains(&row), "README.md lacks\n{row}");
    }
    assert_eq!(readme.matches("| `orderbridge_").count(), METRICS.len());
}

//! Metrics as lines of JSON on standard output, which CloudWatch Logs turns into metrics
//! ("Specification: Embedded metric format").

mod document;
mod series;

use crate::AlreadyInstalled;
use document::documents;
use jiff::Timestamp;
use metrics::{
    Counter, Gauge, Histogram, Key, KeyName, Label, Metadata, Recorder, SharedString, Unit,
};
use series::Series;
use std::{
    collections::HashMap,
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

/// The namespace of the metrics, unless `ORDERBRIDGE_METRICS_NAMESPACE` names another.
pub const NAMESPACE: &str = "orderbridge";

/// What Lambda measures itself, as the duration of an invocation: told once more, it would be the
/// larger part of some lines.
const OF_LAMBDA: &[&str] = &["orderbridge_webhook_seconds", "orderbridge_batch_seconds"];

/// The label that a metric goes without here: CloudWatch bills a metric for each set of labels, and
/// each line by the byte. The function's log line names the store.
const LEFT_OUT: (&str, &str) = ("orderbridge_webhooks_total", "platform");

/// The metrics that were recorded since the last flush.
#[derive(Clone)]
pub struct Emf {
    namespace: Arc<str>,
    series: Arc<Mutex<HashMap<Key, Arc<Series>>>>,
}

/// The recorder behind an [`Emf`].
pub struct EmfRecorder(Emf);

/// Installs a recorder that keeps everything counted in this process until [`Emf::flush`]: call
/// that at the end of each invocation.
///
/// # Errors
/// When this process has a recorder already.
pub fn emf() -> Result<Emf, AlreadyInstalled> {
    let namespace = std::env::var("ORDERBRIDGE_METRICS_NAMESPACE")
        .ok()
        .filter(|name| !name.is_empty());
    let (recorder, emf) = Emf::recorder(namespace.as_deref().unwrap_or(NAMESPACE));
    metrics::set_global_recorder(recorder).map_err(|_| AlreadyInstalled)?;
    Ok(emf)
}

impl Emf {
    /// Creates a recorder that nobody has installed yet, and the handle to what it records.
    #[must_use]
    pub fn recorder(namespace: &str) -> (EmfRecorder, Self) {
        let emf = Self {
            namespace: namespace.into(),
            series: Arc::default(),
        };
        (EmfRecorder(emf.clone()), emf)
    }

    /// Writes the metrics recorded since the last flush to standard output, in as few lines as
    /// possible; nothing where nothing was recorded. What cannot be written is lost: an order must
    /// not fail for a figure.
    pub fn flush(&self, now: Timestamp) {
        let mut lines = self.take(now).join("\n");
        if lines.is_empty() {
            return;
        }
        lines.push('\n');
        let mut out = io::stdout().lock();
        let _ = out.write_all(lines.as_bytes()).and_then(|()| out.flush());
    }

    /// Returns the lines that [`Self::flush`] would write, and forgets their metrics.
    #[must_use]
    pub fn take(&self, now: Timestamp) -> Vec<String> {
        let series = self.series.lock().unwrap_or_else(PoisonError::into_inner);
        let recorded = series.iter().map(|(key, series)| (key, series.take()));
        documents(&self.namespace, now, recorded)
    }

    fn series(&self, key: &Key) -> Arc<Series> {
        let mut series = self.series.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(series.entry(key.clone()).or_default())
    }
}

/// Units and meanings are known from the list of metrics, so descriptions are ignored.
impl Recorder for EmfRecorder {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        if key.name() != LEFT_OUT.0 {
            return Counter::from_arc(self.0.series(key));
        }
        let labels = key.labels().filter(|label| label.key() != LEFT_OUT.1);
        let key = Key::from_parts(LEFT_OUT.0, labels.cloned().collect::<Vec<Label>>());
        Counter::from_arc(self.0.series(&key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.0.series(key))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        if OF_LAMBDA.contains(&key.name()) {
            return Histogram::noop();
        }
        Histogram::from_arc(self.0.series(key))
    }
}

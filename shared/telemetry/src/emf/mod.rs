//! Metrics as lines of JSON on standard output, which CloudWatch Logs makes metrics of
//! ("Specification: Embedded metric format").

mod document;
mod series;

use crate::AlreadyInstalled;
use document::documents;
use jiff::Timestamp;
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use series::Series;
use std::{
    collections::HashMap,
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

/// The namespace of the metrics, unless `ORDERBRIDGE_METRICS_NAMESPACE` names another.
pub const NAMESPACE: &str = "orderbridge";

/// What was recorded since the last flush.
#[derive(Clone)]
pub struct Emf {
    namespace: Arc<str>,
    series: Arc<Mutex<HashMap<Key, Arc<Series>>>>,
}

/// The recorder behind an [`Emf`].
pub struct EmfRecorder(Emf);

/// From now on everything that is counted in this process is kept until [`Emf::flush`]: call that
/// at the end of each invocation.
pub fn emf() -> Result<Emf, AlreadyInstalled> {
    let namespace = std::env::var("ORDERBRIDGE_METRICS_NAMESPACE")
        .ok()
        .filter(|name| !name.is_empty());
    let (recorder, emf) = Emf::recorder(namespace.as_deref().unwrap_or(NAMESPACE));
    metrics::set_global_recorder(recorder).map_err(|_| AlreadyInstalled)?;
    Ok(emf)
}

impl Emf {
    /// A recorder that nobody has installed yet, and what it recorded.
    #[must_use]
    pub fn recorder(namespace: &str) -> (EmfRecorder, Self) {
        let emf = Self {
            namespace: namespace.into(),
            series: Arc::default(),
        };
        (EmfRecorder(emf.clone()), emf)
    }

    /// Writes what was recorded since the last time to standard output, a line for each set of
    /// labels; nothing, where nothing was. What cannot be written is lost: an order must not fail
    /// for a figure.
    pub fn flush(&self, now: Timestamp) {
        let mut lines = self.take(now).join("\n");
        if lines.is_empty() {
            return;
        }
        lines.push('\n');
        let mut out = io::stdout().lock();
        let _ = out.write_all(lines.as_bytes()).and_then(|()| out.flush());
    }

    /// The lines of [`Self::flush`].
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
        Counter::from_arc(self.0.series(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.0.series(key))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.0.series(key))
    }
}

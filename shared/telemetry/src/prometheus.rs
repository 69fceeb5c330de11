//! Metrics for a scraper: kept in memory, rendered on request.

use crate::{AlreadyInstalled, Kind, METRICS};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;

pub use metrics_exporter_prometheus::PrometheusRecorder;

/// What [`prometheus`] returns in this process.
static INSTALLED: OnceLock<Result<Scrape, AlreadyInstalled>> = OnceLock::new();

/// The recorded metrics, as a scraper gets them.
#[derive(Clone, Debug)]
pub struct Scrape(PrometheusHandle);

impl Scrape {
    /// Content type of [`Self::text`].
    pub const CONTENT_TYPE: &'static str = "text/plain; version=0.0.4; charset=utf-8";

    /// Creates a recorder that nobody has installed yet, and the handle to what it records.
    #[must_use]
    pub fn recorder() -> (PrometheusRecorder, Self) {
        let recorder = builder().build_recorder();
        metrics::with_local_recorder(&recorder, describe);
        let scrape = Self(recorder.handle());
        (recorder, scrape)
    }

    /// Returns everything recorded so far, in the text format of Prometheus.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.render()
    }

    /// Moves recorded values of histograms into their buckets. Call it every few seconds, otherwise
    /// they pile up until somebody scrapes.
    pub fn tidy(&self) {
        self.0.run_upkeep();
    }
}

/// Returns everything counted in this process for a scraper. The first call installs the recorder;
/// those of several threads at once are one first call.
///
/// # Errors
/// When this process has another recorder already.
pub fn prometheus() -> Result<Scrape, AlreadyInstalled> {
    let install = || {
        let (recorder, scrape) = Scrape::recorder();
        metrics::set_global_recorder(recorder).map_err(|_| AlreadyInstalled)?;
        Ok(scrape)
    };
    INSTALLED.get_or_init(install).clone()
}

/// Creates a builder with the buckets of all histograms. The only thing that it refuses is a
/// histogram without buckets, and there is none.
fn builder() -> PrometheusBuilder {
    METRICS
        .iter()
        .fold(PrometheusBuilder::new(), |builder, metric| {
            match metric.kind {
                Kind::Histogram(bounds) if !bounds.is_empty() => {
                    let with_buckets = builder
                        .set_buckets_for_metric(Matcher::Full(metric.name.to_owned()), bounds);
                    with_buckets.unwrap_or_default()
                }
                _ => builder,
            }
        })
}

fn describe() {
    for metric in METRICS {
        match metric.kind {
            Kind::Counter => metrics::describe_counter!(metric.name, metric.unit, metric.meaning),
            Kind::Gauge => metrics::describe_gauge!(metric.name, metric.unit, metric.meaning),
            Kind::Histogram(_) => {
                metrics::describe_histogram!(metric.name, metric.unit, metric.meaning)
            }
        }
    }
}

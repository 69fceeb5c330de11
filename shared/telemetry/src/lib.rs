#![doc = include_str!("../README.md")]

#[cfg(feature = "emf")]
mod emf;
mod fields;
mod logs;
mod metric;
mod ours;
pub mod plain;
#[cfg(feature = "prometheus")]
mod prometheus;

#[cfg(feature = "emf")]
pub use emf::{Emf, EmfRecorder, NAMESPACE, emf};
pub use logs::{LogForm, start_logs};
pub use metric::{CONFIGURED, Kind, Label, METRICS, Metric, unlisted};
#[cfg(feature = "prometheus")]
pub use prometheus::{PrometheusRecorder, Scrape, prometheus};

/// The error that another recorder of metrics is installed in this process already; there can be
/// only one.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("metrics are recorded in this process already")]
pub struct AlreadyInstalled;

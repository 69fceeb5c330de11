use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn};
use ports::{Clock, SystemClock};
use serde::{Serialize, de::DeserializeOwned};
use std::{io, process::ExitCode, time::Duration};
use telemetry::{Emf, LogForm};

/// The logs and metrics of a function, from its first line on.
pub struct Shell {
    metrics: Option<Emf>,
}

impl Shell {
    /// Starts logs and metrics. Call it once, first of all.
    #[must_use]
    pub fn start() -> Self {
        telemetry::start_logs(LogForm::Json, "info");
        let metrics = telemetry::emf()
            .inspect_err(|error| tracing::warn!("{error}; this function tells no metrics"));
        Self {
            metrics: metrics.ok(),
        }
    }

    /// Passes one event after the other to the handler, with the deadline for its answer, until
    /// Lambda gives no more. Metrics are written at the end of each.
    pub async fn serve<E, R, F>(self, handler: impl Fn(E, Timestamp) -> F) -> ExitCode
    where
        E: DeserializeOwned,
        R: Serialize,
        F: Future<Output = R>,
    {
        let (metrics, handler) = (self.metrics.as_ref(), &handler);
        let service = service_fn(|event: LambdaEvent<E>| async move {
            let deadline =
                Timestamp::UNIX_EPOCH.saturating_add(Duration::from_millis(event.context.deadline));
            let response = handler(event.payload, deadline.unwrap_or(Timestamp::MAX)).await;
            if let Some(metrics) = metrics {
                metrics.flush(SystemClock.now());
            }
            Ok::<_, Error>(response)
        });
        // Without its layer for spans: they would put 200 bytes that only X-Ray needs into each line.
        ended(Runtime::new(service).run().await)
    }
}

fn ended(result: Result<(), Error>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_gone(error.as_ref()) => {
            tracing::debug!("the Runtime API is gone, and the function with it");
            ExitCode::SUCCESS
        }
        Err(error) => {
            tracing::error!(
                error = ports::in_one_line(error.as_ref()),
                "Lambda gives no more events"
            );
            ExitCode::FAILURE
        }
    }
}

/// Returns whether the source of events is gone. Lambda itself ends a function before its Runtime
/// API; an emulator ends them in the opposite order.
fn is_gone(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| (*error).source()).any(|cause| {
        let text = cause.to_string();
        cause.is::<io::Error>() || text.contains("connection closed") || text.contains("(Connect)")
    })
}

#[cfg(test)]
mod tests {
    use super::is_gone;
    use ports::PortError;
    use std::io;

    #[test]
    fn a_connection_that_is_refused_or_cut_off_is_the_end_and_nothing_else_is() {
        let refused = PortError::new("next", io::Error::from(io::ErrorKind::ConnectionRefused));
        assert!(is_gone(&refused));
        assert!(is_gone(&PortError::new("next", "client error (Connect)")));
        assert!(is_gone(&PortError::new(
            "next",
            "connection closed before message completed"
        )));
        assert!(!is_gone(&PortError::new(
            "next",
            "the event cannot be read"
        )));
    }
}

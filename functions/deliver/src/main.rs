//! The Lambda function `deliver`. Thin: environment and clients once, then one batch after the other.

use aws_lambda_events::sqs::SqsEvent;
use deliver_function::{Environment, Function, start};
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, Runtime, layers::TracingLayer, service_fn};
use ports::{Clock, SystemClock};
use routes::Problems;
use std::{process::ExitCode, time::Duration};
use telemetry::{LogForm, start_logs};

/// A batch waits for others to answer and computes little, so one thread does.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    start_logs(LogForm::Json, "info");
    match made().await {
        Ok(function) => run(&function).await,
        Err(problems) => {
            let problems: Vec<&str> = problems.iter().collect();
            tracing::error!("the function can not start: {}", problems.join("; "));
            ExitCode::FAILURE
        }
    }
}

async fn made() -> Result<Function, Problems> {
    let environment = Environment::read(|name| std::env::var(name).ok())?;
    start(&environment, &platform_aws::environment()).await
}

async fn run(function: &Function) -> ExitCode {
    let metrics = telemetry::emf()
        .inspect_err(|error| tracing::warn!("{error}; this function tells no metrics"))
        .ok();
    let metrics = metrics.as_ref();
    let handler = |event: LambdaEvent<SqsEvent>| async move {
        let deadline = Timestamp::UNIX_EPOCH.saturating_add(Duration::from_millis(event.context.deadline));
        let response = function.handle(event.payload, deadline.unwrap_or(Timestamp::MAX)).await;
        if let Some(metrics) = metrics {
            metrics.flush(SystemClock.now());
        }
        Ok::<_, Error>(response)
    };
    match Runtime::new(service_fn(handler)).layer(TracingLayer::new()).run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = error.as_ref() as &dyn std::error::Error, "Lambda gives no more events");
            ExitCode::FAILURE
        }
    }
}

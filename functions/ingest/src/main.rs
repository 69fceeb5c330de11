//! The Lambda function `ingest`. Thin: environment and clients once, then one event after the other.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use ingest::Gate;
use ingest_function::{Failed, gate, handle};
use lambda_runtime::{Error, LambdaEvent, Runtime, layers::TracingLayer, service_fn};
use ports::{Clock, SystemClock};
use std::process::ExitCode;
use telemetry::{Emf, LogForm, start_logs};

/// One event at a time: more threads would only cost time at the start.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    start_logs(LogForm::Json, "info");
    let (metrics, gate) = match start().await {
        Ok(parts) => parts,
        Err(failed) => {
            tracing::error!("the function can not start: {failed}");
            return ExitCode::FAILURE;
        }
    };
    let (metrics, gate) = (&metrics, &gate);
    let handler = |event: LambdaEvent<ApiGatewayV2httpRequest>| async move {
        let response = handle(gate, &event.payload).await;
        metrics.flush(SystemClock.now());
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

async fn start() -> Result<(Emf, Gate), Failed> {
    let metrics = telemetry::emf().map_err(|error| Failed::all([error]))?;
    Ok((metrics, gate(|name| std::env::var(name).ok()).await?))
}

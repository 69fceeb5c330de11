//! The Lambda function `ingest`. It creates environment and clients once, then handles one event
//! after the other.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use ingest_function::{gate, handle, not_started};
use jiff::Timestamp;
use lambda::{Shell, Start};
use ports::SystemClock;
use std::{env, process::ExitCode, sync::Arc};

/// Handles one event at a time: more threads would only cost time at the start.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let shell = Shell::start();
    let start = Start::new(Arc::new(SystemClock));
    let started = &|| start.get(|| gate(|name| env::var(name).ok()));
    // Start while Lambda still waits, so that the first webhook need not.
    started().await;
    shell
        .serve(
            |request: ApiGatewayV2httpRequest, _: Timestamp| async move {
                match started().await {
                    Some(gate) => handle(gate, &request).await,
                    None => not_started(),
                }
            },
        )
        .await
}

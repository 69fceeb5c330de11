//! The Lambda function `deliver`. It creates environment and clients once, then handles one batch
//! after the other.

use deliver_function::{Environment, Event, put_off, start};
use jiff::Timestamp;
use lambda::{Shell, Start};
use platform_aws::SdkConfig;
use ports::SystemClock;
use std::{env, process::ExitCode, sync::Arc};

/// Handles events on one thread: a batch waits for others to answer and computes little.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let shell = Shell::start();
    let aws: &SdkConfig = &platform_aws::environment();
    let made = Start::new(Arc::new(SystemClock));
    let started = &|| {
        made.get(|| async {
            let environment = Environment::read(|name| env::var(name).ok())?;
            start(&environment, aws).await
        })
    };
    // Start while Lambda still waits, so that the first batch need not.
    started().await;
    shell
        .serve(|event: Event, deadline: Timestamp| async move {
            match started().await {
                Some(function) => function.take(event, deadline).await,
                None => put_off(event, aws, |name| env::var(name).ok()).await,
            }
        })
        .await
}

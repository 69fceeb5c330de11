//! The Lambda function `reconcile`. It creates environment and clients once, then compares all
//! stores at each event of the schedule.

use jiff::Timestamp;
use lambda::{Shell, Start};
use platform_aws::SdkConfig;
use ports::SystemClock;
use reconcile_function::{Environment, Ran, start};
use std::{env, process::ExitCode, sync::Arc};

/// Handles events on one thread: a comparison waits for others to answer and computes little.
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
    shell
        .serve(|_: serde_json::Value, deadline: Timestamp| async move {
            match started().await {
                Some(comparisons) => comparisons.run(deadline).await,
                None => Ran::default(),
            }
        })
        .await
}

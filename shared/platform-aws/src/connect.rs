use aws_config::{
    BehaviorVersion, Region, SdkConfig, environment::EnvironmentVariableCredentialsProvider,
    retry::RetryConfig, timeout::TimeoutConfig,
};
use aws_sdk_sqs::config::{SharedCredentialsProvider, SharedHttpClient};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use std::{env, time::Duration};

/// The longest time to connect: a service in the same region answers in milliseconds, so a slower
/// connection is better tried again.
const CONNECT: Duration = Duration::from_secs(1);
/// The longest time of one try. The largest request, ten messages of together one mebibyte, takes a
/// fraction of it.
const ATTEMPT: Duration = Duration::from_secs(2);
/// The longest time of all tries of one call together: shops wait five seconds for their answer
/// (Shopify, "HTTPS webhooks"), and it must still be given.
const OPERATION: Duration = Duration::from_millis(4500);

/// The source of credentials and region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// Only the environment, as in a Lambda function: a look anywhere else would cost time at the
    /// start.
    Environment,
    /// The AWS command line's order: environment, profile, container, machine. For an operator's
    /// computer.
    Chain,
}

/// Returns the configuration that all clients share: one HTTP client (rustls over ring), short
/// timeouts, and at most three tries of a call with a growing pause that has jitter.
/// `AWS_ENDPOINT_URL` is heeded.
pub async fn configuration(credentials: Credentials) -> SdkConfig {
    configuration_in(credentials, None).await
}

/// Returns the same configuration for a region of the caller's choice.
pub async fn configuration_in(credentials: Credentials, region: Option<&str>) -> SdkConfig {
    let region = region.map(|region| Region::new(region.to_owned()));
    match credentials {
        Credentials::Environment => match region {
            Some(region) => environment().into_builder().region(region).build(),
            None => environment(),
        },
        Credentials::Chain => {
            let loader = aws_config::defaults(version())
                .http_client(http())
                .timeout_config(timeouts())
                .retry_config(retries());
            match region {
                Some(region) => loader.region(region).load().await,
                None => loader.load().await,
            }
        }
    }
}

/// Returns the same configuration from the environment alone. A program that calls only this
/// function links nothing that looks for credentials anywhere else, which is half of a small
/// function.
#[must_use]
pub fn environment() -> SdkConfig {
    let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let region = variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION"));
    let mut config = SdkConfig::builder()
        .behavior_version(version())
        .credentials_provider(SharedCredentialsProvider::new(
            EnvironmentVariableCredentialsProvider::new(),
        ))
        .http_client(http())
        .timeout_config(timeouts())
        .retry_config(retries());
    config
        .set_region(region.map(Region::new))
        .set_endpoint_url(variable("AWS_ENDPOINT_URL"));
    config.build()
}

fn version() -> BehaviorVersion {
    BehaviorVersion::v2026_01_12()
}

/// Creates the HTTP client over ring instead of the destinations' aws-lc, which makes the function
/// that accepts webhooks 2.5 MB smaller.
fn http() -> SharedHttpClient {
    Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https()
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(ATTEMPT)
        .operation_timeout(OPERATION)
        .build()
}

fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(3)
        .with_initial_backoff(Duration::from_millis(100))
}

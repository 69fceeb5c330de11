use aws_config::{
    BehaviorVersion, SdkConfig,
    environment::{EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider},
    retry::RetryConfig,
    timeout::TimeoutConfig,
};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use std::time::Duration;

/// A service in the same region answers in milliseconds; a connection that takes longer than this is better tried again.
const CONNECT: Duration = Duration::from_secs(1);
/// One try. The largest request, ten messages of together one mebibyte, takes a fraction of it.
const ATTEMPT: Duration = Duration::from_secs(2);
/// All tries of one call together: shops wait five seconds for their answer (Shopify, "HTTPS webhooks"), and it must still be given.
const OPERATION: Duration = Duration::from_millis(4500);

/// Where credentials and the region come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// The environment alone, as in a Lambda function: nothing is looked for anywhere else, which would cost time at the start.
    Environment,
    /// As the AWS command line finds them: environment, profile, container, machine. For an operator's computer.
    Chain,
}

/// The configuration that all clients share: one HTTP client (rustls with aws-lc, as everything else here), short timeouts, at most three tries of a call with a growing
/// pause that has jitter. `AWS_ENDPOINT_URL` and its like are heeded.
pub async fn configuration(credentials: Credentials) -> SdkConfig {
    let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build_https();
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(ATTEMPT)
        .operation_timeout(OPERATION)
        .build();
    let retries = RetryConfig::standard()
        .with_max_attempts(3)
        .with_initial_backoff(Duration::from_millis(100));
    let loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(http)
        .timeout_config(timeouts)
        .retry_config(retries);
    match credentials {
        Credentials::Chain => loader.load().await,
        Credentials::Environment => {
            loader
                .region(EnvironmentVariableRegionProvider::new())
                .credentials_provider(EnvironmentVariableCredentialsProvider::new())
                .load()
                .await
        }
    }
}

use crate::StackError;
use aws_sdk_cloudformation::config::ProvideCredentials;
use platform_aws::{Credentials, SdkConfig, configuration_in};

/// Connects to the account and region that the environment, the profile or the machine names, in
/// the order of the AWS command line.
///
/// # Errors
/// When there is no region, or there are no credentials; this is found before any call is made.
pub async fn connect(region: Option<&str>) -> Result<SdkConfig, StackError> {
    let config = configuration_in(Credentials::Chain, region).await;
    if config.region().is_none() {
        return Err(StackError::NoRegion);
    }
    let provider = config
        .credentials_provider()
        .ok_or(StackError::NoCredentials { source: None })?;
    match provider.provide_credentials().await {
        Ok(_) => Ok(config),
        Err(error) => Err(StackError::NoCredentials {
            source: Some(error.into()),
        }),
    }
}

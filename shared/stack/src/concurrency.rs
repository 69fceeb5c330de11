use crate::{StackError, error::refused_with};
use aws_sdk_cloudformation::config::ProvideCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use platform_aws::SdkConfig;
use ports::{Clock, SystemClock};
use serde::Deserialize;
use std::time::Duration;

const ACTION: &str = "lambda:GetAccountSettings";
const NO_ANSWER: StackError = StackError::NoAnswer { action: ACTION };
const TIMEOUT: Duration = Duration::from_secs(10);

/// The number of Lambda functions that the account runs at the same time in this region:
/// <https://docs.aws.amazon.com/lambda/latest/api/API_AccountLimit.html>.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Concurrency {
    /// The number for all functions together.
    #[serde(rename = "ConcurrentExecutions")]
    pub limit: u32,
    /// The part that no function has reserved for itself.
    #[serde(rename = "UnreservedConcurrentExecutions")]
    pub unreserved: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AccountSettings {
    account_limit: Concurrency,
}

impl Concurrency {
    /// Asks Lambda, with the one call that orderbridge makes of it: `GET
    /// /2016-08-19/account-settings/`.
    ///
    /// # Errors
    /// When the credentials may not ask, or AWS does not answer.
    pub async fn of(config: &SdkConfig) -> Result<Self, StackError> {
        let region = config.region().ok_or(StackError::NoRegion)?.as_ref();
        let base = config.endpoint_url().map_or_else(
            || endpoint(region),
            |url| url.trim_end_matches('/').to_owned(),
        );
        let request = signed(
            config,
            region,
            &format!("{base}/2016-08-19/account-settings/"),
        )
        .await?;
        let client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .build()
            .map_err(|_| NO_ANSWER)?;
        let answer = client.execute(request).await.map_err(|_| NO_ANSWER)?;
        let status = answer.status();
        if !status.is_success() {
            let code = answer
                .headers()
                .get("x-amzn-errortype")
                .and_then(|code| code.to_str().ok());
            // `AccessDeniedException:http://...`, and only the first part where a gateway answers.
            let code = code
                .and_then(|code| code.split(':').next())
                .unwrap_or_else(|| status.as_str());
            return Err(refused_with(ACTION, "*", code));
        }
        let settings: AccountSettings = answer.json().await.map_err(|_| NO_ANSWER)?;
        Ok(settings.account_limit)
    }
}

/// Returns Lambda's address in a region of AWS or of AWS in China.
fn endpoint(region: &str) -> String {
    let suffix = if region.starts_with("cn-") {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    };
    format!("https://lambda.{region}.{suffix}")
}

async fn signed(
    config: &SdkConfig,
    region: &str,
    url: &str,
) -> Result<reqwest::Request, StackError> {
    let provider = config
        .credentials_provider()
        .ok_or(StackError::NoCredentials { source: None })?;
    let credentials =
        provider
            .provide_credentials()
            .await
            .map_err(|error| StackError::NoCredentials {
                source: Some(error.into()),
            })?;
    let identity = credentials.into();
    let unsigned = |error: Box<dyn std::error::Error + Send + Sync>| StackError::Unsigned {
        action: ACTION,
        source: error,
    };
    let params = SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("lambda")
        .time(SystemClock.now().into())
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| unsigned(error.into()))?
        .into();
    let signable = SignableRequest::new("GET", url, std::iter::empty(), SignableBody::Bytes(&[]))
        .map_err(|error| unsigned(error.into()))?;
    let (instructions, _) = sign(signable, &params)
        .map_err(|error| unsigned(error.into()))?
        .into_parts();
    let mut request = http::Request::get(url)
        .body("")
        .map_err(|error| unsigned(error.into()))?;
    instructions.apply_to_request_http1x(&mut request);
    reqwest::Request::try_from(request).map_err(|error| unsigned(error.into()))
}

use crate::{
    StackError,
    error::refused,
    json::json,
    overlap::{only_more, pushed_out, with_earlier},
};
use aws_sdk_secretsmanager::{
    Client, error::SdkError, operation::get_secret_value::GetSecretValueError,
    primitives::DateTime, types::Tag,
};
use config::secret_from_json;
use jiff::Timestamp;
use platform_aws::{OVERLAP, SdkConfig};
use ports::{Clock, Secret};
use std::sync::Arc;

/// The secrets of an account and region, for an operator who fills them in.
#[derive(Clone)]
pub struct SecretsManager {
    client: Client,
    clock: Arc<dyn Clock>,
}

/// The change that makes a secret as it is wanted. Its `Debug` prints keys only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// There is no secret of this name.
    Create(Secret),
    /// It holds something else.
    Update {
        /// The new content.
        secret: Secret,
        /// Keys that it holds now and will not any more.
        dropped: Vec<String>,
        /// The number of earlier webhook secrets that stay on the list because they still count.
        earlier: usize,
    },
    /// It is as wanted.
    Nothing {
        /// The number of earlier webhook secrets that are also on the list, because they still
        /// count.
        earlier: usize,
    },
}

/// A version of a secret, and when it was created.
struct Version {
    secret: Secret,
    made: Timestamp,
}

impl SecretsManager {
    /// Creates the client. Makes no call.
    #[must_use]
    pub fn new(config: &SdkConfig, clock: Arc<dyn Clock>) -> Self {
        let client = Client::new(config);
        Self { client, clock }
    }

    /// Returns the change after which the secret holds exactly this. After a change both versions
    /// count for a day (see `platform_aws::AwsSecrets`). A second change within that day would push
    /// out a webhook secret of the first version; it stays on the list after the new one, until a
    /// push that comes a day later or more.
    ///
    /// # Errors
    /// When AWS does not return the secret, or the secret is not one of ours.
    pub async fn compare(&self, name: &str, wanted: &Secret) -> Result<Change, StackError> {
        let Some(current) = self.version(name, "AWSCURRENT").await? else {
            return Ok(Change::Create(wanted.clone()));
        };
        let is_young = current
            .made
            .saturating_add(OVERLAP)
            .unwrap_or(Timestamp::MAX)
            > self.clock.now();
        match only_more(&current.secret, wanted) {
            Some(earlier) if is_young || earlier == 0 => return Ok(Change::Nothing { earlier }),
            _ => {}
        }
        let previous = if is_young {
            self.version(name, "AWSPREVIOUS").await?
        } else {
            None
        };
        let earlier = previous.map_or_else(Vec::new, |previous| {
            pushed_out(wanted, &current.secret, &previous.secret)
        });
        let dropped = current
            .secret
            .keys()
            .filter(|key| wanted.all(key).is_empty());
        Ok(Change::Update {
            secret: with_earlier(wanted, &earlier),
            dropped: dropped.map(str::to_owned).collect(),
            earlier: earlier.len(),
        })
    }

    /// Applies a change. New secrets are encrypted with the account's default key and carry the tag
    /// `application = orderbridge`.
    ///
    /// # Errors
    /// When AWS refuses; nothing is changed then.
    pub async fn apply(&self, name: &str, change: &Change) -> Result<(), StackError> {
        match change {
            Change::Nothing { .. } => Ok(()),
            Change::Create(secret) => self.create(name, secret).await,
            Change::Update { secret, .. } => self.update(name, secret).await,
        }
    }

    async fn create(&self, name: &str, secret: &Secret) -> Result<(), StackError> {
        let call = self
            .client
            .create_secret()
            .name(name)
            .description("Filled in by orderbridge secrets push")
            .tags(
                Tag::builder()
                    .key("application")
                    .value("orderbridge")
                    .build(),
            )
            .secret_string(json(secret));
        let action = "secretsmanager:CreateSecret (with secretsmanager:TagResource)";
        call.send()
            .await
            .map(drop)
            .map_err(|error| refused(action, &titled(name), &error))
    }

    async fn update(&self, name: &str, secret: &Secret) -> Result<(), StackError> {
        let call = self
            .client
            .put_secret_value()
            .secret_id(name)
            .secret_string(json(secret));
        let action = "secretsmanager:PutSecretValue";
        call.send()
            .await
            .map(drop)
            .map_err(|error| refused(action, &titled(name), &error))
    }

    /// Reads a version of a secret; `None` where there is no such secret, or no such version of it.
    async fn version(&self, name: &str, stage: &str) -> Result<Option<Version>, StackError> {
        let call = self
            .client
            .get_secret_value()
            .secret_id(name)
            .version_stage(stage);
        let answer = match call.send().await {
            Ok(answer) => answer,
            Err(error) => return no_version(name, &error).map_or(Ok(None), Err),
        };
        let secret =
            secret_from_json(answer.secret_string().unwrap_or_default()).map_err(|source| {
                StackError::Foreign {
                    name: name.to_owned(),
                    source,
                }
            })?;
        let made = answer.created_date().map(DateTime::secs);
        let made = made.and_then(|seconds| Timestamp::from_second(seconds).ok());
        Ok(Some(Version {
            secret,
            made: made.unwrap_or(Timestamp::MIN),
        }))
    }
}

/// Returns the reason why a secret cannot be read; `None` where it does not exist.
fn no_version<R>(name: &str, error: &SdkError<GetSecretValueError, R>) -> Option<StackError> {
    match error.as_service_error() {
        Some(GetSecretValueError::ResourceNotFoundException(_)) => None,
        // Reading meets only this one of the requests that are invalid in the secret's present
        // state.
        Some(GetSecretValueError::InvalidRequestException(_)) => Some(StackError::Deleted {
            name: name.to_owned(),
        }),
        _ => Some(refused(
            "secretsmanager:GetSecretValue",
            &titled(name),
            error,
        )),
    }
}

fn titled(name: &str) -> String {
    format!("the secret `{name}`")
}

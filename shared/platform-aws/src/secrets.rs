use crate::error::failed;
use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_secretsmanager::{Client, operation::get_secret_value::GetSecretValueError};
use config::secret_from_json;
use jiff::Timestamp;
use ports::{Clock, PortError, Secret, Secrets};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use tokio::sync::Mutex;

/// The time that a secret is taken from memory: a rotation is seen within it.
const KEPT: Duration = Duration::from_secs(5 * 60);
/// The time after a rotation in which the previous values still count: the shop signs with the old
/// secret until somebody has changed it there, too. Afterwards a leaked secret is worth nothing.
pub const OVERLAP: Duration = Duration::from_secs(24 * 60 * 60);
/// The shortest time between two reads by [`Secrets::refresh`].
const REFRESH: Duration = Duration::from_secs(60);

/// Secrets in AWS Secrets Manager, each a JSON object, kept in memory for five minutes. Cheap to
/// clone.
///
/// Each key has the values of the current version first and, for a day after the rotation, those of
/// the previous version after them: a webhook that was signed before the rotation still verifies.
#[derive(Clone)]
pub struct AwsSecrets(Arc<Inner>);

struct Inner {
    client: Client,
    clock: Arc<dyn Clock>,
    kept: Mutex<BTreeMap<String, Kept>>,
}

struct Kept {
    read: Timestamp,
    secret: Secret,
}

impl AwsSecrets {
    /// Creates the port for the secrets of the account and region. Makes no call.
    #[must_use]
    pub fn new(config: &SdkConfig, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Inner {
            client: Client::new(config),
            clock,
            kept: Mutex::default(),
        }))
    }

    fn keep(&self, kept: &mut BTreeMap<String, Kept>, name: &str, secret: Option<Secret>) {
        let read = self.0.clock.now();
        match secret {
            Some(secret) => _ = kept.insert(name.to_owned(), Kept { read, secret }),
            None => _ = kept.remove(name),
        }
    }

    fn age(&self, kept: &Kept) -> Duration {
        self.0.clock.now().duration_since(kept.read).unsigned_abs()
    }

    async fn read(&self, name: &str) -> Result<Option<Secret>, PortError> {
        let Some((current, created)) = self.version(name, "AWSCURRENT").await? else {
            return Ok(None);
        };
        let overlaps_until = created.saturating_add(OVERLAP).unwrap_or(Timestamp::MAX);
        if overlaps_until <= self.0.clock.now() {
            return Ok(Some(current));
        }
        let previous = self.version(name, "AWSPREVIOUS").await?;
        Ok(Some(previous.map_or_else(
            || current.clone(),
            |(previous, _)| both(&current, &previous),
        )))
    }

    /// Adds the values of a version that a rotation has created and not yet finished: the shop may
    /// have it already.
    async fn with_pending(
        &self,
        name: &str,
        secret: Option<Secret>,
    ) -> Result<Option<Secret>, PortError> {
        let Some(current) = secret else {
            return Ok(None);
        };
        let pending = self.version(name, "AWSPENDING").await?;
        Ok(Some(pending.map_or_else(
            || current.clone(),
            |(pending, _)| both(&current, &pending),
        )))
    }

    /// Reads a version and when it was created; `None` where there is none.
    async fn version(
        &self,
        name: &str,
        stage: &str,
    ) -> Result<Option<(Secret, Timestamp)>, PortError> {
        let operation = "secrets: read";
        let call = self
            .0
            .client
            .get_secret_value()
            .secret_id(name)
            .version_stage(stage);
        let answer = match call.send().await {
            Ok(answer) => answer,
            Err(error) => {
                return match error.as_service_error() {
                    Some(GetSecretValueError::ResourceNotFoundException(_)) => Ok(None),
                    _ => Err(failed(operation)(error)),
                };
            }
        };
        let secret = secret_from_json(answer.secret_string().unwrap_or_default())
            .map_err(|error| PortError::new(operation, error))?;
        let created = answer
            .created_date()
            .and_then(|date| Timestamp::from_second(date.secs()).ok());
        Ok(Some((secret, created.unwrap_or(Timestamp::MIN))))
    }
}

#[async_trait]
impl Secrets for AwsSecrets {
    fn how_to_add(&self, name: &str) -> String {
        format!(
            "make {name} in AWS Secrets Manager: orderbridge secrets push fills it in from a .env file"
        )
    }

    async fn secret(&self, name: &str) -> Result<Option<Secret>, PortError> {
        // One caller reads, the others wait for the result.
        let mut kept = self.0.kept.lock().await;
        if let Some(fresh) = kept.get(name).filter(|kept| self.age(kept) < KEPT) {
            return Ok(Some(fresh.secret.clone()));
        }
        match (self.read(name).await, kept.get_mut(name)) {
            (Ok(secret), _) => {
                self.keep(&mut kept, name, secret.clone());
                Ok(secret)
            }
            // An order is worth more than a fresh secret. The next read is in a minute, not for
            // each order.
            (Err(error), Some(old)) => {
                tracing::warn!(secret = name, error = %error.source, "Secrets Manager does not answer; what it said before is used");
                let aged = KEPT.saturating_sub(REFRESH);
                old.read = self
                    .0
                    .clock
                    .now()
                    .saturating_sub(aged)
                    .unwrap_or(Timestamp::MIN);
                Ok(Some(old.secret.clone()))
            }
            (Err(error), None) => Err(error),
        }
    }

    async fn refresh(&self, name: &str) -> Result<bool, PortError> {
        let mut kept = self.0.kept.lock().await;
        let before = match kept.get(name) {
            Some(kept) if self.age(kept) < REFRESH => return Ok(false),
            other => other.map(|kept| kept.secret.clone()),
        };
        let secret = self.with_pending(name, self.read(name).await?).await?;
        let has_changed = secret != before;
        self.keep(&mut kept, name, secret);
        Ok(has_changed)
    }
}

/// Returns the values of both versions of a secret, the current ones first.
fn both(current: &Secret, previous: &Secret) -> Secret {
    let keys: BTreeSet<&str> = current.keys().collect();
    let texts = |key: &str| {
        let mut texts = current.all(key).to_vec();
        for old in previous.all(key) {
            if !texts.contains(old) {
                texts.push(old.clone());
            }
        }
        (key.to_owned(), texts)
    };
    Secret::new(keys.into_iter().map(texts).collect())
}

use jiff::Timestamp;
use ports::{Clock, PortError, Secret, Secrets};
use source::{STORE_DOMAIN, SecretError, ShopNames, WebhookSecrets};
use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use tokio::sync::Mutex;

/// Time that the secrets of a store are used before they are read again.
const KEPT: Duration = Duration::from_secs(5 * 60);
/// The shortest time between two reads because of a signature that does not match: anybody can send
/// one.
const ASKED_AGAIN: Duration = Duration::from_secs(60);

/// The webhook secrets of one store, which are read again now and then: a rotation needs no
/// restart, and neither does a store whose secret could not be used at first.
pub struct Keys {
    known: RwLock<Known>,
    origin: Option<Origin>,
}

#[derive(Clone)]
struct Known {
    /// `None` while there are none that can be used.
    secrets: Option<Arc<WebhookSecrets>>,
    read: Timestamp,
}

/// The origin of the secrets.
struct Origin {
    name: String,
    secrets: Arc<dyn Secrets>,
    clock: Arc<dyn Clock>,
    /// The turn to read: one caller reads, the others wait for the result.
    turn: Mutex<()>,
}

/// The reason why a store's webhook secrets cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The port failed.
    #[error("the secret `{name}` could not be read")]
    Unreadable {
        /// Name of the secret.
        name: String,
        /// The port's error.
        #[source]
        source: PortError,
    },
    /// The secret is absent, or lacks what verifies a signature.
    #[error("the secret `{name}` cannot be used")]
    Unfit {
        /// Name of the secret.
        name: String,
        /// The mistake in it.
        #[source]
        source: SecretError,
    },
}

/// Reads the webhook secrets in the secret of this name, the public keys of a store that signs with
/// its own key pair, and the shop that the store belongs to.
///
/// # Errors
/// When the secret cannot be read, or holds no webhook secret.
pub async fn webhook_secrets(
    secrets: &dyn Secrets,
    name: &str,
) -> Result<WebhookSecrets, KeysError> {
    let secret = secrets
        .secret(name)
        .await
        .map_err(|source| KeysError::Unreadable {
            name: name.to_owned(),
            source,
        })?;
    of_secret(name, &secret.unwrap_or_default())
}

/// Reads the webhook secrets from a secret that was read already.
pub(crate) fn of_secret(name: &str, secret: &Secret) -> Result<WebhookSecrets, KeysError> {
    let secrets = WebhookSecrets::new(secret.all("webhook_secret").to_vec()).map_err(|source| {
        KeysError::Unfit {
            name: name.to_owned(),
            source,
        }
    })?;
    let shop = ShopNames::new(secret.all(STORE_DOMAIN));
    Ok(secrets
        .with_public_keys(secret.all("public_key").to_vec())
        .of_shop(shop))
}

/// Creates secrets that stay as they are.
impl From<WebhookSecrets> for Keys {
    fn from(secrets: WebhookSecrets) -> Self {
        Self {
            known: RwLock::new(Known {
                secrets: Some(Arc::new(secrets)),
                read: Timestamp::MIN,
            }),
            origin: None,
        }
    }
}

impl Keys {
    /// Creates the secrets from those that were just read from the secret of this name, where they
    /// are read again later. `known` is `None` where they could not be used, which may be mended.
    #[must_use]
    pub fn renewed_from(
        known: Option<WebhookSecrets>,
        name: &str,
        secrets: Arc<dyn Secrets>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let read = clock.now();
        Self {
            known: RwLock::new(Known {
                secrets: known.map(Arc::new),
                read,
            }),
            origin: Some(Origin {
                name: name.to_owned(),
                secrets,
                clock,
                turn: Mutex::default(),
            }),
        }
    }

    /// Returns whether there are any that can be used.
    pub(crate) fn are_known(&self) -> bool {
        self.known().secrets.is_some()
    }

    /// Returns the secrets as they are now, or were five minutes ago; `None` where they cannot be
    /// used. Then they are read again every minute.
    pub(crate) async fn current(&self) -> Option<Arc<WebhookSecrets>> {
        let known = self.known();
        match &self.origin {
            Some(origin) if origin.is_old(&known) => {
                let _turn = origin.turn.lock().await;
                if origin.is_old(&self.known()) {
                    self.read_again(origin).await;
                }
                self.known().secrets
            }
            _ => known.secrets,
        }
    }

    /// Returns the secrets to try on a signature that the tried ones did not make: those read
    /// since, or those read now if there was no read within the last minute.
    pub(crate) async fn after(&self, tried: &Arc<WebhookSecrets>) -> Option<Arc<WebhookSecrets>> {
        let origin = self.origin.as_ref()?;
        let is_newer = |known: &Arc<WebhookSecrets>| !Arc::ptr_eq(known, tried);
        let _turn = origin.turn.lock().await;
        let known = self.known();
        if known.secrets.as_ref().is_some_and(is_newer) {
            return known.secrets;
        }
        if origin.age(&known) < ASKED_AGAIN {
            return None;
        }
        if let Err(error) = origin.secrets.refresh(&origin.name).await {
            origin.warn(&error, true);
        }
        self.read_again(origin).await;
        self.known().secrets.filter(is_newer)
    }

    /// Reads the secrets again. If that fails, the secrets that verified until now go on doing so:
    /// an order is worth more than a fresh secret.
    async fn read_again(&self, origin: &Origin) {
        let found = webhook_secrets(origin.secrets.as_ref(), &origin.name).await;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.read = origin.clock.now();
        match found {
            Ok(secrets) if known.secrets.as_deref() != Some(&secrets) => {
                known.secrets = Some(Arc::new(secrets))
            }
            Ok(_) => {}
            Err(error) => origin.warn(&error, known.secrets.is_some()),
        }
    }

    fn known(&self) -> Known {
        self.known
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Origin {
    fn age(&self, known: &Known) -> Duration {
        self.clock.now().duration_since(known.read).unsigned_abs()
    }

    fn is_old(&self, known: &Known) -> bool {
        let kept = if known.secrets.is_some() {
            KEPT
        } else {
            ASKED_AGAIN
        };
        self.age(known) >= kept
    }

    fn warn(&self, error: &(dyn std::error::Error + 'static), are_known: bool) {
        let what_follows = if are_known {
            "the webhook secrets could not be read again; those that were read before go on"
        } else {
            "the webhook secrets cannot be used; until they can, the store's webhooks are answered 503"
        };
        tracing::warn!(secret = self.name, error, "{what_follows}");
    }
}

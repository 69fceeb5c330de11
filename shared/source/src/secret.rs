use crate::ShopNames;
use std::fmt;

/// The reason why a store's webhook secret cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// The list holds no secret.
    #[error("webhook_secret is missing; enter the secret of the shop's webhook")]
    None,
    /// The list holds an empty secret, with which anyone can compute a signature.
    #[error(
        "webhook_secret holds an empty secret, with which anyone could sign; enter the secret of the shop's webhook"
    )]
    Empty,
}

/// The secrets of one store's webhooks: a signature by any of them is valid, so that a secret can
/// be changed without a missed order. `Debug` prints only their number.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecrets {
    shared: Vec<String>,
    public_keys: Vec<String>,
    shop: ShopNames,
}

impl WebhookSecrets {
    /// Creates the secrets of a store, the newest first.
    ///
    /// # Errors
    /// When there is no secret, or one of them is empty.
    pub fn new(secrets: Vec<String>) -> Result<Self, SecretError> {
        match secrets.as_slice() {
            [] => Err(SecretError::None),
            list if list.iter().any(String::is_empty) => Err(SecretError::Empty),
            _ => Ok(Self {
                shared: secrets,
                public_keys: Vec::new(),
                shop: ShopNames::default(),
            }),
        }
    }

    /// Sets public keys in PEM, for platforms that sign with a private key of their own.
    #[must_use]
    pub fn with_public_keys(self, public_keys: Vec<String>) -> Self {
        Self {
            public_keys,
            ..self
        }
    }

    /// Sets the shop that the store belongs to.
    #[must_use]
    pub fn of_shop(self, shop: ShopNames) -> Self {
        Self { shop, ..self }
    }

    /// Returns the shop that the store belongs to, as far as its secret names it.
    #[must_use]
    pub fn shop(&self) -> &ShopNames {
        &self.shop
    }

    /// Returns all secrets, the newest first.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.shared.iter().map(String::as_str)
    }

    /// Returns whether one of the secrets made the signature. All are tried even after a match, so
    /// that the time taken does not reveal which one it was.
    pub fn any_signed(&self, is_signed_with: impl Fn(&str) -> bool) -> bool {
        self.iter()
            .fold(false, |matched, secret| matched | is_signed_with(secret))
    }

    /// Returns all public keys in PEM, the newest first.
    pub fn public_keys(&self) -> impl Iterator<Item = &str> {
        self.public_keys.iter().map(String::as_str)
    }
}

impl fmt::Debug for WebhookSecrets {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "WebhookSecrets({})", self.shared.len())
    }
}

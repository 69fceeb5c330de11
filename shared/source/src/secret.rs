use crate::ShopNames;
use std::fmt;

/// Why a store's webhook secret cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// No secret in the list.
    #[error("webhook_secret is missing; enter the secret of the shop's webhook")]
    None,
    /// Anyone can compute a signature with an empty key.
    #[error(
        "webhook_secret holds an empty secret, with which anyone could sign; enter the secret of the shop's webhook"
    )]
    Empty,
}

/// The secrets of one store's webhooks: each listed one verifies, so that a secret can be changed
/// without a missed order. Its `Debug` prints how many there are and nothing else.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecrets {
    shared: Vec<String>,
    public_keys: Vec<String>,
    shop: ShopNames,
}

impl WebhookSecrets {
    /// # Errors
    /// When there is no secret or one of them is empty.
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

    /// The same with public keys in PEM, for platforms that sign with a private key of their own.
    #[must_use]
    pub fn with_public_keys(self, public_keys: Vec<String>) -> Self {
        Self {
            public_keys,
            ..self
        }
    }

    /// The same, of a store that belongs to this shop.
    #[must_use]
    pub fn of_shop(self, shop: ShopNames) -> Self {
        Self { shop, ..self }
    }

    /// The shop that the store belongs to, as far as its secret says.
    #[must_use]
    pub fn shop(&self) -> &ShopNames {
        &self.shop
    }

    /// All secrets, the newest first.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.shared.iter().map(String::as_str)
    }

    /// Whether one of the secrets made the signature. All are tried even after a match, so that the
    /// time taken does not tell which one it was.
    pub fn any_signed(&self, is_signed_with: impl Fn(&str) -> bool) -> bool {
        self.iter()
            .fold(false, |matched, secret| matched | is_signed_with(secret))
    }

    /// All public keys in PEM, the newest first.
    pub fn public_keys(&self) -> impl Iterator<Item = &str> {
        self.public_keys.iter().map(String::as_str)
    }
}

impl fmt::Debug for WebhookSecrets {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "WebhookSecrets({})", self.shared.len())
    }
}

use crate::PortError;
use async_trait::async_trait;
use std::{collections::BTreeMap, fmt};

/// One named secret: texts by key. A key may have several texts (`webhook_secret` while it is being
/// changed). `Debug` prints the keys only.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(BTreeMap<String, Vec<String>>);

impl Secret {
    /// Creates a secret with these keys and texts.
    #[must_use]
    pub fn new(entries: BTreeMap<String, Vec<String>>) -> Self {
        Self(entries)
    }

    /// Returns the first text of a key; `None` when the key is absent or its text is empty.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.all(key)
            .first()
            .map(String::as_str)
            .filter(|text| !text.is_empty())
    }

    /// Returns all texts of a key.
    #[must_use]
    pub fn all(&self, key: &str) -> &[String] {
        self.0.get(key).map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns the keys, for messages about what is there and what is missing.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_set().entries(self.0.keys()).finish()
    }
}

/// A source of secrets.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// Reads the secret with this name; `None` when there is none.
    ///
    /// # Errors
    /// Fails where the secrets cannot be read.
    async fn secret(&self, name: &str) -> Result<Option<Secret>, PortError>;

    /// Returns how an operator adds a secret with this name here: the end of a sentence that says
    /// that it is missing, as in "add it to secrets.toml".
    fn how_to_add(&self, name: &str) -> String {
        format!("add one named {name}")
    }

    /// Reads a secret anew where it is kept in memory, at most once a minute. For callers with a
    /// reason to think that it was changed, such as a signature that does not match. Returns true
    /// where it has changed.
    ///
    /// # Errors
    /// Fails where the secrets cannot be read.
    async fn refresh(&self, _name: &str) -> Result<bool, PortError> {
        Ok(false)
    }
}

use crate::PortError;
use async_trait::async_trait;
use std::{collections::BTreeMap, fmt};

/// One named secret: keys and texts. A key may hold several texts (`webhook_secret` while it is
/// being changed). `Debug` prints the keys only.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(BTreeMap<String, Vec<String>>);

impl Secret {
    /// A secret of these keys.
    #[must_use]
    pub fn new(entries: BTreeMap<String, Vec<String>>) -> Self {
        Self(entries)
    }

    /// The first text of a key; `None` when the key is absent or its text is empty.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.all(key)
            .first()
            .map(String::as_str)
            .filter(|text| !text.is_empty())
    }

    /// All texts of a key.
    #[must_use]
    pub fn all(&self, key: &str) -> &[String] {
        self.0.get(key).map(Vec::as_slice).unwrap_or_default()
    }

    /// The keys, for messages about what is there and what is missing.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_set().entries(self.0.keys()).finish()
    }
}

/// Where secrets come from.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// The secret of this name; `None` when there is none.
    async fn secret(&self, name: &str) -> Result<Option<Secret>, PortError>;

    /// How an operator adds a secret of this name where these come from: the end of a sentence that
    /// says it is missing, as in "add it to secrets.toml".
    fn how_to_add(&self, name: &str) -> String {
        format!("add one named {name}")
    }

    /// Reads a secret anew where it is kept in memory, at most once a minute, for whoever has a
    /// reason to think that it was changed: a signature that does not match. True where it did
    /// change.
    async fn refresh(&self, _name: &str) -> Result<bool, PortError> {
        Ok(false)
    }
}

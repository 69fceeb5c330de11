use super::lock;
use crate::{PortError, Secret, Secrets};
use async_trait::async_trait;
use std::{collections::BTreeMap, sync::Mutex};

/// Secrets that a test makes up, and may change while others read them. `Debug` prints names and
/// keys only.
#[derive(Debug, Default)]
pub struct MemorySecrets(Mutex<BTreeMap<String, Secret>>);

impl MemorySecrets {
    /// Creates an empty source of secrets.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a secret with one text per key.
    #[must_use]
    pub fn with(self, name: &str, entries: &[(&str, &str)]) -> Self {
        let entries = entries
            .iter()
            .map(|(key, text)| ((*key).to_owned(), vec![(*text).to_owned()]));
        self.put(name, Secret::new(entries.collect()));
        self
    }

    /// Adds or replaces a secret.
    pub fn put(&self, name: &str, secret: Secret) {
        lock(&self.0).insert(name.to_owned(), secret);
    }
}

#[async_trait]
impl Secrets for MemorySecrets {
    async fn secret(&self, name: &str) -> Result<Option<Secret>, PortError> {
        Ok(lock(&self.0).get(name).cloned())
    }
}

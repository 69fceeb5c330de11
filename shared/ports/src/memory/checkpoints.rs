use super::lock;
use crate::{Checkpoint, Checkpoints, PortError};
use async_trait::async_trait;
use std::{collections::BTreeMap, sync::Mutex};

/// Checkpoints in memory.
#[derive(Debug, Default)]
pub struct MemoryCheckpoints(Mutex<BTreeMap<String, Checkpoint>>);

impl MemoryCheckpoints {
    /// Creates the store, without any checkpoint.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl Checkpoints for MemoryCheckpoints {
    async fn checkpoint(&self, name: &str) -> Result<Option<Checkpoint>, PortError> {
        Ok(lock(&self.0).get(name).cloned())
    }

    async fn set_checkpoint(&self, name: &str, text: String, read: u64) -> Result<bool, PortError> {
        let mut all = lock(&self.0);
        let revision = all.get(name).map_or(0, |present| present.revision);
        if revision != read {
            return Ok(false);
        }
        let revision = revision.saturating_add(1);
        all.insert(name.to_owned(), Checkpoint { text, revision });
        Ok(true)
    }
}

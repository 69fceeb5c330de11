use super::lock;
use crate::{Ledger, LedgerEntry, LedgerFilter, LedgerKey, PortError, Redaction, Stored};
use async_trait::async_trait;
use std::{cmp::Reverse, collections::BTreeMap, sync::Mutex};

/// A ledger in memory.
#[derive(Debug, Default)]
pub struct MemoryLedger(Mutex<BTreeMap<LedgerKey, LedgerEntry>>);

impl MemoryLedger {
    /// Creates an empty ledger.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl Ledger for MemoryLedger {
    async fn load(&self, keys: &[LedgerKey]) -> Result<Vec<Option<LedgerEntry>>, PortError> {
        let entries = lock(&self.0);
        Ok(keys.iter().map(|key| entries.get(key).cloned()).collect())
    }

    async fn store(&self, entries: Vec<LedgerEntry>) -> Result<Vec<Stored>, PortError> {
        let mut ledger = lock(&self.0);
        let write = |entry: LedgerEntry| {
            let present = ledger.get(&entry.key);
            if present.and_then(|present| present.revision) != entry.revision {
                return Stored::Conflict;
            }
            ledger.insert(entry.key.clone(), entry.written());
            Stored::Yes
        };
        Ok(entries.into_iter().map(write).collect())
    }

    // Keys count up, and sorting by time leaves them so.
    async fn list(&self, filter: &LedgerFilter) -> Result<Vec<LedgerEntry>, PortError> {
        let mut found: Vec<LedgerEntry> = lock(&self.0)
            .values()
            .filter(|entry| filter.passes(entry))
            .cloned()
            .collect();
        found.sort_by_key(|entry| Reverse(entry.updated));
        found.truncate(filter.limit.unwrap_or(usize::MAX));
        Ok(found)
    }

    async fn redact(&self, redaction: &Redaction) -> Result<u64, PortError> {
        let mut changed = 0;
        for entry in lock(&self.0)
            .values_mut()
            .filter(|entry| redaction.concerns_entry(&entry.key))
        {
            if let Some(redacted) = entry.clone().redacted() {
                changed += u64::from(entry.holds_texts());
                *entry = redacted;
            }
        }
        Ok(changed)
    }
}

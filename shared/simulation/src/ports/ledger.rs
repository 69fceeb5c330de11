use super::{Trouble, unclaimed::Unclaimed};
use crate::{judge::Judge, sabotage::Sabotage, scenario::own_number};
use async_trait::async_trait;
use ports::{
    Ledger, LedgerEntry, LedgerFilter, LedgerKey, PortError, Redaction, Stored,
    memory::MemoryLedger,
};
use std::sync::Arc;

/// The ledger of all machines. Whatever is stored is compared with what was there.
pub(crate) struct SimLedger {
    pub(crate) inner: Arc<MemoryLedger>,
    pub(crate) trouble: Trouble,
    sabotage: Option<Sabotage>,
    unclaimed: Unclaimed,
}

#[async_trait]
impl Ledger for SimLedger {
    async fn load(&self, keys: &[LedgerKey]) -> Result<Vec<Option<LedgerEntry>>, PortError> {
        self.trouble
            .around("ledger: load", self.inner.load(keys))
            .await
    }

    async fn store(&self, entries: Vec<LedgerEntry>) -> Result<Vec<Stored>, PortError> {
        self.trouble
            .around("ledger: store", self.store_all(entries))
            .await
    }

    async fn list(&self, filter: &LedgerFilter) -> Result<Vec<LedgerEntry>, PortError> {
        self.trouble
            .around("ledger: list", self.inner.list(filter))
            .await
    }

    async fn redact(&self, redaction: &Redaction) -> Result<u64, PortError> {
        self.trouble
            .around("ledger: redact", self.inner.redact(redaction))
            .await
    }
}

impl SimLedger {
    pub(crate) fn new(
        inner: Arc<MemoryLedger>,
        trouble: Trouble,
        sabotage: Option<Sabotage>,
    ) -> Self {
        Self {
            inner,
            trouble,
            sabotage,
            unclaimed: Unclaimed::default(),
        }
    }

    async fn store_all(&self, entries: Vec<LedgerEntry>) -> Result<Vec<Stored>, PortError> {
        if self.sabotage != Some(Sabotage::ClaimsNoNewOrder) {
            return self.store_watched(entries).await;
        }
        let mut stored = Vec::new();
        for entry in entries {
            if self.unclaimed.takes(&entry) {
                stored.push(Stored::Yes);
            } else {
                let entry = self.unclaimed.without_claim(entry);
                stored.extend(self.store_watched(vec![entry]).await?);
            }
        }
        Ok(stored)
    }

    async fn store_watched(&self, entries: Vec<LedgerEntry>) -> Result<Vec<Stored>, PortError> {
        let keys: Vec<LedgerKey> = entries.iter().map(|entry| entry.key.clone()).collect();
        let before = self.inner.load(&keys).await?;
        let stored = self.inner.store(entries.clone()).await?;
        for ((entry, before), stored) in entries.iter().zip(&before).zip(&stored) {
            if *stored == Stored::Yes {
                compare(&self.trouble.judge, before.as_ref(), entry);
            }
        }
        Ok(stored)
    }
}

fn compare(judge: &Judge, before: Option<&LedgerEntry>, entry: &LedgerEntry) {
    let order = own_number(&entry.key.order);
    judge.note(order, || {
        let version = entry
            .delivered
            .as_ref()
            .and_then(|delivered| delivered.version.modified);
        format!(
            "ledger of {}: {} at {:?}, tries {}, {:?}",
            entry.key.route,
            entry.state.as_str(),
            version,
            entry.attempts,
            entry.last_error
        )
    });
    judge.ledger_knows(entry);
    let present = before.and_then(|before| before.revision);
    if entry.revision != present {
        let text = format!("{:?} was written over {present:?}", entry.revision);
        judge.violate("who outlived its lease writes nothing", order, text);
    }
    let Some(before) = before else { return };
    if let (Some(old), Some(new)) = (&before.delivered, &entry.delivered)
        && new.version.is_older_than(&old.version)
    {
        judge.violate(
            "the watermark never goes back",
            order,
            format!("from {:?} to {:?}", old.version, new.version),
        );
    }
    let is_refused = entry
        .last_error
        .as_ref()
        .is_some_and(|error| error.starts_with("authentication"));
    if is_refused && entry.attempts > before.attempts {
        judge.violate(
            "refused credentials spend nothing",
            order,
            format!("tries went from {} to {}", before.attempts, entry.attempts),
        );
    }
}

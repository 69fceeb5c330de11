use ports::LedgerKey;
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

/// The orders that workers of this process have in hand. The queue keeps one customer's messages apart, but an order whose customer changed between two of its events is in
/// two groups: without this, an older state could be written after a newer one.
#[derive(Clone, Default)]
pub(crate) struct InHand(Arc<Mutex<BTreeSet<LedgerKey>>>);

/// An order in hand, until it is dropped.
pub(crate) struct Hold {
    key: LedgerKey,
    all: InHand,
}

impl InHand {
    /// Takes an order in hand; `None` while somebody else has it.
    pub(crate) fn take(&self, key: LedgerKey) -> Option<Hold> {
        let is_free = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone());
        is_free.then(|| Hold { key, all: self.clone() })
    }

    /// Takes all of these in hand or none.
    pub(crate) fn take_all(&self, keys: Vec<LedgerKey>) -> Option<Vec<Hold>> {
        keys.into_iter().map(|key| self.take(key)).collect()
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.all.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

use jiff::Timestamp;
use ports::{LedgerEntry, LedgerKey, Revision, State};
use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

/// The claims on new orders that were answered as written, and were not. An entry that a worker made
/// for itself is known by the moment at which it was made.
#[derive(Default)]
pub(super) struct Unclaimed(Mutex<BTreeSet<(LedgerKey, Timestamp)>>);

impl Unclaimed {
    /// Whether the entry does no more than claim an order that the ledger does not know. It is not
    /// to be written then.
    pub(super) fn takes(&self, entry: &LedgerEntry) -> bool {
        let is_claim = entry.revision.is_none()
            && entry.holder.is_some()
            && entry.state == State::Retrying
            && entry.last_error.is_none();
        if is_claim {
            self.lock().insert(known_by(entry));
        }
        is_claim
    }

    /// The entry as whoever has not written its claim writes it: on condition that there is none.
    pub(super) fn without_claim(&self, entry: LedgerEntry) -> LedgerEntry {
        let is_second = entry.revision == Some(Revision::after(None));
        if !is_second || !self.lock().remove(&known_by(&entry)) {
            return entry;
        }
        LedgerEntry {
            revision: None,
            ..entry
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeSet<(LedgerKey, Timestamp)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn known_by(entry: &LedgerEntry) -> (LedgerKey, Timestamp) {
    (entry.key.clone(), entry.first_seen)
}

//! Records of a folder, for what an operator asks of them.

use operator::Records;
use platform_sqlite::SqliteStore;
use std::sync::Arc;

/// Returns the records in a store.
pub(crate) fn records(store: &SqliteStore) -> Records {
    let store = Arc::new(store.clone());
    Records {
        ledger: store.clone(),
        queue: store.clone(),
        checkpoints: store.clone(),
        letters: store.clone(),
        privacy: store.clone(),
        circuits: store.clone(),
        tokens: store,
        deliverer: "nobody delivers",
    }
}

use ports::{Checkpoints, CircuitStore, DeadLetters, Ledger, PrivacyLog, Queue, TokenStore};
use std::sync::Arc;

/// The operator's side of a pipeline, in a folder of this machine or in a deployed stack.
#[derive(Clone)]
pub struct Records {
    /// What was delivered.
    pub ledger: Arc<dyn Ledger>,
    /// What waits.
    pub queue: Arc<dyn Queue>,
    /// The places from which long work goes on, and what a server wrote down of its webhooks.
    pub checkpoints: Arc<dyn Checkpoints>,
    /// What could not be delivered.
    pub letters: Arc<dyn DeadLetters>,
    /// Requests about personal data.
    pub privacy: Arc<dyn PrivacyLog>,
    /// The destinations that are left alone.
    pub circuits: Arc<dyn CircuitStore>,
    /// The access tokens.
    pub tokens: Arc<dyn TokenStore>,
    /// The party that delivers messages put back into the queue, with its verb: `a running server
    /// delivers`.
    pub deliverer: &'static str,
}

impl Records {
    /// Creates the records of a store that keeps all of them.
    pub fn in_one<S>(store: S, deliverer: &'static str) -> Self
    where
        S: Ledger
            + Queue
            + Checkpoints
            + DeadLetters
            + PrivacyLog
            + CircuitStore
            + TokenStore
            + 'static,
    {
        let store = Arc::new(store);
        Self {
            ledger: store.clone(),
            queue: store.clone(),
            checkpoints: store.clone(),
            letters: store.clone(),
            privacy: store.clone(),
            circuits: store.clone(),
            tokens: store,
            deliverer,
        }
    }
}

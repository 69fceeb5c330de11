use std::{
    collections::BTreeSet,
    hash::{DefaultHasher, Hash, Hasher},
};
use tokio::sync::{Mutex, MutexGuard};

/// The number of locks for all keys: two keys on one lock only wait for each other.
const LOCKS: u64 = 1024;

/// Locks on keys. Whoever makes a record under a key that Zoho does not keep unique locks it, so
/// that two batches of this process do not both make it.
pub(crate) struct KeyLocks(Vec<Mutex<()>>);

impl Default for KeyLocks {
    fn default() -> Self {
        Self((0..LOCKS).map(|_| Mutex::new(())).collect())
    }
}

impl KeyLocks {
    /// Locks the keys, waiting until nobody else holds one of them; they are free again when the
    /// guards are dropped.
    pub(crate) async fn lock(&self, keys: impl Iterator<Item = String>) -> Vec<MutexGuard<'_, ()>> {
        // All batches lock in the same order, so that two of them never wait for each other in a
        // circle.
        let places: BTreeSet<u64> = keys.map(|key| place(&key)).collect();
        let mut guards = Vec::new();
        for lock in places
            .into_iter()
            .filter_map(|place| self.0.get(usize::try_from(place).ok()?))
        {
            guards.push(lock.lock().await);
        }
        guards
    }
}

fn place(key: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish() % LOCKS
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn the_same_key_waits_and_another_does_not() {
        let locks = KeyLocks::default();
        let keys = |names: &[&str]| {
            names
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>()
                .into_iter()
        };
        let held = locks
            .lock(keys(&["Accounts acme", "Accounts zenith"]))
            .await;
        let soon = Duration::from_millis(50);
        assert!(
            tokio::time::timeout(soon, locks.lock(keys(&["Accounts zenith"])))
                .await
                .is_err()
        );
        assert!(
            tokio::time::timeout(soon, locks.lock(keys(&["Accounts globex"])))
                .await
                .is_ok()
        );
        drop(held);
        assert!(
            tokio::time::timeout(
                soon,
                locks.lock(keys(&["Accounts zenith", "Accounts acme"]))
            )
            .await
            .is_ok()
        );
    }
}

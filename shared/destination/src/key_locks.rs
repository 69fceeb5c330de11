use std::{
    collections::BTreeSet,
    hash::{DefaultHasher, Hash, Hasher},
    sync::atomic::{AtomicU64, Ordering},
};
use tokio::sync::{Mutex, MutexGuard};

/// The number of locks for all keys. Two keys on one lock only wait for each other, which costs a Zoho
/// account that answers in time 4 % of its orders per second. An account that does not is spared
/// calls by it: with sixteen times as many locks, such an account takes six times as long to work off
/// its backlog (`contract`, test `backlog`).
const LOCKS: u64 = 1024;

/// Locks on keys. Whoever makes a record under a key that the destination does not keep unique locks
/// it, so that two batches of this process do not both make it.
#[derive(Debug)]
pub struct KeyLocks(Vec<Mutex<()>>);

impl Default for KeyLocks {
    fn default() -> Self {
        Self((0..LOCKS).map(|_| Mutex::new(())).collect())
    }
}

impl KeyLocks {
    /// Locks the keys, waiting until nobody else holds one of them; they are free again when the
    /// guards are dropped.
    pub async fn lock(&self, keys: impl Iterator<Item = String>) -> Vec<MutexGuard<'_, ()>> {
        let mut guards = Vec::new();
        for lock in self.of(keys) {
            guards.push(lock.lock().await);
        }
        guards
    }

    /// Returns the locks of keys. All batches lock in the same order, so that two of them never wait
    /// for each other in a circle.
    fn of(&self, keys: impl Iterator<Item = String>) -> impl Iterator<Item = &Mutex<()>> {
        let places: BTreeSet<u64> = keys.map(|key| place(&key)).collect();
        places
            .into_iter()
            .filter_map(|place| self.0.get(usize::try_from(place).ok()?))
    }
}

/// Locks on what is being made because nothing was found, for makers who looked before they locked.
#[derive(Debug, Default)]
pub struct Makers {
    locks: KeyLocks,
    finished: AtomicU64,
}

/// The right to make what was claimed, until it is dropped.
#[derive(Debug)]
pub struct Making<'a> {
    _locks: Vec<MutexGuard<'a, ()>>,
    finished: &'a AtomicU64,
}

impl Makers {
    /// Returns the number of makers that have finished. Who looks notes it before.
    #[must_use]
    pub fn finished(&self) -> u64 {
        self.finished.load(Ordering::Acquire)
    }

    /// Waits for the right to make what has these keys. Returns `None` where somebody has finished
    /// since the caller looked: it may have made the same, and the caller looks again.
    pub async fn claim(
        &self,
        keys: impl Iterator<Item = String>,
        looked: u64,
    ) -> Option<Making<'_>> {
        let locks = self.locks.lock(keys).await;
        (self.finished() == looked).then_some(Making {
            _locks: locks,
            finished: &self.finished,
        })
    }
}

impl Drop for Making<'_> {
    fn drop(&mut self) {
        // Counted before the locks open: whoever gets one then sees it.
        self.finished.fetch_add(1, Ordering::Release);
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

    #[tokio::test]
    async fn who_looked_before_another_finished_looks_again() {
        let makers = Makers::default();
        let key = || std::iter::once("SKU-1".to_owned());
        let looked = makers.finished();
        let first = makers.claim(key(), looked).await;
        assert!(first.is_some());
        let second = makers.claim(key(), looked);
        tokio::pin!(second);
        let wait = tokio::time::timeout(Duration::from_millis(10), &mut second);
        assert!(wait.await.is_err(), "the first is at it");
        drop(first);
        assert!(second.await.is_none(), "the first may have made the same");
        assert!(makers.claim(key(), makers.finished()).await.is_some());
    }
}

use jiff::Timestamp;
use ports::Clock;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// The watch for shops that have stopped sending: the webhook was switched off, its address
/// changed, or its signature ceased to fit. A shop without orders looks the same, so each store
/// sets for itself how long is too long.
pub struct Silence {
    clock: Arc<dyn Clock>,
    stores: Mutex<BTreeMap<String, Heard>>,
}

struct Heard {
    limit: Duration,
    last: Timestamp,
    is_told: bool,
}

impl Silence {
    /// Creates the watch of these stores: their names, how long each may be silent, and when it was
    /// last heard of, as far as that is known.
    #[must_use]
    pub fn new(
        stores: impl IntoIterator<Item = (String, Duration, Timestamp)>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let heard = |(name, limit, last): (String, Duration, Timestamp)| {
            let is_told = false;
            (
                name,
                Heard {
                    limit,
                    last,
                    is_told,
                },
            )
        };
        Self {
            clock,
            stores: Mutex::new(stores.into_iter().map(heard).collect()),
        }
    }

    /// Notes that a webhook of the store was just verified.
    pub(crate) fn heard(&self, store: &str) {
        let mut stores = self.stores.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(heard) = stores.get_mut(store) else {
            return;
        };
        heard.last = self.clock.now();
        if std::mem::take(&mut heard.is_told) {
            tracing::info!(store, "the store sends webhooks again");
        }
    }

    /// Returns the names of the stores that were silent at the last look.
    #[must_use]
    pub fn silent(&self) -> Vec<String> {
        let stores = self.stores.lock().unwrap_or_else(PoisonError::into_inner);
        let silent = stores.iter().filter(|(_, heard)| heard.is_told);
        silent.map(|(name, _)| name.clone()).collect()
    }

    /// Warns of each store that has fallen silent since the last look, and returns how many stores
    /// are silent. Call it every minute or so.
    pub fn look(&self) -> usize {
        let now = self.clock.now();
        let mut stores = self.stores.lock().unwrap_or_else(PoisonError::into_inner);
        let mut silent = 0_u32;
        for (store, heard) in stores.iter_mut() {
            let since = now.duration_since(heard.last).unsigned_abs();
            if now < heard.last || since < heard.limit {
                continue;
            }
            silent += 1;
            if !std::mem::replace(&mut heard.is_told, true) {
                let last = heard.last.to_string();
                tracing::warn!(
                    store,
                    last,
                    "no webhook of the store for longer than its `silence`; see that the shop's webhook is active and its address and secret are right"
                );
            }
        }
        metrics::gauge!("orderbridge_silent_stores").set(silent);
        usize::try_from(silent).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ports::memory::ManualClock;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn a_store_is_silent_once_its_time_has_passed_until_it_is_heard_again() {
        let clock = Arc::new(ManualClock::default());
        let now = clock.now();
        let silence = Silence::new(
            [
                ("acme".to_owned(), 2 * HOUR, now),
                ("depot".to_owned(), 9 * HOUR, now),
            ],
            clock.clone(),
        );
        clock.advance(HOUR);
        assert_eq!(silence.look(), 0);
        clock.advance(HOUR);
        assert_eq!((silence.look(), silence.look()), (1, 1));
        assert_eq!(silence.silent(), ["acme"]);
        silence.heard("acme");
        silence.heard("nobody");
        assert_eq!(silence.look(), 0);
        clock.advance(9 * HOUR);
        assert_eq!(silence.look(), 2);
    }
}

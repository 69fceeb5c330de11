use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::Notify;

/// The wake-up of a destination's workers when there is something to receive.
#[derive(Default)]
pub(crate) struct Wake(Mutex<HashMap<String, Arc<Notify>>>);

impl Wake {
    /// Returns what the workers of a destination wait for. A wake-up that finds nobody waiting is
    /// kept for the next worker.
    pub(crate) fn of(&self, destination: &str) -> Arc<Notify> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = all.get(destination) {
            return Arc::clone(known);
        }
        Arc::clone(all.entry(destination.to_owned()).or_default())
    }

    /// Wakes one worker for each message that became receivable: more would find nothing.
    pub(crate) fn each<'a>(&self, destinations: impl IntoIterator<Item = &'a str>) {
        for destination in destinations {
            self.of(destination).notify_one();
        }
    }
}

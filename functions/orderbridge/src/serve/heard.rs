//! The tally of webhooks by store and hour, for `orderbridge status`. It is written down now and
//! then, so that a kill loses a few seconds of it and no webhook waits for it.

use super::stopped;
use ingest::Answer;
use operator::heard::{self, Heard};
use ports::{Checkpoints, Clock};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::watch;

/// The pause between two writes.
const EVERY: Duration = Duration::from_secs(5);

/// What was counted since the last write.
pub(super) struct Tally {
    clock: Arc<dyn Clock>,
    /// By the names of the stores that are configured: strangers make no new ones.
    stores: Mutex<BTreeMap<String, Heard>>,
}

impl Tally {
    pub(super) fn new(stores: impl IntoIterator<Item = String>, clock: Arc<dyn Clock>) -> Self {
        let stores = stores.into_iter().map(|name| (name, Heard::default()));
        Self {
            clock,
            stores: Mutex::new(stores.collect()),
        }
    }

    /// Counts a webhook by its answer, and notes a ping.
    pub(super) fn count(&self, store: &str, answer: &Answer) {
        let now = self.clock.now();
        let mut stores = self.stores.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(heard) = stores.get_mut(store) else {
            return;
        };
        match reason(answer) {
            Outcome::Taken => heard.accept(now),
            Outcome::Refused(reason) => heard.refuse(now, reason),
            Outcome::Pinged => heard.ping(now),
            Outcome::None => {}
        }
    }

    /// Writes down what was counted, now and then, until `stop` turns true, and once more then.
    pub(super) async fn keep(
        self: Arc<Self>,
        kept: Arc<dyn Checkpoints>,
        mut stop: watch::Receiver<bool>,
    ) {
        loop {
            let is_over = tokio::select! {
                () = tokio::time::sleep(EVERY) => false,
                () = stopped(&mut stop) => true,
            };
            self.write(kept.as_ref()).await;
            if is_over {
                return;
            }
        }
    }

    async fn write(&self, kept: &dyn Checkpoints) {
        for (store, counted) in self.take() {
            if let Err(error) = heard::note(kept, &store, &counted).await {
                tracing::warn!(
                    store,
                    error = &error as &dyn std::error::Error,
                    "the number of webhooks could not be written down; orderbridge status lacks some"
                );
            }
        }
    }

    fn take(&self) -> Vec<(String, Heard)> {
        let mut stores = self.stores.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = stores.iter_mut().filter(|(_, heard)| !heard.is_empty());
        counted
            .map(|(name, heard)| (name.clone(), std::mem::take(heard)))
            .collect()
    }
}

enum Outcome {
    Taken,
    Refused(&'static str),
    Pinged,
    None,
}

fn reason(answer: &Answer) -> Outcome {
    match answer {
        Answer::Accepted { .. } | Answer::Ignored => Outcome::Taken,
        Answer::Awaited(answer) => reason(answer),
        Answer::Pong => Outcome::Pinged,
        Answer::UnknownStore { .. } => Outcome::None,
        Answer::Refused(_) => Outcome::Refused("signature"),
        Answer::NotJson(_) => Outcome::Refused("not JSON"),
        Answer::TooLarge { .. } | Answer::TooLargeForQueue(_) => Outcome::Refused("too large"),
        Answer::BrokenOff | Answer::TooSlow => Outcome::Refused("did not arrive whole"),
        Answer::Overloaded => Outcome::Refused("too much at once"),
        Answer::NoSecret => Outcome::Refused("secret cannot be used"),
        Answer::Unavailable(_) => Outcome::Refused("could not be stored"),
    }
}

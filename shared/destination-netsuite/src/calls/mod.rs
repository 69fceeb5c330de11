//! How many calls are under way at a time. The account's limit holds for all of its integrations
//! together, and no role but an administrator's may ask for it, so that the number is found: it
//! begins at two, grows by one after calls that were taken while all places were in use, and is
//! halved by a refusal, up to the bound that the settings name ([`number`]).
//!
//! The number is a fact of the account. All processes that call it keep it together, with the names
//! of those that call at present, and each takes its share ([`shared`]). Without that record a
//! process goes on with its own number.

mod number;
mod shared;

use jiff::Timestamp;
use number::Number;
pub(crate) use number::Told;
use ports::{Checkpoints, Clock};
use shared::Shared;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::{Semaphore, SemaphorePermit};

/// The time after which a process that calls says so again, and listens to the others.
const RENEWED_EVERY: Duration = Duration::from_secs(10);
/// The time for which a process that calls alone sends nothing after a refusal in its only place.
const REST_ALONE: Duration = Duration::from_secs(2);

/// The places for calls that are under way.
pub(crate) struct Places {
    destination: String,
    clock: Arc<dyn Clock>,
    semaphore: Semaphore,
    state: Mutex<State>,
    shared: Option<Shared>,
    /// Held while the record is read for the first time.
    first: tokio::sync::Mutex<()>,
}

struct State {
    number: Number,
    /// The part of the number that is this process's.
    share: u32,
    /// The places that there are, those in use included.
    open: u32,
    /// Whether no other process calls, as far as it is known.
    is_alone: bool,
    /// When this process last said that it calls.
    renewed: Option<Timestamp>,
    /// When it was refused in its only place, and the time for which it sends nothing since.
    rest: Option<(Timestamp, Duration)>,
}

/// A place, until it is dropped.
pub(crate) struct Place<'a> {
    permit: Option<SemaphorePermit<'a>>,
    places: &'a Places,
    /// The number's changes before the call began.
    changes: u64,
}

impl Places {
    /// Creates places for a process that shares them with nobody, at most this many.
    pub(crate) fn new(destination: String, most: u32, clock: Arc<dyn Clock>) -> Self {
        let number = Number::new(most);
        let share = number.now();
        Self {
            destination,
            clock,
            semaphore: Semaphore::new(usize::try_from(share).unwrap_or(1)),
            state: Mutex::new(State {
                number,
                share,
                open: share,
                is_alone: true,
                renewed: None,
                rest: None,
            }),
            shared: None,
            first: tokio::sync::Mutex::new(()),
        }
    }

    /// Shares the number with all processes that keep it here.
    pub(crate) fn share(&mut self, notes: Arc<dyn Checkpoints>) {
        self.shared = Some(Shared::new(&self.destination, notes));
    }

    /// Takes a place, and waits for one where all are in use.
    pub(crate) async fn take(&self) -> Place<'_> {
        self.renew().await;
        // The semaphore is never closed; without a place the call would only be less polite.
        let permit = self.semaphore.acquire().await.ok();
        Place {
            permit,
            places: self,
            changes: self.lock().number.changes(),
        }
    }

    /// Returns for how long nothing is to be sent, because a call was refused in the only place that
    /// this process has.
    pub(crate) fn rest(&self) -> Option<Duration> {
        let (since, time) = self.lock().rest?;
        // None is left over where the clock was ahead when the rest began.
        let passed = self.clock.now().duration_since(since);
        time.checked_sub(passed.try_into().ok()?)
            .filter(|left| !left.is_zero())
    }

    /// Learns what NetSuite made of the call in this place.
    pub(crate) async fn learn(&self, place: &Place<'_>, told: Told) {
        let all_in_use = self.semaphore.available_permits() == 0;
        let now = self.clock.now();
        let change = {
            let mut state = self.lock();
            let is_last = state.share == 1 && state.number.changes() == place.changes;
            if told == Told::TooMany && is_last {
                let time = if state.is_alone {
                    REST_ALONE
                } else {
                    RENEWED_EVERY
                };
                state.rest = Some((now, time));
            }
            state.number.learn(told, all_in_use, place.changes, now)
        };
        if let Some(change) = change {
            self.agree(Some(change)).await;
        }
    }

    /// Says that this process calls, where it has not for a while. Only the first calls wait for
    /// that.
    async fn renew(&self) {
        if self.shared.is_none() || !self.is_due() {
            return;
        }
        let _turn = self.first.lock().await;
        if self.is_due() {
            self.agree(None).await;
        }
    }

    fn is_due(&self) -> bool {
        let now = self.clock.now();
        let renewed = self.lock().renewed;
        renewed.is_none_or(|then| now.duration_since(then).unsigned_abs() >= RENEWED_EVERY)
    }

    /// Agrees on the number with the other processes, and takes this one's share of it.
    async fn agree(&self, change: Option<number::Change>) {
        let now = self.clock.now();
        let (before, own) = {
            let mut state = self.lock();
            state.renewed = Some(now);
            (state.number.now(), state.number)
        };
        let agreed = match &self.shared {
            Some(shared) => shared.agree(own, change, now).await,
            None => None,
        };
        let mut state = self.lock();
        let share = match agreed {
            Some(agreed) => {
                state.number.set(agreed.number, agreed.refused);
                state.is_alone = agreed.is_alone;
                agreed.share
            }
            None => {
                if let Some(change) = change {
                    state.number.change(change, now);
                }
                // As many others as there were.
                let number = u64::from(state.number.now());
                let share = u64::from(state.share) * number / u64::from(before.max(1));
                u32::try_from(share).unwrap_or(before)
            }
        };
        self.resize(&mut state, share.max(1));
        let number = state.number.now();
        drop(state);
        if number != before {
            tracing::info!(
                destination = self.destination,
                calls = number,
                before,
                "the number of calls that are made to NetSuite at once has changed"
            );
        }
    }

    /// Opens or closes places. One that is in use is closed when it is given back.
    fn resize(&self, state: &mut State, share: u32) {
        state.share = share;
        if share > state.open {
            let more = share - state.open;
            self.semaphore
                .add_permits(usize::try_from(more).unwrap_or_default());
            state.open = share;
        } else {
            let fewer = usize::try_from(state.open - share).unwrap_or_default();
            let closed = self.semaphore.forget_permits(fewer);
            state.open -= u32::try_from(closed).unwrap_or_default();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.places.lock();
        if state.open > state.share
            && let Some(permit) = self.permit.take()
        {
            permit.forget();
            state.open -= 1;
        }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;

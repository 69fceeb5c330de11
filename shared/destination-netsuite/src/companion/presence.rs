use super::{VERSION, seen::Seen};
use crate::{
    client::Client,
    config::Speed,
    error::{Cause, Refusal},
};
use jiff::{SignedDuration, Timestamp};
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Time after which a companion that was not there is asked for again.
pub(super) const ABSENT: SignedDuration = SignedDuration::from_hours(24);
/// Time for which one that fails again and again is left alone.
pub(super) const FAILING: SignedDuration = SignedDuration::from_hours(1);
/// The number of orders that a first call takes, and the most that any takes ("about 20
/// transactions", Improving Web Services Performance, NetSuite help).
const AT_FIRST: usize = 10;
const MOST: usize = 20;
/// The number of failed calls in a row after which orders go one record per call.
const MOST_FAILURES: u32 = 5;
/// The time that a call should take at most: it holds one of the account's places all the while.
const LONGEST: Duration = Duration::from_secs(30);

/// What a process knows of an account's companion.
#[derive(Debug)]
pub(crate) struct Companion {
    speed: Speed,
    state: Mutex<State>,
    pub(super) seen: Seen,
}

#[derive(Debug)]
struct State {
    presence: Presence,
    orders_per_call: usize,
    /// The number of calls in a row that failed.
    failures: u32,
}

#[derive(Clone, Copy, Debug)]
enum Presence {
    Unknown,
    There,
    /// It is not asked for before this instant.
    Away(Timestamp),
}

/// What asking for the companion led to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Asked {
    /// It speaks this version of the protocol.
    Speaks(u64),
    /// It is not there, or not for this role.
    Absent(Box<Refusal>),
    /// It is not known.
    Unknown(Box<Refusal>),
}

impl Companion {
    /// Creates the knowledge of a process that has not asked yet.
    pub(crate) fn new(speed: Speed) -> Self {
        // Who says that it is there need not have it asked for.
        let presence = match speed {
            Speed::Restlet => Presence::There,
            Speed::Auto | Speed::Single => Presence::Unknown,
        };
        Self {
            speed,
            state: Mutex::new(State {
                presence,
                orders_per_call: AT_FIRST,
                failures: 0,
            }),
            seen: Seen::default(),
        }
    }

    /// Returns whether orders may be given to the companion. Asks for it where that is not known.
    pub(crate) async fn is_there(&self, client: &Client<'_>) -> bool {
        let now = client.connection.clock.now();
        if self.speed == Speed::Single || client.connection.lacks_restlets() {
            return false;
        }
        let presence = self.lock().presence;
        match presence {
            Presence::There => return true,
            Presence::Away(until) if now < until => return false,
            Presence::Unknown | Presence::Away(_) => {}
        }
        match ask(client).await {
            Asked::Speaks(VERSION) => self.lock().presence = Presence::There,
            Asked::Speaks(version) => self.away(client, &other_version(version), ABSENT),
            Asked::Absent(refusal) => self.away(client, &refusal.failure.message, ABSENT),
            // Another time; the orders need not wait for it.
            Asked::Unknown(_) => {}
        }
        matches!(self.lock().presence, Presence::There)
    }

    /// Notes that orders cannot be given to the companion, which nobody tries for this time then.
    pub(super) fn away(&self, client: &Client<'_>, why: &str, time: SignedDuration) {
        let now = client.connection.clock.now();
        let destination = &client.connection.settings.name;
        if self.speed == Speed::Restlet {
            tracing::warn!(
                destination,
                why,
                "the companion RESTlet cannot be used; orders go one record per call. orderbridge check --live tells what is missing"
            );
        } else {
            tracing::info!(
                destination,
                why,
                "the companion RESTlet is not used; orders go one record per call"
            );
        }
        let mut state = self.lock();
        state.failures = 0;
        state.presence = Presence::Away(now.checked_add(time).unwrap_or(now));
    }

    /// Returns whether so many calls failed in a row that orders should go another way.
    pub(super) fn fails_always(&self) -> bool {
        self.lock().failures >= MOST_FAILURES
    }

    /// Returns the number of orders that the next call takes.
    pub(super) fn orders_per_call(&self) -> usize {
        self.lock().orders_per_call
    }

    /// Notes how long a call with so many orders took, or that it failed.
    pub(super) fn took(&self, orders: usize, time: Option<Duration>) {
        let mut state = self.lock();
        state.failures = match time {
            Some(_) => 0,
            None => state.failures.saturating_add(1),
        };
        state.orders_per_call = match time {
            Some(time) if time <= LONGEST => {
                let grown = state.orders_per_call + usize::from(orders >= state.orders_per_call);
                grown.min(MOST)
            }
            _ => (orders.min(state.orders_per_call) / 2).max(1),
        };
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks for the companion.
pub(crate) async fn ask(client: &Client<'_>) -> Asked {
    match client.companion_version().await {
        Ok(version) => Asked::Speaks(version),
        Err(refusal) if is_absent(&refusal) => Asked::Absent(Box::new(refusal)),
        Err(refusal) => Asked::Unknown(Box::new(refusal)),
    }
}

/// Returns whether the refusal is one of the companion as such: orders can go without it. A login
/// that only RESTlets refuse is one, too; whether REST takes it, the next call shows.
pub(super) fn is_absent(refusal: &Refusal) -> bool {
    matches!(
        refusal.cause,
        Cause::NoScript | Cause::Forbidden | Cause::BadLogin
    )
}

pub(crate) fn other_version(version: u64) -> String {
    format!("the account has version {version} of the companion, and this program needs {VERSION}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_takes_as_many_orders_as_it_carries_in_half_a_minute() {
        let companion = Companion::new(Speed::Restlet);
        let took = |orders, seconds| {
            companion.took(orders, Some(Duration::from_secs(seconds)));
            companion.orders_per_call()
        };
        assert_eq!(took(10, 12), 11);
        assert_eq!(took(3, 5), 11, "a smaller one shows nothing");
        assert_eq!(took(10, 31), 5);
        assert_eq!(took(5, 31), 2);
        (0..40).for_each(|_| _ = took(20, 1));
        assert_eq!(companion.orders_per_call(), 20);
        companion.took(20, None);
        assert_eq!(companion.orders_per_call(), 10);
        (0..9).for_each(|_| companion.took(1, None));
        assert_eq!(companion.orders_per_call(), 1);
    }
}

use destination::Failure;
use jiff::{SignedDuration, Timestamp};
use ports::{Secret, was_ahead};
use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Pauses after the first, second, ... refused login in a row; the last one repeats. Five failed
/// logins lock NetSuite's user for 30 minutes ("Five failed login attempts", User Access in
/// NetSuite help). Every refusal counts here as it counts there, also those of calls that were on
/// their way together, so the fourth comes half an hour after the third and the fifth as long after
/// the fourth. Each process counts for itself; the others keep the pause too because they share the
/// circuit.
const PAUSES: [SignedDuration; 3] = [
    SignedDuration::from_mins(1),
    SignedDuration::from_mins(10),
    SignedDuration::from_mins(31),
];

impl State {
    /// Returns the end of a pause that is not over; none where it was set by a clock that was
    /// ahead.
    fn ends(&self, now: Timestamp) -> Option<Timestamp> {
        let latest = PAUSES
            .last()
            .and_then(|longest| now.checked_add(*longest).ok())
            .unwrap_or(now);
        self.until
            .filter(|until| now < *until && !was_ahead(*until, latest))
    }
}

/// A guard that keeps NetSuite from locking the user: after a refused login nothing is sent for a
/// while, unless the secret was changed.
#[derive(Default)]
pub(crate) struct Lockout {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The number of refused logins in a row.
    refusals: usize,
    /// The number of refused logins since the start.
    total: usize,
    /// Whether a login was accepted, and none refused since.
    is_proven: bool,
    until: Option<Timestamp>,
    refused: Option<Secret>,
}

impl Lockout {
    /// Returns whether the credentials are known to be good, so that several calls may go at once.
    pub(crate) fn is_proven(&self) -> bool {
        self.state().is_proven
    }

    /// Returns the number of logins that were refused since the start. Whoever begins a call keeps
    /// it for [`Lockout::accepted`].
    pub(crate) fn refusals_so_far(&self) -> usize {
        self.state().total
    }

    /// Returns whether calls with the refused secret have to wait.
    pub(crate) fn is_closed(&self, now: Timestamp) -> bool {
        self.state().ends(now).is_some()
    }

    /// Fails for the secret that was refused, until its pause is over. Another secret opens the
    /// way, but NetSuite goes on counting.
    pub(crate) fn check(&self, secret: &Secret, now: Timestamp) -> Result<(), Failure> {
        let mut state = self.state();
        match state.ends(now) {
            Some(until) if state.refused.as_ref() == Some(secret) => Err(waiting(until, now)),
            _ => {
                state.until = None;
                Ok(())
            }
        }
    }

    /// Notes a refused login and returns how long nothing will be sent.
    pub(crate) fn refused(&self, secret: Option<Secret>, now: Timestamp) -> SignedDuration {
        let mut state = self.state();
        let pause = PAUSES
            .get(state.refusals)
            .or(PAUSES.last())
            .copied()
            .unwrap_or_default();
        state.refusals = state.refusals.saturating_add(1);
        state.total = state.total.saturating_add(1);
        state.is_proven = false;
        state.until = state.ends(now).max(now.checked_add(pause).ok());
        state.refused = secret;
        pause
    }

    /// Notes that the credentials are good, as shown by a call that began after this many refusals.
    /// A call that began before the last of them proves nothing.
    pub(crate) fn accepted(&self, refusals_before: usize) {
        let mut state = self.state();
        if state.total == refusals_before {
            *state = State {
                total: state.total,
                is_proven: true,
                ..State::default()
            };
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Lockout {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        out.debug_struct("Lockout")
            .field("refusals", &state.refusals)
            .field("until", &state.until)
            .finish_non_exhaustive()
    }
}

fn waiting(until: Timestamp, now: Timestamp) -> Failure {
    let text = format!(
        "NetSuite refused the login, and so that it does not lock the user, nothing is sent until {until} or until the secret has changed; \
         the Login Audit Trail in NetSuite (Setup > Users/Roles > User Management) tells the reason"
    );
    let failure = Failure {
        code: Some("INVALID_LOGIN".to_owned()),
        ..Failure::refused_login(text)
    };
    failure.after(Some(until.duration_since(now).unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use destination::Class;
    use std::collections::BTreeMap;

    fn secret(token: &str) -> Secret {
        Secret::new(BTreeMap::from([(
            "token_secret".to_owned(),
            vec![token.to_owned()],
        )]))
    }

    #[test]
    fn the_fifth_refused_login_comes_late() {
        let lockout = Lockout::default();
        let mut now = Timestamp::UNIX_EPOCH;
        for _ in 0..4 {
            now += lockout.refused(Some(secret("a")), now);
            assert!(!lockout.is_closed(now));
        }
        assert!(
            now.duration_since(Timestamp::UNIX_EPOCH) > SignedDuration::from_mins(60),
            "{now}"
        );
    }

    #[test]
    fn refusals_of_calls_that_were_on_their_way_together_count_each() {
        let lockout = Lockout::default();
        let mut now = Timestamp::UNIX_EPOCH;
        (0..3).for_each(|_| _ = lockout.refused(Some(secret("a")), now));
        assert!(lockout.is_closed(now + SignedDuration::from_mins(30)));
        now += SignedDuration::from_mins(31);
        assert!(!lockout.is_closed(now), "the fourth");
        lockout.refused(Some(secret("a")), now);
        assert!(
            lockout.is_closed(now + SignedDuration::from_mins(30)),
            "the fifth, more than an hour after the first"
        );
    }

    #[test]
    fn a_changed_secret_ends_the_wait_but_not_the_count() {
        let lockout = Lockout::default();
        let now = Timestamp::UNIX_EPOCH;
        lockout.refused(Some(secret("a")), now);
        let failure = lockout.check(&secret("a"), now).unwrap_err();
        assert_eq!(
            (failure.class, failure.is_transient()),
            (Class::Authentication, true)
        );
        assert!(failure.retry_after().is_some());
        assert!(lockout.check(&secret("b"), now).is_ok());
        assert!(!lockout.is_closed(now) && !lockout.is_proven());
        assert_eq!(
            lockout.refused(Some(secret("b")), now),
            SignedDuration::from_mins(10)
        );
    }

    #[test]
    fn a_pause_that_a_clock_wrote_which_was_a_month_ahead_is_over() {
        let lockout = Lockout::default();
        let now = Timestamp::UNIX_EPOCH;
        lockout.refused(Some(secret("a")), now + SignedDuration::from_hours(24 * 30));
        assert!(!lockout.is_closed(now) && lockout.check(&secret("a"), now).is_ok());
        lockout.refused(Some(secret("a")), now);
        assert!(lockout.is_closed(now) && !lockout.is_closed(now + SignedDuration::from_mins(10)));
    }

    #[test]
    fn only_a_call_that_began_after_the_last_refusal_proves_that_the_login_is_good() {
        let lockout = Lockout::default();
        let now = Timestamp::UNIX_EPOCH;
        let before = lockout.refusals_so_far();
        let first = lockout.refused(Some(secret("a")), now);
        lockout.accepted(before);
        assert!(lockout.is_closed(now) && !lockout.is_proven());
        lockout.accepted(lockout.refusals_so_far());
        assert!(!lockout.is_closed(now) && lockout.is_proven());
        assert_eq!(
            lockout.refused(Some(secret("a")), now),
            first,
            "a good login begins anew"
        );
        assert!(!lockout.is_proven());
    }
}

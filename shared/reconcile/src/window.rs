//! The windows of comparisons by themselves. No I/O.

use crate::Place;
use config::Reconcile;
use jiff::{SignedDuration, Timestamp};
use source::reader::{Reach, Window};
use std::time::Duration;

/// The time by which the very first comparison reaches back: what came while the program was set
/// up, and not the shop's whole past, which is for `sync`.
const FIRST_REACH: Duration = Duration::from_hours(24);
/// The pause between two times that destinations are read back, a little less than a day, so that
/// it does not wander through the day.
const VERIFY_EVERY: SignedDuration = SignedDuration::from_mins(24 * 60 - 10);

/// Returns the beginning of the changes that are to be compared, in a window with this end. An end
/// of the last window that lies behind it was noted by a clock that was ahead: nobody knows what
/// those windows passed over, so that it begins as the first one did.
pub(crate) fn since(
    place: &Place,
    settings: &Reconcile,
    reach: Reach,
    until: Timestamp,
) -> Timestamp {
    earlier(
        last_end(place, settings, reach, until),
        overlap(settings, reach),
    )
}

/// Returns the end of the last window, as [`since`] takes it.
pub(crate) fn last_end(
    place: &Place,
    settings: &Reconcile,
    reach: Reach,
    until: Timestamp,
) -> Timestamp {
    let known = place.compared_until.filter(|last| *last <= until);
    known.unwrap_or_else(|| first(settings, reach, until))
}

/// Returns the end of the window that counts as the last one before the very first.
fn first(settings: &Reconcile, reach: Reach, until: Timestamp) -> Timestamp {
    earlier(until, FIRST_REACH.saturating_sub(overlap(settings, reach)))
}

fn overlap(settings: &Reconcile, reach: Reach) -> Duration {
    settings.overlap.max(reach.overlap)
}

/// Returns the window of the next comparison, and of the daily reading where it is due.
pub(crate) fn newest(
    place: &Place,
    settings: &Reconcile,
    reach: Reach,
    verify: bool,
    now: Timestamp,
) -> Window {
    let until = earlier(now, reach.settle);
    let mut from = since(place, settings, reach, until);
    if verify {
        from = from.min(earlier(until, settings.verify_window));
    }
    Window::new(from, until)
}

/// Returns whether the destinations are to be read back.
pub(crate) fn is_verify_due(place: &Place, now: Timestamp) -> bool {
    let is_recent = |last: Timestamp| {
        let age = now.duration_since(last);
        age >= SignedDuration::ZERO && age < VERIFY_EVERY
    };
    !place.verified.is_some_and(is_recent)
}

/// Returns the time so much earlier.
pub(crate) fn earlier(at: Timestamp, by: Duration) -> Timestamp {
    at.saturating_sub(by).unwrap_or(Timestamp::MIN)
}

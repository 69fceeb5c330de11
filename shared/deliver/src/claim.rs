//! The claims of message groups on orders: who may write an order. The queue keeps the messages of
//! one group apart, but an order whose customer changed between two of its events is in two groups,
//! whose workers may be in two processes: the ledger's entry says which group holds the order. (A
//! refund that names no customer is in the order's own group, beside the customer's.)

use crate::holding::{self, still_to_wait};
use jiff::Timestamp;
use ports::{LedgerEntry, State, Version, was_ahead};
use std::time::Duration;

/// The step that a message needs before its order may be written.
pub(crate) enum Claim {
    /// Its group holds the order: nobody else writes it.
    Held,
    /// Nobody holds the order: this entry takes it, and then it may be written at once.
    Free(Box<LedgerEntry>),
    /// Another group holds the order and may have a call on its way, whose own write to the ledger
    /// fails once this entry has taken the order. (Or this group has taken it, and waits anew,
    /// because a clock that was ahead wrote the end of the wait.) Then see [`Self::Taken`].
    Take(Box<LedgerEntry>),
    /// Its group has taken the order, and may write it when the other group's call has ended.
    Taken,
    /// Another group has a newer state to deliver, or may have tried one.
    Wait,
}

/// Returns what a message of this group with this version needs. `lease` is how long a worker may
/// have an order in hand.
pub(crate) fn claim(
    entry: &LedgerEntry,
    group: &str,
    version: Version,
    lease: Duration,
    now: Timestamp,
) -> Claim {
    if holding::is_newer_tried_elsewhere(entry, group, version, now) {
        return Claim::Wait;
    }
    let Some(holder) = &entry.holder else {
        return Claim::Free(Box::new(holding::claimed(
            entry.clone(),
            group,
            version,
            now,
        )));
    };
    let until = now.saturating_add(lease).unwrap_or(Timestamp::MAX);
    if holder.group == group {
        let ends = holder.takeover.as_ref().map(|takeover| takeover.until);
        if ends.is_some_and(|ends| was_ahead(ends, until)) {
            return Claim::Take(Box::new(holding::waiting_anew(entry.clone(), until, now)));
        }
        return if still_to_wait(holder, now).is_some() {
            Claim::Taken
        } else {
            Claim::Held
        };
    }
    // Where two states are both still to be delivered, the older one waits: it is stale once the
    // newer one is delivered, and may go on if that one is rejected.
    let is_next = holder.version.is_none_or(|held| {
        // A clock that was ahead may have noted either; or both would go before each other for ever.
        let (held, coming) = (
            held.counting_beside(&version, now),
            version.counting_beside(&held, now),
        );
        held.is_older_than(&coming)
            || (entry.state != State::Retrying && !version.is_older_than(&held))
    });
    if !is_next {
        return Claim::Wait;
    }
    Claim::Take(Box::new(holding::taken_over(
        entry.clone(),
        holder,
        group,
        version,
        until,
        now,
    )))
}

#[cfg(test)]
mod tests {
    use super::{Claim, claim};
    use crate::{holding::claimed, record::first};
    use jiff::{SignedDuration, Timestamp};
    use ports::{LedgerEntry, LedgerKey, State, Version};
    use std::time::Duration;

    #[test]
    fn of_two_groups_only_one_goes_before_the_other_whatever_the_clock_was() {
        let now: Timestamp = "2026-01-01T00:10:00Z".parse().unwrap();
        let at = |after: i64| Version {
            modified: Some(now),
            accepted: now + SignedDuration::from_hours(after),
        };
        let key = LedgerKey {
            route: "sales".to_owned(),
            order: "1042".to_owned(),
        };
        let held_by = |group: &str, version| LedgerEntry {
            state: State::Retrying,
            ..claimed(first(key.clone(), now), group, version, now)
        };
        let (in_time, ahead) = (at(-1), at(30 * 24));
        for (held, coming, takes) in [
            (ahead, in_time, true),
            (in_time, ahead, false),
            (in_time, at(0), true),
            (at(0), in_time, false),
            (ahead, at(31 * 24), true),
            (at(31 * 24), ahead, false),
        ] {
            let claimed = |entry| claim(&entry, "b", coming, Duration::from_secs(240), now);
            let entry = held_by("a", held);
            let delivered = LedgerEntry {
                state: State::Delivered,
                ..entry.clone()
            };
            assert_eq!(matches!(claimed(entry), Claim::Take(_)), takes);
            if !coming.is_older_than(&held) {
                let is_taken = matches!(claimed(delivered), Claim::Take(_));
                assert!(is_taken, "what was delivered keeps no newer one waiting");
            }
        }
    }
}

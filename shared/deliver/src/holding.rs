//! Who holds an order, and what those who lost it may have done to it: claims, takeovers, and the states
//! that were tried without a known end. No I/O.

use crate::record::{in_doubt, touched};
use jiff::Timestamp;
use ports::{Holder, LedgerEntry, State, Takeover, Tried, Version};
use std::time::Duration;

/// Claims an order that no group holds for a group.
pub(crate) fn claimed(
    entry: LedgerEntry,
    group: &str,
    version: Version,
    now: Timestamp,
) -> LedgerEntry {
    LedgerEntry {
        holder: holder(group, version),
        ..touched(entry, now)
    }
}

/// Takes an order from another group, whose last call may still change what the destination holds.
pub(crate) fn taken_over(
    entry: LedgerEntry,
    from: &Holder,
    group: &str,
    version: Version,
    until: Timestamp,
    now: Timestamp,
) -> LedgerEntry {
    // Whose call may be on its way is known only where the other group had the order for itself.
    let is_alone = still_to_wait(from, now).is_none() && from.version.is_some();
    let tried = tried_before(&entry, from, group);
    let holder = Holder {
        group: group.to_owned(),
        version: Some(version),
        takeover: Some(Takeover {
            until,
            from: is_alone.then(|| from.group.clone()),
        }),
    };
    LedgerEntry {
        state: State::Retrying,
        holder: Some(holder),
        tried,
        ..touched(in_doubt(entry), now)
    }
}

/// Returns what groups may have tried before this one takes the order, with the state that the order
/// is taken with: one that is not delivered. What this group itself tried is the state that it comes
/// with.
fn tried_before(entry: &LedgerEntry, from: &Holder, group: &str) -> Vec<Tried> {
    let last = from.version.filter(|version| !is_delivered(entry, version));
    let last = last.map(|version| Tried {
        group: from.group.clone(),
        version,
    });
    let others = entry.tried.iter().cloned();
    others
        .filter(|tried| tried.group != group && tried.group != from.group)
        .chain(last)
        .collect()
}

/// Notes what a group tried that lost the order meanwhile, and so could not write down what came of
/// it. Returns `None` where the ledger knows a newer state to be delivered, where nobody has taken the
/// order, and where it was made free: by a redaction, after which the group does not come back.
pub(crate) fn tried_in_vain(
    mut entry: LedgerEntry,
    loser: Holder,
    now: Timestamp,
) -> Option<LedgerEntry> {
    let version = loser
        .version
        .filter(|version| !is_delivered(&entry, version))?;
    let is_free = |holder: &Holder| holder.version.is_none();
    if holds(&entry, &loser.group) || entry.holder.as_ref().is_some_and(is_free) {
        return None;
    }
    let group = loser.group;
    entry.tried.retain(|tried| tried.group != group);
    entry.tried.push(Tried { group, version });
    Some(touched(entry, now))
}

fn is_delivered(entry: &LedgerEntry, version: &Version) -> bool {
    let delivered = entry.delivered.as_ref();
    delivered.is_some_and(|delivered| !delivered.version.is_older_than(version))
}

/// Begins a group's wait anew, because a clock that was ahead wrote its end: the group waits as if
/// it had taken the order just now.
pub(crate) fn waiting_anew(
    mut entry: LedgerEntry,
    until: Timestamp,
    now: Timestamp,
) -> LedgerEntry {
    let takeover = entry.holder.as_mut().and_then(|it| it.takeover.as_mut());
    if let Some(takeover) = takeover {
        takeover.until = until;
    }
    touched(entry, now)
}

/// Takes away what the order's groups may have tried and what is settled now: the head of a group,
/// by this group, and what is no newer than the destination's state.
pub(crate) fn settled_by(
    mut entry: LedgerEntry,
    group: &str,
    delivered: Option<Version>,
) -> LedgerEntry {
    entry.tried.retain(|tried| {
        tried.group != group
            && delivered.is_none_or(|delivered| delivered.is_older_than(&tried.version))
    });
    entry
}

/// Notes that a state was stale that its group may have tried before another one took the order over.
/// Returns `None` where there is nothing to note.
pub(crate) fn stale(entry: &LedgerEntry, group: &str, now: Timestamp) -> Option<LedgerEntry> {
    let is_noted = entry.tried.iter().any(|tried| tried.group == group);
    is_noted.then(|| touched(settled_by(entry.clone(), group, None), now))
}

/// Returns whether a newer state than this was tried and its answer was lost: the destination may hold
/// it, and its message comes back. Until then the entry goes on saying so, whatever becomes of older
/// states.
pub(crate) fn is_newer_tried(entry: &LedgerEntry, version: Version, now: Timestamp) -> bool {
    let holder = entry.holder.as_ref();
    let last = holder.filter(|_| entry.state == State::Retrying);
    let last = last.and_then(|holder| holder.version);
    let before = entry.tried.iter().map(|tried| tried.version);
    before
        .chain(last)
        .any(|tried| version.is_older_than(&tried.counting_beside(&version, now)))
}

/// Returns whether another group than this may have tried a newer state, before it lost the order.
pub(crate) fn is_newer_tried_elsewhere(
    entry: &LedgerEntry,
    group: &str,
    version: Version,
    now: Timestamp,
) -> bool {
    let mut others = entry.tried.iter().filter(|tried| tried.group != group);
    others.any(|tried| version.is_older_than(&tried.version.counting_beside(&version, now)))
}

/// Lets the order go: this group has nothing more to deliver and no call on its way, so that
/// whoever waits for it may go on. An order that another group holds stays as it is.
pub(crate) fn let_go(entry: LedgerEntry, group: &str, now: Timestamp) -> LedgerEntry {
    if !holds(&entry, group) {
        return entry;
    }
    // While a call of the group from which the order was taken may still be on its way, whoever
    // comes next has to wait for that.
    let must_wait = |holder: &Holder| still_to_wait(holder, now).is_some();
    let holder = entry.holder.filter(must_wait).map(Holder::released);
    LedgerEntry { holder, ..entry }
}

pub(crate) fn holds(entry: &LedgerEntry, group: &str) -> bool {
    entry
        .holder
        .as_ref()
        .is_some_and(|holder| holder.group == group)
}

pub(crate) fn holder(group: &str, version: Version) -> Option<Holder> {
    Some(Holder {
        group: group.to_owned(),
        version: Some(version),
        takeover: None,
    })
}

/// Returns how long a call of the group from which the order was taken may still be on its way.
pub(crate) fn still_to_wait(holder: &Holder, now: Timestamp) -> Option<Duration> {
    let until = holder.takeover.as_ref()?.until;
    (until > now).then(|| until.duration_since(now).unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::{claimed, holder, taken_over, tried_in_vain};
    use crate::record::first;
    use jiff::{SignedDuration, Timestamp};
    use ports::{LedgerKey, Tried, Version};

    #[test]
    fn who_lost_an_order_notes_what_it_tried_unless_it_does_not_come_back() {
        let now: Timestamp = "2026-01-01T00:10:00Z".parse().unwrap();
        let state = |second: i64| Version {
            modified: Some(now + SignedDuration::from_secs(second)),
            accepted: now,
        };
        let key = LedgerKey {
            route: "sales".to_owned(),
            order: "1042".to_owned(),
        };
        let of_a = claimed(first(key, now), "a", state(1), now);
        let lost = || holder("a", state(3)).unwrap();
        assert_eq!(tried_in_vain(of_a.clone(), lost(), now), None);

        let before = holder("a", state(1)).unwrap();
        let of_b = taken_over(of_a, &before, "b", state(2), now, now);
        let noted = tried_in_vain(of_b.clone(), lost(), now).unwrap();
        let tried = Tried {
            group: "a".to_owned(),
            version: state(3),
        };
        assert_eq!(noted.tried, [tried]);
        let redacted = of_b.redacted().unwrap();
        assert_eq!(tried_in_vain(redacted, lost(), now), None);
    }
}

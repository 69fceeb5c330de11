use crate::{Result, decision::Item, holding, prepare::Planned};
use jiff::Timestamp;
use ports::{Origin, State, Version};

/// Returns whether the state may be older than the delivered one, which a clock noted that was ahead:
/// nobody here can tell. What an operator edited is meant as it is.
pub(crate) fn is_in_doubt(item: &Item, planned: &Planned, now: Timestamp) -> bool {
    let delivered = item
        .entry
        .as_ref()
        .and_then(|entry| entry.delivered.as_ref());
    item.received.message.origin != Origin::Edited
        && delivered
            .is_some_and(|delivered| delivered.version.is_in_doubt_beside(&planned.version, now))
}

/// Returns the result of a plan that needs no call: an older state, or exactly what the destination
/// holds. While another group holds the order, nobody knows what that is.
pub(crate) fn settled_by_ledger(item: &Item, planned: &Planned, now: Timestamp) -> Option<Result> {
    let entry = item.entry.as_ref()?;
    let delivered = entry.delivered.as_ref()?;
    let watermark = delivered.version.counting_beside(&planned.version, now);
    // What was tried stays as new as it was found then, though the hour has come meanwhile at which a
    // clock that was ahead noted the watermark: the destination may hold it.
    let is_tried = entry.state == State::Retrying
        && entry.holder.as_ref().is_some_and(|holder| {
            holder.group == item.group() && holder.version == Some(planned.version)
        });
    // A watermark that a clock noted which was ahead says nothing now; what came after it, and was
    // delivered or held already, does.
    let last = entry.holder.as_ref().and_then(|holder| holder.version);
    let last = last
        .filter(|last| entry.state == State::Delivered && !delivered.version.is_older_than(last));
    let last = last.map(|last| last.counting_beside(&planned.version, now));
    let is_older = |than: &Version| planned.version.is_older_than(than);
    if !is_tried && (is_older(&watermark) || last.as_ref().is_some_and(is_older)) {
        return Some(Result::Stale);
    }
    // The state that was delivered before must not be written over a newer one that was tried.
    let is_past = !watermark.is_older_than(&planned.version);
    if is_past && holding::is_newer_tried(entry, planned.version, now) {
        return Some(Result::Stale);
    }
    let is_held_elsewhere = entry
        .holder
        .as_ref()
        .is_some_and(|holder| holder.group != item.group());
    let is_forced = item.received.message.origin == Origin::Forced;
    (delivered.content.is(&planned.content) && !is_held_elsewhere && !is_forced)
        .then_some(Result::Unchanged)
}

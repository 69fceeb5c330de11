//! The changes of an order's ledger entry: the state machine, one function per transition. No I/O.

use crate::{
    Result,
    holding::{holder, holds, is_newer_tried, let_go, settled_by},
    prepare::{Facts, Planned},
};
use destination::{Class, Failure};
use jiff::Timestamp;
use ports::{
    Content, Delivered, Happened, LedgerEntry, LedgerKey, Origin, Received, RecordRef, State,
    Version,
};
use std::time::Duration;

/// The longest gap between two tries of an order that counts.
const LONGEST_GAP: Duration = Duration::from_secs(86_400);

/// Creates the entry of an order that was never seen before.
pub(crate) fn first(key: LedgerKey, now: Timestamp) -> LedgerEntry {
    LedgerEntry {
        key,
        revision: None,
        state: State::Retrying,
        delivered: None,
        holder: None,
        tried: Vec::new(),
        attempts: 0,
        failing_since: None,
        failing_for: Duration::ZERO,
        rejected_modified: None,
        suspicion: 0,
        last_error: None,
        warnings: Vec::new(),
        first_seen: now,
        updated: now,
        store: None,
        number: None,
        total: None,
        currency: None,
        mapping: None,
        history: Vec::new(),
    }
}

/// Notes what a message tells of the order, and on its first receipt how it came.
pub(crate) fn told(entry: &mut LedgerEntry, received: &Received, facts: Option<Facts>) {
    let message = &received.message;
    entry.store = Some(message.store.clone());
    if let Some(facts) = facts {
        entry.number = Some(facts.number);
        entry.total = Some(facts.total.to_string());
        entry.currency = Some(facts.currency);
    }
    let came = match message.origin {
        _ if message.replays > 0 => Happened::Replayed,
        Origin::Posted => Happened::Accepted,
        Origin::Edited => Happened::Replayed,
        Origin::Read | Origin::Forced => Happened::Read,
    };
    // Who waits for an order that was taken over is received anew for the first time.
    let is_taken = entry
        .holder
        .as_ref()
        .is_some_and(|it| it.takeover.is_some());
    let is_same = |event: &ports::Event| {
        event.what == came && event.at.as_second() == message.accepted.as_second()
    };
    let is_known = is_taken && entry.history.iter().any(is_same);
    if received.attempts <= 1 && !is_known {
        entry.happened(came, message.accepted);
    }
}

/// Returns the event in the order's history that a result is; none where nothing new is known.
pub(crate) fn event(result: &Result) -> Option<Happened> {
    match result {
        Result::Delivered { .. } => Some(Happened::Delivered),
        Result::Unchanged => Some(Happened::Unchanged),
        Result::Skipped { .. } => Some(Happened::Skipped),
        Result::Retry { .. } => Some(Happened::Tried),
        Result::Rejected { .. } => Some(Happened::Rejected),
        Result::Stale | Result::Privacy { .. } => None,
    }
}

/// Notes that the destination holds the plan.
pub(crate) fn delivered(
    entry: LedgerEntry,
    group: &str,
    planned: &Planned,
    records: Vec<RecordRef>,
    warnings: Vec<String>,
    now: Timestamp,
) -> LedgerEntry {
    let delivered = held(&entry, planned, records, now);
    let entry = settled_by(entry, group, Some(delivered.version));
    LedgerEntry {
        delivered: Some(delivered),
        holder: holder(group, planned.version),
        warnings,
        ..settled(entry, State::Delivered, now)
    }
}

/// Returns what the destination holds now. A plan without lines is about one record only: the
/// others, and the products of the lines, are as they were.
fn held(
    entry: &LedgerEntry,
    planned: &Planned,
    mut records: Vec<RecordRef>,
    now: Timestamp,
) -> Delivered {
    let before = entry.delivered.as_ref();
    let products = match &planned.products {
        Some(products) => products.clone(),
        None => {
            let others = before.into_iter().flat_map(|before| &before.records);
            let others: Vec<RecordRef> = others
                .filter(|other| !records.iter().any(|record| record.name == other.name))
                .cloned()
                .collect();
            records.extend(others);
            before
                .map(|before| before.products.clone())
                .unwrap_or_default()
        }
    };
    Delivered {
        version: before.map_or(planned.version, |before| {
            planned.version.after(&before.version)
        }),
        content: Content::Whole(planned.content.clone()),
        records,
        products,
        at: now,
    }
}

/// Notes that the destination held exactly this already. The watermark still moves, so that a state
/// in between that comes late is stale.
pub(crate) fn unchanged(
    entry: LedgerEntry,
    group: &str,
    planned: &Planned,
    now: Timestamp,
) -> LedgerEntry {
    let mut entry = settled(entry, State::Delivered, now);
    if let Some(delivered) = &mut entry.delivered {
        delivered.version = planned.version.after(&delivered.version);
        delivered.content = Content::Whole(planned.content.clone());
    }
    let watermark = entry.delivered.as_ref().map(|delivered| delivered.version);
    let mut entry = settled_by(entry, group, watermark);
    // A group that had no claim needed none, and still needs none.
    entry.holder = entry.holder.and_then(|_| holder(group, planned.version));
    entry
}

/// Notes that there was rightly nothing to deliver. An order that was delivered before stays
/// delivered.
pub(crate) fn skipped(
    entry: LedgerEntry,
    (group, version): (&str, Version),
    reason: &str,
    now: Timestamp,
) -> LedgerEntry {
    let entry = settled_by(entry, group, None);
    if is_newer_tried(&entry, version, now) {
        return touched(entry, now);
    }
    let state = at_rest(&entry);
    LedgerEntry {
        warnings: vec![reason.to_owned()],
        ..settled(let_go(entry, group, now), state, now)
    }
}

/// Adds a note, where nothing else is new about the order.
pub(crate) fn noted(
    entry: LedgerEntry,
    (group, version): (&str, Version),
    note: &str,
    now: Timestamp,
) -> LedgerEntry {
    let mut entry = settled_by(entry, group, None);
    if !entry.warnings.iter().any(|known| known == note) {
        entry.warnings.push(note.to_owned());
    }
    // The state for which the order was taken over is gone from the shop.
    let is_last = !is_newer_tried(&entry, version, now);
    if entry.state == State::Retrying && holds(&entry, group) && is_last {
        let state = at_rest(&entry);
        return settled(let_go(entry, group, now), state, now);
    }
    touched(entry, now)
}

fn at_rest(entry: &LedgerEntry) -> State {
    if entry.delivered.is_some() {
        State::Delivered
    } else {
        State::Skipped
    }
}

/// The cost of a failed try for an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cost {
    /// A try, and the time since the last one, but no more than this: the longest pause between two
    /// tries.
    Try(Duration),
    /// A try: the destination is known to be away, which ages no order.
    Probe,
    /// Nothing: credentials were refused or the worker ran out of time, so the order is not to
    /// blame.
    Nothing,
}

/// Notes that a call failed and that another try follows. The version that was tried is kept,
/// because the destination may hold it.
pub(crate) fn failed(
    entry: LedgerEntry,
    group: &str,
    version: Version,
    failure: &Failure,
    cost: Cost,
    now: Timestamp,
) -> LedgerEntry {
    let mut entry = in_doubt(entry);
    if let Some(holder) = entry.holder.as_mut().filter(|holder| holder.group == group)
        && holder
            .version
            .is_none_or(|held| held.counting_beside(&version, now).is_older_than(&version))
    {
        holder.version = Some(version);
    }
    let is_suspect = matches!(cost, Cost::Try(_))
        && matches!(failure.class, Class::Unavailable | Class::Unknown);
    entry.suspicion = entry.suspicion.saturating_add(u32::from(is_suspect));
    unread(entry, failure, cost, now)
}

/// Notes that the destination was not asked, because the shop did not tell the order's newest
/// state; another try follows.
pub(crate) fn unread(
    entry: LedgerEntry,
    failure: &Failure,
    cost: Cost,
    now: Timestamp,
) -> LedgerEntry {
    let spent = cost != Cost::Nothing;
    let aged = match cost {
        Cost::Try(longest) if entry.failing_since.is_some() => {
            since(entry.updated, now).min(longest)
        }
        _ => Duration::ZERO,
    };
    let entry = touched(entry, now);
    LedgerEntry {
        state: State::Retrying,
        attempts: entry.attempts.saturating_add(u32::from(spent)),
        failing_since: entry.failing_since.or(spent.then_some(now)),
        failing_for: entry.failing_for.saturating_add(aged),
        last_error: Some(failure.summary()),
        ..entry
    }
}

/// Notes that the entry is written now. Whoever writes it lets no gap of the clock age the order.
pub(crate) fn touched(entry: LedgerEntry, now: Timestamp) -> LedgerEntry {
    let later = |since| later_by_gap(since, entry.updated, now);
    LedgerEntry {
        failing_since: entry.failing_since.map(later),
        updated: now,
        ..entry
    }
}

/// Returns the beginning of the failures, moved later by the part of the last gap between two tries
/// that is beyond the longest that counts: a clock that leaps a month ahead makes nothing a month
/// older.
fn later_by_gap(failing_since: Timestamp, last: Timestamp, now: Timestamp) -> Timestamp {
    let beyond = since(last, now).saturating_sub(LONGEST_GAP);
    failing_since
        .saturating_add(beyond)
        .unwrap_or(failing_since)
}

/// Returns how long ago `earlier` was; no time at all where a clock that was ahead wrote it.
pub(crate) fn since(earlier: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(earlier)).unwrap_or_default()
}

/// Notes that the last state became a dead letter.
pub(crate) fn rejected(
    entry: LedgerEntry,
    (group, version): (&str, Version),
    failure: &Failure,
    now: Timestamp,
) -> LedgerEntry {
    let entry = settled_by(entry, group, None);
    if is_newer_tried(&entry, version, now) {
        return touched(entry, now);
    }
    LedgerEntry {
        state: State::Rejected,
        rejected_modified: version.modified,
        last_error: Some(failure.summary()),
        failing_since: None,
        failing_for: Duration::ZERO,
        suspicion: 0,
        attempts: 0,
        updated: now,
        ..in_doubt(let_go(entry, group, now))
    }
}

/// Notes that the dead letter of a rejected order came back and was stale: the order waits for nobody
/// any more. Whether the destination holds the shop's state is up to the next comparison.
pub(crate) fn without_letter(entry: LedgerEntry, now: Timestamp) -> LedgerEntry {
    let state = at_rest(&entry);
    settled(entry, state, now)
}

/// Puts the delivered content in doubt: after a call that failed nobody knows what the destination
/// holds, so nothing may count as unchanged until it is written again.
pub(crate) fn in_doubt(mut entry: LedgerEntry) -> LedgerEntry {
    if let Some(delivered) = &mut entry.delivered {
        delivered.content = Content::InDoubt;
    }
    entry
}

fn settled(entry: LedgerEntry, state: State, now: Timestamp) -> LedgerEntry {
    LedgerEntry {
        state,
        attempts: 0,
        failing_since: None,
        failing_for: Duration::ZERO,
        rejected_modified: None,
        suspicion: 0,
        last_error: None,
        updated: now,
        ..entry
    }
}

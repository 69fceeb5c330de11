//! How the ledger's entry of an order changes: the state machine, one function per transition. No I/O.

use crate::prepare::Planned;
use destination::{Class, Failure};
use jiff::Timestamp;
use ports::{Delivered, LedgerEntry, LedgerKey, RecordRef, State};

/// The entry of an order that was never seen before.
pub(crate) fn first(key: LedgerKey, now: Timestamp) -> LedgerEntry {
    LedgerEntry {
        key,
        revision: 0,
        state: State::Retrying,
        delivered: None,
        attempts: 0,
        failing_since: None,
        last_error: None,
        warnings: Vec::new(),
        first_seen: now,
        updated: now,
    }
}

/// The destination holds the plan.
pub(crate) fn delivered(
    entry: LedgerEntry,
    planned: &Planned,
    records: Vec<RecordRef>,
    warnings: Vec<String>,
    now: Timestamp,
) -> LedgerEntry {
    let delivered = Delivered {
        version: planned.version,
        content: planned.content.clone(),
        records,
        at: now,
    };
    LedgerEntry {
        delivered: Some(delivered),
        warnings,
        ..settled(entry, State::Delivered, now)
    }
}

/// The destination held exactly this already. The watermark still moves, so that a state in between, late, is stale.
pub(crate) fn unchanged(entry: LedgerEntry, planned: &Planned, now: Timestamp) -> LedgerEntry {
    let mut entry = settled(entry, State::Delivered, now);
    if let Some(delivered) = &mut entry.delivered {
        delivered.version = planned.version;
    }
    entry
}

/// There was rightly nothing to deliver. An order that was delivered before stays delivered.
pub(crate) fn skipped(entry: LedgerEntry, reason: &str, now: Timestamp) -> LedgerEntry {
    let state = if entry.delivered.is_some() {
        State::Delivered
    } else {
        State::Skipped
    };
    LedgerEntry {
        warnings: vec![reason.to_owned()],
        ..settled(entry, state, now)
    }
}

/// Nothing new is known of the order but this.
pub(crate) fn noted(mut entry: LedgerEntry, note: &str, now: Timestamp) -> LedgerEntry {
    if !entry.warnings.iter().any(|known| known == note) {
        entry.warnings.push(note.to_owned());
    }
    LedgerEntry { updated: now, ..entry }
}

/// A call failed and another try follows.
pub(crate) fn failed(entry: LedgerEntry, failure: &Failure, now: Timestamp) -> LedgerEntry {
    unread(in_doubt(entry), failure, now)
}

/// The destination was not asked, because the shop did not tell the order's newest state; another try follows. Refused credentials spend nothing: the order is not to
/// blame.
pub(crate) fn unread(entry: LedgerEntry, failure: &Failure, now: Timestamp) -> LedgerEntry {
    let spent = failure.class != Class::Authentication;
    LedgerEntry {
        state: State::Retrying,
        attempts: entry.attempts.saturating_add(u32::from(spent)),
        failing_since: entry.failing_since.or(spent.then_some(now)),
        last_error: Some(failure.summary()),
        updated: now,
        ..entry
    }
}

/// The last state became a dead letter.
pub(crate) fn rejected(entry: LedgerEntry, failure: &Failure, now: Timestamp) -> LedgerEntry {
    LedgerEntry {
        state: State::Rejected,
        last_error: Some(failure.summary()),
        failing_since: None,
        attempts: 0,
        updated: now,
        ..in_doubt(entry)
    }
}

/// After a call that failed nobody knows what the destination holds, so nothing may count as unchanged until it is written again.
fn in_doubt(mut entry: LedgerEntry) -> LedgerEntry {
    if let Some(delivered) = &mut entry.delivered {
        delivered.content.clear();
    }
    entry
}

fn settled(entry: LedgerEntry, state: State, now: Timestamp) -> LedgerEntry {
    LedgerEntry {
        state,
        attempts: 0,
        failing_since: None,
        last_error: None,
        updated: now,
        ..entry
    }
}

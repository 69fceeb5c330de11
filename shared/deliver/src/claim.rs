//! Who may write an order. The queue keeps the messages of one group apart, but an order whose customer changed between two of its events is in two groups, whose workers
//! may be in two processes: the ledger's entry says which group holds the order.

use crate::record;
use jiff::Timestamp;
use ports::{LedgerEntry, State, Version};
use std::time::Duration;

/// What a message needs before its order may be written.
pub(crate) enum Claim {
    /// Its group holds the order: nobody else writes it.
    Held,
    /// Nobody holds it: this entry takes it, and then it may be written at once.
    Free(Box<LedgerEntry>),
    /// Another group holds it and may have a call on its way. This entry takes it; the message comes back when that call has ended, and the other's own write to the
    /// ledger fails.
    Take(Box<LedgerEntry>),
    /// Not before this time has passed.
    Wait(Duration),
}

/// What a message of this group with this version needs. `lease` is how long a worker may have an order in hand.
pub(crate) fn claim(entry: &LedgerEntry, group: &str, version: Version, lease: Duration, now: Timestamp) -> Claim {
    let Some(holder) = &entry.holder else {
        return Claim::Free(Box::new(record::claimed(entry.clone(), group, version, now)));
    };
    if holder.group == group {
        return match holder.wait_until.filter(|until| *until > now) {
            Some(until) => Claim::Wait(until.duration_since(now).unsigned_abs()),
            None => Claim::Held,
        };
    }
    // Of two states that are both still to be delivered the older one waits: it is stale as soon as the newer one is there, and free to go on if that one is rejected.
    let is_next = holder.version.is_older_than(&version) || (entry.state != State::Retrying && !version.is_older_than(&holder.version));
    if !is_next {
        return Claim::Wait(lease);
    }
    let until = now.saturating_add(lease).unwrap_or(Timestamp::MAX);
    Claim::Take(Box::new(record::taken_over(entry.clone(), group, version, until, now)))
}

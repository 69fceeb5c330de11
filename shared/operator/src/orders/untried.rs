//! What waits and has no other line in a list of orders.

use super::{OrderFilter, Standing};
use crate::Records;
use ports::{LedgerKey, PortError, Waiting, WaitingFilter};
use std::collections::BTreeSet;

/// Returns what waits and was not tried yet, the newest first; `None` where the queue cannot tell.
pub(super) async fn list(
    records: &Records,
    filter: &OrderFilter,
    after: Option<u64>,
    limit: usize,
) -> Result<Option<Vec<Waiting>>, PortError> {
    if filter.standing.is_some_and(|one| one != Standing::Waiting) {
        return Ok(Some(Vec::new()));
    }
    let most = limit.saturating_add(1);
    let mut wanted = WaitingFilter {
        route: filter.route.clone(),
        store: filter.store.clone(),
        // Of what waits only the order's id is known.
        orders: filter
            .text
            .as_ref()
            .map(|text| BTreeSet::from([text.trim_start_matches('#').to_owned()])),
        since: filter.since,
        until: filter.until,
        untried: true,
        newest_first: true,
        after,
        limit: Some(most),
        ..WaitingFilter::default()
    };
    let mut untried = Vec::new();
    loop {
        let Some(read) = records.queue.waiting(&wanted).await? else {
            return Ok(None);
        };
        let is_last = read.len() < most;
        wanted.after = read.last().map(|last| last.place);
        untried.extend(without_known(records, read).await?);
        if is_last || untried.len() >= most {
            return Ok(Some(untried));
        }
    }
}

/// Leaves out what a worker received and the ledger knows: the order has its line there. Before the
/// ledger knows it, an order that a worker has in hand, or had when it died, has no other line.
async fn without_known(
    records: &Records,
    mut waiting: Vec<Waiting>,
) -> Result<Vec<Waiting>, PortError> {
    let key = |one: &Waiting| {
        let order = one.order.clone().filter(|_| one.attempts > 0)?;
        let route = one.route.clone();
        Some(LedgerKey { route, order })
    };
    let received: Vec<LedgerKey> = waiting.iter().filter_map(key).collect();
    if received.is_empty() {
        return Ok(waiting);
    }
    let entries = records.ledger.load(&received).await?;
    let found = entries.into_iter().flatten().map(|entry| entry.key);
    let known: BTreeSet<LedgerKey> = found.collect();
    waiting.retain(|one| key(one).is_none_or(|key| !known.contains(&key)));
    Ok(waiting)
}

use crate::time::{instant, optional_instant};
use ports::{Waiting, WaitingFilter};
use rusqlite::{Connection, Row};

/// Lists the messages about orders that pass the filter, the oldest first.
pub(crate) fn list(
    connection: &Connection,
    filter: &WaitingFilter,
) -> rusqlite::Result<Vec<Waiting>> {
    let sql = "SELECT route, messages.destination, messages.store, order_id, modified, accepted, attempts, NULLIF(visible_at, 0) AS hidden \
        FROM queue JOIN messages ON messages.id = queue.id \
        WHERE queue.is_request = 0 AND (?1 IS NULL OR queue.destination = ?1) ORDER BY queue.id";
    let is_wanted = |waiting: &Waiting| match (&filter.orders, &waiting.order) {
        (Some(orders), Some(order)) => orders.contains(order),
        (Some(_), None) => false,
        (None, _) => true,
    };
    let mut statement = connection.prepare_cached(sql)?;
    let mut found = Vec::new();
    for waiting in statement.query_map((&filter.destination,), waiting)? {
        if filter.limit.is_some_and(|limit| found.len() >= limit) {
            break;
        }
        found.extend(Some(waiting?).filter(&is_wanted));
    }
    Ok(found)
}

fn waiting(row: &Row<'_>) -> rusqlite::Result<Waiting> {
    Ok(Waiting {
        route: row.get("route")?,
        destination: row.get("destination")?,
        store: row.get("store")?,
        order: row.get("order_id")?,
        modified: optional_instant(row, "modified")?,
        accepted: instant(row, "accepted")?,
        attempts: row.get("attempts")?,
        hidden_until: optional_instant(row, "hidden")?,
    })
}

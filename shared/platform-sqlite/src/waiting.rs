use crate::{
    message::{self, Stored},
    time::{instant, micros, optional_instant},
};
use ports::{Message, Waiting, WaitingFilter};
use rusqlite::{Connection, Row, ToSql, params_from_iter};

/// How often a worker gave a message back: what was received and neither was in hand nor lost.
const TRIES: &str = "attempts - lost - (receipt IS NOT NULL)";

/// Lists the messages about orders that pass the filter.
pub(crate) fn list(
    connection: &Connection,
    filter: &WaitingFilter,
) -> rusqlite::Result<Vec<Waiting>> {
    let mut sql = format!(
        "SELECT queue.id AS place, route, messages.destination, messages.store, messages.group_id, order_id, modified, accepted, attempts, {TRIES} > 0 AS is_tried, \
        CASE WHEN receipt IS NULL THEN NULLIF(visible_at, 0) END AS next_try, CASE WHEN receipt IS NOT NULL THEN visible_at END AS in_hand_until \
        FROM queue JOIN messages ON messages.id = queue.id WHERE queue.is_request = 0"
    );
    let mut values: Vec<Box<dyn ToSql>> = Vec::new();
    let mut and = |condition: &str, value: Option<Box<dyn ToSql>>| {
        if let Some(value) = value {
            sql.push_str(" AND ");
            sql.push_str(condition);
            values.push(value);
        }
    };
    and("queue.destination = ?", text(&filter.destination));
    and("route = ?", text(&filter.route));
    and("messages.store = ?", text(&filter.store));
    and("accepted >= ?", filter.since.map(|at| boxed(micros(at))));
    and("accepted < ?", filter.until.map(|at| boxed(micros(at))));
    if filter.untried {
        and(&format!("{TRIES} < ?"), Some(boxed(1)));
    }
    let (follows, order) = if filter.newest_first {
        ("queue.id < ?", " ORDER BY queue.id DESC")
    } else {
        ("queue.id > ?", " ORDER BY queue.id")
    };
    let place = |place: u64| i64::try_from(place).unwrap_or(i64::MAX);
    and(follows, filter.after.map(|after| boxed(place(after))));
    if let Some(orders) = &filter.orders {
        // They are found through their index, however many messages wait.
        and(
            "messages.order_id IN (SELECT value FROM json_each(?))",
            Some(boxed(crate::json::text(orders)?)),
        );
    }
    let limit = filter
        .limit
        .map_or(i64::MAX, |limit| i64::try_from(limit).unwrap_or(i64::MAX));
    sql.push_str(order);
    sql.push_str(" LIMIT ?");
    values.push(boxed(limit));
    connection
        .prepare_cached(&sql)?
        .query_map(params_from_iter(&values), waiting)?
        .collect()
}

/// Reads the messages about orders that pass the filter.
pub(crate) fn messages(
    connection: &Connection,
    filter: &WaitingFilter,
) -> rusqlite::Result<Vec<Message>> {
    let id = |waiting: Waiting| i64::try_from(waiting.place).unwrap_or(i64::MAX);
    let ids = list(connection, filter)?.into_iter().map(id);
    ids.map(|id| message::read(connection, id).map(Stored::unpack))
        .collect()
}

/// Counts the messages about orders that came before a place and wait or are in hand.
pub(crate) fn before(
    connection: &Connection,
    destination: &str,
    place: u64,
) -> rusqlite::Result<u64> {
    let sql = "SELECT count(*) FROM queue WHERE destination = ?1 AND id < ?2 AND is_request = 0";
    let place = i64::try_from(place).unwrap_or(i64::MAX);
    connection
        .prepare_cached(sql)?
        .query_row((destination, place), |row| row.get(0))
}

fn text(wanted: &Option<String>) -> Option<Box<dyn ToSql>> {
    wanted.clone().map(boxed)
}

fn boxed<T: ToSql + 'static>(value: T) -> Box<dyn ToSql> {
    Box::new(value)
}

fn waiting(row: &Row<'_>) -> rusqlite::Result<Waiting> {
    Ok(Waiting {
        place: row.get("place")?,
        route: row.get("route")?,
        destination: row.get("destination")?,
        store: row.get("store")?,
        group: row.get("group_id")?,
        order: row.get("order_id")?,
        modified: optional_instant(row, "modified")?,
        accepted: instant(row, "accepted")?,
        attempts: row.get("attempts")?,
        is_tried: row.get("is_tried")?,
        next_try: optional_instant(row, "next_try")?,
        in_hand_until: optional_instant(row, "in_hand_until")?,
    })
}

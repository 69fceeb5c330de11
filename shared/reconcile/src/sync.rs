//! Orders on their way without a comparison: the ledger knows what is unchanged.

use crate::{Feed, Problem, Shop, Turn, pages, turn::Unfinished};
use jiff::Timestamp;
use ports::Origin;
use source::reader::{Cursor, ShopOrder, Window};
use std::collections::BTreeMap;

/// The orders that were put on their way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Synced {
    /// The number of orders that the shop gave.
    pub orders: u64,
    /// The number of messages, one for each order and route.
    pub messages: u64,
    /// Notes: what the shop does not show, entries of its lists that are no orders.
    pub notes: Vec<String>,
}

/// Orders that were asked for one by one.
#[derive(Debug, Default)]
pub struct Named {
    /// The orders.
    pub orders: Vec<ShopOrder>,
    /// What was asked for and is not there.
    pub unknown: Vec<String>,
}

impl Named {
    /// Asks the shop for the orders that are called this: by id, or by number.
    ///
    /// # Errors
    /// Fails where the shop cannot be asked.
    pub async fn of(shop: &Shop, names: &[String]) -> Result<Self, Problem> {
        let mut named = Self::default();
        let mut by_id = by_id(shop, names).await?;
        for name in names {
            if let Some(order) = by_id.remove(name) {
                named.orders.push(order);
                continue;
            }
            let number = name.trim_start_matches('#');
            let found = pages::patiently(shop, || shop.reader.numbered(number)).await?;
            if found.is_empty() {
                named.unknown.push(name.clone());
            }
            named.orders.extend(found);
        }
        Ok(named)
    }
}

/// Asks for all names together that may be ids: no platform has an id that is not a number.
async fn by_id(shop: &Shop, names: &[String]) -> Result<BTreeMap<String, ShopOrder>, Problem> {
    let is_id = |name: &&String| name.bytes().all(|byte| byte.is_ascii_digit());
    let ids: Vec<String> = names.iter().filter(is_id).cloned().collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let found = pages::patiently(shop, || shop.reader.many(&ids)).await?;
    let by_id = |order: ShopOrder| (order.summary.order.clone(), order);
    Ok(found.orders.into_iter().map(by_id).collect())
}

/// Puts orders on their way on all routes of their store. `read_at` is a time before the shop was
/// asked for them: what it posted since is newer.
///
/// # Errors
/// Fails where the queue fails or nobody takes messages from it.
pub async fn sync_orders(
    shop: &Shop,
    feed: &Feed<'_>,
    orders: &[ShopOrder],
    origin: Origin,
    read_at: Timestamp,
) -> Result<u64, Problem> {
    let mut messages = 0;
    for route in &shop.routes {
        messages += feed.put(shop, route, orders, origin, read_at).await?;
    }
    Ok(messages)
}

/// Puts the orders of a window on their way. `request` names the work: where the same was begun
/// before and not ended, it goes on from there, in its own window. `progress` is told the number of
/// orders so far. With `dry_run` orders are only counted.
///
/// # Errors
/// Fails where the shop or the queue fails, or nobody takes messages; the next call goes on.
pub async fn sync_window(
    shop: &Shop,
    feed: &Feed<'_>,
    turn: &mut Turn<'_>,
    (request, window): (&str, Window),
    dry_run: bool,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Synced, Problem> {
    let begun = turn.place.unfinished.clone();
    let begun = begun.filter(|begun| begun.request == request && !dry_run);
    let (mut synced, mut cursor) = (Synced::default(), None::<Cursor>);
    let mut window = window;
    if let Some(begun) = begun {
        (window, cursor, synced.orders) = (begun.window, Some(begun.cursor), begun.orders);
    }
    loop {
        let clock = feed.ports.clock.as_ref();
        let (asked, page) = pages::page_with_time(shop, clock, window, cursor.as_ref()).await?;
        let problems = page.unreadable.into_iter().map(|one| one.problem);
        for note in page.hidden.into_iter().chain(problems) {
            if !synced.notes.contains(&note) {
                synced.notes.push(note);
            }
        }
        synced.orders += u64::try_from(page.orders.len()).unwrap_or_default();
        if !dry_run {
            synced.messages += sync_orders(shop, feed, &page.orders, Origin::Read, asked).await?;
        }
        progress(synced.orders);
        let place = |cursor: &Cursor| Unfinished {
            request: request.to_owned(),
            window,
            cursor: cursor.clone(),
            orders: synced.orders,
        };
        if !dry_run {
            turn.place.unfinished = page.next.as_ref().map(place);
        }
        turn.renew().await?;
        match page.next {
            Some(next) => cursor = Some(next),
            None => return Ok(synced),
        }
    }
}

//! Shop, ledger and, where wanted, destination side by side, over a window of changes.

use crate::{
    Feed, Problem, Report, Shop, Turn, pages,
    turn::Unfinished,
    work::{Work, lately},
};
use jiff::Timestamp;
use source::reader::{Cursor, Window};
use std::collections::BTreeSet;

/// A request to compare a store.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// The window of changes.
    pub window: Window,
    /// Whether destinations are read back, too.
    pub verify: bool,
    /// Whether what is missing or behind is put into the queue.
    pub repair: bool,
    /// Whether records that are gone from a destination are made again.
    pub recreate: bool,
    /// The time from which on changes are compared; what was changed before is only read back.
    /// `None`: the whole window is compared.
    pub compared_since: Option<Timestamp>,
}

/// A walk that may be left and gone on with.
pub(crate) struct Walk<'a> {
    /// The name of the work that goes on by itself, under which its position is kept; `None`: it is
    /// not kept, and a queue that stands still ends the work.
    pub(crate) kept_as: Option<&'a str>,
    /// The position at which it goes on.
    pub(crate) cursor: Option<Cursor>,
    /// Whether it is to be left off after this page.
    pub(crate) stop: &'a (dyn Fn() -> bool + Sync),
    /// Is told the number of orders so far, after each page.
    pub(crate) progress: &'a (dyn Fn(u64) + Sync),
}

/// The result of a walk.
pub(crate) struct Walked {
    pub(crate) report: Report,
    /// Whether the window was walked to its end.
    pub(crate) is_whole: bool,
    /// The time at which the shop last posted one of the orders.
    pub(crate) heard: Option<Timestamp>,
    /// The destinations whose queues stood still, so that not everything was put on its way.
    pub(crate) stalled: BTreeSet<String>,
}

/// Compares a store with the destinations of its routes. `progress` is told the number of orders so
/// far, after each page.
///
/// # Errors
/// Fails where the shop, the queue or the ledger cannot be asked; what was put into the queue until
/// then stays there. A destination that cannot be read is in the report.
pub async fn reconcile(
    shop: &Shop,
    feed: &Feed<'_>,
    request: Request,
    turn: &mut Turn<'_>,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Report, Problem> {
    let walk = Walk {
        kept_as: None,
        cursor: None,
        stop: &|| false,
        progress,
    };
    let walked = reconcile_from(shop, feed, request, turn, walk).await?;
    Ok(walked.report)
}

/// Compares as [`reconcile`] does, from a position on, and leaves off where it is told to.
pub(crate) async fn reconcile_from(
    shop: &Shop,
    feed: &Feed<'_>,
    request: Request,
    turn: &mut Turn<'_>,
    walk: Walk<'_>,
) -> Result<Walked, Problem> {
    let mut work = Work::new(shop, feed, request);
    if walk.kept_as.is_some() {
        work.put = Some(lately(&turn.place, feed.ports.clock.now()));
    }
    let mut cursor = walk.cursor;
    loop {
        let clock = feed.ports.clock.as_ref();
        let (asked, page) =
            pages::page_with_time(shop, clock, request.window, cursor.as_ref()).await?;
        work.note(page.hidden);
        for unreadable in page.unreadable {
            work.note(Some(unreadable.problem));
        }
        work.compare(page.orders, asked).await?;
        (walk.progress)(work.totals.orders);
        let is_left = page.next.is_some() && (walk.stop)();
        if is_left {
            work.read_all_back().await?;
        }
        if let Some(name) = walk.kept_as {
            // What was left out for a queue that stands still is behind this position.
            let next = page.next.clone().filter(|_| work.stalled.is_empty());
            turn.place.unfinished = next.map(|cursor| Unfinished {
                request: name.to_owned(),
                window: request.window,
                cursor,
                orders: work.totals.orders,
            });
        }
        turn.place.put = work.put.clone().unwrap_or_default();
        turn.renew().await?;
        match page.next {
            Some(next) if !is_left => cursor = Some(next),
            _ => {
                work.read_all_back().await?;
                return Ok(work.finish(!is_left));
            }
        }
    }
}

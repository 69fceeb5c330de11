//! Shop, ledger and, where wanted, destination side by side, over a window of changes.

use crate::{
    Feed, Ports, Problem, Report, RouteReport, Shop, ShopRoute, ShopTotals, Standing, Turn, pages,
    standing::Known,
    turn::Unfinished,
    verify::{self, ToRead},
};
use deliver::Expected;
use jiff::Timestamp;
use ports::{
    DeadLetterFilter, Happened, LedgerEntry, LedgerKey, Origin, PortError, State, WaitingFilter,
};
use source::reader::{Cursor, ShopOrder, Window};
use std::collections::{BTreeMap, BTreeSet};

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
    /// The name of the work, under which its position is kept; `None`: it is not kept.
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
    let mut cursor = walk.cursor;
    loop {
        let page = pages::page(shop, request.window, cursor.as_ref()).await?;
        work.note(page.hidden);
        for unreadable in page.unreadable {
            work.note(Some(unreadable.problem));
        }
        work.compare(page.orders).await?;
        (walk.progress)(work.totals.orders);
        let is_left = page.next.is_some() && (walk.stop)();
        if is_left {
            work.read_all_back().await?;
        }
        if let Some(name) = walk.kept_as {
            turn.place.unfinished = page.next.clone().map(|cursor| Unfinished {
                request: name.to_owned(),
                window: request.window,
                cursor,
                orders: work.totals.orders,
            });
        }
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

struct Work<'a> {
    shop: &'a Shop,
    feed: &'a Feed<'a>,
    request: Request,
    totals: ShopTotals,
    routes: Vec<RouteReport>,
    /// The plans that are to be read back, for each route.
    to_read: Vec<Vec<ToRead>>,
    /// The orders that were compared: an order may come in two pages.
    seen: BTreeSet<String>,
    /// The newest state of each order among the dead letters, once they were looked at.
    letters: Option<BTreeMap<LedgerKey, Option<Timestamp>>>,
    heard: Option<Timestamp>,
    repaired: u64,
    notes: Vec<String>,
}

impl<'a> Work<'a> {
    fn new(shop: &'a Shop, feed: &'a Feed<'a>, request: Request) -> Self {
        let report = |route: &ShopRoute| RouteReport {
            route: route.name.clone(),
            destination: route.delivery.destination_name.clone(),
            gone: request.verify.then(Vec::new),
            differs: request.verify.then(Vec::new),
            ..RouteReport::default()
        };
        Self {
            shop,
            feed,
            request,
            totals: ShopTotals::default(),
            routes: shop.routes.iter().map(report).collect(),
            to_read: shop.routes.iter().map(|_| Vec::new()).collect(),
            seen: BTreeSet::new(),
            letters: None,
            heard: None,
            repaired: 0,
            notes: Vec::new(),
        }
    }

    fn ports(&self) -> &'a Ports {
        self.feed.ports
    }

    fn note(&mut self, note: Option<String>) {
        self.notes
            .extend(note.filter(|note| !self.notes.contains(note)));
    }

    /// Compares the orders of a page that were not compared yet.
    async fn compare(&mut self, orders: Vec<ShopOrder>) -> Result<(), Problem> {
        let mut fresh = orders;
        fresh.retain(|order| self.seen.insert(order.summary.order.clone()));
        for order in &fresh {
            if self.is_compared(order) {
                self.totals.add(&order.summary);
            }
        }
        for (place, route) in self.shop.routes.iter().enumerate() {
            self.compare_on(place, route, &fresh).await?;
            if self
                .to_read
                .get(place)
                .is_some_and(|plans| plans.len() >= verify::AT_ONCE)
            {
                self.read_back(place, route).await?;
            }
        }
        Ok(())
    }

    async fn compare_on(
        &mut self,
        place: usize,
        route: &ShopRoute,
        orders: &[ShopOrder],
    ) -> Result<(), Problem> {
        let now = self.ports().clock.now();
        let entries = self.ports().entries(route, orders).await?;
        let waiting = self.waiting(route, orders).await?;
        let mapping = route.delivery.mapping_version();
        for (order, entry) in orders.iter().zip(entries) {
            self.hear(entry.as_ref());
            let expected = route.expected(order, entry.as_ref(), now);
            let letter = self.letter(entry.as_ref()).await?;
            let known = Known {
                entry: entry.as_ref(),
                waits: waiting
                    .as_ref()
                    .map(|waiting| waiting.contains(&order.summary.order)),
                letter,
                is_taken: route.takes(&order.topic),
                mapping: &mapping,
            };
            let standing = known.standing(&expected);
            let is_mended = matches!(standing, Standing::Missing | Standing::Behind);
            let is_compared = self.is_compared(order);
            if self.request.repair && is_mended && is_compared {
                self.put(route, order, Origin::Read, now).await?;
            }
            if let Some(report) = self.routes.get_mut(place).filter(|_| is_compared) {
                report.add(standing, &order.summary);
            }
            self.plan_to_read(place, standing, order, expected, entry);
        }
        Ok(())
    }

    /// Notes the plan of an order that the destination should hold, where it is to be read back.
    fn plan_to_read(
        &mut self,
        place: usize,
        standing: Standing,
        order: &ShopOrder,
        expected: Expected,
        entry: Option<LedgerEntry>,
    ) {
        if !self.request.verify || standing != Standing::Agrees {
            return;
        }
        if let (Expected::Plan(expected), Some(entry), Some(list)) =
            (expected, entry, self.to_read.get_mut(place))
        {
            let plan = expected.plan;
            let order = order.clone();
            list.push(ToRead { order, plan, entry });
        }
    }

    /// Returns the orders of which a message waits; `None` where the queue cannot tell.
    async fn waiting(
        &self,
        route: &ShopRoute,
        orders: &[ShopOrder],
    ) -> Result<Option<BTreeSet<String>>, PortError> {
        let ids = orders.iter().map(|order| order.summary.order.clone());
        let filter = WaitingFilter {
            destination: Some(route.delivery.destination_name.clone()),
            orders: Some(ids.collect()),
            limit: None,
        };
        let found = self.ports().queue.waiting(&filter).await?;
        let of_route = |waiting: ports::Waiting| {
            (waiting.route == route.name)
                .then_some(waiting.order)
                .flatten()
        };
        Ok(found.map(|found| found.into_iter().filter_map(of_route).collect()))
    }

    /// Returns whether the order was changed lately enough to be compared.
    fn is_compared(&self, order: &ShopOrder) -> bool {
        let since = self.request.compared_since;
        since.is_none_or(|since| order.summary.modified.is_none_or(|at| at >= since))
    }

    /// Notes when the shop last posted the order.
    fn hear(&mut self, entry: Option<&LedgerEntry>) {
        let history = entry.into_iter().flat_map(|entry| &entry.history);
        let posted = history.filter(|event| event.what == Happened::Accepted);
        self.heard = self.heard.max(posted.map(|event| event.at).max());
    }

    /// Returns the modification time of the state that is a dead letter, for a rejected order. The
    /// letters are looked at once in a walk: in a stack each look reads all of them.
    async fn letter(
        &mut self,
        entry: Option<&LedgerEntry>,
    ) -> Result<Option<Option<Timestamp>>, PortError> {
        let Some(entry) = entry.filter(|entry| entry.state == State::Rejected) else {
            return Ok(None);
        };
        if self.letters.is_none() {
            self.letters = Some(self.newest_letters().await?);
        }
        let letters = self.letters.as_ref();
        Ok(letters.and_then(|letters| letters.get(&entry.key).copied()))
    }

    async fn newest_letters(&self) -> Result<BTreeMap<LedgerKey, Option<Timestamp>>, PortError> {
        let mut newest = BTreeMap::new();
        let all = self
            .ports()
            .letters
            .list(&DeadLetterFilter::default())
            .await?;
        for message in all.into_iter().map(|letter| letter.message) {
            let Some(order) = message.order else {
                continue;
            };
            let key = LedgerKey {
                route: message.route,
                order,
            };
            let known = newest.entry(key).or_insert(message.modified);
            *known = message.modified.max(*known);
        }
        Ok(newest)
    }

    async fn put(
        &mut self,
        route: &ShopRoute,
        order: &ShopOrder,
        origin: Origin,
        now: Timestamp,
    ) -> Result<(), Problem> {
        self.feed.put(self.shop, route, order, origin, now).await?;
        self.repaired = self.repaired.saturating_add(1);
        tracing::info!(
            store = self.shop.name,
            route = route.name,
            order = order.summary.order,
            "an order was put on its way from the shop's own list"
        );
        Ok(())
    }

    /// Reads back what was noted for a route.
    async fn read_back(&mut self, place: usize, route: &ShopRoute) -> Result<(), Problem> {
        let Some(plans) = self.to_read.get_mut(place).map(std::mem::take) else {
            return Ok(());
        };
        let readings = verify::read(route, &plans).await;
        let now = self.ports().clock.now();
        for (to_read, reading) in plans.iter().zip(readings) {
            let Some(report) = self.routes.get_mut(place) else {
                continue;
            };
            if !verify::note(report, to_read, reading) {
                continue;
            }
            verify::note_gone(self.ports(), to_read, now).await;
            if self.request.repair && self.request.recreate {
                self.put(route, &to_read.order, Origin::Forced, now).await?;
            }
        }
        Ok(())
    }

    /// Reads back what was noted for any route.
    async fn read_all_back(&mut self) -> Result<(), Problem> {
        for (place, route) in self.shop.routes.iter().enumerate() {
            self.read_back(place, route).await?;
        }
        Ok(())
    }

    fn finish(self, is_whole: bool) -> Walked {
        let report = Report {
            store: self.shop.name.clone(),
            since: self.request.window.from(),
            until: self.request.window.until(),
            shop: self.totals,
            routes: self.routes,
            repaired: self.repaired,
            notes: self.notes,
        };
        Walked {
            report,
            is_whole,
            heard: self.heard,
        }
    }
}

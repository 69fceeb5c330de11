//! Shop, ledger and, where wanted, destination side by side, over a window of changes.

use crate::{
    Feed, Ports, Problem, Report, RouteReport, Shop, ShopRoute, ShopTotals, Standing, Turn, pages,
    standing::{Known, Waits},
    verify::{self, ToRead},
};
use deliver::Expected;
use jiff::Timestamp;
use ports::{DeadLetterFilter, LedgerEntry, Message, Origin, PortError, State, WaitingFilter};
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
    let mut work = Work::new(shop, feed, request);
    let mut cursor: Option<Cursor> = None;
    loop {
        let clock = feed.ports.clock.as_ref();
        let (asked, page) =
            pages::page_with_time(shop, clock, request.window, cursor.as_ref()).await?;
        work.note(page.hidden);
        for unreadable in page.unreadable {
            work.note(Some(unreadable.problem));
        }
        work.compare(page.orders, asked).await?;
        progress(work.totals.orders);
        turn.renew().await?;
        match page.next {
            Some(next) => cursor = Some(next),
            None => return work.finish().await,
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

    /// Compares the orders of a page, for which the shop was asked at this time, that were not
    /// compared yet.
    async fn compare(&mut self, orders: Vec<ShopOrder>, asked: Timestamp) -> Result<(), Problem> {
        let mut fresh = orders;
        fresh.retain(|order| self.seen.insert(order.summary.order.clone()));
        for order in &fresh {
            self.totals.add(&order.summary);
        }
        for (place, route) in self.shop.routes.iter().enumerate() {
            self.compare_on(place, route, &fresh, asked).await?;
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
        asked: Timestamp,
    ) -> Result<(), Problem> {
        let entries = self.ports().entries(route, orders).await?;
        let waiting = self.waiting(route, orders).await?;
        let mapping = route.delivery.mapping_version();
        let mut mended = Vec::new();
        for (order, entry) in orders.iter().zip(entries) {
            let expected = route.expected(order, entry.as_ref(), asked);
            let letter = self.letter(route, entry.as_ref()).await?;
            let known = Known {
                entry: entry.as_ref(),
                modified: order.summary.modified,
                waits: match &waiting {
                    None => Waits::Untold,
                    Some(waiting) => waiting
                        .get(&order.summary.order)
                        .map_or(Waits::No, |state| Waits::State(*state)),
                },
                letter: letter.as_ref().map(|letter| letter.modified),
                is_other_letter: letter
                    .as_ref()
                    .is_some_and(|letter| route.plans_otherwise(letter, &expected, asked)),
                is_taken: route.takes(&order.topic),
                mapping: &mapping,
            };
            let standing = known.standing(&expected);
            let is_mended = matches!(standing, Standing::Missing | Standing::Behind);
            if self.request.repair && is_mended {
                mended.push(order.clone());
            }
            if let Some(report) = self.routes.get_mut(place) {
                report.add(standing, &order.summary);
            }
            self.plan_to_read(place, standing, (order, asked), expected, entry);
        }
        self.put(route, &mended, Origin::Read, asked).await
    }

    /// Notes the plan of an order that the destination should hold, where it is to be read back.
    fn plan_to_read(
        &mut self,
        place: usize,
        standing: Standing,
        (order, read_at): (&ShopOrder, Timestamp),
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
            list.push(ToRead {
                order,
                read_at,
                plan,
                entry,
            });
        }
    }

    /// Returns the orders of which a message waits, each with the newest modification time that
    /// waits; `None` where the queue cannot tell.
    async fn waiting(
        &self,
        route: &ShopRoute,
        orders: &[ShopOrder],
    ) -> Result<Option<BTreeMap<String, Option<Timestamp>>>, PortError> {
        let ids = orders.iter().map(|order| order.summary.order.clone());
        let filter = WaitingFilter {
            destination: Some(route.delivery.destination_name.clone()),
            orders: Some(ids.collect()),
            limit: None,
        };
        let found = self.ports().queue.waiting(&filter).await?;
        let Some(found) = found else { return Ok(None) };
        let mut newest = BTreeMap::new();
        for one in found.into_iter().filter(|one| one.route == route.name) {
            let Some(order) = one.order else { continue };
            let known = newest.entry(order).or_insert(one.modified);
            *known = one.modified.max(*known);
        }
        Ok(Some(newest))
    }

    /// Returns the newest state that is a dead letter, for a rejected order.
    async fn letter(
        &self,
        route: &ShopRoute,
        entry: Option<&LedgerEntry>,
    ) -> Result<Option<Message>, PortError> {
        let Some(entry) = entry.filter(|entry| entry.state == State::Rejected) else {
            return Ok(None);
        };
        let filter = DeadLetterFilter {
            route: Some(route.name.clone()),
            order: Some(entry.key.order.clone()),
            ..DeadLetterFilter::default()
        };
        let letters = self.ports().letters.list(&filter).await?;
        // The newest letters come first, and the last of those that are equal is the maximum.
        let messages = letters.into_iter().rev().map(|letter| letter.message);
        Ok(messages.max_by_key(|message| message.modified))
    }

    async fn put(
        &mut self,
        route: &ShopRoute,
        orders: &[ShopOrder],
        origin: Origin,
        read_at: Timestamp,
    ) -> Result<(), Problem> {
        let put = self
            .feed
            .put(self.shop, route, orders, origin, read_at)
            .await?;
        self.repaired = self.repaired.saturating_add(put);
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
                let order = std::slice::from_ref(&to_read.order);
                self.put(route, order, Origin::Forced, to_read.read_at)
                    .await?;
            }
        }
        Ok(())
    }

    async fn finish(mut self) -> Result<Report, Problem> {
        for (place, route) in self.shop.routes.iter().enumerate() {
            self.read_back(place, route).await?;
        }
        Ok(Report {
            store: self.shop.name.clone(),
            since: self.request.window.from(),
            until: self.request.window.until(),
            shop: self.totals,
            routes: self.routes,
            repaired: self.repaired,
            notes: self.notes,
        })
    }
}

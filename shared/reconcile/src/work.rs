//! The comparison of the orders of a page, on each route of their store.

use crate::{
    Feed, Place, Ports, Problem, Put, Report, Request, RouteReport, Shop, ShopRoute, ShopTotals,
    Standing,
    feed::AT_ONCE,
    run::Walked,
    standing::{Known, Waits},
    verify::{self, ToRead},
};
use deliver::Expected;
use jiff::{SignedDuration, Timestamp};
use ports::{
    DeadLetterFilter, Happened, LedgerEntry, LedgerKey, Message, Origin, PortError, State,
    WaitingFilter,
};
use source::reader::ShopOrder;
use std::collections::{BTreeMap, BTreeSet};

/// The time for which an order that was put on its way is not put there again, where the queue
/// cannot tell what waits.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(6);
/// The largest difference between the clocks of two machines that write the ledger.
const CLOCKS: SignedDuration = SignedDuration::from_mins(2);
/// The number of these orders that are remembered. A second message of an order changes nothing.
const MOST_REMEMBERED: usize = 200;

/// Returns the orders that were put on their way so lately that they may still wait.
pub(crate) fn lately(place: &Place, now: Timestamp) -> Vec<Put> {
    let is_recent = |put: &&Put| {
        let age = now.duration_since(put.at);
        age >= SignedDuration::ZERO && age < REMEMBERED
    };
    place.put.iter().filter(is_recent).cloned().collect()
}

/// The comparison of a store, page by page.
pub(crate) struct Work<'a> {
    shop: &'a Shop,
    feed: &'a Feed<'a>,
    request: Request,
    pub(crate) totals: ShopTotals,
    routes: Vec<RouteReport>,
    /// The plans that are to be read back, for each route.
    to_read: Vec<Vec<ToRead>>,
    /// The orders that were compared: an order may come in two pages.
    seen: BTreeSet<String>,
    /// The newest state of each order among the dead letters, once they were looked at, and when.
    letters: Option<(Timestamp, BTreeMap<LedgerKey, Message>)>,
    heard: Option<Timestamp>,
    /// What was put on its way lately, where the work goes on by itself.
    pub(crate) put: Option<Vec<Put>>,
    pub(crate) stalled: BTreeSet<String>,
    /// Whether an order was left that is to be put on its way a minute later.
    was_too_early: bool,
    repaired: u64,
    notes: Vec<String>,
}

impl<'a> Work<'a> {
    pub(crate) fn new(shop: &'a Shop, feed: &'a Feed<'a>, request: Request) -> Self {
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
            put: None,
            stalled: BTreeSet::new(),
            was_too_early: false,
            repaired: 0,
            notes: Vec::new(),
        }
    }

    fn ports(&self) -> &'a Ports {
        self.feed.ports
    }

    pub(crate) fn note(&mut self, note: Option<String>) {
        self.notes
            .extend(note.filter(|note| !self.notes.contains(note)));
    }

    /// Compares the orders of a page, for which the shop was asked at this time, that were not
    /// compared yet.
    pub(crate) async fn compare(
        &mut self,
        orders: Vec<ShopOrder>,
        asked: Timestamp,
    ) -> Result<(), Problem> {
        let mut fresh = orders;
        fresh.retain(|order| self.seen.insert(order.summary.order.clone()));
        for order in &fresh {
            if self.is_compared(order) {
                self.totals.add(&order.summary);
            }
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
        let tied = self.tied(route, orders, waiting.as_ref()).await?;
        let mapping = route.delivery.mapping_version();
        let (mut mended, mut noted) = (Vec::new(), Vec::new());
        for (order, entry) in orders.iter().zip(entries) {
            self.hear(entry.as_ref());
            let expected = route.expected(order, entry.as_ref(), asked);
            let letter = self.letter(entry.as_ref()).await?;
            let known = Known {
                entry: entry.as_ref(),
                modified: order.summary.modified,
                waits: match &waiting {
                    None => Waits::Untold,
                    Some(waiting) => waiting
                        .get(&order.summary.order)
                        .map_or(Waits::No, |state| Waits::State(*state)),
                },
                is_other_waiting: tied.get(&order.summary.order).is_some_and(|messages| {
                    messages
                        .iter()
                        .all(|message| route.plans_otherwise(message, &expected, asked))
                }),
                was_put: waiting.is_none() && self.was_put(route, order),
                letter: letter.as_ref().map(|letter| letter.modified),
                is_other_letter: letter
                    .as_ref()
                    .is_some_and(|letter| route.plans_otherwise(letter, &expected, asked)),
                is_taken: route.takes(&order.topic),
                mapping: &mapping,
            };
            let standing = known.standing(&expected);
            let is_too_early = standing == Standing::Behind && known.is_too_early(asked);
            if is_too_early {
                self.was_too_early = true;
                self.note(Some(format!(
                    "order {}: what {} holds of it was noted by a clock that was ahead, so that it counts as the newer one for a minute; compare again then",
                    order.summary.order, route.delivery.destination_name
                )));
            }
            let is_mended =
                matches!(standing, Standing::Missing | Standing::Behind) && !is_too_early;
            let is_noted = !is_mended && known.is_to_be_noted(&expected);
            let is_compared = self.is_compared(order);
            if self.request.repair && is_compared {
                mended.extend(is_mended.then(|| order.clone()));
                noted.extend(is_noted.then(|| order.clone()));
            }
            if let Some(report) = self.routes.get_mut(place).filter(|_| is_compared) {
                report.add(standing, &order.summary);
            }
            self.plan_to_read(place, standing, (order, asked), expected, entry);
        }
        self.repaired += self.put(route, &mended, Origin::Read, asked).await?;
        // Nothing is repaired by it.
        self.put(route, &noted, Origin::Read, asked).await?;
        Ok(())
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
            ..WaitingFilter::default()
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

    /// Returns, by order, the messages that wait with the very modification time that the shop shows:
    /// only their content tells whether they are of the shop's state.
    async fn tied(
        &self,
        route: &ShopRoute,
        orders: &[ShopOrder],
        waiting: Option<&BTreeMap<String, Option<Timestamp>>>,
    ) -> Result<BTreeMap<String, Vec<Message>>, PortError> {
        let is_tied = |order: &&ShopOrder| {
            let waits = waiting.and_then(|waiting| waiting.get(&order.summary.order));
            waits == Some(&order.summary.modified)
        };
        let ids = orders.iter().filter(is_tied);
        let ids: BTreeSet<String> = ids.map(|order| order.summary.order.clone()).collect();
        let mut tied: BTreeMap<String, Vec<Message>> = BTreeMap::new();
        if ids.is_empty() {
            return Ok(tied);
        }
        let filter = WaitingFilter {
            destination: Some(route.delivery.destination_name.clone()),
            route: Some(route.name.clone()),
            orders: Some(ids),
            ..WaitingFilter::default()
        };
        let found = self.ports().queue.waiting_messages(&filter).await?;
        for message in found.into_iter().flatten() {
            let Some(order) = message.order.clone() else {
                continue;
            };
            let newest = waiting.and_then(|waiting| waiting.get(&order));
            if newest == Some(&message.modified) {
                tied.entry(order).or_default().push(message);
            }
        }
        Ok(tied)
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

    /// Returns the newest state that is a dead letter, for a rejected order. The letters are looked at
    /// once in a walk, because in a stack each look reads all of them, and again for an order that was
    /// rejected since.
    async fn letter(&mut self, entry: Option<&LedgerEntry>) -> Result<Option<Message>, PortError> {
        let Some(entry) = entry.filter(|entry| entry.state == State::Rejected) else {
            return Ok(None);
        };
        let is_known = self.letters.as_ref().is_some_and(|(at, letters)| {
            letters.contains_key(&entry.key)
                || entry.updated < at.saturating_sub(CLOCKS).unwrap_or(*at)
        });
        if !is_known {
            let at = self.ports().clock.now();
            self.letters = Some((at, self.newest_letters().await?));
        }
        let letters = self.letters.as_ref();
        Ok(letters.and_then(|(_, letters)| letters.get(&entry.key).cloned()))
    }

    async fn newest_letters(&self) -> Result<BTreeMap<LedgerKey, Message>, PortError> {
        let mut newest: BTreeMap<LedgerKey, Message> = BTreeMap::new();
        let all = self
            .ports()
            .letters
            .list(&DeadLetterFilter::default())
            .await?;
        for message in all.into_iter().map(|letter| letter.message) {
            let Some(order) = message.order.clone() else {
                continue;
            };
            let route = message.route.clone();
            let key = LedgerKey { route, order };
            // The newest letters come first.
            let known = newest.get(&key).map(|known| known.modified);
            if known.is_none_or(|known| message.modified > known) {
                newest.insert(key, message);
            }
        }
        Ok(newest)
    }

    /// Returns whether this state of the order was put on its way lately.
    fn was_put(&self, route: &ShopRoute, order: &ShopOrder) -> bool {
        let (id, modified) = (&order.summary.order, order.summary.modified);
        let mut all = self.put.iter().flatten();
        all.any(|put| put.route == route.name && put.order == *id && put.modified >= modified)
    }

    /// Puts orders on their way, and returns how many went. Work that goes on by itself leaves a
    /// destination alone whose queue stands still, and goes on with the others.
    async fn put(
        &mut self,
        route: &ShopRoute,
        orders: &[ShopOrder],
        origin: Origin,
        now: Timestamp,
    ) -> Result<u64, Problem> {
        let mut went: u64 = 0;
        if self.stalled.contains(&route.delivery.destination_name) {
            return Ok(went);
        }
        for chunk in orders.chunks(AT_ONCE) {
            match self.feed.put(self.shop, route, chunk, origin, now).await {
                Err(Problem::Stalled { destination, .. }) if self.put.is_some() => {
                    self.stalled.insert(destination);
                    return Ok(went);
                }
                put => went = went.saturating_add(put?),
            }
            for order in chunk {
                self.remember(route, order, now);
            }
        }
        Ok(went)
    }

    /// Remembers that this state of the order was put on its way.
    fn remember(&mut self, route: &ShopRoute, order: &ShopOrder, now: Timestamp) {
        if let Some(all) = &mut self.put {
            all.push(Put {
                route: route.name.clone(),
                order: order.summary.order.clone(),
                modified: order.summary.modified,
                at: now,
            });
            let excess = all.len().saturating_sub(MOST_REMEMBERED);
            all.drain(..excess);
        }
        tracing::info!(
            store = self.shop.name,
            route = route.name,
            order = order.summary.order,
            "an order was put on its way from the shop's own list"
        );
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
                let orders = std::slice::from_ref(&to_read.order);
                let put = self.put(route, orders, Origin::Forced, to_read.read_at);
                self.repaired += put.await?;
            }
        }
        Ok(())
    }

    /// Reads back what was noted for any route.
    pub(crate) async fn read_all_back(&mut self) -> Result<(), Problem> {
        for (place, route) in self.shop.routes.iter().enumerate() {
            self.read_back(place, route).await?;
        }
        Ok(())
    }

    pub(crate) fn finish(self, is_whole: bool) -> Walked {
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
            is_whole: is_whole && !self.was_too_early,
            heard: self.heard,
            stalled: self.stalled,
        }
    }
}

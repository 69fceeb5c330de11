use config::Config;
use deliver::{DeliveryRoute, Expected};
use jiff::Timestamp;
use ports::{
    Checkpoints, Clock, DeadLetters, Ledger, LedgerEntry, LedgerKey, Message, PortError, Queue,
};
use source::{
    Source,
    reader::{ShopOrder, ShopReader},
};
use std::{collections::BTreeMap, sync::Arc};

/// The bounds of the number of messages that may wait for a destination before more is added.
const FEWEST_WAITING: u64 = 20;
const MOST_WAITING: u64 = 300;

/// One store, with everything that comparing it needs.
pub struct Shop {
    /// Name of the store.
    pub name: String,
    /// The source, which reads its payloads.
    pub source: Arc<dyn Source>,
    /// The reader, which asks it for orders.
    pub reader: Arc<dyn ShopReader>,
    /// The routes that start here and are compared.
    pub routes: Vec<ShopRoute>,
}

/// One route of a store.
pub struct ShopRoute {
    /// Name of the route.
    pub name: String,
    /// The topics that it takes; `None` for every order topic of the platform.
    pub topics: Option<Vec<String>>,
    /// The route as delivering knows it.
    pub delivery: Arc<DeliveryRoute>,
    /// The largest number of messages for its destination that may wait when what was read from
    /// the shop is added: live orders are not to wait behind it.
    pub most_waiting: u64,
}

/// The stores in which orders on their way are kept.
#[derive(Clone)]
pub struct Ports {
    /// The ledger of what was delivered.
    pub ledger: Arc<dyn Ledger>,
    /// The queue, into which what is missing goes.
    pub queue: Arc<dyn Queue>,
    /// The dead letters.
    pub letters: Arc<dyn DeadLetters>,
    /// The places from which long work goes on.
    pub checkpoints: Arc<dyn Checkpoints>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

/// Returns the stores that can be read, each with its routes; those of one route only, where one is
/// named. The stores come in the order of their names.
#[must_use]
pub fn shops(
    config: &Config,
    routes: &BTreeMap<String, Arc<DeliveryRoute>>,
    readers: &BTreeMap<String, Arc<dyn ShopReader>>,
    only: Option<&str>,
) -> Vec<Shop> {
    let mut shops = Vec::new();
    for store in config.stores.values() {
        let Some(reader) = readers.get(&store.name) else {
            continue;
        };
        let route = |route: &config::Route| route_of(config, routes, route);
        let is_wanted = |route: &&config::Route| only.is_none_or(|only| route.name == only);
        let found: Vec<ShopRoute> = config
            .routes_of(&store.name)
            .filter(is_wanted)
            .filter_map(route)
            .collect();
        if !found.is_empty() {
            shops.push(Shop {
                name: store.name.clone(),
                source: sources::source(store.platform),
                reader: Arc::clone(reader),
                routes: found,
            });
        }
    }
    shops
}

/// Returns one route of a store, ready to be compared; `None` where it has no delivery.
#[must_use]
pub fn route_of(
    config: &Config,
    routes: &BTreeMap<String, Arc<DeliveryRoute>>,
    route: &config::Route,
) -> Option<ShopRoute> {
    Some(ShopRoute {
        name: route.name.clone(),
        topics: route.topics.clone(),
        delivery: Arc::clone(routes.get(&route.name)?),
        most_waiting: most_waiting(config, route),
    })
}

/// Returns how many messages may wait for the route's destination: two rounds of its workers, so
/// that they never stand still.
fn most_waiting(config: &Config, route: &config::Route) -> u64 {
    let rounds = config.destination(&route.destination).map_or(0, |target| {
        target.delivery.batch * target.delivery.concurrency * 2
    });
    let rounds = u64::try_from(rounds).unwrap_or(MOST_WAITING);
    rounds.clamp(FEWEST_WAITING, MOST_WAITING)
}

impl ShopRoute {
    /// Returns name and version of the mapping, joined by `@`.
    #[must_use]
    pub fn mapping(&self) -> String {
        self.delivery.mapping_version()
    }

    /// Returns the ledger's key of an order.
    pub(crate) fn key(&self, order: &str) -> LedgerKey {
        LedgerKey {
            route: self.name.clone(),
            order: order.to_owned(),
        }
    }

    /// Returns whether a payload under this topic would be taken.
    pub(crate) fn takes(&self, topic: &str) -> bool {
        let topics = self.topics.as_ref();
        topics.is_none_or(|topics| topics.iter().any(|wanted| wanted == topic))
    }

    /// Returns whether a dead letter's plan would be another one than the order's.
    pub(crate) fn plans_otherwise(
        &self,
        letter: &Message,
        expected: &Expected,
        now: Timestamp,
    ) -> bool {
        let of_letter = self
            .delivery
            .expected(&letter.topic, &letter.body, now, None);
        match (expected, of_letter) {
            (Expected::Plan(one), Expected::Plan(other)) => one.content != other.content,
            (one, other) => std::mem::discriminant(one) != std::mem::discriminant(&other),
        }
    }

    /// Returns what the destination should hold of an order of the shop.
    pub(crate) fn expected(
        &self,
        order: &ShopOrder,
        entry: Option<&LedgerEntry>,
        now: Timestamp,
    ) -> Expected {
        self.delivery
            .expected(&order.topic, &order.payload, now, entry)
    }
}

impl Ports {
    /// Reads the ledger's entries of these orders on a route.
    pub(crate) async fn entries(
        &self,
        route: &ShopRoute,
        orders: &[ShopOrder],
    ) -> Result<Vec<Option<LedgerEntry>>, PortError> {
        let keys: Vec<LedgerKey> = orders
            .iter()
            .map(|order| route.key(&order.summary.order))
            .collect();
        self.ledger.load(&keys).await
    }
}

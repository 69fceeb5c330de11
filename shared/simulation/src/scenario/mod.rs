//! What a seed says: shops, orders and their states, deliveries, machines, and everything that will
//! go wrong at a set time. Drawn before anything runs.

mod cases;
mod change;
mod draw;
mod incidents;
mod jams;
mod life;
mod losses;
mod pieces;
mod shop;
mod trade;
mod worth;

pub(crate) use cases::{Cases, SHARED, Shared, drawn};
pub(crate) use draw::draw;
pub(crate) use incidents::{Incident, Sky, Whose, Window};
pub(crate) use life::{Life, State};
pub(crate) use losses::{Asked, Losses};
pub use pieces::Piece;
pub(crate) use shop::{LONG, OF_ADDRESSES, SECRET, UNKNOWN, marker, own_number, shown};
pub(crate) use trade::{HOME, Line};
pub(crate) use worth::{Amount, SECOND};

use config::Platform;
use std::{collections::BTreeSet, time::Duration};

/// Where Salesforce has an order's id, by shop.
pub(crate) const ORDER_FIELDS: &[&str] = &[
    "WooCommerce_Order_ID__c",
    "External_Shopify_Order_ID__c",
    "Magento_Order_ID__c",
];

/// How bad the weather is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Calm,
    Rough,
    Storm,
}

/// One seed's world.
#[derive(Debug)]
pub(crate) struct Scenario {
    pub(crate) seed: u64,
    pub(crate) level: Level,
    pub(crate) destinations: Vec<Target>,
    pub(crate) routes: Vec<Way>,
    pub(crate) stores: Vec<Store>,
    pub(crate) orders: Vec<Life>,
    pub(crate) deliveries: Vec<Delivery>,
    pub(crate) machines: usize,
    /// By how many milliseconds the clock of each machine is ahead of the queue's.
    pub(crate) skews: Vec<i64>,
    pub(crate) workers: usize,
    pub(crate) batch: usize,
    /// Whether the queue hands out several messages of a group at once, as SQS does.
    pub(crate) hands_out_several: bool,
    pub(crate) circuit_probe: Duration,
    /// In the end the destinations sell what they did not know, and the operator replays every dead
    /// letter.
    pub(crate) is_mended: bool,
    pub(crate) incidents: Vec<(Duration, Incident)>,
    /// Over these orders every destination fails until all has healed.
    pub(crate) cursed: BTreeSet<u64>,
    /// The orders of a small shop beside a flood of another's.
    pub(crate) small: BTreeSet<u64>,
    /// From then on nothing goes wrong any more.
    pub(crate) healed: Duration,
    /// Of a thousand calls of a port so many fail, and of a thousand requests so many meet a fault.
    pub(crate) port_trouble: u64,
    pub(crate) wire_trouble: u64,
    /// Codes of products and numbers of orders have eighteen letters and digits, of which the first
    /// fifteen are the same.
    pub(crate) long: bool,
    /// What the shops lose, where they lose webhooks and stores are compared.
    pub(crate) losses: Option<Losses>,
}

/// A shop.
#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) name: String,
    pub(crate) platform: Platform,
}

/// A destination.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) system: &'static str,
    /// Zoho: whether orders have a unique field of their own.
    pub(crate) order_field: bool,
    /// NetSuite: whether orders in a second currency are taken as they are.
    pub(crate) several_currencies: bool,
    /// NetSuite: whether new orders go together through the companion.
    pub(crate) companion: bool,
    /// The fewest orders read from a shop that go in a batch, where any do: an asynchronous one of
    /// NetSuite's, or one call of Salesforce's.
    pub(crate) batches_from: Option<usize>,
    /// Whether orders in another currency go out by the amounts of the shop's own books, where it
    /// tells them.
    pub(crate) converts: bool,
    pub(crate) sky: Sky,
    /// How long it takes for each record that it writes, until all has healed.
    pub(crate) per_record: Duration,
    pub(crate) cases: Cases,
}

/// A route.
#[derive(Debug)]
pub(crate) struct Way {
    pub(crate) name: String,
    pub(crate) store: usize,
    pub(crate) destination: usize,
}

/// One webhook.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Delivery {
    pub(crate) at: Duration,
    pub(crate) order: usize,
    pub(crate) state: usize,
}

impl Scenario {
    /// Whether all clocks agree and none is ever set.
    pub(crate) fn are_clocks_right(&self) -> bool {
        let is_set = |(_, incident): &(_, Incident)| {
            matches!(incident, Incident::Step { .. } | Incident::Leap { .. })
        };
        self.skews.iter().all(|skew| *skew == 0) && !self.incidents.iter().any(is_set)
    }

    /// The order of that id.
    pub(crate) fn order(&self, id: u64) -> Option<&Life> {
        let place = usize::try_from(id.checked_sub(life::FIRST_ID)?).ok()?;
        self.orders.get(place)
    }

    /// The platform of the shop where an order was placed.
    pub(crate) fn platform(&self, order: u64) -> Option<Platform> {
        self.stores
            .get(self.order(order)?.store)
            .map(|store| store.platform)
    }
}

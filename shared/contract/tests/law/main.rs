//! The law of money: what a destination holds of an order adds up to what the shop says the order
//! is worth now, or a note says by how much it does not.
//!
//! Made-up shops sell, edit, take back, exchange, refund and call off in any order of events, each
//! by its own platform's arithmetic; the bodies that they would send go through the source and
//! every mapping. `LAW_ORDERS` says how many orders of each shop are made.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests may fail, and say what they skip"
)]

mod held;
mod magento;
mod recorded;
mod shopify;
mod situations;
mod woocommerce;

use held::{Held, Variables};
use order::{Money, Order};
use proptest::{prelude::*, test_runner::TestRunner};
use source::Normalized;
use std::sync::Arc;

/// How many orders of each shop are made where nothing else is asked for: enough for the loop of a
/// day.
const USUAL: u32 = 150;

/// An order as a shop has it, and what it says the order is worth.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) body: serde_json::Value,
    /// Of a lost order what was lost.
    pub(crate) worth: Money,
}

/// Something that happens to an order; each shop reads the numbers in its own way, so that a
/// failing case shrinks to few and small ones.
pub(crate) type Event = (u8, u8, u8);

/// The figures that an order is made of.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// Decimals of the currency: 0, 2 or 3.
    pub(crate) decimals: u32,
    /// Price of one, how many, and tax in per cent.
    pub(crate) lines: Vec<(i64, i64, i64)>,
    pub(crate) shipping: i64,
    pub(crate) tax_included: bool,
    pub(crate) extra: (u8, i64),
    pub(crate) events: Vec<Event>,
}

impl Case {
    pub(crate) fn currency(&self) -> &'static str {
        match self.decimals {
            0 => "JPY",
            3 => "KWD",
            _ => "USD",
        }
    }

    /// So many minor units.
    pub(crate) fn money(&self, units: i64) -> Money {
        Money::new(units, self.decimals)
    }

    /// The same as the shop writes it.
    pub(crate) fn text(&self, units: i64) -> String {
        self.money(units).to_string()
    }
}

fn case() -> impl Strategy<Value = Case> {
    let line = (
        1..90_000_i64,
        1..6_i64,
        prop_oneof![Just(0_i64), Just(7), Just(19), Just(21)],
    );
    (
        prop_oneof![Just(0_u32), Just(2), Just(2), Just(3)],
        prop::collection::vec(line, 1..5),
        prop_oneof![Just(0_i64), 1..5_000_i64],
        any::<bool>(),
        (0..6_u8, 1..900_i64),
        prop::collection::vec((0..8_u8, 0..4_u8, 0..6_u8), 0..6),
    )
        .prop_map(
            |(decimals, lines, shipping, tax_included, extra, events)| Case {
                decimals,
                lines,
                shipping,
                tax_included,
                extra,
                events,
            },
        )
}

/// Holds the law for one platform and its three mappings.
fn holds(platform: &str, tell: fn(&Case) -> Told) {
    let cases = std::env::var("LAW_ORDERS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(USUAL);
    let source = sources::source(
        config::Platform::ALL
            .iter()
            .copied()
            .find(|known| known.as_str() == platform)
            .unwrap(),
    );
    let topic = source.order_topics()[0];
    let held = [Variables::All, Variables::None].map(|variables| Held::new(platform, variables));
    let config = ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let law = |case: Case| {
        let told = tell(&case);
        let order = read(&source, topic, &told);
        prop_assert_eq!(
            order.balance().unwrap().worth,
            told.worth,
            "the model of {}",
            told.body
        );
        for held in &held {
            held.check(&order, &told)?;
        }
        Ok(())
    };
    let mut runner = TestRunner::new(config);
    if let Err(error) = runner.run(&case(), law) {
        panic!("{platform}: {error}");
    }
    println!("{platform}: the law held for {cases} orders");
}

fn read(source: &Arc<dyn source::Source>, topic: &str, told: &Told) -> Order {
    match source.normalize(topic, told.body.to_string().as_bytes()) {
        Ok(Normalized::Order(order)) => *order,
        other => panic!("{other:?} of {}", told.body),
    }
}

#[test]
fn of_woocommerce() {
    holds("woocommerce", woocommerce::told);
}

#[test]
fn of_shopify() {
    holds("shopify", shopify::told);
}

#[test]
fn of_magento() {
    holds("magento", magento::told);
}

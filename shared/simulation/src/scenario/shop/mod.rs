//! What shops post: one file per platform.

mod magento;
mod shopify;
mod woocommerce;

use super::{Life, life::State, trade::Line};
use crate::clock::BEGINNING;
use bytes::Bytes;
use config::Platform;
use jiff::Timestamp;
use std::time::Duration;

/// With which every shop signs.
pub(crate) const SECRET: &str = "simulated-webhook-secret";

/// A product that no destination sells.
pub(crate) const UNKNOWN: &str = "sold-by-nobody";

/// So much the long numbers of orders have before their own.
const NUMBERS: u64 = 202_611_280_000_000_000;

/// Codes that stand for others where they are long, and for the product that nobody sells.
pub(crate) const LONG: [(&str, &str); 4] = [
    ("woo-polo", "SSCC18340123456789"),
    ("woo-beanie", "SSCC18340123456ABC"),
    ("101", "SSCC18340123456"),
    (UNKNOWN, "SSCC18340123456XYZ"),
];

/// The code of a product as the shop writes it.
pub(crate) fn shown(code: &'static str, long: bool) -> &'static str {
    let stand_in = LONG
        .iter()
        .find(|(short, _)| *short == code)
        .filter(|_| long);
    stand_in.map_or(code, |(_, written)| *written)
}

/// The number of an order without what long ones have before it.
pub(crate) fn own_number(written: &str) -> Option<u64> {
    let number: u64 = written.parse().ok()?;
    Some(number.checked_sub(NUMBERS).unwrap_or(number))
}

/// What every line of a state is called: names order and content, so that a record at a destination
/// tells which state it shows.
pub(crate) fn marker(order: u64, content: u64) -> String {
    format!("q{order}c{content:02}")
}

/// The JSON of an order that was placed at this time, in this state.
pub(super) fn body(platform: Platform, id: u64, placed: Duration, state: &State) -> Bytes {
    let order = Told {
        id: if state.long { id + NUMBERS } else { id },
        own: id,
        placed: BEGINNING + placed,
        state,
    };
    let body = match platform {
        Platform::WooCommerce => woocommerce::body(&order),
        Platform::Shopify => shopify::body(&order),
        Platform::Magento => magento::body(&order),
    };
    Bytes::from(body.to_string())
}

/// Where a customer lives.
struct Address {
    street: &'static str,
    city: &'static str,
    /// Name and code.
    state: Option<(&'static str, &'static str)>,
    postcode: &'static str,
    country: (&'static str, &'static str),
}

const HERE: Address = Address {
    street: "Market Street 1",
    city: "Springfield",
    state: Some(("Illinois", "IL")),
    postcode: "62701",
    country: ("United States", "US"),
};

/// In a country whose addresses have no states.
const ABROAD: Address = Address {
    street: "Marktstr. 1",
    city: "Berlin",
    state: None,
    postcode: "10115",
    country: ("Germany", "DE"),
};

/// What there is to tell.
struct Told<'a> {
    /// As the shop writes it.
    id: u64,
    own: u64,
    placed: Timestamp,
    state: &'a State,
}

impl Told<'_> {
    fn line_name(&self) -> String {
        marker(self.own, self.state.content)
    }

    /// The code of the line.
    fn code(&self, line: &Line) -> &'static str {
        shown(self.state.code(line), self.state.long)
    }

    fn address(&self) -> &'static Address {
        if self.state.abroad { &ABROAD } else { &HERE }
    }
}

/// The shop's own word for the state of an order.
pub(super) fn word(platform: Platform, state: &State) -> &str {
    match platform {
        Platform::Magento => magento::word(state.status),
        Platform::Shopify if state.status != "cancelled" && state.is_given_back(platform) => {
            "refunded"
        }
        Platform::WooCommerce | Platform::Shopify => state.status,
    }
}

fn money(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// Without an offset, in whole seconds.
fn date(time: Timestamp) -> String {
    time.to_string()
        .trim_end_matches('Z')
        .split('.')
        .next()
        .unwrap_or_default()
        .to_owned()
}

impl State {
    /// Where the customer lives.
    pub(crate) fn city(&self) -> &'static str {
        if self.abroad { ABROAD.city } else { HERE.city }
    }
}

/// Texts that addresses here and abroad have, and the other has not.
pub(crate) const OF_ADDRESSES: [&[&str]; 2] = [
    &[
        "Market Street 1",
        "Springfield",
        "Illinois",
        "IL",
        "62701",
        "US",
        "United States",
    ],
    &["Marktstr. 1", "Berlin", "10115", "DE", "Germany"],
];

impl Life {
    /// The topic under which the shop sends a state.
    pub(crate) fn topic(platform: Platform, state: usize) -> &'static str {
        match (platform, state) {
            (Platform::WooCommerce, 0) => "order.created",
            (Platform::WooCommerce, _) => "order.updated",
            (Platform::Shopify, 0) => "orders/create",
            (Platform::Shopify, _) => "orders/updated",
            (Platform::Magento, _) => "sales_order_save_commit_after",
        }
    }
}

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

/// What every line of a state is called: names order and content, so that a record at a destination tells which state it shows.
pub(crate) fn marker(order: u64, content: u64) -> String {
    format!("q{order}c{content:02}")
}

/// The JSON of an order that was placed at this time, in this state.
pub(super) fn body(platform: Platform, id: u64, placed: Duration, state: &State) -> Bytes {
    let order = Told {
        id,
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

/// What there is to tell.
struct Told<'a> {
    id: u64,
    placed: Timestamp,
    state: &'a State,
}

impl Told<'_> {
    fn line_name(&self) -> String {
        marker(self.id, self.state.content)
    }

    /// The code of the line at this place.
    fn code<'a>(&self, place: usize, line: &'a Line) -> &'a str {
        if self.state.poison && place == 0 { UNKNOWN } else { line.code }
    }
}

/// The shop's own word for the state of an order.
pub(super) fn word(platform: Platform, state: &State) -> &str {
    match platform {
        Platform::Magento => magento::word(state.status),
        Platform::Shopify if state.status != "cancelled" && state.is_given_back(platform) => "refunded",
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

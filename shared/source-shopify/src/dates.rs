//! Shopify's times. They have the offset of the shop's own zone, `2023-10-26T10:00:00-04:00`: wall
//! clock and instant in one.

use jiff::Timestamp;
use order::ShopTime;
use source::dates;
use source::payload::Object;

/// Reads a time as the shop's clock showed it; `None` where there is none that can be read.
pub(crate) fn shop_time(payload: &Object<'_>, key: &str) -> Option<ShopTime> {
    let written = payload.text(key);
    Some(ShopTime {
        local: dates::wall_clock(&written)?,
        instant: written.parse().ok(),
    })
}

/// Returns the time of the order's last change.
pub(crate) fn modified(payload: &Object<'_>) -> Option<Timestamp> {
    payload.text("updated_at").parse().ok()
}

//! Magento's dates. It writes `2023-10-26 10:00:00`, in UTC but without saying so, whatever the
//! store's time zone is (magento/magento2#24985, #28181). Exports and templates of modules write
//! ISO 8601 with an offset.
//!
//! No payload has the store's time zone, so the wall clock is UTC, too: an order that is placed
//! late in the evening far from Greenwich may count for the next or the previous day.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use order::ShopTime;
use source::dates;
use source::payload::Object;

/// Reads a time of the payload: on the wall clock of its offset where it has one.
pub(crate) fn shop_time(order: &Object<'_>, key: &str) -> Option<ShopTime> {
    let instant = instant(order, key);
    let local = dates::wall_clock(&order.text(key))
        .or_else(|| instant.map(|instant| TimeZone::UTC.to_datetime(instant)))?;
    Some(ShopTime { local, instant })
}

/// Returns the time of the order's last change.
pub(crate) fn modified(order: &Object<'_>) -> Option<Timestamp> {
    instant(order, "updated_at")
}

fn instant(order: &Object<'_>, key: &str) -> Option<Timestamp> {
    dates::instant_or_utc(&order.text(key))
}

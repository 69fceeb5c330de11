//! WooCommerce's dates. It writes each date twice: `date_created` on the shop's wall clock and
//! `date_created_gmt` in UTC, both without a zone. Exports and old versions leave out one of the
//! two.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, civil};
use order::ShopTime;
use source::dates;
use source::payload::Object;

/// The largest offset from UTC on earth: a larger difference between the two dates is a mistake in
/// one of them.
const LARGEST_OFFSET: SignedDuration = SignedDuration::from_hours(15);

/// Reads `date_<event>` and `date_<event>_gmt` as one; where only UTC is given, it stands in for
/// the wall clock, too.
pub(crate) fn shop_time(order: &Object<'_>, event: &str) -> Option<ShopTime> {
    let instant = instant(order, event);
    let local = local(order, event)
        .or_else(|| instant.map(|instant| TimeZone::UTC.to_datetime(instant)))?;
    Some(ShopTime { local, instant })
}

/// Returns the time of the order's last change: the time in UTC, else the wall clock with the
/// offset between the creation dates. Where these show no offset, it is the wall clock itself: it
/// is compared only with other states of the same shop's order, and for these it tells older from
/// newer.
pub(crate) fn modified(order: &Object<'_>) -> Option<Timestamp> {
    let exact = || order.text("date_modified").parse().ok();
    let by_wall_clock = || {
        dates::utc(local(order, "modified")?)?
            .checked_sub(offset(order).unwrap_or_default())
            .ok()
    };
    instant(order, "modified")
        .or_else(exact)
        .or_else(by_wall_clock)
}

/// Returns the offset of the shop's wall clock from UTC, as its creation dates show it.
fn offset(order: &Object<'_>) -> Option<SignedDuration> {
    let offset = dates::utc(local(order, "created")?)?.duration_since(instant(order, "created")?);
    (offset.abs() <= LARGEST_OFFSET).then_some(offset)
}

fn instant(order: &Object<'_>, event: &str) -> Option<Timestamp> {
    dates::instant_or_utc(&order.text(&format!("date_{event}_gmt")))
}

fn local(order: &Object<'_>, event: &str) -> Option<civil::DateTime> {
    dates::wall_clock(&order.text(&format!("date_{event}")))
}

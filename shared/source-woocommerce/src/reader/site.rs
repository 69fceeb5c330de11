//! The site's public index: its configured address, for which signatures are made, and its clock.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::Deserialize;
use source::reader::{Answer, ReadError, Shop, address};
use std::sync::Arc;
use tokio::sync::Mutex;

/// The largest number of minutes that a clock skips at once.
const LONGEST_SKIP: i64 = 240;
const INDEX: &[(&str, &str)] = &[("_fields", "home,gmt_offset,timezone_string,namespaces")];

/// A site as its index describes it.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) home: String,
    zone: Option<TimeZone>,
}

/// The site behind an address, which is read once.
#[derive(Default)]
pub(super) struct Known(Mutex<Option<(String, Arc<Site>)>>);

#[derive(Deserialize)]
struct Index {
    home: Option<String>,
    gmt_offset: Option<serde_json::Value>,
    timezone_string: Option<String>,
    namespaces: Option<Vec<String>>,
}

impl Known {
    /// Makes the next call read the index again: the site may have moved or been set to another
    /// zone.
    pub(super) async fn forget(&self) {
        *self.0.lock().await = None;
    }

    /// Returns the site at this address.
    pub(super) async fn at(&self, shop: &Shop, base: &str) -> Result<Arc<Site>, ReadError> {
        let mut known = self.0.lock().await;
        if let Some((_, site)) = known.as_ref().filter(|(known, _)| known == base) {
            return Ok(Arc::clone(site));
        }
        let url = address(base, "/wp-json/", INDEX).ok_or_else(|| no_address(shop))?;
        let answer = shop.send(shop.get(url)).await?;
        let site = Arc::new(read(&answer, base, shop)?);
        *known = Some((base.to_owned(), Arc::clone(&site)));
        Ok(site)
    }
}

pub(super) fn no_address(shop: &Shop) -> ReadError {
    let secret = shop.secret_name();
    ReadError::Refused(format!(
        "url in secret {secret} is no address like https://shop.example"
    ))
}

/// Reads the index. Where a security plug-in hides it, the address of the call is taken for the
/// site's home.
fn read(answer: &Answer, base: &str, shop: &Shop) -> Result<Site, ReadError> {
    match answer.status {
        // With plain permalinks this is a page of the shop, whose header names the real place of
        // the API.
        200 if answer.is_html() && leads_elsewhere(answer) => return Err(no_api(200, shop)),
        200 => {}
        300..=399 | 404 => return Err(no_api(answer.status, shop)),
        401 | 403 if !answer.is_html() => {
            return Ok(Site {
                home: base.to_owned(),
                zone: None,
            });
        }
        403 => return Err(super::answer::firewall()),
        _ => return Err(answer.unavailable(shop.now())),
    }
    let index: Index =
        serde_json::from_slice(&answer.body).map_err(|_| answer.strange("the index of its API"))?;
    let namespaces = index.namespaces.unwrap_or_default();
    if !namespaces.is_empty() && !namespaces.iter().any(|name| name == "wc/v3") {
        return Err(ReadError::Refused(
            "the site answers, but WooCommerce's REST API v3 is not there; is WooCommerce active?"
                .to_owned(),
        ));
    }
    Ok(Site {
        home: index.home.unwrap_or_else(|| base.to_owned()),
        zone: zone(index.timezone_string.as_deref(), index.gmt_offset.is_some()),
    })
}

fn leads_elsewhere(answer: &Answer) -> bool {
    answer
        .header("link")
        .is_some_and(|link| link.contains("rest_route"))
}

pub(super) fn no_api(status: u16, shop: &Shop) -> ReadError {
    let secret = shop.secret_name();
    ReadError::Refused(format!(
        "{status} in place of WooCommerce's REST API; url in secret {secret} must be the shop's exact address (https and www as the browser shows them), and in WordPress \
         Settings > Permalinks must not be \"Plain\""
    ))
}

/// Returns the named zone. A zone that is only an offset skips nothing, whichever offset it is.
fn zone(name: Option<&str>, has_offset: bool) -> Option<TimeZone> {
    match name.filter(|name| !name.is_empty()) {
        Some(name) => TimeZone::get(name).ok(),
        None => has_offset.then_some(TimeZone::UTC),
    }
}

impl Site {
    /// Writes a bound behind which a list begins, in UTC. WordPress treats it as a time on the
    /// site's clock all the same, and moves a time that this clock skips in spring forward by an
    /// hour; such a bound is replaced by the last second before the gap.
    pub(super) fn bound(&self, instant: Timestamp) -> String {
        let mut time = TimeZone::UTC.to_datetime(instant);
        if let Some((begin, _)) = self.skipped(time) {
            time = begin.checked_sub(1.second()).unwrap_or(time);
        }
        written(time)
    }

    /// Returns the instant up to which no bound can be stated, for a list that begins in this
    /// second, whose bound is the second before.
    pub(super) fn blurred_until(&self, from: Timestamp) -> Option<Timestamp> {
        let bound = from.checked_sub(SignedDuration::from_secs(1)).ok()?;
        let (_, end) = self.skipped(TimeZone::UTC.to_datetime(bound))?;
        let end = TimeZone::UTC.to_timestamp(end).ok()?;
        end.checked_add(SignedDuration::from_secs(1)).ok()
    }

    /// Returns the times around this one that the site's clock never shows. Where its zone is not
    /// known, any night may have such times.
    fn skipped(&self, time: DateTime) -> Option<(DateTime, DateTime)> {
        let Some(zone) = &self.zone else {
            let begin = time.date().at(0, 0, 0, 0);
            return (time.hour() < 4)
                .then(|| (begin, begin.with().hour(4).build().unwrap_or(begin)));
        };
        let is_skipped = |time: DateTime| {
            matches!(
                zone.to_ambiguous_timestamp(time).offset(),
                AmbiguousOffset::Gap { .. }
            )
        };
        if !is_skipped(time) {
            return None;
        }
        let minute = time.with().second(0).subsec_nanosecond(0).build().ok()?;
        let step = |minutes: i64| minute.checked_add(minutes.minutes()).ok();
        let begin = (0..LONGEST_SKIP)
            .map_while(|n| step(-n).filter(|t| is_skipped(*t)))
            .last()?;
        let end = (1..LONGEST_SKIP)
            .filter_map(step)
            .find(|time| !is_skipped(*time))?;
        Some((begin, end))
    }
}

/// Writes an instant in UTC, without a zone.
pub(super) fn plain(instant: Timestamp) -> String {
    written(TimeZone::UTC.to_datetime(instant))
}

fn written(time: DateTime) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(zone: Option<&str>) -> Site {
        Site {
            home: String::new(),
            zone: zone.map(|name| TimeZone::get(name).unwrap()),
        }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_bound_in_the_hour_that_the_clock_skips_is_the_second_before_it() {
        let berlin = site(Some("Europe/Berlin"));
        for (instant, bound) in [
            ("2026-03-29T01:59:59Z", "2026-03-29T01:59:59"),
            ("2026-03-29T02:00:00Z", "2026-03-29T01:59:59"),
            ("2026-03-29T02:59:59Z", "2026-03-29T01:59:59"),
            ("2026-03-29T03:00:00Z", "2026-03-29T03:00:00"),
            ("2026-03-30T02:15:00Z", "2026-03-30T02:15:00"),
            ("2026-10-25T02:15:00Z", "2026-10-25T02:15:00"),
        ] {
            assert_eq!(berlin.bound(at(instant)), bound);
        }
        assert_eq!(
            berlin.blurred_until(at("2026-03-29T02:00:01Z")),
            Some(at("2026-03-29T03:00:01Z"))
        );
        assert_eq!(berlin.blurred_until(at("2026-03-29T02:00:00Z")), None);
        assert_eq!(berlin.blurred_until(at("2026-03-29T03:00:01Z")), None);
    }

    #[test]
    fn where_the_zone_is_not_known_every_night_is_as_careful() {
        let unknown = site(None);
        assert_eq!(
            unknown.bound(at("2026-05-02T01:30:00Z")),
            "2026-05-01T23:59:59"
        );
        assert_eq!(
            unknown.bound(at("2026-05-02T12:30:00Z")),
            "2026-05-02T12:30:00"
        );
        assert_eq!(
            unknown.blurred_until(at("2026-05-02T01:30:00Z")),
            Some(at("2026-05-02T04:00:01Z"))
        );
        assert!(zone(None, true).is_some() && zone(Some(""), false).is_none());
    }
}

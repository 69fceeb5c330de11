//! Times as shops write them, with or without a zone.

use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};

/// Returns the time that the shop's clock showed. A zone behind it (`Z`, `-04:00`) does not change
/// that time.
#[must_use]
pub fn wall_clock(written: &str) -> Option<civil::DateTime> {
    written.trim_end_matches(['Z', 'z']).parse().ok()
}

/// Returns the instant; a text without a zone is in UTC.
#[must_use]
pub fn instant_or_utc(written: &str) -> Option<Timestamp> {
    written.parse().ok().or_else(|| utc(written.parse().ok()?))
}

/// Returns the instant at which a clock in UTC shows this time.
#[must_use]
pub fn utc(time: civil::DateTime) -> Option<Timestamp> {
    TimeZone::UTC.to_timestamp(time).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_moves_the_instant_and_not_the_hands() {
        for (written, hands, instant) in [
            (
                "2023-10-26T10:00:00-04:00",
                "2023-10-26T10:00:00",
                "2023-10-26T14:00:00Z",
            ),
            (
                "2023-10-26T10:00:00Z",
                "2023-10-26T10:00:00",
                "2023-10-26T10:00:00Z",
            ),
            (
                "2023-10-26 10:00:00",
                "2023-10-26T10:00:00",
                "2023-10-26T10:00:00Z",
            ),
        ] {
            assert_eq!(wall_clock(written), hands.parse().ok(), "{written}");
            assert_eq!(instant_or_utc(written), instant.parse().ok(), "{written}");
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for written in ["", "yesterday", "0000-00-00 00:00:00", "2023-13-01"] {
            assert_eq!(
                (wall_clock(written), instant_or_utc(written)),
                (None, None),
                "{written}"
            );
        }
    }
}

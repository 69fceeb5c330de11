use jiff::{SignedDuration, Timestamp, tz::TimeZone};

/// A time for a person, and exactly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Short, by this machine's clock: `3 min ago`, `14:02`, `28 Nov 14:02`.
    pub(crate) short: String,
    /// In RFC 3339, UTC.
    pub(crate) exact: String,
}

impl Moment {
    pub(crate) fn of(at: Timestamp, now: Timestamp, zone: &TimeZone) -> Self {
        Self {
            short: short(at, now, zone),
            exact: at.to_string(),
        }
    }
}

/// Returns a time to the second, for a timeline: `14:02:31`, `28 Nov 14:02:31`.
pub(crate) fn precise(at: Timestamp, now: Timestamp, zone: &TimeZone) -> Moment {
    let (then, today) = (at.to_zoned(zone.clone()), now.to_zoned(zone.clone()));
    let form = match (then.date() == today.date(), then.year() == today.year()) {
        (true, _) => "%H:%M:%S",
        (false, true) => "%-d %b %H:%M:%S",
        (false, false) => "%-d %b %Y %H:%M:%S",
    };
    Moment {
        short: then.strftime(form).to_string(),
        exact: at.to_string(),
    }
}

fn short(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (minute, hour) = (SignedDuration::from_mins(1), SignedDuration::from_hours(1));
    let age = now.duration_since(at);
    if age >= SignedDuration::ZERO && age < minute {
        return "just now".to_owned();
    }
    if age >= minute && age < hour {
        return format!("{} min ago", age.as_mins());
    }
    let (at, now) = (at.to_zoned(zone.clone()), now.to_zoned(zone.clone()));
    let form = match (at.date() == now.date(), at.year() == now.year()) {
        (true, _) => "%H:%M",
        (false, true) => "%-d %b %H:%M",
        (false, false) => "%-d %b %Y %H:%M",
    };
    at.strftime(form).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearer_the_shorter() {
        let now: Timestamp = "2026-11-29T15:20:30Z".parse().unwrap();
        for (at, expected) in [
            ("2026-11-29T15:20:00Z", "just now"),
            ("2026-11-29T15:01:00Z", "19 min ago"),
            ("2026-11-29T15:20:40Z", "15:20"),
            ("2026-11-29T02:05:00Z", "02:05"),
            ("2026-11-28T23:59:00Z", "28 Nov 23:59"),
            ("2025-11-28T23:59:00Z", "28 Nov 2025 23:59"),
        ] {
            let moment = Moment::of(at.parse().unwrap(), now, &TimeZone::UTC);
            assert_eq!(moment.short, expected);
        }
        let _ = Moment::of(Timestamp::MIN, Timestamp::MAX, &TimeZone::UTC);
    }
}

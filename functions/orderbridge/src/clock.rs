//! Times as people say them: short, and by the clock on their wall. JSON has RFC 3339 in UTC.

use jiff::{SignedDuration, Timestamp, Zoned, tz::TimeZone};

/// The time of a command, and the zone of who runs it.
#[derive(Clone, Debug)]
pub(crate) struct Times {
    now: Timestamp,
    zone: TimeZone,
}

impl Times {
    /// Takes the time.
    pub(crate) fn now() -> Self {
        Self {
            now: ports::Clock::now(&ports::SystemClock),
            zone: TimeZone::system(),
        }
    }

    /// Returns the time that was taken.
    pub(crate) fn instant(&self) -> Timestamp {
        self.now
    }

    /// Returns how long ago something was, or when, where that is long ago: `3 min ago`,
    /// `yesterday 14:02`.
    pub(crate) fn ago(&self, at: Timestamp) -> String {
        let age = self.now.duration_since(at);
        if age < SignedDuration::ZERO || age >= SignedDuration::from_hours(1) {
            return self.at(at);
        }
        match age.as_mins() {
            0 => "just now".to_owned(),
            minutes => format!("{minutes} min ago"),
        }
    }

    /// Returns when something was or will be: `14:02`, `yesterday 14:02`, `2026-11-01 14:02`.
    pub(crate) fn at(&self, at: Timestamp) -> String {
        let local = |at: Timestamp| at.to_zoned(self.zone.clone());
        let (then, today) = (local(at), local(self.now));
        let clock = then.strftime("%H:%M");
        let day = |zoned: &Zoned| zoned.date();
        match day(&then) {
            same if same == day(&today) => clock.to_string(),
            before if Some(before) == day(&today).yesterday().ok() => format!("yesterday {clock}"),
            after if Some(after) == day(&today).tomorrow().ok() => format!("tomorrow {clock}"),
            other => format!("{other} {clock}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_short_and_by_the_clock_on_the_wall() {
        let times = Times {
            now: "2026-11-29T23:30:00Z".parse().unwrap(),
            zone: TimeZone::fixed(jiff::tz::offset(1)),
        };
        for (at, expected) in [
            ("2026-11-29T23:29:31Z", "just now"),
            ("2026-11-29T23:27:00Z", "3 min ago"),
            ("2026-11-29T22:00:00Z", "yesterday 23:00"),
            ("2026-11-30T00:10:00Z", "01:10"),
            ("2026-12-01T00:10:00Z", "tomorrow 01:10"),
            ("2026-10-01T00:10:00Z", "2026-10-01 01:10"),
        ] {
            assert_eq!(times.ago(at.parse().unwrap()), expected, "{at}");
        }
    }
}

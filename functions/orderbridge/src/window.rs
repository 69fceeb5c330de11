//! Times on the command line: `2d` (ago), `2026-11-01` (midnight, UTC), or RFC 3339.

use crate::report::Failed;
use clap::Args;
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};

/// The bounds of a list.
#[derive(Clone, Debug, Args)]
pub(crate) struct SpanArgs {
    /// Only what came, changed or died since: 2d, 2026-11-01 (UTC), or RFC 3339.
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// The end of that window; by default now.
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
}

impl SpanArgs {
    /// Returns both times.
    pub(crate) fn times(
        &self,
        now: Timestamp,
    ) -> Result<(Option<Timestamp>, Option<Timestamp>), Failed> {
        let read = |text: &Option<String>| text.as_deref().map(|text| time(text, now)).transpose();
        Ok((read(&self.since)?, read(&self.until)?))
    }
}

/// Reads a time.
pub(crate) fn time(text: &str, now: Timestamp) -> Result<Timestamp, Failed> {
    let text = text.trim();
    let found = ago(text, now)
        .or_else(|| midnight(text))
        .or_else(|| text.parse().ok());
    found.ok_or_else(|| {
        Failed::new(format!(
            "{text} is no time; write 2d, 12h or 30m (ago), a day such as 2026-11-01 (in UTC), or a time such as 2026-11-01T08:30:00Z"
        ))
    })
}

fn ago(text: &str, now: Timestamp) -> Option<Timestamp> {
    let unit = text.chars().last()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 7 * 86_400,
        _ => return None,
    };
    let number: i64 = text.strip_suffix(unit)?.parse().ok()?;
    let ago = SignedDuration::from_secs(number.checked_mul(seconds)?);
    now.checked_sub(ago).ok().filter(|_| number >= 0)
}

fn midnight(text: &str) -> Option<Timestamp> {
    let day: Date = text
        .parse()
        .ok()
        .filter(|_| !text.contains(['T', 't', ' ']))?;
    day.to_zoned(TimeZone::UTC).ok().map(|day| day.timestamp())
}

#[cfg(test)]
mod tests {
    use super::time;
    use jiff::Timestamp;

    #[test]
    fn times_are_read_as_operators_write_them() {
        let now: Timestamp = "2026-11-29T12:00:00Z".parse().unwrap();
        for (text, expected) in [
            ("2d", "2026-11-27T12:00:00Z"),
            ("90m", "2026-11-29T10:30:00Z"),
            ("2026-11-01", "2026-11-01T00:00:00Z"),
            ("2026-11-01T08:30:00+01:00", "2026-11-01T07:30:00Z"),
        ] {
            assert_eq!(
                time(text, now).unwrap(),
                expected.parse().unwrap(),
                "{text}"
            );
        }
        for text in ["", "yesterday", "-2d", "2x", "d", "99999999999999999999d"] {
            assert!(time(text, now).is_err(), "{text}");
        }
    }
}

use jiff::{Timestamp, ToSpan as _, tz::TimeZone};

/// The size of the drawing, in its own units.
const WIDTH: u64 = 720;
const HEIGHT: u64 = 96;
/// The space of a bar that is left empty, so that bars stand apart.
const GAP: u64 = 6;
/// The least height of a bar that is not empty: one order in a busy day is seen.
const LEAST: u64 = 2;
/// The hours between two labels.
const LABELS: usize = 4;

/// Numbers by hour, as bars.
pub(crate) struct Chart {
    pub(crate) bars: Vec<Bar>,
    /// The chart in one sentence, for who does not see it.
    pub(crate) summary: String,
}

/// One hour.
pub(crate) struct Bar {
    pub(crate) x: u64,
    pub(crate) y: u64,
    pub(crate) width: u64,
    pub(crate) height: u64,
    pub(crate) count: u64,
    /// The number in words.
    pub(crate) told: String,
    /// The hour by this machine's clock.
    pub(crate) hour: String,
    /// Whether its hour is written under it.
    pub(crate) is_labelled: bool,
}

impl Chart {
    pub(crate) const WIDTH: u64 = WIDTH;
    pub(crate) const HEIGHT: u64 = HEIGHT + 16;
    pub(crate) const FLOOR: u64 = HEIGHT;

    /// Draws the numbers of the hours that end with the one of `now`, the oldest first.
    pub(crate) fn of(counts: &[u64], now: Timestamp, zone: &TimeZone) -> Self {
        let most = counts.iter().copied().max().unwrap_or_default();
        let total: u64 = counts.iter().sum();
        let hours = u64::try_from(counts.len()).unwrap_or(1).max(1);
        let step = WIDTH / hours;
        let bar = |(index, count): (usize, &u64)| {
            let back = counts.len().saturating_sub(index + 1);
            let ago = i64::try_from(back).unwrap_or_default().hours();
            let at = now.checked_sub(ago).unwrap_or(now);
            let height = match (*count, most) {
                (0, _) | (_, 0) => 0,
                (count, most) => (count.saturating_mul(HEIGHT) / most).max(LEAST),
            };
            Bar {
                x: u64::try_from(index).unwrap_or_default() * step,
                y: HEIGHT - height,
                width: step.saturating_sub(GAP).max(1),
                height,
                count: *count,
                told: webhooks(*count),
                hour: at.to_zoned(zone.clone()).strftime("%H:00").to_string(),
                is_labelled: back.is_multiple_of(LABELS),
            }
        };
        let bars: Vec<Bar> = counts.iter().enumerate().map(bar).collect();
        let busiest = bars.iter().max_by_key(|bar| bar.count);
        let summary = match busiest.filter(|bar| bar.count > 0) {
            Some(bar) => format!(
                "{} accepted in the last {hours} hours; most of them, {}, in the hour from {}",
                webhooks(total),
                bar.count,
                bar.hour
            ),
            None => format!("no webhook accepted in the last {hours} hours"),
        };
        Self { bars, summary }
    }
}

/// Returns a number of webhooks in words.
fn webhooks(count: u64) -> String {
    match count {
        1 => "1 webhook".to_owned(),
        count => format!("{count} webhooks"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_bar_fills_the_height_and_one_order_is_seen() {
        let mut counts = [0; 24];
        (counts[3], counts[23]) = (1, 4000);
        let chart = Chart::of(
            &counts,
            "2026-11-29T15:20:00Z".parse().unwrap(),
            &TimeZone::UTC,
        );
        let heights: Vec<u64> = chart.bars.iter().map(|bar| bar.height).collect();
        assert_eq!((heights[0], heights[3], heights[23]), (0, LEAST, HEIGHT));
        assert_eq!(chart.bars[23].hour, "15:00");
        assert!(
            chart
                .summary
                .contains("4001 webhooks accepted in the last 24 hours; most of them, 4000")
        );
        let empty = Chart::of(&[0; 24], Timestamp::UNIX_EPOCH, &TimeZone::UTC);
        assert_eq!(empty.summary, "no webhook accepted in the last 24 hours");
        assert!(
            Chart::of(&[], Timestamp::MIN, &TimeZone::UTC)
                .bars
                .is_empty()
        );
    }
}

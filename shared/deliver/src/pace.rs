//! The pace at which a destination is called: no faster than the configuration says, and slower
//! where the budget of its account runs low.

use jiff::Timestamp;
use ports::Budget;
use std::time::Duration;

/// The longest time for which a batch waits for the account's budget.
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);
/// The time for which the rest of the budget has to last where the destination does not tell when
/// its count begins anew: the usual window.
const WINDOW: Duration = Duration::from_secs(24 * 3600);
/// The shortest time between two notes of the budget, unless its level changes.
pub(crate) const NOTE_EVERY: Duration = Duration::from_secs(60);

/// The limits on how fast a destination may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// The number of requests per minute on average; `None`: no limit. A batch that has begun is
    /// finished. Each process counts its own requests.
    pub requests_per_minute: Option<u32>,
    /// The percentage of the account's budget from which on an operator is warned.
    pub budget_warn: u32,
    /// The percentage of the account's budget from which on batches are spaced out, so that the
    /// rest lasts.
    pub budget_slow: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            requests_per_minute: None,
            budget_warn: 80,
            budget_slow: 95,
        }
    }
}

/// The use of a destination, as delivering a batch told it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// The number of requests that this process has sent to it since its start.
    pub requests: u64,
    /// The budget of the account, where the destination tells it.
    pub budget: Option<Budget>,
}

/// The level of a budget's use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    #[default]
    Fine,
    Warn,
    Slow,
}

impl Pace {
    pub(crate) fn level(&self, budget: &Budget) -> Level {
        match budget.percent() {
            used if used >= u64::from(self.budget_slow) => Level::Slow,
            used if used >= u64::from(self.budget_warn) => Level::Warn,
            _ => Level::Fine,
        }
    }

    /// Returns the pause that this many requests cost.
    pub(crate) fn pause(&self, requests: u64, budget: Option<&Budget>, now: Timestamp) -> Duration {
        let by_minute = self.requests_per_minute.map_or(0, |most| {
            requests.saturating_mul(60_000) / u64::from(most.max(1))
        });
        let slow = budget.filter(|budget| self.level(budget) == Level::Slow);
        let by_budget = slow.map_or(Duration::ZERO, |budget| spacing(requests, budget, now));
        Duration::from_millis(by_minute).max(by_budget)
    }
}

/// Returns the pause that spreads the rest of the budget evenly over the time for which it has to
/// last.
fn spacing(requests: u64, budget: &Budget, now: Timestamp) -> Duration {
    let time = budget.resets.map_or(WINDOW, |resets| {
        Duration::try_from(resets.duration_since(now)).unwrap_or_default()
    });
    let left = budget.limit.saturating_sub(budget.used);
    if left == 0 {
        return LONGEST_WAIT.min(time);
    }
    let millis = time.as_millis().saturating_mul(u128::from(requests)) / u128::from(left);
    Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX)).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(used: u64, resets_in: Option<u64>) -> Budget {
        let told = Timestamp::UNIX_EPOCH;
        Budget {
            used,
            limit: 1_000,
            resets: resets_in.map(|seconds| told + Duration::from_secs(seconds)),
            told,
        }
    }

    #[test]
    fn what_is_left_lasts_until_the_count_begins_anew() {
        let pace = Pace::default();
        let pause = |used, resets_in| {
            pace.pause(2, Some(&budget(used, resets_in)), Timestamp::UNIX_EPOCH)
                .as_secs()
        };
        assert_eq!(pause(949, Some(3600)), 0, "below the level nobody waits");
        assert_eq!(
            pause(950, Some(3600)),
            144,
            "25 batches of two requests in an hour"
        );
        assert_eq!(pause(960, Some(3600)), 180);
        assert_eq!(
            pause(999, Some(600)),
            900,
            "and no longer than a quarter of an hour"
        );
        assert_eq!(
            (pause(1_000, Some(3600)), pause(1_200, Some(60))),
            (900, 60)
        );
        assert_eq!(pause(950, None), 900, "a day, where it does not tell");
    }

    #[test]
    fn requests_per_minute_are_kept_on_average() {
        let pace = Pace {
            requests_per_minute: Some(30),
            ..Pace::default()
        };
        assert_eq!(
            pace.pause(2, None, Timestamp::UNIX_EPOCH),
            Duration::from_secs(4)
        );
        assert_eq!(
            Pace::default().pause(1_000, None, Timestamp::UNIX_EPOCH),
            Duration::ZERO
        );
    }

    #[test]
    fn levels_are_whole_percents() {
        let levels = [799, 800, 949, 950].map(|used| Pace::default().level(&budget(used, None)));
        assert_eq!(levels, [Level::Fine, Level::Warn, Level::Warn, Level::Slow]);
    }
}

//! The number of failures in a row that mean that a destination is away, judged by how it answered
//! of late.

/// The weight of a failure, in quarters, and of a failure of orders that failed before.
const FAILURE: u32 = 4;
const AGAIN: u32 = 1;
/// The largest multiple of the settings' failures: so many are enough, however seldom a destination
/// answered.
const MOST: u32 = 10;
/// The unit of an average: thousandths, because it is rarely whole.
const WHOLE: u32 = 1000;
/// The divisor for the change of the average: with each answer it moves by one in this many parts
/// of the difference, so that after a dozen answers most of what was before is forgotten.
const PART: u32 = 8;

/// The failures in a row, and how many of them usually come before an answer. Where every call is
/// answered, none do, and the number of the settings means what it says. Where one call in three is
/// answered, two failures before each answer are nothing new, and it takes three times as many in a
/// row to believe in an outage. So at every rate of failures an outage is about as unlikely to be
/// declared by chance.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    quarters_in_a_row: u32,
    usually: u32,
}

impl Patience {
    /// Counts an answer.
    pub(crate) fn answered(&mut self) {
        // An outage adds no more than this to the average, or the next outage would be noticed
        // late.
        let run = (self.quarters_in_a_row / FAILURE)
            .min(MOST - 1)
            .saturating_mul(WHOLE);
        self.usually = self
            .usually
            .saturating_mul(PART - 1)
            .saturating_add(run)
            .div_ceil(PART);
        self.quarters_in_a_row = 0;
    }

    /// Counts a failure. Returns whether the destination is to be left alone now.
    pub(crate) fn failed(&mut self, opens_after: u32) -> bool {
        self.count(FAILURE, opens_after)
    }

    /// Counts a failure over orders that had failed before, while others were answered lately.
    /// Returns whether the destination is to be left alone now.
    pub(crate) fn failed_again(&mut self, opens_after: u32) -> bool {
        self.count(AGAIN, opens_after)
    }

    fn count(&mut self, quarters: u32, opens_after: u32) -> bool {
        self.quarters_in_a_row = self.quarters_in_a_row.saturating_add(quarters);
        let enough = u64::from(opens_after.max(1)) * u64::from(self.usually.saturating_add(WHOLE))
            / u64::from(WHOLE);
        u64::from(self.quarters_in_a_row / FAILURE) >= enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPENS_AFTER: u32 = 5;

    /// Returns after how many failures in a row it is left alone.
    fn patience_of(mut patience: Patience) -> u32 {
        (1..).find(|_| patience.failed(OPENS_AFTER)).unwrap()
    }

    /// Returns the patience after answers that each came after this many failures.
    fn after(runs: &[u32]) -> Patience {
        let mut patience = Patience::default();
        for run in runs {
            (0..*run).for_each(|_| _ = patience.failed(OPENS_AFTER));
            patience.answered();
        }
        patience
    }

    #[test]
    fn what_always_answers_is_away_after_as_many_failures_as_the_settings_say() {
        assert_eq!(patience_of(after(&[])), OPENS_AFTER);
        assert_eq!(patience_of(after(&[0; 50])), OPENS_AFTER);
    }

    #[test]
    fn the_rarer_the_answers_are_the_more_failures_it_takes() {
        assert_eq!(patience_of(after(&[1; 50])), 2 * OPENS_AFTER);
        assert_eq!(patience_of(after(&[2; 50])), 3 * OPENS_AFTER);
        assert_eq!(
            patience_of(after(&[1_000; 100])),
            MOST * OPENS_AFTER,
            "but never more"
        );
    }

    #[test]
    fn failures_of_orders_that_failed_before_count_a_quarter() {
        let mut patience = Patience::default();
        assert_eq!(
            (1..).find(|_| patience.failed_again(OPENS_AFTER)),
            Some(4 * OPENS_AFTER)
        );
        let mut patience = Patience::default();
        (1..OPENS_AFTER).for_each(|_| _ = patience.failed(OPENS_AFTER));
        assert_eq!((1..).find(|_| patience.failed_again(OPENS_AFTER)), Some(4));
    }

    #[test]
    fn an_outage_of_days_is_soon_forgotten() {
        assert_eq!(patience_of(after(&[8_640])), 2 * OPENS_AFTER);
        assert_eq!(
            patience_of(after(&[&[8_640][..], &[0; 12]].concat())),
            OPENS_AFTER + 1
        );
        assert_eq!(
            patience_of(after(&[&[8_640][..], &[0; 30]].concat())),
            OPENS_AFTER
        );
    }
}
